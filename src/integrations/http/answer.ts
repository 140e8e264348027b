import { FAULTS, type FaultCode } from '../../base/faults.ts'
import { type Money, parseMoney } from '../../base/money.ts'
import type { AttemptResult, CallAnswer, Captured, DestinationTools } from '../../kit/destination.ts'
import { faultOfStatus, retryAfterMs } from '../../kit/http-status.ts'
import { jsonAt, readJsonPath } from './json-path.ts'
import { type AnswerReader, readerOf } from './place.ts'
import type { HttpSettings } from './settings.ts'
import type { Response } from './settings-response.ts'

const REFERENCE_PATHS = ['id', 'lead_id', 'reference']
const SUCCESS_VALUES = ['success', 'accepted', 'ok', 'true']
const REASON_CHARS_MAX = 500

type Verdict = 'success' | 'failure' | 'duplicate' | 'error'

/** `$12.50`, `1,234.5 EUR` */
const amountOf = (text: string, currency: string): Money | null => {
  const [, amount = '', named] = /^[^\d-]{0,4}(-?\d[\d,]*(?:\.\d{1,6})?)\s*([A-Z]{3})?$/.exec(text) ?? []
  return parseMoney(amount.replaceAll(',', ''), named ?? currency)
}

const priceOf = (reader: AnswerReader, response: Response): Money | null => {
  const currency = response.price_currency ?? 'USD'
  const text = reader.at(response.price_path)
  const read = text === null ? null : amountOf(text, currency)
  if (read !== null || response.default_price === undefined) return read
  return parseMoney(response.default_price, currency)
}

const referenceOf = (reader: AnswerReader, response: Response): string | null => {
  if (response.reference_path !== undefined) return reader.at(response.reference_path)
  if (reader.kind !== 'json') return null
  const path = REFERENCE_PATHS.find((candidate) => reader.at(candidate) !== null)
  return reader.at(path)
}

const capturedOf = (reader: AnswerReader, { capture }: Response): Captured | null => {
  if (capture === undefined) return null
  const found = Object.entries(capture).flatMap(([name, place]) => {
    const text = reader.at(place)
    return text === null ? [] : [[name, text] as const]
  })
  return found.length === 0 ? null : Object.fromEntries(found)
}

/** Said no for good, or something that may pass or must be mended: the kind of the code tells. */
const refused = (asked: {
  readonly code: FaultCode
  readonly reason: string
  readonly retryAfterMs: number | null
  readonly reference?: string | null
  readonly captured?: Captured | null
}): AttemptResult => {
  const { code, reason, reference, captured } = asked
  return FAULTS[code] === 'rejected'
    ? { outcome: 'failure', reason, code, ...(reference && { reference }), ...(captured && { captured }) }
    : { outcome: 'error', reason, code, retryAfterMs: asked.retryAfterMs }
}

/** What the flow's search terms say of an answer; null: nothing. */
const searched = (
  reader: AnswerReader,
  answer: CallAnswer,
  { outcomes }: Response,
  ok: boolean,
): { readonly is: Verdict; readonly by: string } | null => {
  for (const { status, at, search, is } of outcomes ?? []) {
    if (status === undefined ? !ok : status !== answer.status) continue
    const text = at === undefined ? answer.body : reader.at(at)
    if (at !== undefined && text === null) continue
    if (search === undefined || reader.has(text ?? '', search)) return { is, by: search ?? `status ${answer.status}` }
  }
  return null
}

/** GraphQL says no with status 200 and `errors`. */
const graphqlError = (reader: AnswerReader): string | null => {
  const json = reader.json()
  const at = (path: string) => (json === undefined ? undefined : jsonAt(json, readJsonPath(path) ?? []))
  const first = at('errors.0')
  if (first === undefined) return null
  const message = at('errors.0.message')
  return typeof message === 'string' ? message : 'The answer holds errors'
}

/** By the values at `outcome_path`. `nothing`: there is no value. */
const valued = (
  reader: AnswerReader,
  response: Response,
): { readonly is: Verdict | 'nothing'; readonly value: string } | null => {
  if (response.outcome_path === undefined) return null
  const value = reader.at(response.outcome_path)
  if (value === null) return { is: 'nothing', value: '' }
  const among = (values: readonly string[] | undefined) =>
    values?.some((one) => one.toLowerCase() === value.toLowerCase()) === true
  if (among(response.success_values ?? SUCCESS_VALUES)) return { is: 'success', value }
  if (among(response.duplicate_values)) return { is: 'duplicate', value }
  return { is: among(response.error_values) ? 'error' : 'failure', value }
}

const CODE_OF: Readonly<Record<Exclude<Verdict, 'success'>, FaultCode>> = {
  failure: 'destination.rejected',
  duplicate: 'destination.duplicate',
  error: 'destination.unavailable',
}

/** What became of an attempt: what the flow says of the answer first, then its status. `now` in ms since 1970. */
export const readAnswer = (asked: {
  readonly answer: CallAnswer
  readonly settings: HttpSettings
  readonly tools: DestinationTools
  readonly now: number
}): AttemptResult => {
  const { answer, settings, tools, now } = asked
  const response = settings.response ?? {}
  const reader = readerOf(answer, response.content_type, tools)
  const said = (reader.at(response.reason_path) ?? response.default_reason)?.slice(0, REASON_CHARS_MAX) ?? null
  const captured = capturedOf(reader, response)
  const code = faultOfStatus(answer.status, answer.headers)
  const retryAfter = retryAfterMs(answer.headers, now)

  const as = (is: Verdict, otherwise: string): AttemptResult =>
    is === 'success'
      ? {
          outcome: 'success',
          reference: referenceOf(reader, response),
          price: priceOf(reader, response),
          reason: said === response.default_reason ? null : said,
          ...(captured && { captured }),
        }
      : refused({
          code: CODE_OF[is],
          reason: said ?? otherwise,
          retryAfterMs: retryAfter,
          reference: response.reference_path === undefined ? null : reader.at(response.reference_path),
          captured,
        })

  const term = searched(reader, answer, response, code === null)
  if (term !== null) return as(term.is, `Answered with "${term.by}"`)
  if (code !== null) {
    const plain =
      answer.status >= 300 && answer.status < 400
        ? `Answered ${answer.status}: redirects are not followed, enter the address it points to`
        : `Answered ${answer.status}`
    return refused({ code, reason: said ?? plain, retryAfterMs: retryAfter, captured })
  }
  const value = valued(reader, response)
  if (value?.is === 'nothing')
    // Taken or not, nobody can tell: as if no answer had come.
    return refused({
      code: 'destination.unknown_outcome',
      reason: `Answered ${answer.status} without a value at ${response.outcome_path}`,
      retryAfterMs: null,
    })
  if (value !== null) return as(value.is as Verdict, `Answered "${value.value.slice(0, 200)}"`)
  const error = settings.format === 'graphql' && response.outcomes === undefined ? graphqlError(reader) : null
  if (error !== null) return as('failure', error.slice(0, REASON_CHARS_MAX))
  if (response.outcomes === undefined) return as('success', '')
  const otherwise = response.otherwise ?? (response.outcomes.some(({ is }) => is === 'success') ? 'failure' : 'success')
  return as(otherwise, `Answered ${answer.status} with none of the texts that mean it was taken`)
}
