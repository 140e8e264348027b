/** What every queue must do, whatever it is made of. An adapter's test calls `queueCases` with a way to open it. */

import { describe, expect, it, onTestFinished } from 'vitest'
import type { MovableClock } from '../../src/base/clock.ts'
import { Fault } from '../../src/base/faults.ts'
import { newId } from '../../src/base/ids.ts'
import type { Database } from '../../src/database/pool.ts'
import { addJobs, type Handlers, type JobQueue, type NewJob, type RunningJob } from '../../src/jobs/jobs.ts'
import { putSchedule } from '../../src/jobs/schedules.ts'

export interface QueueGround {
  readonly database: Database
  readonly clock: MovableClock
  /** Two tenants. */
  readonly tenants: readonly [string, string]
  open(handlers: Handlers): JobQueue
  /** Stops or lets go on a tenant's jobs. */
  pause(tenantId: string, paused: boolean): Promise<void>
  /** Jobs of a tenant that are still there, with the code of their last end. */
  left(
    tenantId: string,
  ): Promise<readonly { readonly task: string; readonly code: string | null; readonly failed: boolean }[]>
}

export const queueCases = (name: string, ground: () => QueueGround): void => {
  const open = (handlers: Handlers): JobQueue => {
    const queue = ground().open(handlers)
    onTestFinished(() => queue.drain(5_000))
    return queue
  }
  const add = async (jobs: readonly Partial<NewJob>[]): Promise<void> => {
    const { database, clock, tenants } = ground()
    const whole = jobs.map((job) => ({
      tenantId: tenants[0],
      id: newId(clock.now()),
      task: 'note',
      payload: {},
      ...job,
    }))
    await database.batch([...tenants], [addJobs(whole, clock.now())])
  }
  const noting = (): { readonly ran: RunningJob[]; readonly handlers: Handlers } => {
    const ran: RunningJob[] = []
    return { ran, handlers: { note: async (job) => void ran.push(job) } }
  }
  const number = (job: RunningJob): unknown => job.payload.n

  describe(name, () => {
    it('runs a job once, when its transaction has committed, and keeps nothing of it', async () => {
      const { database, clock, tenants, left } = ground()
      const { ran, handlers } = noting()
      const queue = open(handlers)
      queue.start()
      const job = { tenantId: tenants[0], id: newId(clock.now()), task: 'note', payload: { n: 1 } }
      await database
        .transaction([tenants[0]], async (tx) => {
          await tx.query(addJobs([job], clock.now()))
          throw new Error('no')
        })
        .catch(() => undefined)
      await add([{ payload: { n: 2 } }])
      await expect.poll(() => ran.map(number)).toEqual([2])
      await expect.poll(() => left(tenants[0])).toEqual([])
    })

    it('waits for its time, and for the delay of its priority', async () => {
      const { clock } = ground()
      const { ran, handlers } = noting()
      const queue = open(handlers)
      queue.start()
      await add([
        { payload: { n: 'at' }, runAt: clock.now() + 60_000 },
        { payload: { n: 'high' }, priority: 'high' },
        { payload: { n: 'medium' }, priority: 'medium' },
        { payload: { n: 'now' } },
      ])
      await expect.poll(() => ran.map(number)).toEqual(['now'])
      clock.advance(30_000)
      await expect.poll(() => ran.map(number), { timeout: 5_000 }).toEqual(['now', 'high'])
      clock.advance(30_000)
      await expect.poll(() => ran.map(number), { timeout: 5_000 }).toEqual(['now', 'high', 'at'])
      clock.advance(4 * 60_000)
      await expect.poll(() => ran.map(number), { timeout: 5_000 }).toEqual(['now', 'high', 'at', 'medium'])
    })

    it('replaces one that waits under the same key', async () => {
      const { clock } = ground()
      const { ran, handlers } = noting()
      await add([{ key: 'k', payload: { n: 1 }, runAt: clock.now() + 1_000 }])
      await add([{ key: 'k', payload: { n: 2 }, runAt: clock.now() }])
      open(handlers).start()
      await expect.poll(() => ran.map(number)).toEqual([2])
      clock.advance(10_000)
      await add([{ payload: { n: 3 } }])
      await expect.poll(() => ran.map(number), { timeout: 5_000 }).toEqual([2, 3])
    })

    it('runs one that failed again, later, and keeps the code of one it gave up, not its words', async () => {
      const { clock, tenants, left } = ground()
      let runs = 0
      const queue = open({
        fail: async () => {
          runs += 1
          throw new Fault('destination.unavailable', { message: 'Ada Lovelace' })
        },
      })
      queue.start()
      await add([{ task: 'fail' }])
      for (let attempt = 1; attempt <= 8; attempt += 1) {
        await expect.poll(() => runs, { timeout: 5_000 }).toBe(attempt)
        await expect.poll(async () => (await left(tenants[0]))[0]?.code).toBe('destination.unavailable')
        clock.advance(6 * 60_000)
      }
      await expect
        .poll(() => left(tenants[0]))
        .toEqual([{ task: 'fail', code: 'destination.unavailable', failed: true }])
      expect(runs).toBe(8)
    })

    it('lets a tenant with few come between those of one with many', async () => {
      const { tenants } = ground()
      const { ran, handlers } = noting()
      await add(Array.from({ length: 60 }, () => ({ payload: { n: 'many' } })))
      await add([{ tenantId: tenants[1], payload: { n: 'few' } }])
      open(handlers).start()
      await expect.poll(() => ran.length, { timeout: 10_000 }).toBe(61)
      expect(ran.map(number).indexOf('few')).toBeLessThan(25)
    })

    it('hands nothing out while the tenant’s jobs are paused', async () => {
      const { tenants, pause, clock } = ground()
      const { ran, handlers } = noting()
      open(handlers).start()
      await pause(tenants[0], true)
      await add([{ payload: { n: 1 } }, { tenantId: tenants[1], payload: { n: 2 } }])
      await expect.poll(() => ran.map(number)).toEqual([2])
      await pause(tenants[0], false)
      clock.advance(1)
      await expect.poll(() => ran.map(number), { timeout: 5_000 }).toEqual([2, 1])
    })

    it('runs a schedule at its time in its zone, and makes up for missed times once', async () => {
      const { database, clock, tenants } = ground()
      const { ran, handlers } = noting()
      const schedule = { tenantId: tenants[0], name: 'daily', task: 'note', payload: { n: 'daily' } }
      const now = clock.now()
      await database.batch(
        [tenants[0]],
        [putSchedule({ ...schedule, cron: '0 9 * * *', zone: 'America/Chicago' }, now)],
      )
      open(handlers).start()
      clock.advance(3 * 86_400_000)
      await expect.poll(() => ran.map(number), { timeout: 5_000 }).toEqual(['daily'])
      clock.advance(86_400_000)
      await expect.poll(() => ran.length, { timeout: 5_000 }).toBe(2)
      await database.batch(
        [tenants[0]],
        [{ text: 'delete from millrace.job_schedule where tenant_id = $1::uuid', values: [tenants[0]] }],
      )
    })

    it('drains: what runs comes to its end, and nothing new begins', async () => {
      const { tenants, left } = ground()
      let began = 0
      let release = (): void => undefined
      const queue = open({
        note: async () => {
          began += 1
          await new Promise<void>((resolve) => {
            release = resolve
          })
        },
      })
      queue.start()
      await add([{}])
      await expect.poll(() => began).toBe(1)
      const drained = queue.drain(5_000)
      await add([{ payload: { n: 2 } }])
      release()
      await drained
      expect(began).toBe(1)
      expect((await left(tenants[0])).filter(({ failed }) => !failed)).toHaveLength(1)
      const { ran, handlers } = noting()
      open(handlers).start()
      await expect.poll(() => ran.map(number), { timeout: 5_000 }).toEqual([2])
    })
  })
}
