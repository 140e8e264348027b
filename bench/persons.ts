/** The demo's flow with persons matched in it, in turns with the flow without, on a million persons stored. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CaseContext, flowText, publishFlow, startMillrace, type Target } from './cases.ts'
import { fillPersons } from './laid-persons.ts'
import { cpuRatio, type Measured, measure, type RoundsOptions, rateRatio, warmUp } from './rounds.ts'

export interface PersonsMeasured {
  readonly persons: number
  readonly without: Measured
  readonly matched: Measured
  /** The rate with persons matched by the rate without. */
  readonly ratio: number
  /** The same as their CPU says it: it holds where other work bends the rates. */
  readonly cpuRatio: number
  /** What matching adds at p99, ms: the median of the rounds' own differences. */
  readonly addedP99Ms: number
  readonly laidInS: number
}

const NAME = 'bench_persons'

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
  const [measuredPlain, measuredMatched] = await measure(contenders, rounds)
  if (!measuredPlain || !measuredMatched) throw new Error('both were to be measured')
  await plain.server.stop()
  const added = measuredMatched.rounds
    .map(({ p99Ms }, round) => p99Ms - (measuredPlain.rounds[round]?.p99Ms ?? p99Ms))
    .sort((a, b) => a - b)
  return {
    persons,
    without: measuredPlain,
    matched: measuredMatched,
    ratio: rateRatio(measuredMatched, measuredPlain),
    cpuRatio: cpuRatio(measuredMatched, measuredPlain),
    addedP99Ms: added[Math.floor(added.length / 2)] ?? Number.NaN,
    laidInS,
  }
}
