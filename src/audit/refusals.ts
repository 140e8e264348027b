import type { Clock } from '../base/clock.ts'
import { describeError } from '../base/described-error.ts'
import type { Log } from '../database/pool.ts'
import type { Audit } from './audit.ts'
import type { AuditEntry } from './types.ts'

/**
 * Who was not let in: wrong passwords and codes, locked emails, keys that are switched off or over. Each stands in the
 * audit of the tenant it was tried on; who tried names nobody of any tenant is no tenant's.
 *
 * A flood of them must neither fill the chain nor tell by the time it takes who exists. So nothing is written before the
 * answer: what was refused is counted in memory, alike for whom there is and for whom there is not, and a round writes
 * the first of its kind within a second. What follows is folded into one entry with its count, after a minute, then two,
 * at most a quarter of an hour. A process that is killed loses what it had counted since.
 */
export interface Refusal {
  readonly tenantId: string
  readonly resource: 'user' | 'key'
  /** Who was tried; null where that is not known. */
  readonly resourceId: string | null
  readonly why: string
  /** Where it came from: sealed. */
  readonly ip: string | null
}

export interface Refusals {
  /** Counts one; it is written by a later round. */
  note(refusal: Refusal): void
  /** Writes what is due. */
  round(): Promise<void>
  /** Writes all that was counted, due or not. */
  close(): Promise<void>
}

interface Counted {
  readonly refusal: Refusal
  readonly ips: Set<string>
  /** Since the last entry. */
  count: number
  from: number
  to: number
  dueAt: number
  windowMs: number
}

const ROUND_MS = 1_000
const WINDOW_MS = 60_000
/** At most a hundred entries a day for each who is tried, however many tries there are. */
const WINDOW_MS_MAX = 15 * 60_000
/** Who is tried beyond so many is counted together, without a name. */
const SUBJECTS_MAX = 100
const IPS_MAX = 10

export const createRefusals = (options: {
  readonly audit: Pick<Audit, 'record'>
  readonly clock: Clock
  readonly log: Log
}): Refusals => {
  const { audit, clock, log } = options
  const tenants = new Map<string, Map<string, Counted>>()
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  let isClosed = false

  const entryOf = ({ refusal, ips, from, to }: Counted, count: number): AuditEntry => ({
    tenantId: refusal.tenantId,
    actor: { kind: 'unknown', id: 'unknown' },
    action: refusal.resource === 'user' ? 'session.refuse' : 'key.refuse',
    resource: refusal.resource,
    resourceId: refusal.resourceId,
    data: {
      why: refusal.why,
      count,
      ...(count > 1 && { from: new Date(from).toISOString(), to: new Date(to).toISOString() }),
    },
    ...(ips.size > 0 && { personal: { ip: ips.size === 1 ? ([...ips][0] ?? null) : [...ips] } }),
  })

  const write = async (counted: Counted, now: number): Promise<void> => {
    const { count, ips } = counted
    const entry = entryOf(counted, count)
    const told = [...ips]
    ips.clear()
    try {
      await audit.record(entry)
    } catch (error) {
      for (const ip of told) if (ips.size < IPS_MAX) ips.add(ip)
      log.error({ errors: describeError(error) }, 'a refusal could not be recorded')
      return
    }
    // Others may have been counted while it was written.
    counted.count -= count
    counted.from = counted.to
    counted.dueAt = now + counted.windowMs
    counted.windowMs = Math.min(counted.windowMs * 2, WINDOW_MS_MAX)
  }

  const writeAll = async (isDue: (counted: Counted, now: number) => boolean): Promise<void> => {
    if (tenants.size === 0) return
    const now = clock.now()
    const writes: Promise<void>[] = []
    for (const [tenantId, subjects] of tenants) {
      for (const [name, counted] of subjects) {
        if (!isDue(counted, now)) continue
        if (counted.count === 0) subjects.delete(name)
        else writes.push(write(counted, now))
      }
      if (subjects.size === 0) tenants.delete(tenantId)
    }
    await Promise.all(writes)
  }

  const round = (): Promise<void> => {
    running = running.then(() => writeAll(({ dueAt }, now) => dueAt <= now))
    return running
  }

  const wake = (): void => {
    if (timer !== undefined || isClosed) return
    timer = setTimeout(() => {
      void round().finally(() => {
        timer = undefined
        if (tenants.size > 0) wake()
      })
    }, ROUND_MS)
    timer.unref()
  }

  return {
    note: (refusal) => {
      const now = clock.now()
      const { tenantId, resource, resourceId, why, ip } = refusal
      const subjects = tenants.get(tenantId) ?? new Map<string, Counted>()
      tenants.set(tenantId, subjects)
      const isNamed = subjects.has(`${resource}|${resourceId}|${why}`) || subjects.size < SUBJECTS_MAX
      const name = `${resource}|${isNamed ? resourceId : null}|${why}`
      const counted = subjects.get(name) ?? {
        refusal: isNamed ? refusal : { ...refusal, resourceId: null },
        ips: new Set<string>(),
        count: 0,
        from: now,
        to: now,
        dueAt: now,
        windowMs: WINDOW_MS,
      }
      subjects.set(name, counted)
      if (counted.count === 0) counted.from = now
      counted.count += 1
      counted.to = now
      if (ip !== null && counted.ips.size < IPS_MAX) counted.ips.add(ip)
      wake()
    },
    round,
    close: async () => {
      isClosed = true
      clearTimeout(timer)
      await running
      await writeAll(({ count }) => count > 0)
    },
  }
}
