import { FAULTS, type FaultCode } from '../../base/faults.ts'
import { type Money, parseMoney } from '../../base/money.ts'
import type { AttemptResult, CallAnswer } from '../../kit/destination.ts'
import type { Json } from '../../kit/field.ts'
import { faultOfStatus, retryAfterMs } from '../../kit/http-status.ts'
import { textOf } from '../../kit/values.ts'
import type { HttpSettings } from './settings.ts'

const REFERENCE_PATHS = ['id', 'lead_id', 'reference']
const SUCCESS_VALUES = ['success', 'accepted', 'ok', 'true']
const REASON_CHARS_MAX = 500

const jsonOf = (body: string): Json => {
  try {
    return JSON.parse(body) as Json
  } catch {
    // Many receivers answer with a page or a word: the status then says all.
    return null
  }
}

const valueAt = (json: Json, path: string): Json | undefined => {
  let value: Json | undefined = json
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as { readonly [key: string]: Json })[key]
  }
  return value
}

const textAt = (json: Json, path: string | undefined): string | null => {
  const text = path === undefined ? '' : textOf(valueAt(json, path)).trim()
  return text === '' ? null : text.slice(0, REASON_CHARS_MAX)
}

const priceOf = (json: Json, response: HttpSettings['response']): Money | null => {
  const text = textAt(json, response?.price_path)
  return text === null ? null : parseMoney(text.replace(/^[$€£]\s*/, ''), response?.price_currency ?? 'USD')
}

const referenceOf = (json: Json, response: HttpSettings['response']): string | null => {
  if (response?.reference_path !== undefined) return textAt(json, response.reference_path)
  const path = REFERENCE_PATHS.find((candidate) => textAt(json, candidate) !== null)
  return textAt(json, path)
}

/** Said no for good, or something that may pass or must be mended: the kind of the code tells. */
const refused = (code: FaultCode, reason: string, retryAfter: number | null): AttemptResult =>
  FAULTS[code] === 'rejected'
    ? { outcome: 'failure', reason, code }
    : { outcome: 'error', reason, code, retryAfterMs: retryAfter }

/** What became of an attempt, by its status and then by what the settings say of its body. `now` in ms since 1970. */
export const readAnswer = (asked: {
  readonly answer: CallAnswer
  readonly response: HttpSettings['response']
  readonly now: number
}): AttemptResult => {
  const { answer, response, now } = asked
  const json = jsonOf(answer.body)
  const said = textAt(json, response?.reason_path)
  const code = faultOfStatus(answer.status, answer.headers)
  if (code !== null) {
    const plain =
      answer.status >= 300 && answer.status < 400
        ? `Answered ${answer.status}: redirects are not followed, enter the address it points to`
        : `Answered ${answer.status}`
    return refused(code, said ?? plain, retryAfterMs(answer.headers, now))
  }
  if (response?.outcome_path !== undefined) {
    const outcome = textAt(json, response.outcome_path)
    // Taken or not, nobody can tell: as if no answer had come.
    if (outcome === null)
      return {
        outcome: 'error',
        reason: `Answered ${answer.status} without a value at ${response.outcome_path}`,
        code: 'destination.unknown_outcome',
        retryAfterMs: null,
      }
    const accepted = (response.success_values ?? SUCCESS_VALUES).map((value) => value.toLowerCase())
    if (!accepted.includes(outcome.toLowerCase()))
      return { outcome: 'failure', reason: said ?? `Answered "${outcome}"`, code: 'destination.rejected' }
  }
  return { outcome: 'success', reference: referenceOf(json, response), price: priceOf(json, response), reason: said }
}
