/** Where everything is built and every verb begins. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { constants } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { Command, CommanderError } from 'commander'
import { pino } from 'pino'
import { createApp } from './api/app.ts'
import { createMetrics, type Metrics } from './api/metrics.ts'
import { systemClock } from './base/clock.ts'
import { isFault } from './base/faults.ts'
import { keyedHash16, newKeyBytes, seal } from './base/seal.ts'
import { runAuditVerify } from './cli/commands/audit-verify.ts'
import { runFlowCheck } from './cli/commands/flow-check.ts'
import { runFlowPublish } from './cli/commands/flow-publish.ts'
import { runImport } from './cli/commands/import.ts'
import { runMigrate } from './cli/commands/migrate.ts'
import { ownAddress, runServe, unheard } from './cli/commands/serve.ts'
import { addApiVerb } from './cli/verbs/api.ts'
import { addCustodyVerbs } from './cli/verbs/custody.ts'
import { addDecisionVerbs } from './cli/verbs/decisions.ts'
import { addDestinationVerbs } from './cli/verbs/destinations.ts'
import { addIdentityVerbs } from './cli/verbs/identity.ts'
import { addReadingVerbs } from './cli/verbs/reading.ts'
import { addTenantVerbs } from './cli/verbs/tenants.ts'
import { type Config, readConfig } from './config.ts'
import { demoSink, ensureDemo, SINK_PATH } from './demo.ts'
import { fieldTypes } from './fields/index.ts'
import { type House, openHouse } from './house.ts'
import { destinationTypes } from './integrations/index.ts'
import { openUnderTenant } from './journal/keyring.ts'
import type { Registries } from './kit/flow.ts'
import { openMaster } from './master-key.ts'
import { openConnection, requireDatabase } from './operator.ts'
import { createMailer } from './outbound/mail.ts'
import { lookupColumn } from './runner/journey.ts'
import { openSite } from './site/open.ts'
import { stepTypes } from './steps/index.ts'

// A pattern that would search for ever is finished by an engine that cannot: (a+)+$ on 26 letters, 6.5 s → 1 ms.
setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks')

const EXIT_USAGE = 2
const registries: Registries = { fields: fieldTypes, steps: stepTypes, destinations: destinationTypes }
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

/**
 * A second signal ends at once, and this much later it is a second one: npm hands on to `npm start` the Ctrl-C that came to
 * it from the terminal already, and nobody presses twice so fast.
 */
const SAME_SIGNAL_MS = 750

const onSignal = (first: (signal: 'SIGINT' | 'SIGTERM') => void): void => {
  let toldAt: number | null = null
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (toldAt === null) {
        toldAt = performance.now()
        first(signal)
      } else if (performance.now() - toldAt > SAME_SIGNAL_MS) process.exit(1)
    })
  }
}

/** Resolves with the first signal that asks for an end. */
const untilSignalled = (): Promise<string> => new Promise(onSignal)

const progress = (text: string): void => {
  process.stderr.write(`${text}\n`)
}

/** What a command-line flag says goes before the environment. */
const configOf = (flags: { readonly port?: string; readonly data?: string; readonly role?: string }): Config =>
  readConfig({
    ...process.env,
    ...(flags.port !== undefined && { PORT: flags.port }),
    ...(flags.data !== undefined && { MILLRACE_DATA: flags.data }),
    ...(flags.role !== undefined && { MILLRACE_ROLE: flags.role }),
  })

/** A line for each answer would be a system call for each: lines leave together, this often at the least. */
const LOG_FLUSH_MS = 200
const LOG_TOGETHER_BYTES = 8192

const logger = (config: Config, quiet: boolean) => {
  const destination = pino.destination({ dest: 2, sync: quiet, ...(!quiet && { minLength: LOG_TOGETHER_BYTES }) })
  if (!quiet) setInterval(() => destination.flush(), LOG_FLUSH_MS).unref()
  return pino({ level: quiet ? 'warn' : config.logLevel, base: null }, destination)
}

let isInterrupted = false

/**
 * A command that is interrupted leaves no database server behind that it began: what is returned is told how to end one.
 * A verb that listens for signals itself ends in its own way.
 */
const endWhenInterrupted = (): ((stop: () => Promise<void>) => void) => {
  if (process.listenerCount('SIGINT') > 0) return () => undefined
  return (stop) =>
    onSignal((signal) => {
      isInterrupted = true
      void stop().finally(() => process.exit(128 + constants.signals[signal]))
    })
}

/** `mayMake`: a database that is not there yet, and tell of it. */
const opener = (config: Config, mayMake = false): (() => Promise<House>) => {
  const log = logger(config, true)
  return async () => {
    if (!mayMake) requireDatabase(config)
    return openHouse({
      config,
      registries,
      log,
      onProgress: mayMake ? progress : () => undefined,
      attach: true,
      outboundAllow: [demoSink(config.dataDir) ?? ownAddress(config)],
      onStarted: endWhenInterrupted(),
      onShared: () => progress('Another command uses the database that this one started: it ends with that.'),
    })
  }
}

const mailerOf = ({ smtpUrl, mailFrom }: Config) =>
  smtpUrl === undefined ? null : createMailer({ url: smtpUrl, from: mailFrom }).send

/**
 * The port asked for, or with 0 one that is free now, before anything is built: no database is made for a server that nobody
 * could reach, and what the demo's sink is allowed under is known.
 */
const freePort = (config: Config): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error) => reject(unheard(error, config)))
    probe.listen(config.port, config.host, () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })

const serve = async (asked: Config, json: boolean): Promise<number> => {
  const config = asked.role === 'worker' ? asked : { ...asked, port: await freePort(asked) }
  const log = logger(config, !json && process.stderr.isTTY === true)
  let metrics: Metrics | undefined
  const site = openSite({
    isOn: config.console && config.role !== 'worker',
    onFailed: (error) => log.error({ detail: error.message }, 'there is no console'),
  })
  return runServe({
    config,
    json,
    output: process.stdout,
    ended: untilSignalled().finally(site.stop),
    openHouse: () =>
      openHouse({
        config,
        registries,
        log,
        onProgress: json ? () => undefined : progress,
        attach: false,
        outboundAllow: [ownAddress(config)],
        mail: mailerOf(config),
        onGather: (kind, size) => metrics?.gathered(kind, size),
      }),
    createApp: async (house, isDraining) => {
      const { keyring } = house
      metrics = createMetrics({ version, inFlight: house.runner.inFlight, connections: house.database.stats })
      const app = await createApp({
        runner: house.runner,
        reader: house.reader,
        database: house.database,
        clock: house.clock,
        log,
        metrics,
        audit: house.audit,
        privacy: house.privacy,
        delivery: house.delivery,
        settings: {
          version,
          rateLimitMax: config.rateLimitMax,
          rateLimitWindowMs: config.rateLimitWindowMs,
          publicUrl: config.publicUrl ?? null,
          platformKey: config.platformKey ?? null,
          ipRateLimitMax: config.ipRateLimitMax,
          leadsInFlightMax: config.leadsInFlightMax,
          trustedProxies: config.trustedProxies,
        },
        keys: {
          token: keyring.derive('token'),
          login: (email) => keyedHash16(keyring.login, email),
          sealTenant: async (tenantId, text) => seal((await keyring.tenant(tenantId)).wrap, text),
          makeTenant: keyring.createTenantKeys,
          openTenant: async (tenantId, sealed) => openUnderTenant(await keyring.tenant(tenantId), sealed).toString(),
          person: async (tenant, kind, normal) => lookupColumn(await keyring.tenant(tenant), kind, normal),
        },
        lists: house.lists,
        caps: house.caps,
        send: house.outbound.send,
        mail: mailerOf(config),
        site,
        publish: house.publish,
        check: house.check,
        trials: house.trials,
        workbench: house.workbench,
        ownRecords: house.ownRecords,
        feed: {
          forget: house.feed.listeners.forget,
          hint: house.feed.sender.hint,
          test: house.feed.sender.test,
          sendAgain: house.feed.sendAgain.begin,
        },
        destinationTypes,
        isCurrent: house.isCurrent,
        isDraining,
      })
      // The demo's buyer: takes every lead, keeps nothing.
      app.post(SINK_PATH, { config: { access: 'sink' }, schema: { hide: true } as object }, async () => ({
        id: `00Q${newKeyBytes().toString('hex').slice(0, 12)}`,
      }))
      return app
    },
    ensureDemo,
  })
}

/** What a system says of a file that was named, in words; null where it is something else. */
const ofFiles = ({ code, path }: NodeJS.ErrnoException): string | null => {
  // Reading a folder, it does not say which.
  const file = path ?? 'What was named'
  if (code === 'ENOENT') return `There is no file ${file}`
  if (code === 'EISDIR') return `${file} is a folder: name a file`
  if (code === 'EACCES' || code === 'EPERM') return `${file} may not be read or written by this user (${code})`
  return code === 'ENOSPC' ? `There is no space left for ${file}` : null
}

/** Runs a verb and ends the process with its code; what went wrong is one line, without a stack. */
const act = async (run: () => Promise<number>): Promise<void> => {
  try {
    process.exitCode = await run()
  } catch (error) {
    if (error instanceof CommanderError) throw error
    // What broke then broke of that.
    if (isInterrupted) return
    const detail = isFault(error) && error.detail ? ` (${error.detail})` : ''
    const text = isFault(error)
      ? `${error.message}${detail}`
      : (ofFiles(error as NodeJS.ErrnoException) ??
        `Unexpected error: ${error instanceof Error ? (process.env.MILLRACE_DEBUG ? error.stack : error.message) : String(error)}`)
    process.stderr.write(`millrace: ${text}\n`)
    process.exitCode = EXIT_USAGE
  }
}

const program = new Command('millrace')
  .description('Takes leads in from anywhere, decides about each in milliseconds, gets it to the right people.')
  .version(version)
  .exitOverride()
  .showHelpAfterError('Run with --help to see what there is.')

program
  .command('serve')
  .description('Run the server')
  .option('--port <number>', 'port to listen on (PORT)')
  .option('--data <folder>', 'data folder (MILLRACE_DATA)')
  .option('--role <role>', 'all, api or worker (MILLRACE_ROLE)')
  .option('--json', 'print one line of JSON when ready')
  .action((flags) => act(() => serve(configOf(flags), flags.json === true)))

program
  .command('migrate')
  .description('Bring the database up to date')
  .option('--data <folder>', 'data folder (MILLRACE_DATA)')
  .action((flags) => act(() => runMigrate({ openHouse: opener(configOf(flags), true), output: process.stdout })))

addReadingVerbs(program, { act, clock: systemClock() })

program
  .command('import')
  .description('Send the rows of a CSV file through a flow; a later run goes on where one was interrupted')
  .argument('<file>')
  .requiredOption('--flow <id>', 'flow that the rows go through')
  .requiredOption('--source <id>', 'source of the flow that they come from')
  .option(
    '--map <header=field>',
    'give a column the name of a field, or none to leave it out; may be repeated',
    (map: string, maps: string[]) => [...maps, map],
    [],
  )
  .option('--tenant <slug>', 'tenant, where there are several')
  .option('--data <folder>', 'data folder (MILLRACE_DATA)')
  .option(
    '--encoding <name>',
    'what the file is written in: utf-8, windows-1252, utf-16le, …; it is found out otherwise',
  )
  .option('--rejects <file>', 'where unreadable rows are written (default: <file>.rejects.csv)')
  .option('--restart', 'send all rows again; each still is one lead')
  .option('--json', 'print one line of JSON at the end')
  .action((file: string, flags) =>
    act(() => {
      const config = configOf(flags)
      return runImport({
        file,
        encoding: flags.encoding,
        flow: flags.flow,
        source: flags.source,
        maps: flags.map,
        tenant: flags.tenant,
        json: flags.json === true,
        rejects: flags.rejects,
        restart: flags.restart === true,
        config,
        registries,
        openHouse: opener(config),
        ended: untilSignalled(),
        output: process.stdout,
        progress: process.stderr,
      })
    }),
  )

const flow = program.command('flow').description('Check and publish flows')
flow
  .command('check')
  .description('Report everything wrong with a flow file, with line and column')
  .argument('<file>')
  .option('--json', 'print JSON')
  .action((file: string, flags) =>
    act(() => runFlowCheck({ file, json: flags.json === true, registries, output: process.stdout })),
  )
flow
  .command('publish')
  .description('Make a flow file the next version of its flow')
  .argument('<file>')
  .option('--tenant <slug>', 'tenant, where there are several')
  .option('--data <folder>', 'data folder (MILLRACE_DATA)')
  .option('--json', 'print JSON')
  .action((file: string, flags) =>
    act(() =>
      runFlowPublish({
        file,
        tenant: flags.tenant,
        json: flags.json === true,
        openHouse: opener(configOf(flags)),
        output: process.stdout,
      }),
    ),
  )

const audit = program.command('audit').description('Prove what the journal says')
audit
  .command('verify')
  .description('Walk every chain and name the first broken segment')
  .option('--data <folder>', 'data folder (MILLRACE_DATA)')
  .option('--json', 'print JSON')
  .action((flags) =>
    act(() =>
      runAuditVerify({ openHouse: opener(configOf(flags)), output: process.stdout, json: flags.json === true }),
    ),
  )

addCustodyVerbs(program, {
  configOf,
  opener,
  act,
  restoring: (config) => ({
    master: openMaster(config).keys,
    now: Date.now(),
    openConnection: () => openConnection({ config, attach: true, onProgress: () => undefined }),
  }),
})
addTenantVerbs(program, {
  configOf,
  opener,
  act,
  servedAt: (config) => demoSink(config.dataDir) ?? ownAddress(config),
})
addApiVerb(program, { act }, process.env)
addDecisionVerbs(program, { configOf, opener, act, untilSignalled })
addIdentityVerbs(program, { configOf, opener, act, untilSignalled, registries, clock: systemClock() })
addDestinationVerbs(program, { configOf, opener, act, registries, clock: systemClock() })

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE
}
