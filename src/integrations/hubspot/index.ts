import { type Static, Type } from 'typebox'
import { FAULTS } from '../../base/faults.ts'
import { Closed } from '../../kit/config-parts.ts'
import {
  type AttemptResult,
  type Call,
  type CallAnswer,
  defineDestination,
  type TokenSource,
} from '../../kit/destination.ts'
import type { Json } from '../../kit/field.ts'
import { faultOfStatus, retryAfterMs } from '../../kit/http-status.ts'
import { readTokenAnswer } from '../../kit/token-answer.ts'
import { textOf } from '../../kit/values.ts'

/**
 * Contacts in HubSpot, made or updated by their email, and the company they belong to.
 * https://developers.hubspot.com/docs/api-reference/legacy/crm/objects/contacts/batch/upsert-contacts
 */

const SecretName = (description: string) => Type.String({ minLength: 1, maxLength: 100, description })

const HubspotSettings = Closed({
  auth: Type.Union(
    [
      Closed({ token: SecretName('Name of the stored secret: the access token of a private app.') }),
      Closed({
        refresh_token: Closed({
          client_id: Type.String({ minLength: 1, maxLength: 200 }),
          secret: SecretName('Name of the stored client secret.'),
          token: SecretName('Name of the stored refresh token.'),
        }),
      }),
    ],
    { description: 'The token of a private app, or the refresh token of an OAuth app.' },
  ),
  company: Type.Optional(
    Type.Enum(['find', 'create'], {
      description:
        'Whether the contact is tied to a company, found by the value `company.domain` of the map: only to one that is ' +
        'there, or to one made from the values `company.…` where there is none.',
    }),
  ),
})

type HubspotSettings = Static<typeof HubspotSettings>
type Values = { readonly [name: string]: Json }

const API = 'https://api.hubapi.com'
const COMPANY = 'company.'
const REASON_CHARS_MAX = 500

const post = (path: string, body: Json): Call => ({
  method: 'POST',
  url: API + path,
  headers: { accept: 'application/json', 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

/** HubSpot's properties are texts; several choices are joined with a semicolon. */
const propertiesOf = (values: Values): { [name: string]: Json } =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(textOf).join(';') : textOf(value),
    ]),
  )

interface Said {
  readonly message?: string
  readonly category?: string
  readonly status?: string
  readonly results?: readonly { readonly id?: string; readonly new?: boolean }[]
  readonly errors?: readonly { readonly message?: string; readonly category?: string }[]
  readonly id?: string
}

const saidOf = (answer: CallAnswer): Said => {
  try {
    const read: unknown = JSON.parse(answer.body)
    return typeof read === 'object' && read !== null ? (read as Said) : {}
  } catch {
    return {}
  }
}

/** Null: it was taken. */
const refusalOf = (answer: CallAnswer, now: number): AttemptResult | null => {
  const said = saidOf(answer)
  // 207: of the one contact sent, one failed.
  const failed = answer.status === 207 || (said.errors?.length ?? 0) > 0 ? said.errors?.[0] : undefined
  const code = failed === undefined ? faultOfStatus(answer.status, answer.headers) : 'destination.rejected'
  if (code === null) return null
  const reason = (failed?.message ?? said.message ?? `Answered ${answer.status}`).slice(0, REASON_CHARS_MAX)
  return FAULTS[code] === 'rejected'
    ? { outcome: 'failure', reason, code }
    : { outcome: 'error', reason, code, retryAfterMs: retryAfterMs(answer.headers, now) }
}

const tokenOf = ({ auth }: HubspotSettings): TokenSource | null => {
  if (!('refresh_token' in auth)) return null
  const { client_id, secret, token } = auth.refresh_token
  return {
    name: JSON.stringify(['hubspot', client_id, token]),
    request: (credential, refresh) => ({
      method: 'POST',
      url: `${API}/oauth/v1/token`,
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        client_id,
        client_secret: credential.secret(secret),
        refresh_token: refresh ?? credential.secret(token),
      }).toString(),
    }),
    read: (answer, now) => readTokenAnswer({ answer, now, host: 'api.hubapi.com' }),
  }
}

const split = (payload: Values): { readonly contact: Values; readonly company: Values } => {
  const entries = Object.entries(payload)
  return {
    contact: Object.fromEntries(entries.filter(([name]) => !name.startsWith(COMPANY))),
    company: Object.fromEntries(
      entries.filter(([name]) => name.startsWith(COMPANY)).map(([name, value]) => [name.slice(COMPANY.length), value]),
    ),
  }
}

/** The company's id, null where there is none to be tied to, or what went wrong. */
function* companyOf(
  company: Values,
  create: boolean,
  now: number,
): Generator<Call, string | AttemptResult | null, CallAnswer> {
  const domain = textOf(company.domain)
  const found = yield post('/crm/v3/objects/companies/search', {
    filterGroups: [{ filters: [{ propertyName: 'domain', operator: 'EQ', value: domain }] }],
    properties: ['domain'],
    limit: 1,
  })
  const refused = refusalOf(found, now)
  if (refused !== null) return refused
  const id = saidOf(found).results?.[0]?.id
  if (id !== undefined || !create) return id ?? null
  const made = yield post('/crm/v3/objects/companies', { properties: propertiesOf(company) })
  return refusalOf(made, now) ?? saidOf(made).id ?? null
}

export const hubspot = defineDestination({
  type: 'hubspot',
  summary: 'Makes or updates contacts in HubSpot by their email, and ties them to their company.',
  settings: HubspotSettings,
  // A company that was made twice is two companies.
  repeat: (settings) => (settings.company === 'create' ? 'unsafe' : 'safe'),
  example: { auth: { token: 'hubspot-token' }, company: 'find' },
  deliver: function* deliver(input, settings) {
    const { contact, company } = split(input.payload)
    const { email, lead_id: _, ...others } = contact
    const address = textOf(email).trim()
    if (address === '')
      return {
        outcome: 'failure',
        reason: 'HubSpot finds contacts by email, and this lead has none',
        code: 'destination.rejected',
      }
    const answer = yield post('/crm/v3/objects/contacts/batch/upsert', {
      inputs: [{ idProperty: 'email', id: address, properties: { email: address, ...propertiesOf(others) } }],
    })
    const refused = refusalOf(answer, input.now)
    if (refused !== null) return refused
    const result = saidOf(answer).results?.[0]
    const id = result?.id ?? null
    const success: AttemptResult = {
      outcome: 'success',
      reference: id,
      price: null,
      reason: result?.new === false ? 'An existing contact was updated' : null,
    }
    if (settings.company === undefined || id === null || textOf(company.domain) === '') return success
    const tied = yield* companyOf(company, settings.company === 'create', input.now)
    if (tied === null) return success
    if (typeof tied !== 'string') return tied
    const association = yield {
      method: 'PUT',
      url: `${API}/crm/v4/objects/contacts/${encodeURIComponent(id)}/associations/default/companies/${encodeURIComponent(tied)}`,
      headers: { accept: 'application/json' },
      body: null,
    }
    return refusalOf(association, input.now) ?? success
  },
  token: tokenOf,
  authorize: (call, { auth }, credential) => ({
    ...call,
    headers: {
      ...call.headers,
      authorization: `Bearer ${'token' in auth ? credential.secret(auth.token) : (credential.token ?? '')}`,
    },
  }),
  check: () => ({
    method: 'GET',
    url: `${API}/crm/v3/objects/contacts?limit=1`,
    headers: { accept: 'application/json' },
    body: null,
  }),
})
