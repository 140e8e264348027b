/** Millrace with a million leads stored, in turns with Millrace on an empty database. */

import { layLeads } from './bulk-leads.ts'
import { type CaseContext, type StartedCase, startMillrace, type Target } from './cases.ts'
import { type Measured, measure, type RoundsOptions, rateRatio, warmUp } from './rounds.ts'

export interface Million {
  /** Stored before the first measured round. */
  readonly leads: number
  readonly empty: Measured
  readonly full: Measured
  /** The rate with them by the rate without. */
  readonly ratio: number
  readonly laidInS: number
}

const LEADS = 1_000_000
const OVER_MS = 90 * 86_400_000
const PROGRESS_EVERY = 100_000

const countLeads = (context: CaseContext, name: string): Promise<number> =>
  context.database.use(name, async (client) => {
    const { rows } = await client.query<{ leads: string }>('select count(*) as leads from millrace.lead')
    return Number(rows[0]?.leads)
  })

/** Fills up what (c) has stored so far to a million, and measures it once more; (c)'s server has ended by then. */
export const measureMillion = async (
  before: StartedCase,
  options: {
    readonly context: CaseContext
    readonly rounds: RoundsOptions
    readonly say: (text: string) => void
  },
): Promise<Million> => {
  const { context, rounds, say } = options
  const { databaseName, databaseUrl, key } = before
  if (databaseName === null || databaseUrl === null) throw new Error('(c) keeps no database')
  const startedAt = performance.now()
  const stored = await countLeads(context, databaseName)
  let told = 0
  await layLeads({
    database: context.database,
    name: databaseName,
    leads: Math.max(0, LEADS - stored),
    overMs: OVER_MS,
    check: rounds.check,
    onProgress: (laid) => {
      if (laid < told + PROGRESS_EVERY && laid + stored < LEADS) return
      told = laid
      const seconds = (performance.now() - startedAt) / 1000
      say(`  ${laid + stored} leads stored, ${Math.round(laid / seconds)} a second`)
    },
  })
  const laidInS = (performance.now() - startedAt) / 1000
  say(`  settled after ${Math.round(laidInS)} s`)
  const leads = await countLeads(context, databaseName)
  const full = await startMillrace({ context, name: databaseName, databaseUrl, sinkUrl: null, key })
  const emptyUrl = await context.database.create('bench_empty')
  const empty: Target = await startMillrace({ context, name: 'bench_empty', databaseUrl: emptyUrl, sinkUrl: null })
  const contenders = [
    { label: 'empty', target: empty },
    { label: 'a million stored', target: full },
  ]
  await warmUp(contenders, rounds)
  const [measuredEmpty, measuredFull] = await measure(contenders, rounds)
  if (!measuredEmpty || !measuredFull) throw new Error('both were to be measured')
  for (const { server } of [empty, full]) await server.stop()
  return {
    leads,
    empty: measuredEmpty,
    full: measuredFull,
    ratio: rateRatio(measuredFull, measuredEmpty),
    laidInS,
  }
}
