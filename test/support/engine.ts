/**
 * The engine without its server, as processes that can be killed at any line.
 *
 * A process here is all the memory that one has, on a database that several share. When it dies, whatever it was about
 * to do never happens and never answers, as with SIGKILL; its session ends, and with it the lock that says it lives.
 */

import { randomBytes } from 'node:crypto'
import { type Clock, type MovableClock, movableClock } from '../../src/base/clock.ts'
import { newId } from '../../src/base/ids.ts'
import { keyOf } from '../../src/base/seal.ts'
import { int4s, texts } from '../../src/database/arrays.ts'
import { createDatabase, type Database } from '../../src/database/pool.ts'
import { createPresence, type Presence } from '../../src/database/presence.ts'
import { createGate, type Gate } from '../../src/delivery/gate.ts'
import { createHealthCounts, type HealthCounts } from '../../src/delivery/health.ts'
import type { Lane } from '../../src/delivery/lane.ts'
import { createBatches } from '../../src/handlers/batches.ts'
import { createBlocks } from '../../src/handlers/blocks.ts'
import { createCaps } from '../../src/handlers/caps.ts'
import { createConsent } from '../../src/handlers/consent.ts'
import { createFacts } from '../../src/handlers/facts.ts'
import { createIdentity } from '../../src/handlers/identity.ts'
import { createListChanges } from '../../src/handlers/list-changes.ts'
import { createKnownLists } from '../../src/handlers/lists.ts'
import { createLookUp } from '../../src/handlers/look-up.ts'
import { createModels } from '../../src/handlers/models.ts'
import { createPersons } from '../../src/handlers/persons.ts'
import { createSecrets, type Secrets } from '../../src/handlers/secrets.ts'
import { createSuppression } from '../../src/handlers/suppression.ts'
import { createTokens } from '../../src/handlers/tokens.ts'
import { createSweeper, type Sweeper } from '../../src/jobs/sweeper.ts'
import { type Appender, createAppender, NEVER_MS } from '../../src/journal/append.ts'
import { createKeyring, type Keyring } from '../../src/journal/keyring.ts'
import { createJournalReader, createLeadLoader } from '../../src/journal/read.ts'
import type { JournalReader } from '../../src/journal/types.ts'
import { localMaster } from '../../src/keys/local.ts'
import type { Json } from '../../src/kit/field.ts'
import type { Registries } from '../../src/kit/flow.ts'
import { PRIORITY_DELAY_MS } from '../../src/kit/priorities.ts'
import { createOutbound, type Outbound } from '../../src/outbound/outbound.ts'
import { type Amendments, createAmendments } from '../../src/runner/amend.ts'
import { createCatalog } from '../../src/runner/catalog.ts'
import type { RunnerContext } from '../../src/runner/context.ts'
import { lookupColumn } from '../../src/runner/journey.ts'
import { createPublish } from '../../src/runner/publish.ts'
import { createRunner } from '../../src/runner/runner.ts'
import type { Runner, Submission, SubmissionResult } from '../../src/runner/types.ts'
import { type TestDatabase, testDatabase } from './database.ts'
import { registries as allRegistries } from './house.ts'

export interface Submit {
  readonly tenantId?: string
  readonly flow: string
  readonly values: Readonly<Record<string, Json>>
  readonly over?: Partial<Submission>
}

export interface Process {
  readonly runner: Runner
  readonly sweeper: Sweeper
  readonly database: Database
  readonly keyring: Keyring
  readonly reader: JournalReader
  readonly secrets: Secrets
  readonly presence: Presence
  readonly gate: Gate
  readonly amendments: Amendments
  readonly health: HealthCounts
  /** Lanes that somebody was told of a dead letter of. */
  readonly deadLetters: { readonly lane: Lane; readonly code: string }[]
  /** Leads it lost sight of. */
  readonly doubts: { tenantId: string; leadId: string; away: boolean }[]
  submit(asked: Submit): Promise<SubmissionResult>
  /** Takes up what is due, as the sweeper does, until nothing is; each lead's run is awaited. */
  work(): Promise<void>
  /** Lines it passed: before and after each commit and each send. */
  lines(): number
  /** Resolves when it has died of `dieAt`. */
  readonly died: Promise<void>
  /** Its session ends: its lock is free when this resolves. */
  bury(): Promise<void>
}

export interface ProcessOptions {
  /** The line, from 1, that it does not survive. */
  readonly dieAt?: number
  readonly registries?: Registries
  readonly clock?: Clock
  /** Stands between the runner and the database or the network. */
  readonly wrap?: (parts: { appender: Appender; outbound: Outbound }) => { appender: Appender; outbound: Outbound }
  readonly leadsInFlightMax?: number
  readonly crashesMax?: number
  readonly poolMax?: number
  readonly breaker?: { readonly failures: number; readonly openMs: number }
  readonly tenantConcurrency?: number
  readonly waitingMax?: number
}

export interface Engine {
  readonly db: TestDatabase
  readonly clock: MovableClock
  readonly tenantId: string
  readonly logged: string[]
  start(options?: ProcessOptions): Promise<Process>
  addTenant(slug: string): Promise<string>
  /** Throws with the flow's problems. */
  publish(text: string, over?: { readonly tenantId?: string; readonly registries?: Registries }): Promise<void>
  close(): Promise<void>
}

const never = new Promise<never>(() => undefined)

/** Lets `lines` pass, then hangs for good: what a dead process was about to do never happens. */
const lineCounter = (dieAt: number | undefined) => {
  let count = 0
  let dead = false
  let onDeath: () => void = () => undefined
  const died = new Promise<void>((resolve) => {
    onDeath = resolve
  })
  const line = async (): Promise<void> => {
    if (dead) await never
    count += 1
    if (count !== dieAt) return
    dead = true
    onDeath()
    await never
  }
  return {
    died,
    count: () => count,
    around: async <T>(act: () => Promise<T>): Promise<T> => {
      await line()
      const done = await act()
      await line()
      return done
    },
  }
}

export const startEngine = async (options: { readonly start?: number } = {}): Promise<Engine> => {
  const db = await testDatabase()
  const clock = movableClock(options.start ?? Date.UTC(2026, 10, 5, 18))
  const masterKey = keyOf(randomBytes(32))
  const keys = { master: localMaster(() => [masterKey]), root: randomBytes(32) }
  const logged: string[] = []
  const log = {
    info: (fields: object, text: string) => void logged.push(JSON.stringify({ ...fields, text })),
    warn: (fields: object, text: string) => void logged.push(JSON.stringify({ ...fields, text })),
    error: (fields: object, text: string) => void logged.push(JSON.stringify({ ...fields, text })),
  }
  const keyring = createKeyring({ database: db.database, ...keys })
  const processes: Process[] = []

  const addTenant = async (slug: string): Promise<string> => {
    const id = newId(clock.now())
    await db.database.transaction([id], async (tx) => {
      await tx.query({
        text: `insert into millrace.tenant (id, slug, name, created_at) values ($1::uuid, $2, $2, $3::timestamptz)`,
        values: [id, slug, new Date(clock.now())],
      })
      for (const statement of await keyring.createTenantKeys(id, clock.now())) await tx.query(statement)
    })
    return id
  }
  const tenantId = await addTenant('acme')

  const start = async (asked: ProcessOptions = {}): Promise<Process> => {
    const processClock = asked.clock ?? clock
    const lines = lineCounter(asked.dieAt)
    const database = await createDatabase({ connection: db.connection, poolMax: asked.poolMax ?? 4, log })
    const ownKeyring = createKeyring({ database, ...keys })
    const secrets = createSecrets({ database })
    const lists = createKnownLists({ database })
    const models = createModels({ database })
    const catalog = createCatalog({ database, registries: asked.registries ?? allRegistries })
    const health = createHealthCounts({ database, clock: processClock })
    const gate = createGate({
      database,
      clock: processClock,
      random: () => 0,
      log,
      health,
      concurrency: 64,
      breaker: asked.breaker ?? { failures: 10, openMs: 30_000 },
      tenantConcurrency: asked.tenantConcurrency ?? null,
      tenantPerSecond: null,
      waitingMax: asked.waitingMax ?? 500,
    })
    const deadLetters: { lane: Lane; code: string }[] = []
    const presence = await createPresence({
      connection: db.connection,
      applicationRole: 'millrace_app',
      log,
      onGate: () => {
        gate.refresh().catch(() => undefined)
      },
      onEpoch: (change) => {
        if (!change) return
        catalog.forget(change.tenantId)
        lists.forget(change.tenantId)
        models.forget(change.tenantId)
      },
    })
    const lookUp = createLookUp({ database, rowsMax: 500 })
    const caps = createCaps({ database, rowsMax: 500 })
    const appender = createAppender({ database, rowsMax: 500, onUsage: caps.learn })
    const outbound = createOutbound({
      allow: ['127.0.0.1'],
      bodyBytesMax: 1024 * 1024,
      connectTimeoutMs: 5_000,
      connectionsPerOrigin: 64,
    })
    const mortal = {
      appender: {
        append: (commit) => lines.around(() => appender.append(commit)),
        pending: appender.pending,
      } satisfies Appender,
      outbound: {
        send: (request, options) => lines.around(() => outbound.send(request, options)),
        close: outbound.close,
      } satisfies Outbound,
    }
    const parts = asked.wrap ? asked.wrap(mortal) : mortal
    const loader = createLeadLoader({ database, keyring: ownKeyring })
    const doubts: { tenantId: string; leadId: string; away: boolean }[] = []
    let sweeper: Sweeper | undefined
    const leadsInFlightMax = asked.leadsInFlightMax ?? 5_000
    const context: RunnerContext = {
      clock: processClock,
      random: () => 0,
      keyring: ownKeyring,
      catalog,
      appender: parts.appender,
      outbound: parts.outbound,
      loader,
      identity: createIdentity({ lookUp }),
      suppression: createSuppression({ lookUp, lists }),
      listChanges: createListChanges({ lookUp, lists }),
      lists,
      blocks: createBlocks({ database }),
      consent: createConsent({ database, keyring: ownKeyring }),
      lookUp,
      persons: createPersons({ database, keyring: ownKeyring, models, lookUp }),
      caps,
      secrets,
      tokens: createTokens({
        database,
        clock: processClock,
        secrets,
        send: (call) => parts.outbound.send({ ...call, timeoutMs: 5_000 }),
      }),
      batches: createBatches({ database }),
      facts: createFacts({ database, rowsMax: 500 }),
      enrichmentTimeoutMs: 20_000,
      deliveries: { attemptsMax: 3, retryDelayMs: 60_000, timeoutMs: 20_000 },
      priorityDelaysMs: PRIORITY_DELAY_MS,
      stepsOff: new Map(),
      leadsInFlightMax,
      crashesMax: asked.crashesMax ?? 5,
      never: NEVER_MS,
      runnerNumber: presence.number,
      log,
      gate,
      onDeadLetter: (lane, code) => void deadLetters.push({ lane, code }),
      onDue: (at) => sweeper?.hint(at),
      onDoubt: (lead) => {
        doubts.push(lead)
        sweeper?.doubt(lead)
      },
    }
    const runner = createRunner(context)
    const amendments = createAmendments(context, () => newId(processClock.now()))
    const made = createSweeper({
      database,
      clock: processClock,
      runner,
      runnerNumber: presence.number,
      isHeld: presence.isHeld,
      leadsInFlightMax,
      gate,
      log,
    })
    await gate.refresh()
    sweeper = made
    const process: Process = {
      runner,
      sweeper: made,
      database,
      keyring: ownKeyring,
      secrets,
      presence,
      gate,
      health,
      amendments,
      deadLetters,
      doubts,
      reader: createJournalReader({ database, keyring: ownKeyring, loader, lookupColumn }),
      submit: ({ tenantId: of, flow, values, over = {} }) =>
        runner.submit({
          source: {
            tenantId: of ?? tenantId,
            keyId: '00000000-0000-0000-0000-000000000000',
            flowId: flow,
            sourceId: 'web',
            method: 'bearer',
          },
          format: 'json',
          mode: 'sync',
          raw: JSON.stringify(values),
          values,
          test: false,
          idempotencyKey: null,
          ip: '203.0.113.7',
          userAgent: 'test',
          receivedAt: processClock.now(),
          ...over,
        }),
      work: async () => {
        for (;;) {
          const rows = await database.definer<{ tenant_id: string; lead_id: string; attempts: number }>({
            text: 'select tenant_id, lead_id, attempts from millrace.take_due($1::timestamptz, $2::integer, 50, 500, $3, $4)',
            values: [
              new Date(processClock.now()),
              presence.number(),
              texts(gate.rooms().names),
              int4s(gate.rooms().rooms),
            ],
          })
          if (rows.length === 0) return
          await Promise.all(
            rows.map((row) => runner.resume({ tenantId: row.tenant_id, leadId: row.lead_id, attempts: row.attempts })),
          )
        }
      },
      lines: lines.count,
      died: lines.died,
      bury: async () => {
        const number = presence.number()
        await made.stop()
        await gate.stop()
        await presence.close()
        for (;;) {
          const [row] = await db.inspect<{ n: number }>(
            `select count(*)::integer as n from pg_locks where locktype = 'advisory' and classid = 7117 and objid = $1
             and database = (select oid from pg_database where datname = current_database())`,
            [number],
          )
          if (row?.n === 0) break
        }
        void outbound.close()
        await database.close()
        processes.splice(processes.indexOf(process), 1)
      },
    }
    processes.push(process)
    return process
  }

  return {
    db,
    clock,
    tenantId,
    logged,
    start,
    addTenant,
    publish: async (text, over = {}) => {
      const publish = createPublish({
        database: db.database,
        registries: over.registries ?? allRegistries,
        clock,
        onPublished: () => undefined,
      })
      const { version, problems } = await publish({ tenantId: over.tenantId ?? tenantId, text, by: 'test' })
      if (version === null)
        throw new Error(problems.map((problem) => `${problem.line}:${problem.column} ${problem.message}`).join('\n'))
    },
    close: async () => {
      for (const process of [...processes]) await process.bury()
      await db.close()
    },
  }
}
