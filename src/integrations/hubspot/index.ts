import { type Static, Type } from 'typebox'
import { FAULTS } from '../../base/faults.ts'
import { BATCH_WORDS, batchFlaws, batchParts, nextOf } from '../../kit/batch.ts'
import { Closed } from '../../kit/config-parts.ts'
import {
  type AttemptResult,
  type BatchRow,
  type Call,
  type CallAnswer,
  defineDestination,
  type TokenSource,
} from '../../kit/destination.ts'
import type { Json } from '../../kit/field.ts'
import { faultOfStatus, retryAfterMs } from '../../kit/http-status.ts'
import { readTokenAnswer } from '../../kit/token-answer.ts'
import { textOf } from '../../kit/values.ts'
import { apart, type BatchInput, sendTogether } from './batch.ts'
import { saidOf } from './said.ts'

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
  // What the endpoint takes.
  batch: Type.Optional(Closed(batchParts(100), { description: BATCH_WORDS })),
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
      url: `${API}/oauth/2026-03/token`,
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

/** A page, or whatever else somebody put in its place. */
const NOT_HUBSPOT = (code: 'destination.unavailable' | 'destination.unknown_outcome'): AttemptResult => ({
  outcome: 'error',
  reason: 'What answered is not HubSpot: it names no results',
  code,
  retryAfterMs: null,
})

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
  const { results } = saidOf(found)
  // Taken for "there is none", a page would make the company once more.
  if (results === undefined) return NOT_HUBSPOT('destination.unavailable')
  const id = results[0]?.id
  if (id !== undefined || !create) return id ?? null
  const made = yield post('/crm/v3/objects/companies', { properties: propertiesOf(company) })
  return refusalOf(made, now) ?? saidOf(made).id ?? null
}

const NO_EMAIL: AttemptResult = {
  outcome: 'failure',
  reason: 'HubSpot finds contacts by email, and this lead has none',
  code: 'destination.rejected',
}

const upsert = (
  inputs: readonly { readonly email: string; readonly payload: Values; readonly trace?: string }[],
): Call =>
  post('/crm/v3/objects/contacts/batch/upsert', {
    inputs: inputs.map(({ email, payload, trace }) => {
      const { email: _, lead_id: __, ...others } = split(payload).contact
      return {
        idProperty: 'email',
        id: email,
        ...(trace !== undefined && { objectWriteTraceId: trace }),
        properties: { email, ...propertiesOf(others) },
      }
    }),
  })

const emailOf = (payload: Values): string => textOf(payload.email).trim()

/** Contacts of a batch, in as few calls as there are. */
function* together(rows: readonly BatchRow[], now: number) {
  const results = new Map<string, AttemptResult>()
  const inputs: BatchInput[] = []
  for (const row of rows) {
    const email = emailOf(row.payload)
    if (email === '') results.set(row.deliveryId, NO_EMAIL)
    else inputs.push({ row, email })
  }
  const call = (part: readonly BatchInput[]): Call =>
    upsert(part.map(({ row, email }) => ({ email, payload: row.payload, trace: row.deliveryId })))
  let isFirst = true
  for (const group of apart(inputs)) {
    const ended: AttemptResult | Map<string, AttemptResult> = yield* sendTogether(group, call, saidOf, (answer) =>
      refusalOf(answer, now),
    )
    if (ended instanceof Map) for (const [delivery, result] of ended) results.set(delivery, result)
    else if (isFirst) return ended
    else for (const { row } of group) results.set(row.deliveryId, ended)
    isFirst = false
  }
  return { outcome: 'each' as const, results }
}

export const hubspot = defineDestination({
  type: 'hubspot',
  summary: 'Makes or updates contacts in HubSpot by their email, and ties them to their company.',
  settings: HubspotSettings,
  // A company that was made twice is two companies.
  repeat: (settings) => (settings.company === 'create' ? 'unsafe' : 'safe'),
  asks: ({ url }) => url.endsWith('/search'),
  example: { auth: { token: 'hubspot-token' }, company: 'find' },
  flaws: ({ batch, company }) => [
    ...batchFlaws(batch),
    ...(batch !== undefined && company !== undefined
      ? [{ path: 'batch', message: 'a batch ties no contact to a company: leave out batch, or company' }]
      : []),
  ],
  batch: {
    uses: ({ batch }) => batch !== undefined,
    rowsMax: ({ batch }) => batch?.max ?? 100,
    nextAt: ({ batch }, now) => nextOf(batch, now),
    name: ({ id, flow }) => `${flow}-${id}`,
    // What each call holds is made when it is made.
    content: (rows) => rows.map(({ deliveryId }) => deliveryId).join('\n'),
    deliver: (file) => together(file.rows, file.now),
  },
  deliver: function* deliver(input, settings) {
    const { company } = split(input.payload)
    const email = emailOf(input.payload)
    if (email === '') return NO_EMAIL
    const answer = yield upsert([{ email, payload: input.payload }])
    const refused = refusalOf(answer, input.now)
    if (refused !== null) return refused
    const result = saidOf(answer).results?.[0]
    if (result === undefined) return NOT_HUBSPOT('destination.unknown_outcome')
    const id = result.id ?? null
    const success: AttemptResult = {
      outcome: 'success',
      reference: id,
      price: null,
      reason: result.new === false ? 'An existing contact was updated' : null,
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
