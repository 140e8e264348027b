import type { AttemptResult, Call, CallAnswer, ForgetInput } from '../../kit/destination.ts'
import { faultOfStatus, retryAfterMs } from '../../kit/http-status.ts'
import type { HttpSettings } from './settings.ts'

const GONE: ReadonlySet<number> = new Set([404, 410])

/** Null: an id the address asks for is not known. */
const addressOf = (template: string, input: ForgetInput): string | null => {
  let known = true
  const url = template.replace(/\{(reference|delivery|lead)\}/g, (_, name: string) => {
    const value = name === 'reference' ? input.reference : name === 'delivery' ? input.deliveryId : input.leadId
    if (value === null) known = false
    return encodeURIComponent(value ?? '')
  })
  return known ? url : null
}

function* tell(call: Call, now: number): Generator<Call, AttemptResult, CallAnswer> {
  const answer = yield call
  const code = GONE.has(answer.status) ? null : faultOfStatus(answer.status, answer.headers)
  if (code === null) return { outcome: 'success', reference: null, price: null, reason: null }
  const reason = `Answered ${answer.status}`
  return { outcome: 'error', reason, code, retryAfterMs: retryAfterMs(answer.headers, now) }
}

/** One call that names what was received; null where the settings have none for this. */
export const forget = (
  input: ForgetInput,
  settings: HttpSettings,
): Generator<Call, AttemptResult, CallAnswer> | null => {
  const { forget: asked } = settings
  if (asked === undefined || !(asked.acts ?? ['erase']).includes(input.act)) return null
  const url = addressOf(asked.url, input)
  if (url === null) return null
  const method = asked.method ?? 'POST'
  const call: Call = {
    method,
    url,
    headers: {
      accept: 'application/json',
      'idempotency-key': `${input.requestId}.${input.deliveryId}`,
      ...(method !== 'DELETE' && { 'content-type': 'application/json' }),
    },
    body:
      method === 'DELETE'
        ? null
        : JSON.stringify({
            act: input.act,
            request_id: input.requestId,
            lead_id: input.leadId,
            delivery_id: input.deliveryId,
            reference: input.reference,
          }),
  }
  return tell(call, input.now)
}
