import type { Database } from '../database/pool.ts'

/**
 * Limits that hold across processes, without asking the database at each request.
 *
 * A process takes a portion of a window's limit ahead of need and counts within it. What the database hands out never
 * exceeds the limit, so the bound is exact; what a process took and did not use is given back when it ends, and else is
 * lost with its window. Portions grow while they are used up fast, and shrink as the limit nears: at its end they are
 * single, so nothing is kept from who still asks.
 */

export interface Limit {
  /** What is counted: `key:…`, `tenant:…`. Of one scope all processes name the same window and maximum. */
  readonly scope: string
  readonly max: number
  readonly window: Window
}

/** In ms from 1970 on; or the calendar's months, UTC. */
export type Window = number | 'month'

export type Granted =
  | { readonly allowed: true; readonly lease: Lease }
  | { readonly allowed: false; readonly retryAfterMs: number; readonly windowMs: number }

export interface Lease {
  readonly scope: string
  readonly starts: number
  readonly ends: number
  /** Of the portion. */
  left: number
  /** Of the limit, when the portion was handed out. */
  leftOver: number
  portion: number
  askedAt: number
  asking: Promise<void> | null
  /** Nothing was left: not asked again before then. */
  emptyUntil: number
}

export interface Quota {
  /** One of the limit, now; at once where the portion has one. Rejects with what the database answers. */
  take(limit: Limit, now: number): Granted | Promise<Granted>
  /** It was not used after all. */
  giveBack(lease: Lease): void
  /** Gives back what was taken and not used. */
  close(): Promise<void>
}

const FIRST_PORTION = 8
/** A portion used up sooner doubles the next. */
const LASTS_MS = 1_000
/** How soon a limit that was used up is asked about again: somebody may have given some back. */
const EMPTY_MS = 5_000
/** Scopes remembered; of more, the one not seen for longest is forgotten, and its portion with it. */
const SCOPES_MAX = 50_000

const windowAt = (window: Window, now: number): { readonly starts: number; readonly ends: number } => {
  if (window !== 'month') {
    const starts = Math.floor(now / window) * window
    return { starts, ends: starts + window }
  }
  const date = new Date(now)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  return { starts: Date.UTC(year, month), ends: Date.UTC(year, month + 1) }
}

export const createQuota = (options: { readonly database: Pick<Database, 'definer'> }): Quota => {
  const { database } = options
  const leases = new Map<string, Lease>()

  const newLease = (scope: string, window: Window, now: number): Lease => {
    const before = leases.get(scope)
    leases.delete(scope)
    if (leases.size >= SCOPES_MAX) {
      const [oldest] = leases.keys()
      if (oldest !== undefined) leases.delete(oldest)
    }
    const portion = before ? Math.max(FIRST_PORTION, Math.floor(before.portion / 2)) : FIRST_PORTION
    const lease: Lease = {
      scope,
      ...windowAt(window, now),
      left: 0,
      leftOver: Number.POSITIVE_INFINITY,
      portion,
      askedAt: Number.NEGATIVE_INFINITY,
      asking: null,
      emptyUntil: 0,
    }
    leases.set(scope, lease)
    return lease
  }

  /** One question at a time: who comes meanwhile waits for the same portion. */
  const ask = (lease: Lease, max: number, now: number): Promise<void> => {
    if (lease.asking) return lease.asking
    const isFast = now - lease.askedAt < LASTS_MS
    if (isFast) lease.portion *= 2
    lease.askedAt = now
    lease.asking = database
      .definer<{ granted: number; left_over: number }>({
        name: 'take_quota',
        text: 'select * from millrace.take_quota($1::text, $2::timestamptz, $3::timestamptz, $4::bigint, $5::bigint)',
        values: [lease.scope, new Date(lease.starts), new Date(lease.ends), Math.min(lease.portion, max), max],
      })
      .then(([row]) => {
        const granted = row?.granted ?? 0
        lease.left += granted
        lease.leftOver = row?.left_over ?? 0
        if (granted === 0) lease.emptyUntil = now + EMPTY_MS
      })
      .finally(() => {
        lease.asking = null
      })
    return lease.asking
  }

  const refused = (lease: Lease, now: number): Granted => ({
    allowed: false,
    retryAfterMs: Math.max(1, lease.ends - now),
    windowMs: lease.ends - lease.starts,
  })

  const wait = async (lease: Lease, max: number, now: number): Promise<Granted> => {
    while (lease.left === 0) {
      if (lease.emptyUntil > now) return refused(lease, now)
      await ask(lease, max, now)
    }
    lease.left -= 1
    return { allowed: true, lease }
  }

  return {
    take: ({ scope, max, window }, now) => {
      let lease = leases.get(scope)
      if (lease === undefined || now >= lease.ends || now < lease.starts) lease = newLease(scope, window, now)
      if (lease.left > 0) {
        lease.left -= 1
        // Ahead of need, so that nobody waits; where the database is away, whoever finds nothing left is told.
        if (lease.left < lease.portion >> 2 && lease.leftOver > 0 && lease.asking === null)
          ask(lease, max, now).catch(() => undefined)
        return { allowed: true, lease }
      }
      if (lease.emptyUntil > now) return refused(lease, now)
      return wait(lease, max, now)
    },
    giveBack: (lease) => {
      lease.left += 1
      lease.emptyUntil = 0
    },
    close: async () => {
      const open = [...leases.values()]
      leases.clear()
      await Promise.all(open.map(({ asking }) => asking?.catch(() => undefined)))
      for (const { scope, starts, left } of open) {
        if (left > 0)
          await database.definer({
            name: 'give_quota',
            text: 'select millrace.give_quota($1::text, $2::timestamptz, $3::bigint)',
            values: [scope, new Date(starts), left],
          })
      }
    },
  }
}
