import type { AttemptResult, BatchRow, Call, CallAnswer } from '../../kit/destination.ts'
import type { Said } from './said.ts'

/**
 * Many contacts in one call, each told what became of it. Inputs carry the delivery's id as `objectWriteTraceId`, which
 * HubSpot says back with each result and each error.
 */

export interface BatchInput {
  readonly row: BatchRow
  readonly email: string
}

/** In groups in which no address comes twice: HubSpot refuses a batch that names a contact twice. */
export const apart = (inputs: readonly BatchInput[]): readonly (readonly BatchInput[])[] => {
  const groups: { readonly emails: Set<string>; readonly inputs: BatchInput[] }[] = []
  for (const input of inputs) {
    const email = input.email.toLowerCase()
    let group = groups.find(({ emails }) => !emails.has(email))
    if (!group) {
      group = { emails: new Set(), inputs: [] }
      groups.push(group)
    }
    group.emails.add(email)
    group.inputs.push(input)
  }
  return groups.map((group) => group.inputs)
}

const traced = (context: unknown): readonly string[] => {
  const ids = (context as { readonly objectWriteTraceId?: unknown } | undefined)?.objectWriteTraceId
  return Array.isArray(ids) ? ids.map(String) : typeof ids === 'string' ? [ids] : []
}

const REASON_CHARS_MAX = 500

/** What an answer says of each of its contacts. */
export const readEach = (inputs: readonly BatchInput[], said: Said): Map<string, AttemptResult> => {
  const results = new Map<string, AttemptResult>()
  const byEmail = new Map(inputs.map(({ row, email }) => [email.toLowerCase(), row.deliveryId]))
  for (const { id, new: isNew, objectWriteTraceId, properties } of said.results ?? []) {
    const delivery = objectWriteTraceId ?? byEmail.get((properties?.email ?? '').toLowerCase())
    if (delivery !== undefined)
      results.set(delivery, {
        outcome: 'success',
        reference: id ?? null,
        price: null,
        reason: isNew === false ? 'An existing contact was updated' : null,
      })
  }
  for (const { message, context } of said.errors ?? [])
    for (const delivery of traced(context))
      results.set(delivery, {
        outcome: 'failure',
        reason: (message ?? 'Refused').slice(0, REASON_CHARS_MAX),
        code: 'destination.rejected',
      })
  return results
}

/**
 * Sends them together; a call that is refused as a whole is halved until the bad contact stands alone. Gives what became
 * of each, or what went wrong before anything was known.
 */
export function* sendTogether(
  inputs: readonly BatchInput[],
  call: (inputs: readonly BatchInput[]) => Call,
  said: (answer: CallAnswer) => Said,
  refusal: (answer: CallAnswer) => AttemptResult | null,
): Generator<Call, AttemptResult | Map<string, AttemptResult>, CallAnswer> {
  const answer = yield call(inputs)
  const known = readEach(inputs, said(answer))
  if (answer.status === 207 || known.size > 0) return known
  const refused = refusal(answer)
  if (refused === null) return known
  if (refused.outcome !== 'failure') return refused
  const [only] = inputs
  if (inputs.length === 1 && only) return new Map([[only.row.deliveryId, refused]])
  const half = Math.ceil(inputs.length / 2)
  const results = new Map<string, AttemptResult>()
  for (const part of [inputs.slice(0, half), inputs.slice(half)]) {
    const ended = yield* sendTogether(part, call, said, refusal)
    if (!(ended instanceof Map)) {
      // What the other half was told stands; of these it is known what went wrong.
      for (const { row } of part) results.set(row.deliveryId, ended)
      continue
    }
    for (const [delivery, result] of ended) results.set(delivery, result)
  }
  return results
}
