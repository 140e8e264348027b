/** `npm run bench`: see --help, and docs of the figures in bench/README.md. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type StartedCase, startCase } from './cases.ts'
import { type Children, createChildren } from './children.ts'
import { measureConsole, writeConsole } from './console/measure.ts'
import { type BenchDatabase, openBenchDatabase } from './database.ts'
import { type DeliveriesMeasured, measureDeliveries } from './deliveries.ts'
import { type GuardsMeasured, measureGuards } from './guards.ts'
import { type ListsMeasured, measureLists } from './lists.ts'
import { readMachine } from './machine.ts'
import { type Million, measureMillion } from './million.ts'
import { type BenchOptions, readOptions } from './options.ts'
import { measurePersons, type PersonsMeasured } from './persons.ts'
import { peakMemoryBytes } from './process-figures.ts'
import { formatProfile } from './profile.ts'
import { type CaseResult, formatResults, judgeCases, nameOf, type Results, writeResults } from './report.ts'
import { type Contender, type Measured, measure, type RoundsOptions, warmUp } from './rounds.ts'
import { readOutcomes, readStorage } from './storage.ts'
import { startWatchdog } from './watchdog.ts'

/** The whole run, endings included, stays under ten minutes; one that drives a browser has leads come in for longer. */
const RUN_MS = 570_000
const CONSOLE_MS = 1_800_000

const say = (text: string): void => {
  process.stderr.write(`${text}\n`)
}

class OutOfTime extends Error {}

/** `check` throws once the run is to end. */
const watchEnd = (runMs: number): { check: () => void; stop: () => void } => {
  const signals = ['SIGINT', 'SIGTERM'] as const
  let reason: Error | null = null
  const timer = setTimeout(() => {
    reason = new OutOfTime(`${Math.ceil(runMs / 60_000)} minutes are over`)
  }, runMs)
  for (const signal of signals) {
    process.on(signal, () => {
      reason = new Error(`ended by ${signal}`)
    })
  }
  return {
    check: () => {
      if (reason !== null) throw reason
    },
    stop: () => clearTimeout(timer),
  }
}

interface Ground {
  readonly options: BenchOptions
  readonly children: Children
  readonly database: BenchDatabase
  readonly folder: string
  readonly profileFolder: string | null
  readonly check: () => void
}

const roundsOptions = (ground: Ground, changes: Partial<RoundsOptions>): RoundsOptions => ({
  children: ground.children,
  postgresPid: ground.database.pid,
  connections: 64,
  rounds: ground.options.rounds,
  durationMs: ground.options.durationMs,
  check: ground.check,
  onRound: (text) => say(`  ${text}`),
  ...changes,
})

const contender = (started: StartedCase): Contender => ({ label: `(${started.id})`, target: started })

const finish = async (ground: Ground, started: StartedCase, loads: readonly Measured[]): Promise<CaseResult> => {
  const { id, server, databaseName, delivered } = started
  const memoryBytes = peakMemoryBytes(server.pid)
  const isOurs = databaseName !== null && (id === 'c' || id === 'd' || id === 'e')
  const storage = isOurs ? await readStorage(ground.database, databaseName) : null
  const outcomes = isOurs ? await readOutcomes(ground.database, databaseName) : null
  const other = outcomes?.find(({ outcome }) => outcome !== 'success')
  if (other) throw new Error(`(${id}): ${other.leads} leads ended as ${other.outcome}, ${other.code}`)
  const taken = delivered === null ? null : await delivered()
  if (taken !== null && taken !== storage?.leads)
    throw new Error(`(${id}): ${taken} of ${storage?.leads} leads were delivered`)
  return { id, name: nameOf(id), memoryBytes, loads, storage, outcomes }
}

/** Null where the time ran out: what was measured before is worth keeping. */
const runMillion = async (ground: Ground, plain: StartedCase): Promise<Million | null> => {
  say('laying in leads up to a million')
  const context = { ...ground, profileFolder: null }
  try {
    return await measureMillion(plain, { context, rounds: roundsOptions(ground, {}), say })
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error
    say(`${error.message}: there is no figure for a million leads`)
    return null
  }
}

/** Null where it is not asked for, or the time ran out. */
const runPersons = async (ground: Ground): Promise<PersonsMeasured | null> => {
  const { persons, connections: asked } = ground.options
  const connections = asked.includes(64) ? 64 : Math.max(...asked)
  if (persons === 0) return null
  say(`laying in ${persons} persons`)
  const context = { ...ground, profileFolder: null }
  try {
    return await measurePersons({ context, rounds: roundsOptions(ground, { connections }), persons, say })
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error
    say(`${error.message}: there is no figure for persons`)
    return null
  }
}

/** Null where it is not asked for, or the time ran out. */
const runLists = async (ground: Ground): Promise<ListsMeasured | null> => {
  const { lists: entries } = ground.options
  if (entries === 0) return null
  say(`laying in ${entries} entries of lists`)
  try {
    return await measureLists({ context: { ...ground, profileFolder: null }, entries, say })
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error
    say(`${error.message}: there is no figure for lists`)
    return null
  }
}

/** Null where it is not asked for, or the time ran out. */
const runDeliveries = async (ground: Ground): Promise<DeliveriesMeasured | null> => {
  if (!ground.options.deliveries) return null
  const context = { ...ground, profileFolder: null }
  try {
    return await measureDeliveries({ context, rounds: roundsOptions(ground, {}), say })
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error
    say(`${error.message}: there are no figures for deliveries`)
    return null
  }
}

/** Null where it is not asked for, or the time ran out. */
const runGuards = async (ground: Ground): Promise<GuardsMeasured | null> => {
  if (!ground.options.guards) return null
  say('(c) under the profiler')
  try {
    return await measureGuards({ context: ground, rounds: roundsOptions(ground, {}), say })
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error
    say(`${error.message}: there are no figures for authentication, authorization, sealing and limits`)
    return null
  }
}

const bench = async (ground: Ground): Promise<Results> => {
  const { options, database } = ground
  const machine = readMachine(database.version)
  const at = new Date().toISOString()
  const started: StartedCase[] = []
  for (const id of options.cases) {
    ground.check()
    say(`starting (${id}) ${nameOf(id)}`)
    const profileFolder = options.profile === id ? ground.profileFolder : null
    started.push(await startCase(id, { ...ground, profileFolder }))
  }
  const contenders = started.map(contender)
  say('warming up')
  await warmUp(contenders, roundsOptions(ground, { durationMs: options.warmUpMs }))

  const loads = new Map<string, Measured[]>(contenders.map(({ label }) => [label, []]))
  for (const connections of options.connections) {
    say(`${connections === 1 ? '1 connection' : `${connections} connections`}`)
    const measured = await measure(contenders, roundsOptions(ground, { connections }))
    for (const load of measured) loads.get(load.label)?.push(load)
  }
  const cases: CaseResult[] = []
  for (const one of started) cases.push(await finish(ground, one, loads.get(`(${one.id})`) ?? []))
  for (const { server } of started) await server.stop()
  const guards = await runGuards(ground)
  const plain = started.find(({ id }) => id === 'c')
  const million = options.million && plain ? await runMillion(ground, plain) : null
  const persons = await runPersons(ground)
  const lists = await runLists(ground)
  const deliveries = await runDeliveries(ground)
  return {
    at,
    machine,
    quick: options.quick,
    rounds: options.rounds,
    roundSeconds: options.durationMs / 1000,
    bodyBytes: cases[0]?.loads[0]?.rounds[0]?.bodyBytes ?? 0,
    cases,
    million,
    persons,
    lists,
    deliveries,
    guards,
    targets: judgeCases(cases, million, persons, deliveries, lists, guards),
  }
}

const main = async (): Promise<void> => {
  const options = readOptions(process.argv)
  if (process.platform !== 'linux') throw new Error('the bench reads what processes cost from /proc: it needs Linux')
  const { check, stop } = watchEnd(options.console === null ? RUN_MS : CONSOLE_MS)
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const profileFolder = options.profile === null ? null : mkdtempSync(join(tmpdir(), 'millrace-profile-'))
  const watchdog = startWatchdog(folder)
  const children = createChildren(watchdog)
  let database: BenchDatabase | null = null
  try {
    // Where root runs this, Postgres runs as another user, who must be able to pass through.
    chmodSync(folder, 0o711)
    database = await openBenchDatabase({ folder, onLog: say })
    watchdog.watch(database.pid())
    if (options.console !== null) {
      const context = { children, database, folder, profileFolder: null, check }
      const measured = await measureConsole(options.console, context, say)
      if (options.json) process.stdout.write(`${JSON.stringify(measured, null, 2)}\n`)
      say(`Results: ${writeConsole(measured)}`)
      return
    }
    const results = await bench({ options, children, database, folder, profileFolder, check })
    const file = writeResults(results)
    process.stdout.write(options.json ? `${JSON.stringify(results, null, 2)}\n` : `\n${formatResults(results)}\n\n`)
    say(`Results: ${file}`)
    if (profileFolder !== null) say(formatProfile(profileFolder))
  } catch (error) {
    // Told to end, its parts fail in their own ways: why it ended says more.
    check()
    throw error
  } finally {
    stop()
    await children.stopAll()
    await database?.stop()
    rmSync(folder, { recursive: true, force: true })
    watchdog.dismiss()
  }
}

try {
  await main()
} catch (error) {
  say(`bench: ${(error as Error).message}`)
  process.exitCode = 1
}
