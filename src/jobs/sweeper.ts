import type { Clock } from '../base/clock.ts'
import { isFault } from '../base/faults.ts'
import { bools, int4s, texts, uuids } from '../database/arrays.ts'
import type { Database, Log } from '../database/pool.ts'
import type { Gate } from '../delivery/gate.ts'
import { isPassing } from '../journal/anchors.ts'
import type { Runner } from '../runner/types.ts'

/**
 * Takes up unfinished leads: those that are due, and those whose runner died.
 *
 * Work stands in a table, written in the transaction that left a lead unfinished, and is taken in small numbers, in
 * turn between tenants and their lanes. Nothing else knows what is to be done: a process that starts after any crash
 * finds it here. Each look learns when the next lead falls due, and the next look is then.
 */
export interface Sweeper {
  start(): void
  /**
   * A lead that this process lost sight of: whether it is durable, the database will say. `away`: only because the
   * database was; that run does not count against the lead, any other is followed by a pause.
   */
  doubt(lead: { readonly tenantId: string; readonly leadId: string; readonly away: boolean }): void
  /** A lead was put down until then, ms since 1970. */
  hint(at: number): void
  /** Takes no more; resolves when the look and the search under way have ended. */
  stop(): Promise<void>
}

/** Between looks when nothing hints: the latest that a lead of a dead process is taken up. */
const LOOK_MS = 500
/** Of one lane of one tenant in one look. */
const EACH = 100
/** Between searches for unfinished leads that no row in work stands for. With the age below: found within a minute. */
const LOST_EVERY_MS = 25_000
const LOST_OLDER_MS = 25_000
/** A search reads every open lead. Where that takes long it is made more seldom: a process spends a twentieth on it at most. */
const LOST_PAUSE = 20
/** A commit whose connection broke may still show up: the server ends any statement before this. */
const DOUBT_MS = 45_000
const DOUBTS_EACH = 500

export const createSweeper = (options: {
  readonly database: Database
  readonly clock: Clock
  readonly runner: Pick<Runner, 'resume' | 'inFlight'>
  readonly runnerNumber: () => number
  /** Whether that number still stands for this process: under a dead one nothing is taken. */
  readonly isHeld: () => boolean
  readonly leadsInFlightMax: number
  readonly gate: Pick<Gate, 'rooms'>
  readonly log: Log
}): Sweeper => {
  const { database, clock, runner, runnerNumber, isHeld, leadsInFlightMax, gate, log } = options
  let doubts: { tenantId: string; leadId: string; away: boolean; until: number }[] = []
  let timer: NodeJS.Timeout | undefined
  let nextAt = Number.POSITIVE_INFINITY
  let looking: Promise<void> | null = null
  let stopped = true
  let lostAt = 0
  let searching: Promise<void> | null = null
  let away = false
  /** Leads taken up here and not yet put down; at how many of them another look is due, since more may wait. */
  let taken = 0
  /** Of each tenant that ever had one: those that go and come with each lead would leave outgrown tables behind. */
  const takenBy = new Map<string, number>()
  let refillAt = -1

  const settleDoubts = async (): Promise<void> => {
    if (doubts.length === 0) return
    const batch = doubts.splice(0, DOUBTS_EACH)
    const now = clock.now()
    let rows: readonly { readonly lead_id?: unknown }[] | undefined
    try {
      // Only what stands under this process's number is freed: another process may have taken the lead up by now.
      ;[rows] = await database.batch(
        [...new Set(batch.map((lead) => lead.tenantId))],
        [
          {
            name: 'settle_doubts',
            text: `
with w as (
  select * from unnest($1::uuid[], $2::uuid[], $3::boolean[]) as w(tenant_id, lead_id, away)
), freed as (
  update millrace.work k
  set runner = null,
      attempts = case when w.away then greatest(k.attempts - 1, 0) else k.attempts end,
      wake_at = case when w.away then $4::timestamptz
                     else $4::timestamptz + least(k.attempts, 360) * interval '10 seconds' end
  from w where k.tenant_id = w.tenant_id and k.lead_id = w.lead_id and k.runner = $5::integer
)
select k.lead_id from millrace.work k join w on k.tenant_id = w.tenant_id and k.lead_id = w.lead_id`,
            values: [
              uuids(batch.map((lead) => lead.tenantId)),
              uuids(batch.map((lead) => lead.leadId)),
              bools(batch.map((lead) => lead.away)),
              new Date(now),
              runnerNumber(),
            ],
          },
        ],
      )
    } catch (error) {
      doubts = [...batch, ...doubts]
      throw error
    }
    const seen = new Set(rows?.map((row) => row.lead_id))
    doubts.push(...batch.filter((lead) => !seen.has(lead.leadId) && lead.until > now))
  }

  /** Beside the looks: no lead that is due waits for it, nor for a search that fails. */
  const findLost = async (now: number): Promise<void> => {
    lostAt = now + LOST_EVERY_MS
    try {
      const [row] = await database.definer<{ found: number }>({
        name: 'adopt_lost_work',
        text: 'select millrace.adopt_lost_work($1::timestamptz, $2::timestamptz) as found',
        values: [new Date(now - LOST_OLDER_MS), new Date(now)],
      })
      if (!row?.found) return
      log.error({ leads: row.found }, 'unfinished leads stood in no queue; they are taken up now')
      schedule(clock.now())
    } catch (error) {
      if (!isPassing(error))
        log.warn({ code: isFault(error) ? error.code : 'internal' }, 'could not look for lost leads')
    } finally {
      lostAt = Math.max(lostAt, now + LOST_PAUSE * (clock.now() - now))
    }
  }

  const look = async (): Promise<void> => {
    await settleDoubts()
    const now = clock.now()
    if (searching === null && now >= lostAt)
      searching = findLost(now).finally(() => {
        searching = null
      })
    const room = leadsInFlightMax - runner.inFlight()
    if (room <= 0 || !isHeld()) return
    const limits = withTenants(gate.rooms(), room)
    const rows = await database.definer<{ tenant_id: string; lead_id: string; attempts: number }>({
      name: 'take_due',
      text: `select tenant_id, lead_id, attempts from millrace.take_due($1::timestamptz, $2::integer, $3::integer,
               $4::integer, $5::text[], $6::integer[])`,
      // Half of what is free, so that several who come at once do not fill it before the next look.
      values: [new Date(now), runnerNumber(), EACH, Math.ceil(room / 2), texts(limits.names), int4s(limits.rooms)],
    })
    for (const row of rows) takeUp({ tenantId: row.tenant_id, leadId: row.lead_id, attempts: row.attempts })
    if (rows.length > 0) {
      refillAt = Math.floor(taken / 2)
      schedule(now)
      return
    }
    const [next] = await database.definer<{ at: number | null }>({
      name: 'next_due',
      text: 'select millrace.next_due($1::timestamptz) as at',
      values: [new Date(now)],
    })
    if (typeof next?.at === 'number') schedule(next.at)
  }

  /**
   * A tenant may take half of what its own leave free: with n that want all, each gets a part in n + 1, and there is
   * always a part for another.
   */
  const withTenants = (limits: ReturnType<Gate['rooms']>, free: number): ReturnType<Gate['rooms']> => {
    const half = (held: number): number => Math.max(0, Math.ceil((free - held) / 2))
    const names = [...limits.names, '*']
    const rooms = [...limits.rooms, half(0)]
    for (const [tenantId, held] of takenBy) {
      if (held === 0) continue
      names.push(`${tenantId}/*`)
      rooms.push(half(held))
    }
    return { names, rooms }
  }

  const count = (tenantId: string, by: number): void => {
    taken += by
    takenBy.set(tenantId, (takenBy.get(tenantId) ?? 0) + by)
  }

  const takeUp = (lead: Parameters<Runner['resume']>[0]): void => {
    count(lead.tenantId, 1)
    void runner.resume(lead).finally(() => {
      count(lead.tenantId, -1)
      if (taken !== refillAt) return
      refillAt = -1
      schedule(clock.now())
    })
  }

  const run = (): void => {
    if (stopped || looking) return
    // It has fired: kept, it would pass for the next look, and there would be none.
    timer = undefined
    nextAt = Number.POSITIVE_INFINITY
    looking = look()
      .then(
        () => {
          if (away) log.info({}, 'the database is back')
          away = false
        },
        (error) => {
          if (!away) log.warn({ code: isFault(error) ? error.code : 'internal' }, 'could not look for due leads')
          away = true
        },
      )
      .finally(() => {
        looking = null
        schedule(Math.min(nextAt, clock.now() + LOOK_MS))
      })
  }

  const schedule = (at: number): void => {
    if (stopped) return
    if (at >= nextAt && timer) return
    nextAt = at
    if (looking) return
    clearTimeout(timer)
    timer = setTimeout(run, Math.max(0, Math.min(at - clock.now(), LOOK_MS)))
  }

  return {
    start: () => {
      stopped = false
      schedule(clock.now())
    },
    hint: (at) => {
      if (at < nextAt) schedule(at)
    },
    doubt: (lead) => {
      doubts.push({ ...lead, until: clock.now() + DOUBT_MS })
    },
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      await looking
      await searching
    },
  }
}
