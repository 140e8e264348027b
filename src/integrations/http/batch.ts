import { nextOf } from '../../kit/batch.ts'
import type {
  AttemptResult,
  BatchEnded,
  BatchRow,
  BatchType,
  Call,
  CallAnswer,
  DestinationTools,
} from '../../kit/destination.ts'
import type { Json } from '../../kit/field.ts'
import { readAnswer } from './answer.ts'
import { jsonAt, readJsonPath } from './json-path.ts'
import { asciiPayload, nestedPayload } from './payload.ts'
import { lowered } from './request.ts'
import type { HttpSettings } from './settings.ts'

/** Many leads in one call: a list in JSON, and an answer that may speak of each in the same order. */

const listOf = (rows: readonly BatchRow[], settings: HttpSettings): Json => {
  const list = rows.map(({ payload }) => {
    const written = settings.ascii === true ? asciiPayload(payload) : payload
    return settings.nested === true ? nestedPayload(written) : written
  }) as Json
  return settings.batch?.under === undefined ? list : { [settings.batch.under]: list }
}

const callOf = (name: string, content: string, settings: HttpSettings): Call => ({
  method: settings.method ?? 'POST',
  url: settings.url,
  headers: {
    accept: 'application/json',
    'content-type': 'application/json',
    ...lowered(settings.headers ?? {}),
    // The same at every attempt of this batch.
    [(settings.idempotency_header ?? 'Idempotency-Key').toLowerCase()]: name,
  },
  body: content,
})

const parsed = (body: string): Json | undefined => {
  try {
    return JSON.parse(body) as Json
  } catch {
    return undefined
  }
}

const UNREAD = (why: string): AttemptResult => ({
  outcome: 'error',
  code: 'destination.unknown_outcome',
  reason: why,
  retryAfterMs: null,
})

/** What the answer says of each; of the whole, where it says no more, or was none. */
const readBatch = (
  answer: CallAnswer,
  rows: readonly BatchRow[],
  settings: HttpSettings,
  tools: DestinationTools,
  now: number,
): AttemptResult | BatchEnded => {
  const { results: place } = settings.batch ?? {}
  if (place === undefined || answer.status < 200 || answer.status >= 300)
    return readAnswer({ answer, settings, tools, now })
  const json = parsed(answer.body)
  const list = json === undefined ? undefined : jsonAt(json, readJsonPath(place) ?? [])
  if (!Array.isArray(list)) return UNREAD(`Answered ${answer.status} without a list at ${place}`)
  if (list.length !== rows.length)
    return UNREAD(`Answered with ${list.length} results for ${rows.length} leads: nobody can tell whose they are`)
  const results = new Map(
    rows.map(({ deliveryId }, at) => {
      const body = JSON.stringify(list[at] ?? null)
      return [deliveryId, readAnswer({ answer: { ...answer, body }, settings, tools, now })] as const
    }),
  )
  return { outcome: 'each', results }
}

export const batch: BatchType<HttpSettings> = {
  uses: (settings) => settings.batch !== undefined,
  keyOfBatch: true,
  rowsMax: (settings) => settings.batch?.max ?? 1_000,
  nextAt: (settings, now) => nextOf(settings.batch, now),
  name: ({ id, flow }) => `${flow}-${id}`,
  content: (rows, settings) => JSON.stringify(listOf(rows, settings)),
  deliver: function* deliver(file, settings, tools) {
    const answer = yield callOf(file.name, file.content, settings)
    return readBatch(answer, file.rows, settings, tools, file.now)
  },
}
