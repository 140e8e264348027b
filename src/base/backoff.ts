/** How long to wait before the next attempt: pure, the random number is handed in. */

/** A longer hint than this is a mistake of its sender: the attempt is better made, and answered, sooner. */
const HINT_MAX_MS = 24 * 3_600_000

const JITTER_MAX_MS = 1_000

/** Far beyond any cap, and far from infinity, which times a base of 0 is not a number. */
const DOUBLINGS_MAX = 50

export interface BackoffInput {
  /** The attempt that has just failed, counted from 1. */
  readonly attempt: number
  /** The wait after the first attempt; it doubles with each one after. */
  readonly baseMs: number
  /** Most the doubled wait may come to, jitter included. */
  readonly capMs?: number
  /** Waits given one by one instead of doubled, not capped; the last holds for all attempts beyond the list. */
  readonly delaysMs?: readonly number[]
  /** What the other side asked for (see `retryAfterMs` of kit/http-status.ts): never less is waited, up to a day. */
  readonly retryAfterMs?: number
  /** In [0, 1): spreads those that failed together. */
  readonly random: number
}

/** Five minutes: longer, and a provider that is back waits for its leads; shorter, and one that is down is hammered. */
export const BACKOFF_CAP_MS = 5 * 60_000

/** Whole milliseconds to wait after `attempt` has failed. */
export const delayMs = (input: BackoffInput): number => {
  const { attempt, baseMs, delaysMs, random } = input
  const jitterMs = random * JITTER_MAX_MS
  const listed = delaysMs === undefined ? undefined : (delaysMs[Math.max(attempt, 1) - 1] ?? delaysMs.at(-1))
  const capMs = input.capMs ?? BACKOFF_CAP_MS
  // Room for the jitter is left below the cap: those that have failed for long are spread as well.
  const doubledMs = Math.min(baseMs * 2 ** Math.min(Math.max(attempt, 1) - 1, DOUBLINGS_MAX), capMs - JITTER_MAX_MS)
  const ownMs = listed === undefined ? Math.min(Math.max(doubledMs, 0) + jitterMs, capMs) : listed + jitterMs
  // Those told to come back at the same moment are spread beyond it, never before it.
  const askedMs = input.retryAfterMs === undefined ? 0 : Math.min(input.retryAfterMs, HINT_MAX_MS) + jitterMs
  return Math.round(Math.max(ownMs, askedMs))
}
