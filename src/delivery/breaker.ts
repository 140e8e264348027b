/**
 * The circuit breaker of a destination, as a pure machine; its state is shared through `millrace.destination_state`.
 *
 *   closed ──failures in a row──▶ open ──its pause is over, one call goes out──▶ half_open
 *     ▲                            ▲                                                │
 *     └──── the call was answered ─┼────────────────────────────────────────────────┤
 *                                  └──── it failed: the pause is twice as long ─────┘
 */

export type BreakerState = 'closed' | 'open' | 'half_open'

export interface BreakerRule {
  readonly failures: number
  readonly openMs: number
}

/** A provider that is down for an hour is asked some fifteen times; one that is back waits at most so long. */
const OPEN_MS_MAX = 5 * 60_000
/** Processes that found it open at the same moment do not come back at the same moment. */
const SPREAD = 0.1
const DOUBLINGS_MAX = 20

/** How long it stays open, ms: `openings` before this one, each doubles; never less than the other side asked for. */
export const openForMs = (asked: {
  readonly rule: BreakerRule
  readonly openings: number
  readonly retryAfterMs: number | null
  readonly random: number
}): number => {
  const { rule, openings, retryAfterMs, random } = asked
  const doubled = Math.min(rule.openMs * 2 ** Math.min(openings, DOUBLINGS_MAX), Math.max(OPEN_MS_MAX, rule.openMs))
  return Math.round(Math.max(doubled * (1 + SPREAD * random), retryAfterMs ?? 0))
}

/** Whether this many failures in a row open it. */
export const opens = (rule: BreakerRule, failures: number): boolean => rule.failures > 0 && failures >= rule.failures
