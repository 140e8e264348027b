import { setTimeout as delay } from 'node:timers/promises'
import { delayMs } from '../../base/backoff.ts'
import type { Clock } from '../../base/clock.ts'
import { Fault, isFault } from '../../base/faults.ts'
import type { Answer, Runner, Submission } from '../../runner/types.ts'

export type Told =
  | {
      readonly answer: Answer
      /** Its lead is older than this run: an earlier one had sent the row. */
      readonly isRepeat: boolean
    }
  /** Nobody's refusal: we failed on it, again and again. */
  | { readonly reason: string }

export interface SenderOptions {
  readonly runner: Pick<Runner, 'submit'>
  readonly clock: Clock
  readonly random: () => number
  /** Aborted where the import is to end: a row that waits for another try is left for the next run. */
  readonly stop: AbortSignal
  /** After which what failed is tried again, at the soonest. */
  readonly retryDelayMs: number
  readonly onWaiting: (fault: Fault) => void
}

const RETRY_BASE_MS = 200
const RETRY_CAP_MS = 15_000
/** Without one answer in so long, the import ends: somebody must look, and a later run goes on. */
const GIVE_UP_MS = 5 * 60_000
/** Tries of a row on which we fail for a reason of our own. */
const BUG_TRIES = 3
/** Leads that an interrupted run left open are waited for, at the beginning of the run that follows. */
const LEFT_OPEN_WAIT_MS = 10_000
const LEFT_OPEN_LOOK_MS = 250

/** Whether it may end while it is waited for: what is tried again only after a longer pause will not. */
const mayEndSoon = ({ outcome, code, destinations }: Answer, retryDelayMs: number): boolean =>
  outcome === 'pending' &&
  code === 'delivering' &&
  (retryDelayMs < LEFT_OPEN_WAIT_MS ||
    !Object.values(destinations).some((said) => said.outcome === 'pending' && said.code !== undefined))

const madeAt = (leadId: string): number => Number.parseInt(leadId.slice(0, 8) + leadId.slice(9, 13), 16)

/** Sends rows one by one, each until it has its answer. Null: the import ends first. Throws what no retry can mend. */
export const createSender = (options: SenderOptions): ((submission: Submission) => Promise<Told | null>) => {
  const { runner, clock, random, stop, retryDelayMs, onWaiting } = options
  const startedAt = clock.now()
  let answeredAt = startedAt

  /** False where the import ends. */
  const pause = (ms: number): Promise<boolean> =>
    delay(ms, undefined, { signal: stop }).then(
      () => true,
      () => false,
    )

  return async (submission) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { answer } = await runner.submit({ ...submission, receivedAt: clock.now() })
        answeredAt = clock.now()
        const isRepeat = madeAt(answer.lead_id) < startedAt
        const isLeftOpen = isRepeat && mayEndSoon(answer, retryDelayMs)
        if (!isLeftOpen || clock.now() - startedAt > LEFT_OPEN_WAIT_MS) return { answer, isRepeat }
        if (!(await pause(LEFT_OPEN_LOOK_MS))) return { answer, isRepeat }
      } catch (error) {
        const fault = isFault(error) ? error : new Fault('internal', { message: 'Internal error', cause: error })
        const { retry } = fault.policy
        if (retry === 'never') throw error
        if (retry === 'few' && attempt >= BUG_TRIES)
          return { reason: 'It could not be taken in: an error of our own, see the log' }
        if (retry !== 'few' && clock.now() - answeredAt > GIVE_UP_MS)
          throw new Fault('database_unavailable', {
            message: `No row could be taken in for ${GIVE_UP_MS / 60_000} minutes (${fault.message}). Run the same command again to go on.`,
            cause: error,
          })
        onWaiting(fault)
        const waitMs = delayMs({
          attempt,
          baseMs: RETRY_BASE_MS,
          capMs: RETRY_CAP_MS,
          random: random(),
          ...(fault.retryAfterMs !== undefined && { retryAfterMs: fault.retryAfterMs }),
        })
        if (!(await pause(waitMs))) return null
      }
    }
  }
}
