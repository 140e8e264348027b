import { delayMs } from '../base/backoff.ts'
import { FAULTS, Fault, type FaultCode, isFault, POLICY } from '../base/faults.ts'
import { keyedHash } from '../base/seal.ts'
import type { AttemptResult, CallAnswer, DeliveryInput } from '../kit/destination.ts'
import type { CompiledDestination } from '../kit/flow.ts'
import type { DeliveryAnswer } from '../kit/requests.ts'
import type { Judged } from '../kit/terms.ts'
import { type Delivery, placeOf } from '../lead/deliveries.ts'
import type { HeldPlace, Holds } from '../lead/events.ts'
import { redactHeaders } from '../outbound/redact.ts'
import { answerOfCall, authorizeCall } from './authorized-call.ts'
import type { RunnerContext } from './context.ts'
import { commit, emit, type Journey } from './journey.ts'
import { waitsBehind } from './order.ts'

/**
 * One delivery, attempt by attempt:
 *
 *   opened → started (committed: the fence) → answered → ended: success, failure, error, to be tried again, or parked
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

const destinationOf = (journey: Journey, delivery: Delivery): CompiledDestination => {
  const destination = journey.flow.destinations.get(delivery.destination)
  if (!destination)
    throw new Fault('destination_missing', { message: `The flow has no destination "${delivery.destination}"` })
  return destination
}

/** Whether, and when, an attempt that came to no success is followed by another. */
const sequel = (
  ctx: RunnerContext,
  destination: CompiledDestination,
  attempt: number,
  tries: number | null,
  code: FaultCode,
  retryAfter: number | null,
): { nextAt: number | null; parked: boolean } => {
  const policy = POLICY[FAULTS[code]]
  // Another destination waits for its turn. What may have been taken is followed up before it has it.
  const most =
    tries !== null && policy.retry !== 'if_repeatable' ? tries : (destination.attemptsMax ?? ctx.deliveries.attemptsMax)
  const again = (): { nextAt: number | null; parked: boolean } => {
    if (attempt >= most) return { nextAt: null, parked: false }
    const wait = delayMs({
      attempt,
      baseMs: destination.retryDelayMs ?? ctx.deliveries.retryDelayMs,
      random: ctx.random(),
      ...(retryAfter === null ? {} : { retryAfterMs: retryAfter }),
    })
    return { nextAt: ctx.clock.now() + wait, parked: false }
  }
  switch (policy.retry) {
    case 'never':
      return { nextAt: null, parked: false }
    case 'if_repeatable':
      return destination.type.repeat(destination.settings as never) === 'unsafe'
        ? { nextAt: null, parked: true }
        : again()
    case 'after_hint':
    case 'backoff':
    case 'reload':
    case 'few':
      return again()
    case 'requeue':
      return { nextAt: ctx.clock.now(), parked: false }
  }
}

/** Gives back places in caps that came to nothing. What was never written needs no giving back. */
const giveBackPlaces = (journey: Journey, places: readonly HeldPlace[]): void => {
  for (const place of places) {
    const { scope, from, part, delivery } = place
    const pending = journey.caps.findIndex(
      (cap) => cap.scope === scope && cap.from === from && cap.part === part && cap.delivery === delivery,
    )
    if (pending >= 0) journey.caps.splice(pending, 1)
    else journey.releasedCaps.push(place)
  }
}

const endAttempt = (
  ctx: RunnerContext,
  journey: Journey,
  delivery: Delivery,
  destination: CompiledDestination,
  attempt: number,
  result: AttemptResult,
): void => {
  const next =
    result.outcome === 'success' || result.outcome === 'failure'
      ? { nextAt: null, parked: false }
      : sequel(ctx, destination, attempt, delivery.tries, result.code, result.retryAfterMs)
  const held = journey.lead.holds.caps.filter((cap) => cap.delivery === placeOf(delivery))
  emit(journey, {
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
    },
  })
  if (held.length > 0 && (delivery.outcome === 'failure' || delivery.outcome === 'error')) giveBackPlaces(journey, held)
}

const faultResult = (error: unknown): AttemptResult => {
  if (isFault(error))
    return { outcome: 'error', reason: error.message, code: error.code, retryAfterMs: error.retryAfterMs ?? null }
  return { outcome: 'error', reason: 'The destination’s code failed', code: 'internal', retryAfterMs: null }
}

/** Runs the destination's program once. What was answered before a crash is not asked again. */
const runAttempt = async (
  ctx: RunnerContext,
  journey: Journey,
  delivery: Delivery,
  destination: CompiledDestination,
  input: DeliveryInput,
  answered: readonly CallAnswer[],
): Promise<AttemptResult> => {
  const settings = destination.settings as never
  const { type } = destination
  const program = type.deliver(input, settings, destination.tools)
  let step = program.next()
  for (let call = 0; !step.done; call += 1) {
    const before = answered[call]
    if (before) {
      step = program.next(before)
      continue
    }
    const authorized = await authorizeCall(ctx, journey.keys, destination, step.value)
    emit(journey, {
      type: 'attempt.started',
      at: call === 0 ? input.now : ctx.clock.now(),
      data: { delivery: delivery.id, attempt: input.attempt, call, runner: ctx.runnerNumber() },
      sealed: null,
    })
    await commit(journey, ctx.appender, ctx.clock, { wakeAt: journey.lead.receivedAt, runner: ctx.runnerNumber() })
    const response = await authorized.send(destination.timeoutMs ?? ctx.deliveries.timeoutMs)
    const answer = answerOfCall(response)
    emit(journey, {
      type: 'attempt.answered',
      at: ctx.clock.now(),
      data: {
        delivery: delivery.id,
        attempt: input.attempt,
        call,
        status: response.status,
        ms: Math.round(response.ms),
      },
      sealed: {
        request: {
          method: step.value.method,
          url: step.value.url,
          headers: redactHeaders(step.value.headers),
          body: step.value.body,
        },
        response: { ...answer, headers: redactHeaders(answer.headers) },
      },
    })
    step = program.next(answer)
  }
  return step.value
}

/** Makes the attempt that is due, if one is. */
export const attemptDelivery = async (ctx: RunnerContext, journey: Journey, delivery: Delivery): Promise<void> => {
  if (delivery.outcome !== 'open' || delivery.parked || waitsBehind(journey, delivery)) return
  const destination = destinationOf(journey, delivery)
  const interrupted = delivery.inFlight
  if (interrupted && interrupted.answers.length <= interrupted.started) {
    // Sent, perhaps, by a process that died before it could say so.
    endAttempt(ctx, journey, delivery, destination, interrupted.attempt, {
      outcome: 'error',
      code: 'destination.unknown_outcome',
      reason: 'The process ended while the call was under way: nobody knows whether it arrived',
      retryAfterMs: null,
    })
    return
  }
  if (!interrupted && (delivery.nextAt === null || delivery.nextAt > ctx.clock.now())) return
  const attempt = interrupted?.attempt ?? delivery.attempts + 1
  if (journey.lead.test) {
    const reason = 'A test lead: nothing was sent'
    endAttempt(ctx, journey, delivery, destination, attempt, {
      outcome: 'success',
      reference: 'test',
      price: null,
      reason,
    })
    return
  }
  const input: DeliveryInput = {
    deliveryId: delivery.id,
    leadId: journey.lead.id,
    attempt,
    payload: delivery.payload,
    now: interrupted?.startedAt ?? ctx.clock.now(),
  }
  let result: AttemptResult
  try {
    result = await runAttempt(ctx, journey, delivery, destination, input, interrupted?.answers ?? [])
  } catch (error) {
    if (error === journey.broken) throw error
    if (!isFault(error))
      ctx.log.error({ lead: journey.lead.id, destination: destination.id, error: nameOf(error) }, 'a destination threw')
    result = faultResult(error)
  }
  endAttempt(ctx, journey, delivery, destination, attempt, result)
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error)

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
    /** Whether the destination's terms let it through. */
    readonly judge: () => Promise<Judged>
    /** What the terms reserved, for the event that opens the delivery. */
    readonly holds: () => Holds | undefined
  },
): Promise<{ readonly answer: DeliveryAnswer } | { readonly wakeAt: number | null }> => {
  const id = deliveryId(journey, asked.step, asked.name)
  let delivery = journey.lead.deliveries.get(id)
  if (delivery && delivery.fp !== asked.fp)
    throw new Fault('replay_diverged', {
      message: `Step ${asked.step} asked for another delivery than its journal says`,
    })
  if (!delivery) {
    if (!journey.flow.destinations.has(asked.destination))
      throw new Fault('destination_missing', { message: `The flow has no destination "${asked.destination}"` })
    const { step, name, destination, fp } = asked
    const judged = await asked.judge()
    const at = ctx.clock.now()
    if (judged.taken) {
      const { price, rule, notBefore } = judged.offer
      const holds = asked.holds()
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
          ...(price !== null && { price }),
          ...(rule !== null && { price_rule: rule }),
          ...(notBefore !== null && { not_before: notBefore }),
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
    return { wakeAt: delivery.parked || waitsBehind(journey, delivery) ? null : delivery.nextAt }
  return { answer: asAnswer(delivery) }
}
