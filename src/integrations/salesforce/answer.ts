import type { FaultCode } from '../../base/faults.ts'
import { FAULTS } from '../../base/faults.ts'
import type { AttemptResult, CallAnswer } from '../../kit/destination.ts'
import type { Json } from '../../kit/field.ts'
import { faultOfStatus, retryAfterMs } from '../../kit/http-status.ts'

/** What Salesforce's answers mean. Its errors are a list of `errorCode` and `message`, whatever the status. */

type Object = { readonly [key: string]: Json }

const jsonOf = (body: string): Json => {
  try {
    return JSON.parse(body) as Json
  } catch {
    return null
  }
}

const isObject = (value: Json | undefined): value is Object & { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : [])
const textAt = (value: Json | undefined, key: string): string | null =>
  isObject(value) && typeof value[key] === 'string' ? value[key] : null

/** By its error code; where it is none of these, the status decides. */
const CODES: Readonly<Record<string, FaultCode>> = {
  INVALID_SESSION_ID: 'destination.credentials',
  INVALID_AUTH_HEADER: 'destination.credentials',
  INSUFFICIENT_ACCESS: 'destination.credentials',
  INSUFFICIENT_ACCESS_OR_READONLY: 'destination.credentials',
  API_DISABLED_FOR_ORG: 'destination.credentials',
  REQUEST_LIMIT_EXCEEDED: 'destination.throttled',
  CONCURRENT_API_LIMIT_EXCEEDED: 'destination.throttled',
  SERVER_UNAVAILABLE: 'destination.unavailable',
  UNABLE_TO_LOCK_ROW: 'destination.unavailable',
  QUERY_TIMEOUT: 'destination.unavailable',
  DUPLICATES_DETECTED: 'destination.duplicate',
  DUPLICATE_VALUE: 'destination.duplicate',
  INVALID_FIELD: 'setting_invalid',
  INVALID_TYPE: 'setting_invalid',
  NOT_FOUND: 'setting_invalid',
  INVALID_CROSS_REFERENCE_KEY: 'setting_invalid',
}

const REASON_CHARS_MAX = 500

/** The record that a duplicate rule or a unique field found. */
const matched = (error: Json): string | null => {
  const result = isObject(error) ? error.duplicateResult : undefined
  const [first] = listOf(isObject(result) ? result.matchResults : undefined)
  const [record] = listOf(isObject(first) ? first.matchRecords : undefined)
  const found = textAt(isObject(record) ? record.record : undefined, 'Id')
  return found ?? /\bid: (\w{15,18})\b/.exec(textAt(error, 'message') ?? '')?.[1] ?? null
}

const refused = (error: Json | undefined, status: number, answer: CallAnswer, now: number): AttemptResult => {
  const errorCode = textAt(error, 'errorCode') ?? textAt(error, 'statusCode')
  const message = textAt(error, 'message')
  const code = CODES[errorCode ?? ''] ?? faultOfStatus(status, answer.headers) ?? 'destination.rejected'
  const reason = (
    message === null ? `Answered ${status}` : errorCode === null ? message : `${message} (${errorCode})`
  ).slice(0, REASON_CHARS_MAX)
  if (FAULTS[code] !== 'rejected')
    return { outcome: 'error', reason, code, retryAfterMs: retryAfterMs(answer.headers, now) }
  const reference = error === undefined ? null : matched(error)
  return { outcome: 'failure', reason, code, ...(reference !== null && { reference }) }
}

/** An update may be answered with nothing. A page, or anything else that is not Salesforce's word, says neither yes nor no. */
const taken = (body: Json, status: number): AttemptResult =>
  status === 204 || textAt(body, 'id') !== null
    ? {
        outcome: 'success',
        reference: textAt(body, 'id'),
        price: null,
        reason: isObject(body) && body.created === false ? 'An existing record was updated' : null,
      }
    : {
        outcome: 'error',
        reason: `Answered ${status} and named no record`,
        code: 'destination.unknown_outcome',
        retryAfterMs: null,
      }

/** Of a composite the part that failed by itself: the others are only rolled back with it. */
const composite = (parts: readonly Json[], answer: CallAnswer, now: number): AttemptResult => {
  const failed = parts.filter((part) => isObject(part) && Number(part.httpStatusCode) >= 300)
  const halted = (part: Json) =>
    textAt(listOf(isObject(part) ? part.body : undefined)[0], 'errorCode') === 'PROCESSING_HALTED'
  const cause = failed.find((part) => !halted(part)) ?? failed[0]
  if (isObject(cause)) return refused(listOf(cause.body)[0], Number(cause.httpStatusCode), answer, now)
  const record = parts.find((part) => textAt(part, 'referenceId') === 'record')
  return isObject(record) ? taken(record.body ?? null, Number(record.httpStatusCode)) : taken(null, answer.status)
}

export const readAnswer = (answer: CallAnswer, now: number): AttemptResult => {
  const body = jsonOf(answer.body)
  if (answer.status === 300)
    return {
      outcome: 'failure',
      reason: 'Several records have this external id: none was changed',
      code: 'destination.rejected',
    }
  if (answer.status < 200 || answer.status >= 300) return refused(listOf(body)[0], answer.status, answer, now)
  const parts = isObject(body) ? body.compositeResponse : undefined
  if (Array.isArray(parts)) return composite(parts, answer, now)
  if (isObject(body) && body.success === false) return refused(listOf(body.errors)[0], answer.status, answer, now)
  return taken(body, answer.status)
}
