import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { type Audit, createAudit } from './audit/audit.ts'
import { recordChanges } from './audit/changes.ts'
import { type Clock, steeredClock } from './base/clock.ts'
import { newId } from './base/ids.ts'
import type { Config } from './config.ts'
import { migrate } from './database/migrate.ts'
import { type Connection, createDatabase, type Database } from './database/pool.ts'
import { createPresence, type Presence } from './database/presence.ts'
import { followServerTime } from './database/server-time.ts'
import { createDeadLetterAlert } from './delivery/alert.ts'
import { createGate, type Gate, type GateLimits } from './delivery/gate.ts'
import { createHealthCounts, type HealthCounts } from './delivery/health.ts'
import type { SendMail } from './feed/alerts.ts'
import { createFeed, type Feed } from './feed/feed.ts'
import { createFigureFolder, type FigureFolder } from './figures/fold.ts'
import { checkFlow } from './flow/parse.ts'
import { createBatches } from './handlers/batches.ts'
import { createBlocks } from './handlers/blocks.ts'
import { createCaps } from './handlers/caps.ts'
import { createConsent } from './handlers/consent.ts'
import { createFacts } from './handlers/facts.ts'
import { createIdentity } from './handlers/identity.ts'
import { createListChanges } from './handlers/list-changes.ts'
import { createListStore, type ListStore } from './handlers/list-store.ts'
import { createKnownLists } from './handlers/lists.ts'
import { createLookUp } from './handlers/look-up.ts'
import { createModels } from './handlers/models.ts'
import { createPersons } from './handlers/persons.ts'
import { createSecrets, type Secrets } from './handlers/secrets.ts'
import { createSuppression } from './handlers/suppression.ts'
import { createTokens } from './handlers/tokens.ts'
import { jobHandlers } from './house-jobs.ts'
import type { JobQueue } from './jobs/jobs.ts'
import { createPostgresQueue } from './jobs/postgres/queue.ts'
import { createRounds, type Rounds } from './jobs/rounds.ts'
import { createSweeper, type Sweeper } from './jobs/sweeper.ts'
import { createUpkeep, type Upkeep } from './jobs/upkeep.ts'
import { within } from './jobs/within.ts'
import { createAppender, NEVER_MS } from './journal/append.ts'
import { createKeyring, type Keyring, openUnderTenant } from './journal/keyring.ts'
import type { OwnRecords } from './journal/person-writes.ts'
import { createJournalReader, createLeadLoader } from './journal/read.ts'
import type { JournalReader } from './journal/types.ts'
import { openRoot } from './keys/root.ts'
import type { FlowProblem, Registries } from './kit/flow.ts'
import { type Master, openMaster } from './master-key.ts'
import {
  type ConnectionOptions,
  deliveryDefaults,
  gateLimits,
  openConnection,
  priorityDelays,
  stepsOff,
} from './operator.ts'
import { createOutbound, type Outbound } from './outbound/outbound.ts'
import { loadPostalCodes } from './postal-codes.ts'
import { createPrivacy, type Privacy } from './privacy/privacy.ts'
import { type Amendments, createAmendments } from './runner/amend.ts'
import { createBatchWriter } from './runner/batch-writer.ts'
import { type CapDesk, createCapDesk } from './runner/cap-desk.ts'
import { calledBy, createCatalog } from './runner/catalog.ts'
import type { RunnerContext } from './runner/context.ts'
import { createDeadLetterRuns, type DeadLetterRuns } from './runner/dead-letter-runs.ts'
import { lookupColumn, personKeys, REACHED } from './runner/journey.ts'
import { createNoticeTools } from './runner/notice-tools.ts'
import { createOwnRecords } from './runner/own-records.ts'
import { createPublish, type Publish } from './runner/publish.ts'
import { createRunner } from './runner/runner.ts'
import { createTrials, type Trials } from './runner/trials.ts'
import type { Runner } from './runner/types.ts'
import { createWorkbench, type Workbench } from './runner/workbench.ts'

/** Everything built, without the HTTP side: what the server and the commands that work on a database share. */
export interface House {
  readonly config: Config
  readonly clock: Clock
  readonly database: Database
  /** As the owner of the tables: for backups. */
  readonly connection: Connection
  readonly keyring: Keyring
  readonly master: Master
  readonly presence: Presence
  readonly runner: Runner
  readonly reader: JournalReader
  readonly ownRecords: OwnRecords
  readonly outbound: Outbound
  readonly secrets: Secrets
  readonly lists: ListStore
  readonly caps: CapDesk
  readonly audit: Audit
  readonly privacy: Privacy
  readonly publish: Publish
  check(text: string): readonly FlowProblem[]
  readonly trials: Trials
  readonly workbench: Workbench
  readonly sweeper: Sweeper
  readonly upkeep: Upkeep
  /** Writes the files of deliveries that leave together. */
  readonly batchRounds: Rounds
  readonly figures: FigureFolder
  /** What stands between deliveries and their calls, and how people act on it. */
  readonly delivery: {
    readonly gate: Gate
    readonly amendments: Amendments
    readonly limits: GateLimits
    readonly deadLetters: DeadLetterRuns
  }
  readonly health: HealthCounts
  /** What tells others what happens. */
  readonly feed: Feed
  readonly jobs: JobQueue
  /** The epoch of each tenant's configuration, as far as it is known here. */
  isCurrent(tenantId: string, epoch: number): boolean
  /** Lets journeys under way end, within the time given, then closes all. */
  close(drainMs: number): Promise<void>
}

export interface HouseOptions extends ConnectionOptions {
  readonly registries: Registries
  readonly log: Logger
  readonly clock?: Clock
  readonly random?: () => number
  /** Over and above the operator's: where the demo's sink listens. */
  readonly outboundAllow: readonly string[]
  readonly onGather?: (kind: string, size: number) => void
  /** Mails of the house itself; left out: none are sent. */
  readonly mail?: SendMail | null
}

/** Runs of a lead that may end with the process's death: one bad lead costs so many crashes, not all. */
const CRASHES_MAX = 5
const CONNECTIONS_PER_ORIGIN = 64
const JOBS_AT_ONCE = 4
const CONNECT_TIMEOUT_MS = 5_000
const TOKEN_TIMEOUT_MS = 15_000
const ANSWER_BYTES_MAX = 1024 * 1024

/** Opens the database, brings it up to date, and builds all that works on it. */
export const openHouse = async (options: HouseOptions): Promise<House> => {
  const { config, log, onProgress } = options
  const registries: Registries =
    config.postalCodesFile === ''
      ? options.registries
      : { ...options.registries, places: await loadPostalCodes(config.postalCodesFile) }
  const steered = steeredClock()
  const clock = options.clock ?? steered
  const master = openMaster(config)
  if (master.madeFile)
    onProgress(`made a master key: ${master.madeFile}. Back it up: without it no personal data can be read`)
  const { connection, stop } = await openConnection(options)
  const closers: (() => Promise<void>)[] = [stop, master.close]
  try {
    const { pending } = await migrate({ connection, now: clock.now() })
    if (pending.length > 0)
      onProgress(
        pending.length === 1
          ? `applied migration ${pending[0]}`
          : `applied ${pending.length} migrations, the last ${pending.at(-1)}`,
      )
    const database = await createDatabase({ connection, poolMax: config.databasePool, log })
    closers.unshift(database.close)
    if (options.clock === undefined) closers.unshift((await followServerTime({ database, clock: steered, log })).close)
    // A master key that does not open the database is told at the start, not at the first lead or anchor.
    const root = await openRoot({ database, master: master.keys, legacy: master.bytes, now: clock.now() })
    const keyring = createKeyring({ database, master: master.keys, root })
    const catalog = createCatalog({ database, registries })
    const upkeep = createUpkeep({ database, keyring, clock, log, calledBy: calledBy(catalog) })
    await upkeep.round()
    const figures = createFigureFolder({ database, clock, log })
    const models = createModels({ database })
    const secrets = createSecrets({ database })
    const lists = createKnownLists({ database })
    const blocks = createBlocks({ database })
    const audit = createAudit({ database, keyring, clock })
    // For what people ask for, one by one; what is gathered stands in the journals of the leads, with who did it.
    const changes = recordChanges(database, audit)
    const epochs = new Map<string, number>()
    const forget = (tenantId: string): void => {
      catalog.forget(tenantId)
      secrets.forget(tenantId)
      blocks.forget(tenantId)
      void keyring.refresh(tenantId)
      lists.forget(tenantId)
      models.forget(tenantId)
      feed?.listeners.forget(tenantId)
    }
    let feed: Feed | null = null
    const random = options.random ?? Math.random
    const health = createHealthCounts({ database, clock })
    const limits = gateLimits(config)
    const gate = createGate({
      database,
      clock,
      random,
      log,
      health,
      ...limits,
      waitingMax: Math.max(1, Math.floor(config.leadsInFlightMax / 4)),
    })
    const presence = await createPresence({
      connection,
      applicationRole: 'millrace_app',
      log,
      onGate: () => {
        gate.refresh().catch(() => undefined)
      },
      onEpoch: (change) => {
        if (change === null) {
          for (const tenantId of new Set([...epochs.keys(), ...keyring.held()])) forget(tenantId)
          epochs.clear()
        } else if ((epochs.get(change.tenantId) ?? 0) < change.epoch) {
          epochs.set(change.tenantId, change.epoch)
          forget(change.tenantId)
        }
      },
    })
    closers.unshift(presence.close)
    const rowsMax = Math.min(config.maxBatchSize, 500)
    const lookUp = createLookUp({ database, rowsMax })
    const caps = createCaps({ database, rowsMax })
    const outbound = createOutbound({
      allow: [...config.outboundAllow, ...options.outboundAllow],
      bodyBytesMax: ANSWER_BYTES_MAX,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      connectionsPerOrigin: CONNECTIONS_PER_ORIGIN,
      filesDir: join(config.dataDir, 'files'),
    })
    closers.unshift(outbound.close)
    const loader = createLeadLoader({ database, keyring })
    feed = createFeed({
      database,
      changes,
      clock,
      random,
      gate,
      outbound,
      keyring,
      loader,
      credential: secrets.credential,
      mayShow: async ({ lead, keys }) => {
        const flow = await catalog.version(lead.tenantId, lead.flow, lead.flowVersion)
        return (await blocks.why(lead.tenantId, personKeys({ lead, flow, keys }), REACHED)) === null
      },
      mail: options.mail ?? null,
      publicUrl: config.publicUrl ?? null,
      log,
    })
    const told = feed
    const appender = createAppender({
      database,
      rowsMax,
      onUsage: caps.learn,
      ...(config.webhooks && { listeners: told.listeners }),
      onGather: (rows) => options.onGather?.('commit', rows),
    })
    const tokens = createTokens({
      database,
      clock,
      secrets,
      send: (call) => outbound.send({ ...call, timeoutMs: TOKEN_TIMEOUT_MS }),
    })
    const batches = createBatches({ database })
    let sweeper: Sweeper | null = null
    const context: RunnerContext = {
      clock,
      random,
      keyring,
      catalog,
      appender,
      loader,
      identity: createIdentity({ lookUp }),
      suppression: createSuppression({ lookUp, lists }),
      listChanges: createListChanges({ lookUp, lists }),
      lists,
      blocks,
      consent: createConsent({ database, keyring }),
      lookUp,
      persons: createPersons({ database, keyring, models, lookUp }),
      caps,
      secrets,
      tokens,
      batches,
      facts: createFacts({ database, rowsMax }),
      enrichmentTimeoutMs: config.enrichmentTimeoutMs,
      outbound,
      deliveries: deliveryDefaults(config),
      priorityDelaysMs: priorityDelays(config),
      stepsOff: stepsOff(config),
      leadsInFlightMax: config.leadsInFlightMax,
      crashesMax: CRASHES_MAX,
      never: NEVER_MS,
      runnerNumber: presence.number,
      log,
      onDoubt: (lead) => sweeper?.doubt(lead),
      onDue: (at) => sweeper?.hint(at),
      gate,
      onDeadLetter: createDeadLetterAlert({ database, clock, onFirst: told.alerts.hint }),
    }
    const runner = createRunner(context)
    const { number: runnerNumber, isHeld } = presence
    const { leadsInFlightMax } = config
    const made = createSweeper({ database, clock, runner, runnerNumber, isHeld, leadsInFlightMax, gate, log })
    const jobs = createPostgresQueue({
      database,
      connection,
      clock,
      random,
      newId: () => newId(clock.now()),
      handlers: jobHandlers({ database, audit, clock, keyring, master, told, deadLetters: () => deadLetters }),
      runnerNumber,
      concurrency: JOBS_AT_ONCE,
      log,
    })
    const amendments = createAmendments(context, randomUUID)
    const deadLetters = createDeadLetterRuns({
      database,
      clock,
      amendments,
      reasonOf: async (tenantId, sealed) => openUnderTenant(await keyring.tenant(tenantId), sealed).toString(),
      onJob: jobs.hint,
    })
    await gate.refresh()
    gate.start()
    health.start()
    sweeper = made
    const callContext = { clock, secrets, tokens, outbound }
    const privacy = createPrivacy({
      database: changes,
      keyring,
      loader,
      audit,
      clock,
      random: options.random ?? Math.random,
      log,
      onBlocked: blocks.forget,
      archiveDir: join(config.dataDir, 'archive'),
      ledgerFile: config.erasureLedger === '' ? join(config.dataDir, 'erasures.ledger') : config.erasureLedger,
      tools: createNoticeTools({ ctx: callContext, catalog, keyring, gate }),
    })
    // What a restored backup brought back is gone again before anybody can ask for it.
    const again = await privacy.erasure.reapply()
    if (again > 0) onProgress(`carried out ${again} ${again === 1 ? 'erasure' : 'erasures'} of the ledger again`)
    const timeoutMs = config.deliveryTimeoutMs
    const writer = { ctx: callContext, batches, keyring, catalog, loader, blocks, gate, random, timeoutMs, log }
    const batchRounds = createRounds({ name: 'writing files', ...createBatchWriter(writer), log })
    return {
      config,
      clock,
      database,
      connection,
      keyring,
      master,
      presence,
      runner,
      reader: createJournalReader({ database, keyring, loader, lookupColumn }),
      ownRecords: createOwnRecords({ database, models, lookUp, loader, catalog }),
      outbound,
      secrets,
      lists: createListStore({ database: changes, keyring, lists }),
      caps: createCapDesk({ database: changes, keyring, catalog, loader, caps, clock }),
      audit,
      privacy,
      check: (text) => checkFlow(text, registries),
      publish: createPublish({ database: changes, registries, clock, onPublished: forget }),
      workbench: createWorkbench({ database, registries, loader }),
      trials: createTrials({ ctx: callContext, keyring, catalog, registries, timeoutMs }),
      sweeper: made,
      upkeep,
      batchRounds,
      figures,
      delivery: { gate, amendments, limits, deadLetters },
      health,
      feed: told,
      jobs,
      isCurrent: (tenantId, epoch) => presence.isHeld() && (epochs.get(tenantId) ?? epoch) <= epoch,
      close: async (drainMs) => {
        await made.stop()
        await batchRounds.stop()
        await upkeep.stop()
        await privacy.keeper.stop()
        await figures.stop()
        await told.stop()
        await within(runner.drained(), drainMs)
        await jobs.drain(drainMs)
        await Promise.all([gate.stop(), health.stop()])
        for (const close of closers) await close()
      },
    }
  } catch (error) {
    for (const close of closers) await close().catch(() => undefined)
    throw error
  }
}
