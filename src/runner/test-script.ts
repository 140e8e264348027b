import type { AttemptResult } from '../kit/destination.ts'
import type { RequestAnswer, SingleRequest } from '../kit/requests.ts'
import type { RejectionCode } from '../lead/codes.ts'
import type { Lead } from '../lead/lead.ts'
import type { RunnerContext } from './context.ts'
import { emit, type Journey } from './journey.ts'

/** What a test lead is answered that said what it is to come to: it meets nobody, and holds nothing. */

/** The lead that a scripted duplicate is one of: nobody's. */
const NOBODY = '00000000-0000-7000-8000-000000000000'
const HOUR_MS = 3_600_000

const answerOf = (lead: Lead, now: number, request: SingleRequest): unknown => {
  const { script } = lead
  switch (request.kind) {
    case 'identity.claim': {
      const [first] = request.input.keys
      const seen = { leadId: NOBODY, person: null, seenAt: now - HOUR_MS, on: first?.on ?? [] }
      return script === 'duplicate' ? { held: false, ...seen } : { held: true }
    }
    case 'suppression.lookup': {
      const [list = ''] = request.input.lists
      const field = request.input.values[0]?.field ?? ''
      const answer: RequestAnswer<'suppression.lookup'> =
        script === 'suppressed' ? { found: true, list, label: list, field, addedAt: now - HOUR_MS } : { found: false }
      return answer
    }
    case 'list.change':
      return { found: false }
    case 'cap.reserve': {
      const [first] = request.input.caps
      return script === 'cap_exceeded'
        ? { reserved: false, cap: first?.id ?? '', used: first?.max ?? 0 }
        : { reserved: true, used: request.input.caps.map(() => 0) }
    }
    case 'turn.take':
      return { to: request.input.among[0]?.to ?? '' }
    default:
      return undefined
  }
}

/** Null where the lead is answered as any other. */
export const scripted = (lead: Lead, now: number, request: SingleRequest): { readonly answer: unknown } | null => {
  if (lead.script === null) return null
  const answer = answerOf(lead, now, request)
  return answer === undefined ? null : { answer }
}

/** What an attempt of a test lead comes to: nothing is sent. */
export const testResult = (script: string | null, attempt: number): AttemptResult => {
  const reason = 'A test lead: nothing was sent'
  if (script === 'delivery_failed') return { outcome: 'failure', reason, code: 'destination.rejected' }
  if (script === 'pending' && attempt === 1)
    return { outcome: 'error', reason, code: 'destination.unavailable', retryAfterMs: null }
  return { outcome: 'success', reference: 'test', price: null, reason }
}

/** Steps that come to a scripted end by themselves, where the flow has one. */
const ENDED_BY: Readonly<Record<string, readonly string[]>> = {
  duplicate: ['dedupe'],
  suppressed: ['suppress'],
  cap_exceeded: ['cap'],
  delivery_failed: ['deliver'],
}

/** At the program's end: a rejection that none of its steps came to. */
export const concludeTest = (ctx: RunnerContext, journey: Journey): void => {
  const { lead, source } = journey
  const { script } = lead
  if (script === null || script === 'success' || script === 'pending') return
  const types = ENDED_BY[script] ?? []
  const met = source.program.some(({ id, type }) => types.includes(type) && lead.decided[id]?.outcome === 'failure')
  if (met) return
  emit(journey, {
    type: 'test.concluded',
    at: ctx.clock.now(),
    data: { step: 'test', outcome: 'failure', code: script as RejectionCode },
    sealed: { reason: `Test: ${script.replaceAll('_', ' ')}` },
  })
}
