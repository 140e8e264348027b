/** The servers that are compared, each started as it would be in production: its own process, its own database. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse, stringify } from 'yaml'
import type { Children, Server } from './children.ts'
import type { BenchDatabase } from './database.ts'
import { fillLists, withDecisions } from './decisions.ts'
import { readLeadRows } from './lead-rows.ts'
import { leadTemplate } from './load/leads.ts'

export const CASES = {
  a: 'Fastify alone',
  b: 'Fastify and one insert',
  c: 'Millrace',
  d: 'Millrace and a delivery',
  e: 'Millrace with 20 rules, 3 lists of a million and 5 caps',
  f: 'Fastify and the rows that a lead of (c) leaves',
} as const

export type CaseId = keyof typeof CASES

/** A server under load: where it is asked, and its process. */
export interface Target {
  readonly server: Server
  readonly path: string
  readonly key: string
  /** Null where it keeps nothing. */
  readonly databaseName: string | null
  readonly databaseUrl: string | null
}

export interface CaseContext {
  readonly children: Children
  readonly database: BenchDatabase
  readonly folder: string
  /** Where this server leaves a CPU profile when it ends; null for none. */
  readonly profileFolder: string | null
  /** Throws once the run is to end. */
  readonly check: () => void
}

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FLOW_FILE = join(ROOT, 'examples/demo/flow.yaml')
const FLOW_ID = 'bench'
const NO_LIMIT = '1000000000'

interface Step {
  readonly deliver?: unknown
}

interface FlowDocument {
  flow: string
  sources: { id: string; caps?: { max: number }[] }[]
  destinations?: Record<string, { url: string }>
  steps: Step[]
}

/** The demo's flow, without its delivery or with it aimed at a sink, and with a cap that no run reaches. */
export const flowText = (asked: {
  readonly sinkUrl: string | null
  readonly flow?: string
  /** With persons matched after it is normalized; nobody is asked. */
  readonly match?: boolean
}): string => {
  const { sinkUrl, flow = FLOW_ID, match = false } = asked
  const document = parse(readFileSync(FLOW_FILE, 'utf8')) as FlowDocument
  document.flow = flow
  for (const source of document.sources) for (const cap of source.caps ?? []) cap.max = 1_000_000_000
  if (sinkUrl === null) {
    document.steps = document.steps.filter((step) => step.deliver === undefined)
    delete document.destinations
  } else {
    for (const destination of Object.values(document.destinations ?? {})) destination.url = sinkUrl
  }
  if (match) document.steps.splice(1, 0, { match: { review_threshold: 0.95 } } as Step)
  return stringify(document)
}

const profiling = (folder: string | null): string[] =>
  folder === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`]

const plainServer = async (
  script: 'answer' | 'insert' | 'rows',
  { context, env }: { context: CaseContext; env: Readonly<Record<string, string>> },
): Promise<Server> =>
  context.children.startServer({
    name: `fastify-${script}`,
    args: [...profiling(context.profileFolder), join(ROOT, `bench/servers/${script}.ts`)],
    env,
    cwd: context.folder,
    logFile: join(context.folder, `fastify-${script}.log`),
  })

export interface MillraceOptions {
  readonly context: CaseContext
  /** Of the database, the folder and the log. */
  readonly name: string
  readonly databaseUrl: string
  readonly sinkUrl: string | null
  /** Changes the flow before it is published. */
  readonly change?: (text: string) => string
  /** From a start before; without it, the flow is published and its source's key taken from there. */
  readonly key?: string
}

/** What `./millrace` starts Node with, as it stands there; MALLOC_ARENA_MAX below is its too. */
const NODE_FLAGS = readFileSync(join(ROOT, 'millrace'), 'utf8')
  .match(/^flags='(.+)'$/m)?.[1]
  ?.split(' ')
if (NODE_FLAGS === undefined) throw new Error('./millrace does not say what it starts Node with')

/** What `./millrace` does before a server's first start: what compiles ends with it. */
const compileOnce = async ({ children, folder }: CaseContext): Promise<void> => {
  await children.run({
    name: 'millrace --version',
    args: [...NODE_FLAGS, join(ROOT, 'src/main.ts'), '--version'],
    env: { NODE_COMPILE_CACHE: join(folder, 'compiled') },
    cwd: folder,
    logFile: join(folder, 'compile.log'),
  })
}

/** Publishes a flow and gives the key of its source. */
export const publishFlow = async (asked: {
  readonly context: CaseContext
  readonly name: string
  readonly databaseUrl: string
  readonly file: string
}): Promise<string> => {
  const { context, name, databaseUrl, file } = asked
  const { children, folder } = context
  const output = await children.run({
    name: 'millrace flow publish',
    args: [...NODE_FLAGS, join(ROOT, 'src/main.ts'), 'flow', 'publish', file, '--json'],
    env: { DATABASE_URL: databaseUrl, MILLRACE_DATA: join(folder, name), NODE_COMPILE_CACHE: join(folder, 'compiled') },
    cwd: folder,
    logFile: join(folder, 'publish.log'),
  })
  const published = JSON.parse(output) as { keys: { source: string; key: string }[] }
  const key = published.keys[0]?.key
  if (key === undefined) throw new Error('the flow came without a key for its source')
  return key
}

/** `millrace serve` as an operator runs it, logging at its default level into a file. */
export const startMillrace = async (options: MillraceOptions): Promise<Target> => {
  const { context, name, databaseUrl, sinkUrl } = options
  const { children, folder } = context
  const dataFolder = join(folder, name)
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 })
  const logFile = join(folder, `${name}.log`)
  const main = join(ROOT, 'src/main.ts')
  await compileOnce(context)
  const env = {
    DATABASE_URL: databaseUrl,
    MILLRACE_DATA: dataFolder,
    PORT: '0',
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
    RATE_LIMIT_MAX: NO_LIMIT,
    MALLOC_ARENA_MAX: '1',
    ...(sinkUrl === null ? {} : { OUTBOUND_ALLOW: new URL(sinkUrl).hostname }),
  }
  const server = await children.startServer({
    name,
    args: [...NODE_FLAGS, ...profiling(context.profileFolder), main, 'serve', '--json'],
    env,
    cwd: folder,
    logFile,
  })
  let key = options.key
  if (key === undefined) {
    const file = join(dataFolder, 'flow.yaml')
    const text = flowText({ sinkUrl })
    writeFileSync(file, options.change?.(text) ?? text)
    key = await publishFlow({ context, name, databaseUrl, file })
  }
  return { server, path: `/flows/${FLOW_ID}/sources/website/submit`, key, databaseName: name, databaseUrl }
}

/** Where deliveries go, in a process of its own. */
export const startSink = ({ children, folder }: CaseContext): Promise<Server> =>
  children.startServer({
    name: 'sink',
    args: [join(ROOT, 'bench/servers/sink.ts')],
    env: {},
    cwd: folder,
    logFile: join(folder, 'sink.log'),
  })

/** Of the same length as a source's key, so that all requests are of one size. */
const STAND_IN_KEY = 'k'.repeat(40)

/** A lead as the load sends them. */
const sendOne = async ({ server, path, key }: Target): Promise<void> => {
  const template = leadTemplate(0, { host: server.url.host, path, key })
  const request = template.fill(0).toString()
  const answer = await fetch(new URL(path, server.url), {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: request.slice(request.indexOf('\r\n\r\n') + 4),
  })
  if (answer.status !== 201) throw new Error(`a lead was answered with ${answer.status}: ${await answer.text()}`)
}

export interface StartedCase extends Target {
  readonly id: CaseId
  /** What its destination was sent; null where there is none. */
  readonly delivered: (() => Promise<number>) | null
}

export const startCase = async (id: CaseId, context: CaseContext): Promise<StartedCase> => {
  const { database } = context
  const plain = { id, path: '/submit', key: STAND_IN_KEY, databaseName: null, databaseUrl: null, delivered: null }
  switch (id) {
    case 'a':
      return { ...plain, server: await plainServer('answer', { context, env: {} }) }
    case 'b': {
      const databaseUrl = await database.create('bench_b')
      const server = await plainServer('insert', { context, env: { DATABASE_URL: databaseUrl } })
      return { ...plain, server, databaseName: 'bench_b', databaseUrl }
    }
    case 'c': {
      const databaseUrl = await database.create('bench_c')
      const target = await startMillrace({ context, name: 'bench_c', databaseUrl, sinkUrl: null })
      return { id, ...target, delivered: null }
    }
    case 'd': {
      const sink = await startSink(context)
      const sinkUrl = new URL('/leads', sink.url).href
      const databaseUrl = await database.create('bench_d')
      const target = await startMillrace({ context, name: 'bench_d', databaseUrl, sinkUrl })
      const delivered = async (): Promise<number> => ((await (await fetch(sink.url)).json()) as { taken: number }).taken
      return { id, ...target, delivered }
    }
    case 'e': {
      const databaseUrl = await database.create('bench_e')
      const target = await startMillrace({
        context,
        name: 'bench_e',
        databaseUrl,
        sinkUrl: null,
        change: withDecisions,
      })
      await fillLists({ database, name: 'bench_e', check: context.check })
      return { id, ...target, delivered: null }
    }
    case 'f': {
      const databaseUrl = await database.create('bench_f')
      const millrace = await startMillrace({ context, name: 'bench_f', databaseUrl, sinkUrl: null })
      await sendOne(millrace)
      await millrace.server.stop()
      const rows = JSON.stringify(await readLeadRows(database, 'bench_f'))
      const server = await plainServer('rows', { context, env: { DATABASE_URL: databaseUrl, BENCH_LEAD_ROWS: rows } })
      return { ...plain, server, databaseName: 'bench_f', databaseUrl }
    }
  }
}
