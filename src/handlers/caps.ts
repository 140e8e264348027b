import { gather } from '../base/coalesce.ts'
import { Fault, isFault } from '../base/faults.ts'
import type { Soon } from '../base/soon.ts'
import { texts, timestamps, uuids } from '../database/arrays.ts'
import type { Database } from '../database/pool.ts'
import { type CapUsage, type CapWrite, partsOf } from '../journal/append-caps.ts'
import type { RequestAnswer, RequestInput } from '../kit/requests.ts'
import { type Holder, waitFor } from './holder.ts'

/**
 * Counters of caps. What this process knows of a counter is the newest value it has seen, plus what its own journeys
 * have reserved and not yet committed. A place is given on that knowledge and proved at the commit; it is refused only
 * after the counter was read anew. Where the places are taken by journeys under way, one waits for those: some may
 * yet be given back.
 */
interface Counter {
  used: number | null
  /** Of a sliding window: what is used, by part. */
  parts: ReadonlyMap<number, number> | null
  version: number
  /** What is reserved by journeys under way, in no order. */
  readonly inFlight: Reservation[]
  /** Sum of what is in flight. */
  reserved: number
  /** Resolved at the next settlement. */
  waiters: (() => void)[]
}

interface Reservation {
  readonly holder: Holder
  /** Where it stands among those in flight. */
  at: number
}

interface Reserved {
  readonly answer: RequestAnswer<'cap.reserve'>
  readonly writes: readonly CapWrite[]
}

/** A cap asked for, and its counter. */
interface Wanted {
  readonly cap: RequestInput<'cap.reserve'>['caps'][number]
  readonly counter: Counter
}

/** Whose turn it may be, with the counter of how often it was. */
export interface Turn {
  readonly to: string
  readonly scope: string
  readonly weight: number
}

export interface Caps {
  /** Gives the turn to whom it was given least, for its weight; of equals to the first. */
  takeTurn(
    holder: Holder,
    tenantId: string,
    among: readonly Turn[],
  ): Soon<{ readonly answer: RequestAnswer<'turn.take'>; readonly writes: readonly CapWrite[] }>
  reserve(holder: Holder, tenantId: string, input: RequestInput<'cap.reserve'>): Soon<Reserved>
  /** A commit's own word on what a counter holds. */
  learn(usage: CapUsage): void
  /** Forgets what was known, after a commit lost a race with another process. */
  forget(tenantId: string, scopes: readonly { readonly scope: string; readonly from: number }[]): void
}

type Known = Pick<CapUsage, 'used' | 'version' | 'parts'>

/** What is used of a window as far as is known; of a sliding one, in those of its parts that count now. */
const usedOf = ({ cap, counter }: Wanted): number => {
  if (!cap.slide) return counter.used ?? 0
  let sum = 0
  for (const [part, count] of counter.parts ?? []) if (part >= cap.slide.since) sum += count
  return sum
}

/** Counters kept in memory; the least recently used leave first, and only where nothing is in flight. */
const COUNTERS_MAX = 20_000

const hasPlace = (each: Wanted): boolean =>
  each.counter.used !== null && usedOf(each) + each.counter.reserved + each.cap.amount <= each.cap.max

const refused = (each: Wanted): Reserved => ({
  answer: { reserved: false, cap: each.cap.id, used: usedOf(each) },
  writes: [],
})

const take = (holder: Holder, wanted: readonly Wanted[], delivery: string | undefined): Reserved => {
  for (const { cap, counter } of wanted) {
    const { inFlight } = counter
    const own: Reservation = { holder, at: inFlight.length }
    inFlight.push(own)
    counter.reserved += cap.amount
    holder.settlements.push(() => {
      const moved = inFlight.pop()
      if (moved !== undefined && moved !== own) {
        moved.at = own.at
        inFlight[own.at] = moved
      }
      counter.reserved -= cap.amount
      if (counter.waiters.length > 0) for (const wake of counter.waiters.splice(0)) wake()
    })
  }
  return {
    answer: { reserved: true, used: wanted.map((each) => usedOf(each) + each.counter.reserved) },
    writes: wanted.map(({ cap }) => ({
      scope: cap.scope,
      from: cap.from,
      amount: cap.amount,
      max: cap.max,
      ...(cap.slide && { part: cap.slide.part, since: cap.slide.since }),
      ...(delivery !== undefined && { delivery }),
    })),
  }
}

export const createCaps = (options: { readonly database: Database; readonly rowsMax: number }): Caps => {
  const { database, rowsMax } = options
  const counters = new Map<string, Counter>()

  const read = gather<{ tenantId: string; scope: string; from: number }, Known>({
    rowsMax,
    concurrency: 1,
    whole: isFault,
    run: async (items) => {
      const [rows] = await database.batch(
        [...new Set(items.map((item) => item.tenantId))],
        [
          {
            name: 'cap_read',
            text: `select w.n::integer as n, u.used::float8 as used, u.version, u.buckets::text as buckets
                   from unnest($1::uuid[], $2::text[], $3::timestamptz[]) with ordinality as w(tenant_id, scope, window_start, n)
                   cross join lateral (
                     select used, version, buckets from millrace.cap_usage
                     where tenant_id = w.tenant_id and scope = w.scope and window_start = w.window_start limit 1
                   ) u`,
            values: [
              uuids(items.map((item) => item.tenantId)),
              texts(items.map((item) => item.scope)),
              timestamps(items.map((item) => item.from)),
            ],
          },
        ],
      )
      const answers = items.map((): Known => ({ used: 0, version: 0, parts: null }))
      for (const row of rows ?? [])
        answers[(row.n as number) - 1] = {
          used: row.used as number,
          version: row.version as number,
          parts: partsOf(row.buckets),
        }
      return answers
    },
  })

  const nameOf = (tenantId: string, scope: string, from: number): string => `${tenantId}|${from}|${scope}`

  const counterOf = (name: string): Counter => {
    const known = counters.get(name)
    // Who was used last matters only where some must soon leave.
    if (known && counters.size < COUNTERS_MAX / 2) return known
    if (known) counters.delete(name)
    const counter: Counter = known ?? {
      used: null,
      parts: null,
      version: -1,
      inFlight: [],
      reserved: 0,
      waiters: [],
    }
    counters.set(name, counter)
    if (counters.size > COUNTERS_MAX) {
      for (const [old, entry] of counters) {
        if (counters.size <= COUNTERS_MAX) break
        if (entry.inFlight.length === 0) counters.delete(old)
      }
    }
    return counter
  }

  const learnOf = (counter: Counter, { used, version, parts }: Known): void => {
    if (version < counter.version) return
    counter.used = used
    counter.parts = parts
    counter.version = version
  }

  const refresh = async (tenantId: string, each: Wanted): Promise<void> => {
    const known = await read({ tenantId, scope: each.cap.scope, from: each.cap.from })
    learnOf(each.counter, known)
    if (each.counter.used !== null) return
    each.counter.used = known.used
    each.counter.parts = known.parts
  }

  /** Reads counters and waits until every cap has a place for this lead, or one is surely full. */
  const findPlaces = async (
    holder: Holder,
    tenantId: string,
    wanted: readonly Wanted[],
    delivery: string | undefined,
  ): Promise<Reserved> => {
    for (;;) {
      for (const each of wanted) if (each.counter.used === null) await refresh(tenantId, each)
      const full = wanted.find((each) => !hasPlace(each))
      // In the turn that saw the places: the next one may belong to another lead.
      if (!full) return take(holder, wanted, delivery)
      await refresh(tenantId, full)
      if (usedOf(full) + full.cap.amount > full.cap.max) return refused(full)
      if (full.counter.inFlight.length === 0) continue
      const others = full.counter.inFlight.flatMap((other) => (other.holder === holder ? [] : [other.holder]))
      if (others.length === 0) return refused(full)
      const settled = new Promise<void>((resolve) => full.counter.waiters.push(resolve))
      await waitFor(holder, others, settled)
    }
  }

  return {
    learn: (usage) => {
      const counter = counters.get(nameOf(usage.tenantId, usage.scope, usage.from))
      if (counter) learnOf(counter, usage)
    },
    forget: (tenantId, scopes) => {
      for (const { scope, from } of scopes) {
        const counter = counters.get(nameOf(tenantId, scope, from))
        if (counter) counter.used = null
      }
    },
    takeTurn: async (holder, tenantId, among) => {
      const wanted = among.map(({ to, scope, weight }) => ({
        to,
        weight,
        counter: counterOf(nameOf(tenantId, scope, 0)),
        cap: { id: to, scope, by: null, max: Number.MAX_SAFE_INTEGER, amount: 1, from: 0, until: null },
      }))
      await Promise.all(wanted.filter(({ counter }) => counter.used === null).map((each) => refresh(tenantId, each)))
      // In one turn from here: the next may belong to another lead.
      const load = ({ counter, weight }: (typeof wanted)[number]) =>
        ((counter.used ?? 0) + counter.reserved + 1) / weight
      const [first, ...others] = wanted
      if (!first) throw new Fault('internal', { message: 'Internal error', detail: 'a turn among nobody' })
      const chosen = others.reduce((least, each) => (load(each) < load(least) ? each : least), first)
      return { answer: { to: chosen.to }, writes: take(holder, [chosen], undefined).writes }
    },
    reserve: (holder, tenantId, input) => {
      const wanted = input.caps.map((cap) => ({ cap, counter: counterOf(nameOf(tenantId, cap.scope, cap.from)) }))
      const { delivery } = input
      return wanted.every(hasPlace) ? take(holder, wanted, delivery) : findPlaces(holder, tenantId, wanted, delivery)
    },
  }
}
