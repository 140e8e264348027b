import type { Clock } from '../base/clock.ts'
import type { FaultCode } from '../base/faults.ts'
import type { Database, Log } from '../database/pool.ts'
import type { HeldBy } from '../lead/events.ts'
import { type BreakerRule, openForMs, opens } from './breaker.ts'
import { type Bulkhead, createBulkhead } from './bulkhead.ts'
import type { HealthCounts } from './health.ts'
import { type Lane, type LaneLimits, laneKey, laneName } from './lane.ts'
import { createRateSlots, type RateSlots } from './rate.ts'
import { closeBreaker, findHolds, giveUpTry, holdByHouse, openBreaker, tryBreaker } from './store.ts'

/**
 * Whether a call may go out now. Each process keeps what it knows of holds and breakers in memory and is told of
 * changes; what it opens and closes is written for all. A call that may not go is held, never dropped.
 */

export interface Refused {
  readonly admitted: false
  readonly why: HeldBy
  /** When to ask again, ms since 1970; null: when somebody lifts it. */
  readonly until: number | null
  /** Not this destination alone is stopped, but all of the tenant's. */
  readonly all: boolean
}

/** What became of a call: the destination answered it (with whatever), did not, or nothing was learnt of it. */
export type CallEnd =
  | { readonly is: 'answered'; readonly outcome: 'success' | 'failure' | 'error'; readonly ms: number }
  | {
      readonly is: 'failed'
      readonly code: FaultCode
      readonly retryAfterMs: number | null
      readonly ms: number
    }
  | { readonly is: 'void' }

export interface Admitted {
  readonly admitted: true
  /** Must be called, once. */
  end(seen: CallEnd): void
}

export interface Gate {
  admit(lane: Lane, limits: LaneLimits): Promise<Admitted | Refused>
  /** What stops the lane now, as far as this process knows: people and breakers, not its own limits. */
  stopped(lane: Lane): Refused | null
  /** The destination does not accept our credentials: all its calls wait for a person. */
  pauseByHouse(lane: Lane, code: FaultCode): Promise<void>
  /** Lanes (`tenant/flow/destination`) and tenants that have a limit, and what is left of it here. */
  rooms(): { readonly names: string[]; readonly rooms: number[] }
  /** Reads holds and breakers anew. */
  refresh(): Promise<void>
  start(): void
  stop(): Promise<void>
}

export interface GateLimits {
  /** Of a destination that does not say otherwise. */
  readonly concurrency: number
  readonly breaker: BreakerRule
  /** Of all destinations of a tenant; null: none. */
  readonly tenantConcurrency: number | null
  readonly tenantPerSecond: number | null
}

export interface GateOptions extends GateLimits {
  readonly database: Database
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
  readonly health: HealthCounts
  /** Calls that may wait here for a place, for each destination. */
  readonly waitingMax: number
}

/** Who waits longer holds a source's answer: the delivery is put down, and its source hears 202. */
const WAIT_MS = 2_000
/** Between looks when nobody tells of a change. */
const REFRESH_MS = 2_000
/** A call that tries an open breaker is waited for so long: its process may have died with it. A second one does no harm. */
const TRY_MS = 10_000
const AGAIN_MS = 250

interface LaneState {
  readonly bulkhead: Bulkhead
  readonly slots: RateSlots
  failures: number
  concurrency: number
  perSecond: number | null
}

interface Stop {
  readonly why: 'emergency' | 'paused'
  readonly until: number | null
  readonly all: boolean
}

interface BreakerSeen {
  readonly retryAt: number
  readonly state: 'open' | 'half_open'
}

export const createGate = (options: GateOptions): Gate => {
  const { database, clock, random, log, health, tenantConcurrency, tenantPerSecond, waitingMax } = options
  const lanes = new Map<string, LaneState>()
  const tenants = new Map<string, LaneState>()
  let stops = new Map<string, Stop>()
  let breakers = new Map<string, BreakerSeen>()
  let processes = 1
  let timer: NodeJS.Timeout | undefined
  let refreshing: Promise<void> | null = null
  let following: Promise<void> | null = null
  let running = false
  const writing = new Set<Promise<unknown>>()

  /** This process's part of what all may do together. */
  const share = (all: number): number => Math.max(1, Math.floor(all / processes))

  const stateOf = (map: Map<string, LaneState>, key: string, concurrency: number, perSecond: number | null) => {
    let state = map.get(key)
    if (!state) {
      state = {
        bulkhead: createBulkhead({ waitingMax, waitMs: WAIT_MS }),
        slots: createRateSlots(),
        failures: 0,
        concurrency,
        perSecond,
      }
      map.set(key, state)
    }
    state.concurrency = concurrency
    state.perSecond = perSecond
    return state
  }

  const load = async (): Promise<void> => {
    const found = await findHolds(database, clock.now())
    processes = Math.max(1, found.processes)
    const nextStops = new Map<string, Stop>()
    const nextBreakers = new Map<string, BreakerSeen>()
    for (const { tenantId, scope, name, until, state } of found.holds) {
      if (scope === 'breaker')
        nextBreakers.set(`${tenantId}/${name}`, {
          retryAt: until ?? 0,
          state: state === 'half_open' ? 'half_open' : 'open',
        })
      else
        nextStops.set(`${scope}|${tenantId}/${name}`, {
          why: scope === 'emergency' ? 'emergency' : 'paused',
          until,
          all: scope !== 'destination',
        })
    }
    stops = nextStops
    breakers = nextBreakers
  }

  /** What was read is never older than the call: one that comes while another reads waits for the next. */
  const refresh = (): Promise<void> => {
    if (!refreshing) {
      refreshing = load().finally(() => {
        refreshing = null
      })
      return refreshing
    }
    following ??= refreshing
      .catch(() => undefined)
      .then(() => {
        following = null
        return refresh()
      })
    return following
  }

  const turn = (): void => {
    if (!running) return
    refresh()
      .catch(() => undefined)
      .finally(() => {
        if (running) timer = setTimeout(turn, REFRESH_MS)
        timer?.unref()
      })
  }

  const keep = (write: Promise<unknown>): void => {
    const kept: Promise<unknown> = write
      .catch((error) =>
        log.warn({ code: (error as { code?: string }).code ?? 'internal' }, 'a breaker could not be written'),
      )
      .finally(() => writing.delete(kept))
    writing.add(kept)
  }

  const personStops = (lane: Lane): Stop | null => {
    if (stops.size === 0) return null
    const now = clock.now()
    for (const key of [
      `emergency|${lane.tenantId}/`,
      `tenant|${lane.tenantId}/`,
      `queue|${lane.tenantId}/deliveries`,
      `destination|${laneKey(lane)}`,
    ]) {
      const stop = stops.get(key)
      if (stop && (stop.until === null || stop.until > now)) return stop
    }
    return null
  }

  const stopped = (lane: Lane): Refused | null => {
    const stop = personStops(lane)
    if (stop) return { admitted: false, ...stop }
    const breaker = breakers.get(laneKey(lane))
    return breaker && breaker.retryAt > clock.now()
      ? { admitted: false, why: 'breaker', until: breaker.retryAt, all: false }
      : null
  }

  const ruleOf = (limits: LaneLimits): BreakerRule => limits.breaker ?? options.breaker

  const failed = (
    lane: Lane,
    rule: BreakerRule,
    state: LaneState,
    seen: CallEnd & { is: 'failed' },
    trying: boolean,
  ) => {
    state.failures += 1
    if (!trying && !opens(rule, state.failures)) return
    const known = breakers.get(laneKey(lane))
    if (!trying && known) return
    const now = clock.now()
    const pause = (openings: number): number =>
      openForMs({ rule, openings, retryAfterMs: seen.retryAfterMs, random: random() })
    breakers.set(laneKey(lane), { state: 'open', retryAt: now + pause(0) })
    keep(
      openBreaker(database, lane, { now, code: seen.code, pause }).then((retryAt) => {
        breakers.set(laneKey(lane), { state: 'open', retryAt })
        log.warn(
          { flow: lane.flowId, destination: lane.destination, code: seen.code },
          'a destination’s breaker opened',
        )
      }),
    )
  }

  const answered = (lane: Lane, state: LaneState, trying: boolean): void => {
    state.failures = 0
    if (!trying) return
    breakers.delete(laneKey(lane))
    keep(
      closeBreaker(database, lane, clock.now()).then(() =>
        log.info({ flow: lane.flowId, destination: lane.destination }, 'a destination’s breaker closed'),
      ),
    )
  }

  /** A place in line for its rate: waits for it where that is soon. */
  const slot = async (state: LaneState): Promise<Refused | null> => {
    if (state.perSecond === null) return null
    const now = clock.now()
    const perSecond = state.perSecond / processes
    const at = state.slots.next(now, perSecond)
    if (at - now > WAIT_MS) return { admitted: false, why: 'rate', until: at, all: false }
    state.slots.take(now, perSecond)
    if (at > now) await new Promise((resolve) => setTimeout(resolve, at - now))
    return null
  }

  /** Calls that would not have to wait for too long. */
  const slotsLeft = (state: LaneState): number => {
    if (state.perSecond === null) return Number.POSITIVE_INFINITY
    const now = clock.now()
    const perSecond = state.perSecond / processes
    return ((now + WAIT_MS - state.slots.next(now, perSecond)) * perSecond) / 1000
  }

  const admit: Gate['admit'] = async (lane, limits) => {
    const hindrance = stopped(lane)
    if (hindrance) return hindrance
    // What a destination asks for holds for all processes together; the operator's default, for each.
    const most = limits.concurrency === null ? options.concurrency : share(limits.concurrency)
    const state = stateOf(lanes, laneKey(lane), most, limits.perSecond)
    const whole =
      tenantConcurrency === null && tenantPerSecond === null
        ? null
        : stateOf(
            tenants,
            lane.tenantId,
            tenantConcurrency === null ? Number.MAX_SAFE_INTEGER : share(tenantConcurrency),
            tenantPerSecond,
          )
    const busy: Refused = { admitted: false, why: 'busy', until: clock.now() + AGAIN_MS, all: false }
    if (!(await state.bulkhead.enter(state.concurrency))) return busy
    if (whole && !(await whole.bulkhead.enter(whole.concurrency))) {
      state.bulkhead.leave()
      return busy
    }
    let ended = false
    const leave = (): void => {
      if (ended) return
      ended = true
      whole?.bulkhead.leave()
      state.bulkhead.leave()
    }
    try {
      const late = (await slot(state)) ?? (whole && (await slot(whole)))
      // Somebody may have stopped it while this one waited.
      const now = late ?? stopped(lane)
      if (now) {
        leave()
        return now
      }
      const trying = breakers.has(laneKey(lane))
      if (trying && !(await tryBreaker(database, lane, clock.now(), TRY_MS))) {
        leave()
        void refresh().catch(() => undefined)
        return { admitted: false, why: 'breaker', until: clock.now() + AGAIN_MS, all: false }
      }
      return {
        admitted: true,
        end: (seen) => {
          leave()
          if (seen.is === 'void') {
            if (trying) keep(giveUpTry(database, lane, clock.now()))
            return
          }
          health.count(lane, seen.is === 'answered' ? seen.outcome : 'error', seen.ms)
          if (seen.is === 'failed') failed(lane, ruleOf(limits), state, seen, trying)
          else answered(lane, state, trying)
        },
      }
    } catch (error) {
      leave()
      throw error
    }
  }

  return {
    admit,
    stopped,
    pauseByHouse: async (lane, code) => {
      stops.set(`destination|${laneKey(lane)}`, { why: 'paused', until: null, all: false })
      const made = await holdByHouse(database, lane, { code, now: clock.now() })
      if (made)
        log.error(
          { flow: lane.flowId, destination: laneName(lane), code },
          'a destination does not accept our credentials: it is paused until somebody resumes it',
        )
    },
    rooms: () => {
      const names: string[] = []
      const rooms: number[] = []
      const note = (name: string, state: LaneState): void => {
        const room = Math.min(state.concurrency + waitingMax - state.bulkhead.load(), slotsLeft(state))
        names.push(name)
        rooms.push(Math.max(0, Math.min(Math.floor(room), 10_000)))
      }
      for (const [key, state] of lanes) note(key, state)
      for (const [key, state] of tenants) note(key, state)
      return { names, rooms }
    },
    refresh,
    start: () => {
      running = true
      turn()
    },
    stop: async () => {
      running = false
      clearTimeout(timer)
      await refreshing?.catch(() => undefined)
      await Promise.allSettled(writing)
    },
  }
}
