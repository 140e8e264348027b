import { delayMs } from '../base/backoff.ts'
import { FAULTS, type FaultCode, POLICY } from '../base/faults.ts'
import { batchOf } from '../kit/batch.ts'
import type { CompiledDestination } from '../kit/flow.ts'
import type { Delivery } from '../lead/deliveries.ts'
import type { RunnerContext } from './context.ts'

/** What follows an attempt that came to no success. */
export interface Sequel {
  /** When another is made, ms since 1970; null: none by itself. */
  readonly nextAt: number | null
  /** Nobody knows whether it arrived: a person must say. */
  readonly parked: boolean
  /** The destination does not accept our credentials: it is to be paused. */
  readonly pause: boolean
}

/** No delivery is tried for longer, whatever its destination says. */
const RETRY_FOR_MS = 3 * 86_400_000

/** What a firewall over there does not like of one lead looks like a wrong password: it pauses a destination so often. */
const REFUSALS_MAX = 2

const ENDS: Sequel = { nextAt: null, parked: false, pause: false }
const PARKED: Sequel = { nextAt: null, parked: true, pause: false }

/** Whether what may have arrived does no harm if it is sent once more. */
const mayRepeat = (destination: CompiledDestination): boolean => {
  const repeat = destination.type.repeat(destination.settings as never)
  // In another batch it would have another key, and be another lead to who goes by keys.
  return repeat === 'safe' || (repeat === 'keyed' && batchOf(destination)?.keyOfBatch !== true)
}

/** By the fault's kind alone: see `POLICY` in base/faults.ts. */
export const sequelOf = (
  ctx: Pick<RunnerContext, 'clock' | 'random' | 'deliveries'>,
  asked: {
    readonly destination: CompiledDestination
    readonly delivery: Pick<Delivery, 'attemptsBefore' | 'tries' | 'since' | 'refusals'>
    readonly attempt: number
    readonly code: FaultCode
    readonly retryAfterMs: number | null
  },
): Sequel => {
  const { destination, delivery, attempt, code, retryAfterMs } = asked
  const policy = POLICY[FAULTS[code]]
  const now = ctx.clock.now()
  const tries = attempt - delivery.attemptsBefore
  // Another destination waits for its turn. What may have been taken is followed up before it has it.
  const most =
    delivery.tries !== null && policy.retry !== 'if_repeatable'
      ? delivery.tries
      : (destination.attemptsMax ?? ctx.deliveries.attemptsMax)
  const again = (): Sequel | null => {
    if (tries >= most) return null
    const { retryDelaysMs, retryForMs } = destination.policy
    const wait = delayMs({
      attempt: tries,
      baseMs: destination.retryDelayMs ?? ctx.deliveries.retryDelayMs,
      random: ctx.random(),
      ...(retryDelaysMs && { delaysMs: retryDelaysMs }),
      ...(retryAfterMs !== null && { retryAfterMs }),
    })
    if (now + wait > delivery.since + (retryForMs ?? RETRY_FOR_MS)) return null
    return { nextAt: now + wait, parked: false, pause: false }
  }
  switch (policy.retry) {
    case 'never':
      if (policy.after !== 'pause') return ENDS
      // Somebody has mended it time and again: it is this lead that is not wanted, and others wait behind it.
      if (delivery.refusals >= REFUSALS_MAX) return ENDS
      return { nextAt: delivery.tries === null ? now : null, parked: false, pause: true }
    case 'if_repeatable':
      return mayRepeat(destination) ? (again() ?? PARKED) : PARKED
    case 'after_hint':
    case 'backoff':
    case 'reload':
    case 'few':
      return again() ?? ENDS
    case 'requeue':
      return { nextAt: now, parked: false, pause: false }
  }
}
