/** The demo's flow with persons matched in it, in turns with the flow without, on a million persons stored. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CaseContext, flowText, publishFlow, startMillrace, startSink, type Target } from './cases.ts'
import { fillPersons } from './laid-persons.ts'
import { median } from './percentiles.ts'
import { cpuRatio, type Measured, measure, type RoundsOptions, rateRatio, warmUp } from './rounds.ts'

/** At so many connections. */
export interface Matching {
  readonly connections: number
  readonly without: Measured
  readonly matched: Measured
  /** The rate with persons matched by the rate without. */
  readonly ratio: number
  /** The same as their CPU says it: it holds where other work bends the rates. */
  readonly cpuRatio: number
  /** What matching adds at p99, ms: the median of the rounds' own differences. */
  readonly addedP99Ms: number
}

export interface PersonsMeasured {
  readonly persons: number
  /** Without the demo's delivery: what is matched costs most of so little. */
  readonly at: readonly Matching[]
  /** The demo's flow as it is, with its delivery to a sink beside it, 64 connections. */
  readonly whole: Matching
  readonly laidInS: number
}

const NAME = 'bench_persons'
/** Alone, where nothing waits for anything; a few; and as many as keep all cores busy, where p99 tells of waiting. */
const CONNECTIONS = [1, 8, 64]
/** Many and short: what else the machine does then spoils some of them, and the median passes those by. */
const ROUNDS = 12
const ROUND_MS = 1_000

export const measurePersons = async (options: {
  readonly context: CaseContext
  readonly rounds: RoundsOptions
  readonly persons: number
  readonly say: (text: string) => void
}): Promise<PersonsMeasured> => {
  const { context, rounds, persons, say } = options
  const databaseUrl = await context.database.create(NAME)
  const sink = await startSink(context)
  const sinkUrl = new URL('/leads', sink.url).href
  const first = await startMillrace({ context, name: NAME, databaseUrl, sinkUrl })
  const folder = join(context.folder, NAME)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const publish = (flow: string, sent: string | null, match: boolean): Promise<string> => {
    const file = join(folder, `${flow}.yaml`)
    writeFileSync(file, flowText({ sinkUrl: sent, flow, match }))
    return publishFlow({ context, name: NAME, databaseUrl, file })
  }
  const keys = {
    'bench-kept': await publish('bench-kept', null, false),
    'bench-match': await publish('bench-match', null, true),
    'bench-sent-match': await publish('bench-sent-match', sinkUrl, true),
  }
  await first.server.stop()
  const { laidInS } = await fillPersons({ context, name: NAME, databaseUrl, persons, say })
  const server = await startMillrace({ context, name: NAME, databaseUrl, sinkUrl, key: first.key })
  const target = (flow: keyof typeof keys): Target => ({
    ...server,
    path: `/flows/${flow}/sources/website/submit`,
    key: keys[flow],
  })
  const kept = [
    { label: 'without match', target: target('bench-kept') },
    { label: 'with match', target: target('bench-match') },
  ]
  const sent = [
    { label: 'without match, delivered', target: server },
    { label: 'with match, delivered', target: target('bench-sent-match') },
  ]
  const compare = async (contenders: typeof kept, connections: number): Promise<Matching> => {
    const [without, matched] = await measure(contenders, {
      ...rounds,
      connections,
      rounds: ROUNDS,
      durationMs: ROUND_MS,
    })
    if (!without || !matched) throw new Error('both were to be measured')
    const added = matched.rounds.map(({ p99Ms }, round) => p99Ms - (without.rounds[round]?.p99Ms ?? p99Ms))
    const [ratio, byCpu] = [rateRatio(matched, without), cpuRatio(matched, without)]
    return { connections, without, matched, ratio, cpuRatio: byCpu, addedP99Ms: median(added) }
  }
  await warmUp(kept, rounds)
  const at: Matching[] = []
  for (const connections of CONNECTIONS) at.push(await compare(kept, connections))
  await warmUp(sent, rounds)
  const whole = await compare(sent, 64)
  await server.server.stop()
  await sink.stop()
  return { persons, at, whole, laidInS }
}
