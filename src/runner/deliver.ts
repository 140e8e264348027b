import { describeError } from '../base/described-error.ts'
import { Fault, isFault } from '../base/faults.ts'
import { keyedHash } from '../base/seal.ts'
import type { Lane } from '../delivery/lane.ts'
import { batchOf } from '../kit/batch.ts'
import type { AttemptResult, CallAnswer, DeliveryInput } from '../kit/destination.ts'
import type { Json } from '../kit/field.ts'
import type { CompiledDestination } from '../kit/flow.ts'
import type { Priority } from '../kit/priorities.ts'
import type { DeliveryAnswer } from '../kit/requests.ts'
import type { Delivery } from '../lead/deliveries.ts'
import type { Holds } from '../lead/events.ts'
import { batchedResult } from './batched.ts'
import type { RunnerContext } from './context.ts'
import { stateOf } from './delivery-rows.ts'
import { BEREFT, isBereft } from './hide.ts'
import { emit, type Journey } from './journey.ts'
import { waitsBehind } from './order.ts'
import { blockOf, noteBlock } from './person-fence.ts'
import { emitEnd, passOver, putDown } from './put-down.ts'
import { faultResult, type Progress, runCalls, seenOf } from './run-calls.ts'
import { type Sequel, sequelOf } from './sequel.ts'
import type { Judgement } from './terms.ts'
import { testResult } from './test-script.ts'

/**
 * One delivery, attempt by attempt:
 *
 *   opened → started (committed: the fence) → answered → ended: success, failure, error, to be tried again, or parked
 *      └───▶ held: its destination is paused, broken or full; it is asked again later
 *
 * An attempt found started and not ended belongs to a process that died: its outcome is unknown, never "not asked".
 */

/** Stable over all attempts and replays: the provider's idempotency key. */
export const deliveryId = (journey: Journey, step: string, name: string): string => {
  const hex = keyedHash(journey.keys.lookup, `delivery|${journey.lead.id}|${step}|${name}`)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

const asAnswer = (delivery: Delivery): DeliveryAnswer => ({
  outcome: delivery.outcome === 'open' ? 'pending' : delivery.outcome,
  destination: delivery.destination,
  reference: delivery.reference,
  reason: delivery.reason,
  code: delivery.code,
  price: delivery.revenue,
})

export const laneOfDelivery = ({ lead }: Journey, delivery: Pick<Delivery, 'destination'>): Lane => ({
  tenantId: lead.tenantId,
  flowId: lead.flow,
  destination: delivery.destination,
})

/** As the lead's version of the flow has it; one that a person sends again goes by what is published now. */
const destinationOf = async (
  ctx: RunnerContext,
  journey: Journey,
  delivery: Delivery,
): Promise<CompiledDestination> => {
  const { lead } = journey
  const current = delivery.resent ? await ctx.catalog.current(lead.tenantId, lead.flow).catch(() => null) : null
  const destination =
    current?.destinations.get(delivery.destination) ?? journey.flow.destinations.get(delivery.destination)
  if (!destination)
    throw new Fault('destination_missing', { message: `The flow has no destination "${delivery.destination}"` })
  return destination
}

const UNSUBSCRIBED: AttemptResult = {
  outcome: 'failure',
  reason: 'It has unsubscribed',
  code: 'destination.rejected',
}

const DONE: Sequel = { nextAt: null, parked: false, pause: false }

const endAttempt = async (
  ctx: RunnerContext,
  journey: Journey,
  delivery: Delivery,
  destination: CompiledDestination,
  attempt: number,
  result: AttemptResult,
  unanswered?: Json,
): Promise<void> => {
  const next =
    result.outcome === 'success' || result.outcome === 'failure'
      ? DONE
      : sequelOf(ctx, { destination, delivery, attempt, code: result.code, retryAfterMs: result.retryAfterMs })
  const lane = laneOfDelivery(journey, delivery)
  if (next.pause && result.outcome === 'error') await ctx.gate.pauseByHouse(lane, result.code)
  emitEnd(journey, delivery, {
    type: 'attempt.ended',
    at: ctx.clock.now(),
    data: {
      delivery: delivery.id,
      attempt,
      outcome: result.outcome,
      code: result.outcome === 'success' ? null : result.code,
      next_at: next.nextAt,
      parked: next.parked,
      revenue: result.outcome === 'success' ? (result.price ?? (journey.lead.test ? null : delivery.price)) : null,
    },
    sealed: {
      reason: result.reason,
      reference: (result.outcome !== 'error' && result.reference) || null,
      ...(result.outcome !== 'error' && result.captured && { captured: result.captured }),
      ...(unanswered !== undefined && { request: unanswered }),
    },
  })
  if (result.outcome === 'error' && stateOf(delivery) === 'dead' && !journey.lead.test)
    ctx.onDeadLetter(lane, result.code)
}

/** Runs the destination's program once. */
const runAttempt = (
  ctx: RunnerContext,
  journey: Journey,
  delivery: Delivery,
  destination: CompiledDestination,
  input: DeliveryInput,
  answered: readonly CallAnswer[],
  progress: Progress,
): Promise<AttemptResult> => {
  const { attempt } = input
  return runCalls(ctx, journey, {
    program: destination.type.deliver(input, destination.settings as never, destination.tools),
    destination,
    timeoutMs: destination.timeoutMs ?? ctx.deliveries.timeoutMs,
    answered,
    progress,
    started: (call) => ({
      type: 'attempt.started',
      at: call === 0 ? input.now : ctx.clock.now(),
      data: { delivery: delivery.id, attempt, call, runner: ctx.runnerNumber() },
      sealed: null,
    }),
    heard: (call, sealed, { status, ms }) => ({
      type: 'attempt.answered',
      at: ctx.clock.now(),
      data: { delivery: delivery.id, attempt, call, status, ms },
      sealed,
    }),
  })
}

/** Makes the attempt that is due, if one is. */
export const attemptDelivery = async (ctx: RunnerContext, journey: Journey, delivery: Delivery): Promise<void> => {
  if (delivery.outcome !== 'open' || delivery.parked || waitsBehind(journey, delivery)) return
  const destination = await destinationOf(ctx, journey, delivery)
  const interrupted = delivery.inFlight
  if (interrupted && interrupted.answers.length <= interrupted.started) {
    // Sent, perhaps, by a process that died before it could say so.
    await endAttempt(ctx, journey, delivery, destination, interrupted.attempt, {
      outcome: 'error',
      code: 'destination.unknown_outcome',
      reason: 'The process ended while the call was under way: nobody knows whether it arrived',
      retryAfterMs: null,
    })
    return
  }
  const isDue = delivery.nextAt === null ? interrupted !== null : delivery.nextAt <= ctx.clock.now()
  if (!isDue) return
  const attempt = interrupted?.attempt ?? delivery.attempts + 1
  if (journey.lead.test) {
    await endAttempt(ctx, journey, delivery, destination, attempt, testResult(journey.lead.script, attempt))
    return
  }
  const blocked = await blockOf(ctx, journey, destination)
  if (blocked) {
    await endAttempt(ctx, journey, delivery, destination, attempt, blocked)
    return
  }
  if (isBereft(journey.flow, delivery)) {
    await endAttempt(ctx, journey, delivery, destination, attempt, BEREFT)
    return
  }
  if (delivery.hook !== null && interrupted === null && !(await ctx.secrets.has(journey.keys, delivery.hook))) {
    await endAttempt(ctx, journey, delivery, destination, attempt, UNSUBSCRIBED)
    return
  }
  if (batchOf(destination) !== null) {
    const ended = await batchedResult(ctx, journey, delivery, destination, attempt)
    if (ended !== null) await endAttempt(ctx, journey, delivery, destination, attempt, ended)
    return
  }
  const pass = await ctx.gate.admit(laneOfDelivery(journey, delivery), destination.policy)
  if (!pass.admitted) {
    // Where others wait for their turn, a destination that is paused or broken is passed over.
    if (delivery.tries !== null && !pass.all && (pass.why === 'paused' || pass.why === 'breaker'))
      passOver(ctx, journey, delivery, attempt, pass.why)
    else putDown(ctx, journey, delivery, pass)
    return
  }
  const input: DeliveryInput = {
    deliveryId: delivery.key ?? delivery.id,
    leadId: journey.lead.id,
    attempt,
    payload: delivery.payload,
    ...(delivery.hook !== null && { hook: delivery.hook }),
    now: interrupted?.startedAt ?? ctx.clock.now(),
  }
  let result: AttemptResult
  const progress: Progress = { sending: undefined, called: false }
  const beganAt = ctx.clock.now()
  try {
    result = await runAttempt(ctx, journey, delivery, destination, input, interrupted?.answers ?? [], progress)
  } catch (error) {
    if (error === journey.broken) {
      pass.end({ is: 'void' })
      noteBlock(ctx, journey, error)
      throw error
    }
    if (!isFault(error))
      ctx.log.error(
        { lead: journey.lead.id, destination: destination.id, errors: describeError(error) },
        'a destination threw',
      )
    result = faultResult(error)
  }
  if (result.outcome === 'failure' && result.unsubscribe && delivery.hook !== null)
    await ctx.secrets.remove(journey.keys, delivery.hook)
  pass.end(seenOf(result, ctx.clock.now() - beganAt, progress.called))
  await endAttempt(ctx, journey, delivery, destination, attempt, result, progress.sending)
}

const latest = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : Math.max(a, b))

/** Opens the delivery a step asked for, or finds it opened, and makes its first attempt. */
export const sendDelivery = async (
  ctx: RunnerContext,
  journey: Journey,
  asked: {
    readonly step: string
    readonly name: string
    readonly fp: string
    readonly destination: string
    readonly payload: Delivery['payload']
    readonly waitFor: 'attempt' | 'final'
    readonly tries?: number
    readonly hook?: string
    readonly priority?: Priority
    /** Not before then, ms since 1970: its priority has it wait. */
    readonly notBefore: number | null
    /** Whether the destination's terms let it through. */
    readonly judge: () => Promise<Judgement>
    /** What the terms reserved, for the event that opens the delivery. */
    readonly holds: (places: Judgement['places']) => Holds | undefined
  },
): Promise<{ readonly answer: DeliveryAnswer } | { readonly wakeAt: number | null }> => {
  const id = deliveryId(journey, asked.step, asked.name)
  let delivery = journey.lead.deliveries.get(id)
  // Of a lead taken up again without the values that are not kept, the step cannot ask what it asked.
  if (delivery && delivery.fp !== asked.fp && !isBereft(journey.flow, delivery))
    throw new Fault('replay_diverged', {
      message: `Step ${asked.step} asked for another delivery than its journal says`,
    })
  if (!delivery) {
    if (!journey.flow.destinations.has(asked.destination))
      throw new Fault('destination_missing', { message: `The flow has no destination "${asked.destination}"` })
    const { step, name, destination, fp } = asked
    const { judged, places } = await asked.judge()
    const at = ctx.clock.now()
    if (judged.taken) {
      const { price, rule } = judged.offer
      const notBefore = latest(judged.offer.notBefore, asked.notBefore)
      const holds = asked.holds(places)
      emit(journey, {
        type: 'delivery.opened',
        at,
        data: {
          step,
          name,
          delivery: id,
          destination,
          fp,
          wait_for: asked.waitFor,
          ...(asked.tries !== undefined && { tries: asked.tries }),
          ...(asked.hook !== undefined && { hook: asked.hook }),
          ...(price !== null && { price }),
          ...(rule !== null && { price_rule: rule }),
          ...(notBefore !== null && { not_before: notBefore }),
          ...(asked.priority !== undefined && { priority: asked.priority }),
          ...(holds && { holds }),
        },
        sealed: { payload: asked.payload },
      })
    } else {
      const { code, rule, reason } = judged
      emit(journey, {
        type: 'delivery.refused',
        at,
        data: { step, name, delivery: id, destination, fp, code, rule },
        sealed: { reason },
      })
    }
    delivery = journey.lead.deliveries.get(id)
    if (!delivery) throw new Fault('internal', { message: 'Internal error', detail: 'an opened delivery is not there' })
  }
  await attemptDelivery(ctx, journey, delivery)
  if (delivery.outcome === 'open' && asked.waitFor === 'final')
    // Deliveries have their own times: see markOf in mark.ts.
    return { wakeAt: null }
  return { answer: asAnswer(delivery) }
}
