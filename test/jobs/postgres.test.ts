import { afterAll, beforeAll, expect, it } from 'vitest'
import { type MovableClock, movableClock } from '../../src/base/clock.ts'
import { newId } from '../../src/base/ids.ts'
import { createPresence, type Presence } from '../../src/database/presence.ts'
import { addJobs, type Handlers, type JobQueue } from '../../src/jobs/jobs.ts'
import { createPostgresQueue } from '../../src/jobs/postgres/queue.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { queueCases } from './conformance.ts'

let db: TestDatabase
let clock: MovableClock
let presence: Presence
const tenants: [string, string] = ['', '']
const logged: string[] = []
const log = {
  info: () => undefined,
  warn: (_fields: object, text: string) => void logged.push(text),
  error: (_fields: object, text: string) => void logged.push(text),
}

beforeAll(async () => {
  db = await testDatabase({ poolMax: 8 })
  clock = movableClock(Date.UTC(2026, 10, 5, 18))
  presence = await createPresence({
    connection: db.connection,
    applicationRole: 'millrace_app',
    log,
    onEpoch: () => undefined,
  })
  for (const at of [0, 1]) {
    const id = newId(clock.now())
    tenants[at] = id
    await db.inspect('insert into millrace.tenant (id, slug, name, created_at) values ($1, $2, $2, $3)', [
      id,
      `tenant-${at}`,
      new Date(clock.now()),
    ])
  }
})
afterAll(async () => {
  await presence.close()
  await db.close()
})

const open = (handlers: Handlers): JobQueue =>
  createPostgresQueue({
    database: db.database,
    connection: db.connection,
    clock,
    random: () => 0,
    newId: () => newId(clock.now()),
    handlers,
    runnerNumber: presence.number,
    concurrency: 4,
    log,
  })

queueCases('the queue on Postgres', () => ({
  database: db.database,
  clock,
  tenants,
  open,
  pause: async (tenantId, paused) => {
    if (paused)
      await db.inspect(
        `insert into millrace.hold (tenant_id, scope, name, since, by) values ($1, 'queue', 'jobs', $2, 'ada')`,
        [tenantId, new Date(clock.now())],
      )
    else await db.inspect('delete from millrace.hold where tenant_id = $1', [tenantId])
  },
  left: (tenantId) =>
    db.inspect(
      `select task, code, failed_at is not null as failed from millrace.job where tenant_id = $1 order by id`,
      [tenantId],
    ),
}))

it('gives out again what a dead worker had locked, within half a minute', { timeout: 60_000 }, async () => {
  const ran: string[] = []
  const handlers: Handlers = { note: async ({ id }) => void ran.push(id) }
  const job = { tenantId: tenants[1], id: newId(clock.now()), task: 'note', payload: {} }
  // Handed over and locked by a worker of a process that is gone.
  await db.database.batch([tenants[1]], [addJobs([job], clock.now())])
  await db.inspect('update millrace.job set handed_at = $2, attempts = 1 where id = $1', [
    job.id,
    new Date(clock.now()),
  ])
  await db.inspect(`select graphile_worker.add_job('millrace', $1::json, job_key => $2)`, [
    JSON.stringify({ tenant: tenants[1], id: job.id }),
    job.id,
  ])
  await db.inspect(
    `update graphile_worker._private_jobs set locked_by = 'worker-gone', locked_at = $2 where key = $1`,
    [job.id, new Date()],
  )
  await db.inspect(`insert into millrace.job_worker (worker_id, runner) values ('worker-gone', 999999)`)
  const queue = open(handlers)
  const from = clock.now()
  queue.start()
  // As fast as real time: what is waited for besides must not count.
  const moving = setInterval(() => clock.advance(100), 100)
  await expect.poll(() => ran, { timeout: 40_000 }).toEqual([job.id])
  clearInterval(moving)
  expect(clock.now() - from).toBeLessThan(30_000)
  // Also where nothing was left to unlock: one that stays has every start look for what it had.
  await db.inspect(`insert into millrace.job_worker (worker_id, runner) values ('worker-idle', 999998)`)
  clock.advance(5_000)
  await expect
    .poll(() => db.inspect('select worker_id from millrace.job_worker where runner > 999990'), { timeout: 20_000 })
    .toEqual([])
  await queue.drain(5_000)
})

it('is started again where it ended though nobody asked', { timeout: 60_000 }, async () => {
  const ran: string[] = []
  const queue = open({ note: async ({ id }) => void ran.push(id) })
  queue.start()
  const job = () => ({ tenantId: tenants[1], id: newId(clock.now()), task: 'note', payload: {} })
  const [one, two] = [job(), job()]
  await db.database.batch([tenants[1]], [addJobs([one], clock.now())])
  await expect.poll(() => ran, { timeout: 20_000 }).toEqual([one.id])
  // Its connections are cut, and its table is away for a moment: no pool survives that.
  await db.inspect('alter schema graphile_worker rename to graphile_away')
  await db.inspect(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'millrace queue'
     and datname = current_database()`,
  )
  await db.inspect('alter schema graphile_away rename to graphile_worker')
  await db.database.batch([tenants[1]], [addJobs([two], clock.now())])
  const moving = setInterval(() => clock.advance(1_000), 100)
  await expect.poll(() => ran, { timeout: 30_000 }).toEqual([one.id, two.id])
  clearInterval(moving)
  await queue.drain(5_000)
})

it('runs a job once that takes long, also where its process came back under another number in the meantime', {
  timeout: 60_000,
}, async () => {
  const ran: string[] = []
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  const queue = open({
    note: async ({ id }) => {
      ran.push(id)
      await ended
    },
  })
  queue.start()
  const job = { tenantId: tenants[1], id: newId(clock.now()), task: 'note', payload: {} }
  await db.database.batch([tenants[1]], [addJobs([job], clock.now())])
  await expect.poll(() => ran, { timeout: 20_000 }).toEqual([job.id])
  // Whoever looks twice, five seconds apart, takes the jobs of those it does not know for left over.
  const longer = async (): Promise<void> => {
    const from = clock.now()
    const moving = setInterval(() => clock.advance(500), 100)
    await expect.poll(() => clock.now() - from, { timeout: 30_000 }).toBeGreaterThan(20_000)
    clearInterval(moving)
  }
  await longer()
  expect(ran).toEqual([job.id])
  const before = presence.number()
  await db.inspect(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'millrace presence'
     and datname = current_database()`,
  )
  await expect.poll(() => presence.isHeld() && presence.number() > before).toBe(true)
  await longer()
  expect(ran).toEqual([job.id])
  expect(await db.inspect('select runner from millrace.job_worker')).toContainEqual({ runner: presence.number() })
  end()
  await queue.drain(5_000)
})
