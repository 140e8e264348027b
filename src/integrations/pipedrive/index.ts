import { type Static, Type } from 'typebox'
import { Closed } from '../../kit/config-parts.ts'
import { type AttemptResult, type Call, type CallAnswer, defineDestination } from '../../kit/destination.ts'
import type { Json } from '../../kit/field.ts'
import { faultOfStatus, retryAfterMs } from '../../kit/http-status.ts'
import { textOf } from '../../kit/values.ts'

/**
 * Leads in the inbox of Pipedrive, each with the person it is about: one who is known by email or phone, or a new one.
 * https://developers.pipedrive.com/docs/api/v1/Leads#addLead, https://developers.pipedrive.com/docs/api/v1/Persons
 */

const PipedriveSettings = Closed({
  token: Type.String({ minLength: 1, maxLength: 100, description: 'Name of the stored secret: the API token.' }),
  owner: Type.Optional(
    Type.Integer({
      minimum: 1,
      description: 'Id of the user who owns leads and new persons; whose token it is if left out.',
    }),
  ),
  labels: Type.Optional(
    Type.Array(Type.String({ pattern: '^[0-9a-f-]{36}$' }), {
      minItems: 1,
      maxItems: 20,
      description: 'Ids of lead labels.',
    }),
  ),
})

type PipedriveSettings = Static<typeof PipedriveSettings>
type Values = { readonly [name: string]: Json }

const API = 'https://api.pipedrive.com'
const REASON_CHARS_MAX = 500
/** Custom fields are named by hashes of 40 characters. */
const CUSTOM = /^[0-9a-f]{40}$/

const post = (path: string, body: object): Call => ({
  method: 'POST',
  url: API + path,
  headers: { accept: 'application/json', 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

interface Said {
  readonly error?: unknown
  readonly data?: { readonly id?: unknown; readonly items?: readonly { readonly item?: { readonly id?: unknown } }[] }
}

const saidOf = ({ body }: CallAnswer): Said => {
  try {
    return (JSON.parse(body) ?? {}) as Said
  } catch {
    return {}
  }
}

const idOf = (id: unknown): string | null => (typeof id === 'string' || typeof id === 'number' ? String(id) : null)

/** Null: it was taken. */
const refusalOf = (answer: CallAnswer, now: number): AttemptResult | null => {
  // 402: the company's account is not open, whatever the lead.
  const code = answer.status === 402 ? 'destination.credentials' : faultOfStatus(answer.status, answer.headers)
  if (code === null) return null
  const { error } = saidOf(answer)
  const reason = (typeof error === 'string' ? error : `Answered ${answer.status}`).slice(0, REASON_CHARS_MAX)
  if (code === 'destination.rejected') return { outcome: 'failure', reason, code }
  // Pipedrive says when its allowance begins anew in a header of its own, in seconds.
  const reset = answer.headers['x-ratelimit-reset']
  const headers = reset === undefined ? answer.headers : { 'retry-after': reset, ...answer.headers }
  return { outcome: 'error', reason, code, retryAfterMs: retryAfterMs(headers, now) }
}

const nameOf = (payload: Values): string =>
  textOf(payload.name) || [payload.first_name, payload.last_name].map(textOf).filter(Boolean).join(' ')

/** The person of that email or phone. */
const search = (field: 'email' | 'phone', term: string): Call => ({
  method: 'GET',
  url: `${API}/api/v2/persons/search?${new URLSearchParams({ term, fields: field, exact_match: 'true', limit: '1' })}`,
  headers: { accept: 'application/json' },
  body: null,
})

const personBody = (payload: Values, { owner }: PipedriveSettings): object => {
  const [email, phone] = [textOf(payload.email), textOf(payload.phone)]
  return {
    name: nameOf(payload) || email || phone,
    ...(owner !== undefined && { owner_id: owner }),
    ...(email !== '' && { emails: [{ value: email, primary: true, label: 'work' }] }),
    ...(phone !== '' && { phones: [{ value: phone, primary: true, label: 'work' }] }),
  }
}

/** A page, or whatever else somebody put in its place. */
const UNHEARD = (code: 'destination.unavailable' | 'destination.unknown_outcome'): AttemptResult => ({
  outcome: 'error',
  reason: 'What answered is not Pipedrive: it names nothing that was asked for',
  code,
  retryAfterMs: null,
})

/** The person's id, or what went wrong. */
function* personOf(
  payload: Values,
  settings: PipedriveSettings,
  now: number,
): Generator<Call, number | AttemptResult, CallAnswer> {
  for (const field of ['email', 'phone'] as const) {
    const term = textOf(payload[field])
    if (term === '') continue
    const found = yield search(field, term)
    const refused = refusalOf(found, now)
    if (refused !== null) return refused
    const items = saidOf(found).data?.items
    // Taken for "there is nobody", a page would make the person once more.
    if (items === undefined) return UNHEARD('destination.unavailable')
    const id = items[0]?.item?.id
    if (typeof id === 'number') return id
  }
  const made = yield post('/api/v2/persons', personBody(payload, settings))
  const refused = refusalOf(made, now)
  if (refused !== null) return refused
  const id = saidOf(made).data?.id
  return typeof id === 'number' ? id : UNHEARD('destination.unknown_outcome')
}

const leadBody = (
  person: number,
  deliveryId: string,
  payload: Values,
  { owner, labels }: PipedriveSettings,
): object => {
  const amount = Number(textOf(payload.amount) || Number.NaN)
  return {
    title: textOf(payload.title) || `Lead: ${nameOf(payload) || textOf(payload.email) || textOf(payload.phone)}`,
    person_id: person,
    ...(owner !== undefined && { owner_id: owner }),
    ...(labels !== undefined && { label_ids: labels }),
    ...(Number.isFinite(amount) && { value: { amount, currency: textOf(payload.currency) || 'USD' } }),
    // Which of our deliveries made it.
    origin_id: deliveryId,
    ...Object.fromEntries(Object.entries(payload).filter(([name]) => CUSTOM.test(name))),
  }
}

const NOBODY: AttemptResult = {
  outcome: 'failure',
  reason: 'Pipedrive ties each lead to a person, and this one has no name, email or phone',
  code: 'destination.rejected',
}

export const pipedrive = defineDestination({
  type: 'pipedrive',
  summary: 'Makes leads in Pipedrive, tied to the person of their email or phone, who is made where there is none.',
  settings: PipedriveSettings,
  // It has no key for a lead: one that was made twice is two leads.
  repeat: () => 'unsafe',
  asks: ({ method }) => method === 'GET',
  example: { token: 'pipedrive-token' },
  deliver: function* deliver(input, settings: PipedriveSettings) {
    const { payload, now } = input
    if (nameOf(payload) === '' && textOf(payload.email) === '' && textOf(payload.phone) === '') return NOBODY
    const person = yield* personOf(payload, settings, now)
    if (typeof person !== 'number') return person
    const made = yield post('/v1/leads', leadBody(person, input.deliveryId, payload, settings))
    const refused = refusalOf(made, now)
    if (refused !== null) return refused
    const reference = idOf(saidOf(made).data?.id)
    return reference === null
      ? UNHEARD('destination.unknown_outcome')
      : { outcome: 'success', reference, price: null, reason: null }
  },
  authorize: (call, settings, credential) => ({
    ...call,
    headers: { ...call.headers, 'x-api-token': credential.secret(settings.token) },
  }),
  check: () => ({ method: 'GET', url: `${API}/v1/users/me`, headers: { accept: 'application/json' }, body: null }),
})
