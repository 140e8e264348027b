/** The demo's flow with persons matched in it, in turns with the flow without, on a million persons stored. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CaseContext, flowText, publishFlow, startMillrace, type Target } from './cases.ts'
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
  readonly at: readonly Matching[]
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
  const first = await startMillrace({ context, name: NAME, databaseUrl, sinkUrl: null })
  const folder = join(context.folder, NAME)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, 'match.yaml')
  writeFileSync(file, flowText({ sinkUrl: null, flow: 'bench-match', match: true }))
  const matchKey = await publishFlow({ context, name: NAME, databaseUrl, file })
  await first.server.stop()
  const { laidInS } = await fillPersons({ context, name: NAME, databaseUrl, persons, say })
  const plain = await startMillrace({ context, name: NAME, databaseUrl, sinkUrl: null, key: first.key })
  const matched: Target = { ...plain, path: '/flows/bench-match/sources/website/submit', key: matchKey }
  const contenders = [
    { label: 'without match', target: plain },
    { label: 'with match', target: matched },
  ]
  await warmUp(contenders, rounds)
  const at: Matching[] = []
  for (const connections of CONNECTIONS) {
    const [without, withMatch] = await measure(contenders, {
      ...rounds,
      connections,
      rounds: ROUNDS,
      durationMs: ROUND_MS,
    })
    if (!without || !withMatch) throw new Error('both were to be measured')
    const added = withMatch.rounds.map(({ p99Ms }, round) => p99Ms - (without.rounds[round]?.p99Ms ?? p99Ms))
    at.push({
      connections,
      without,
      matched: withMatch,
      ratio: rateRatio(withMatch, without),
      cpuRatio: cpuRatio(withMatch, without),
      addedP99Ms: median(added),
    })
  }
  await plain.server.stop()
  return { persons, at, laidInS }
}
