import type { Database, Statement } from '../database/pool.ts'
import { readCron } from './cron.ts'
import { addJobs, type Payload } from './jobs.ts'

/** Jobs that come again and again: a cron expression in a time zone. */
export interface Schedule {
  readonly tenantId: string
  readonly name: string
  readonly task: string
  readonly payload: Payload
  readonly cron: string
  /** IANA */
  readonly zone: string
}

/** Makes it, or changes it; one that stays as it is keeps its next time. Throws Fault `setting_invalid`. */
export const putSchedule = (schedule: Schedule, now: number): Statement => {
  const next = readCron(schedule.cron).next(now, schedule.zone)
  return {
    name: 'put_schedule',
    text: `insert into millrace.job_schedule as s (tenant_id, name, task, payload, cron, zone, next_at)
           values ($1::uuid, $2::text, $3::text, $4::jsonb, $5::text, $6::text, $7::timestamptz)
           on conflict (tenant_id, name) do update
             set task = excluded.task, payload = excluded.payload, cron = excluded.cron, zone = excluded.zone,
                 next_at = case when s.cron = excluded.cron and s.zone = excluded.zone then s.next_at
                                else excluded.next_at end`,
    values: [
      schedule.tenantId,
      schedule.name,
      schedule.task,
      JSON.stringify(schedule.payload),
      schedule.cron,
      schedule.zone,
      new Date(next ?? 8.64e15),
    ],
  }
}

interface DueSchedule {
  readonly tenant_id: string
  readonly name: string
  readonly task: string
  readonly payload: Payload
  readonly cron: string
  readonly zone: string
}

const EACH = 50

/**
 * Adds a job for each schedule that is due and moves it on, in one transaction; gives how many. Times that passed while
 * nobody looked are made up for by one job, not by many.
 */
export const runSchedules = async (database: Database, now: number, newId: () => string): Promise<number> => {
  const seen = await database.definer<DueSchedule>({
    name: 'due_schedules',
    text: 'select tenant_id, name, task, payload, cron, zone from millrace.due_schedules($1::timestamptz, $2::integer)',
    values: [new Date(now), EACH],
  })
  const tenants = [...new Set(seen.map((schedule) => schedule.tenant_id))]
  if (tenants.length === 0) return 0
  return database.transaction(tenants, async (tx) => {
    let added = 0
    for (const { tenant_id: tenantId, name, task, payload, cron, zone } of seen) {
      const next = readCron(cron).next(now, zone)
      // Whoever moves it on adds the job.
      const moved = await tx.query({
        name: 'move_schedule',
        text: `update millrace.job_schedule set next_at = $4::timestamptz
               where tenant_id = $1::uuid and name = $2::text and next_at <= $3::timestamptz returning 1 as one`,
        values: [tenantId, name, new Date(now), new Date(next ?? 8.64e15)],
      })
      if (moved.length === 0) continue
      await tx.query(addJobs([{ tenantId, id: newId(), task, payload, runAt: now, key: `schedule:${name}` }], now))
      added += 1
    }
    return added
  })
}
