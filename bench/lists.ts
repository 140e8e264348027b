/** What looking leads up in lists of ten million entries adds to an answer, end to end, at one connection. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { type CaseContext, flowText, publishFlow, startMillrace } from './cases.ts'
import { fillLists, LISTS } from './decisions.ts'
import { openConnection } from './load/connection.ts'
import { leadTemplate } from './load/leads.ts'
import { median, percentile } from './percentiles.ts'

export interface ListsMeasured {
  /** In three lists together. */
  readonly entries: number
  /** Leads of each of the two flows, by turns on one connection. */
  readonly leads: number
  readonly without: { readonly p50Ms: number; readonly p99Ms: number }
  readonly listed: { readonly p50Ms: number; readonly p99Ms: number }
  readonly addedP50Ms: number
  /** The median of the differences of ten parts of the run: what else the machine did in one of them is not counted. */
  readonly addedP99Ms: number
}

interface FlowDocument {
  steps: Record<string, unknown>[]
}

const WARM_UP_MS = 15_000
const MEASURED_MS = 90_000
const PARTS = 10
const TEMPLATES = 8
/** Beyond those of the load generator, so that no lead is sent twice. */
const FIRST_SERIAL = 5_000_000

/** The demo's flow with three lists that three values of each lead are looked up in, or with none. */
const withLists = (lists: readonly string[]) => (text: string) => {
  const document = parse(text) as FlowDocument
  document.steps = document.steps.filter(({ suppress }) => suppress === undefined)
  if (lists.length > 0) document.steps.push({ suppress: { lists, match: ['phone', 'email', 'email.domain'] } })
  return stringify(document)
}

type Sides = readonly [readonly number[], readonly number[]]

const figuresOf = (values: readonly number[]) => {
  const sorted = Float64Array.from(values).sort()
  return { p50Ms: percentile(sorted, 50), p99Ms: percentile(sorted, 99) }
}

const partsOf = ([without, listed]: Sides): readonly Sides[] => {
  const size = Math.floor(Math.min(without.length, listed.length) / PARTS)
  return Array.from(
    { length: PARTS },
    (_, at): Sides => [without.slice(at * size, (at + 1) * size), listed.slice(at * size, (at + 1) * size)],
  )
}

export const measureLists = async (asked: {
  readonly context: CaseContext
  readonly entries: number
  readonly say: (text: string) => void
}): Promise<ListsMeasured> => {
  const { context, say } = asked
  const { database, folder, check } = context
  const name = 'bench_lists'
  const databaseUrl = await database.create(name)
  const target = await startMillrace({ context, name, databaseUrl, sinkUrl: null, change: withLists([]) })
  const file = join(folder, 'listed.yaml')
  writeFileSync(file, withLists(LISTS)(flowText({ sinkUrl: null, flow: 'listed' })))
  const listedKey = await publishFlow({ context, name, databaseUrl, file })
  const each = Math.ceil(asked.entries / LISTS.length)
  await fillLists({ database, name, check, each })
  say(`${each * LISTS.length} entries laid in`)

  const { hostname: host, port } = target.server.url
  const templatesFor = (path: string, key: string) =>
    Array.from({ length: TEMPLATES }, (_, at) => leadTemplate(at, { host: `${host}:${port}`, path, key }))
  const sides = [
    templatesFor(target.path, target.key),
    templatesFor('/flows/listed/sources/website/submit', listedKey),
  ] as const
  const begun = performance.now()
  const measureAt = begun + WARM_UP_MS
  const endAt = measureAt + MEASURED_MS
  const latencies: [number[], number[]] = [[], []]
  let sent = 0
  let side: 0 | 1 = 0
  let counts = false
  const connection = await openConnection({
    host,
    port: Number(port),
    next: () => {
      const now = performance.now()
      if (now >= endAt) return null
      if (sent % 1_000 === 0) check()
      // Pairs, each beginning with the other side than the one before.
      const pair = sent >> 1
      side = ((sent + pair) % 2) as 0 | 1
      if (sent % 2 === 0) counts = now >= measureAt
      const template = sides[side][pair % TEMPLATES]
      sent += 1
      return template?.fill(FIRST_SERIAL + sent) ?? null
    },
    onAnswer: ({ status, ms, text }) => {
      if (text !== null) throw new Error(`a lead was answered ${status}: ${text}`)
      if (counts) latencies[side].push(ms)
    },
  })
  await connection.run()
  await target.server.stop()
  const parts = partsOf(latencies).map(([without, listed]) => figuresOf(listed).p99Ms - figuresOf(without).p99Ms)
  const [without, listed] = latencies.map(figuresOf) as [ListsMeasured['without'], ListsMeasured['listed']]
  return {
    entries: each * LISTS.length,
    leads: Math.min(...latencies.map(({ length }) => length)),
    without,
    listed,
    addedP50Ms: listed.p50Ms - without.p50Ms,
    addedP99Ms: median(parts),
  }
}
