import { FAULTS, isFault, nothingDone } from '../base/faults.ts'
import type { CallEnd } from '../delivery/gate.ts'
import type { AttemptResult, Call, CallAnswer } from '../kit/destination.ts'
import type { Json } from '../kit/field.ts'
import type { CompiledDestination } from '../kit/flow.ts'
import type { LeadEvent } from '../lead/events.ts'
import { redactHeaders } from '../outbound/redact.ts'
import { answerOfCall, authorizeCall } from './authorized-call.ts'
import type { RunnerContext } from './context.ts'
import { commit, emit, type Journey } from './journey.ts'

/** One attempt, call by call: of a delivery, or of asking an enricher. */

/** What the breaker and the destination's health learn of an attempt. */
export const seenOf = (result: AttemptResult, ms: number, called: boolean): CallEnd => {
  if (result.outcome !== 'error') return { is: 'answered', outcome: result.outcome, ms }
  switch (FAULTS[result.code]) {
    case 'unavailable':
    case 'ambiguous':
    case 'throttled':
      return { is: 'failed', code: result.code, retryAfterMs: result.retryAfterMs, ms }
    case 'canceled':
    case 'bug':
      return { is: 'void' }
    default:
      return called ? { is: 'answered', outcome: 'error', ms } : { is: 'void' }
  }
}

export const faultResult = (error: unknown): AttemptResult => {
  if (isFault(error))
    return { outcome: 'error', reason: error.message, code: error.code, retryAfterMs: error.retryAfterMs ?? null }
  return { outcome: 'error', reason: 'The destination’s code failed', code: 'internal', retryAfterMs: null }
}

/** The call that was on its way when the attempt broke off, and whether any was made. */
export interface Progress {
  sending: Json | undefined
  called: boolean
}

const requestOf = (call: Call): Json => ({
  method: call.method,
  url: call.url,
  headers: redactHeaders(call.headers),
  body: call.body,
})

/** Before each call its start is committed. What was answered before a crash is not asked again. */
export const runCalls = async (
  ctx: RunnerContext,
  journey: Journey,
  asked: {
    readonly program: Generator<Call, AttemptResult, CallAnswer>
    readonly destination: CompiledDestination
    readonly timeoutMs: number
    readonly answered: readonly CallAnswer[]
    readonly progress: Progress
    readonly started: (call: number) => LeadEvent
    readonly heard: (
      call: number,
      sealed: { readonly request: Json; readonly response: CallAnswer },
      seen: { readonly status: number; readonly ms: number },
    ) => LeadEvent
  },
): Promise<AttemptResult> => {
  const { program, destination, answered, progress } = asked
  let step = program.next()
  for (let call = 0; !step.done; call += 1) {
    const before = answered[call]
    if (before) {
      step = program.next(before)
      continue
    }
    const authorized = await authorizeCall(ctx, journey.keys, destination, step.value)
    emit(journey, asked.started(call))
    await commit(journey, ctx.appender, ctx.clock, { wakeAt: journey.lead.receivedAt, runner: ctx.runnerNumber() })
    progress.called = true
    progress.sending = requestOf(step.value)
    const sending = authorized.send({
      timeoutMs: asked.timeoutMs,
      connectTimeoutMs: destination.policy.connectTimeoutMs,
      headersTimeoutMs: destination.policy.headersTimeoutMs,
      bodyTimeoutMs: destination.policy.bodyTimeoutMs,
    })
    const response = await (destination.type.asks?.(step.value) ? sending.catch(nothingDone) : sending)
    const answer = answerOfCall(response)
    const sealed = { request: progress.sending, response: { ...answer, headers: redactHeaders(answer.headers) } }
    emit(journey, asked.heard(call, sealed, { status: response.status, ms: Math.round(response.ms) }))
    progress.sending = undefined
    step = program.next(answer)
  }
  return step.value
}
