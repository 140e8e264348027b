/** Rounds in turn: every contender once, again and again, so that what the machine does meanwhile meets all alike. */
import type { Target } from './cases.ts'
import type { Children } from './children.ts'
import type { RoundResult } from './load/round.ts'
import { median } from './percentiles.ts'
import { cpuSeconds, familyCpuSeconds, machineCpuSeconds } from './process-figures.ts'

export interface Contender {
  readonly label: string
  readonly target: Target
}

export interface Round extends RoundResult {
  /** CPU seconds of the server's process. */
  readonly serverCpuS: number
  /** CPU seconds of all of Postgres. */
  readonly postgresCpuS: number
  /** Cores that were busy with something else: a destination, and whatever the machine did besides. */
  readonly otherCores: number
}

export interface Measured {
  readonly label: string
  readonly connections: number
  readonly leads: number
  /** Medians of the rounds. */
  readonly perSecond: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  /** CPU seconds for 1,000 leads, over all rounds. */
  readonly serverCpuS: number
  readonly postgresCpuS: number
  readonly generatorCpuS: number
  readonly otherCores: number
  readonly rounds: readonly Round[]
}

export interface RoundsOptions {
  readonly children: Children
  readonly postgresPid: () => number
  readonly connections: number
  readonly rounds: number
  readonly durationMs: number
  /** Throws where the run is to end. */
  readonly check: () => void
  readonly onRound: (text: string) => void
}

const runOne = async ({ label, target }: Contender, options: RoundsOptions): Promise<Round> => {
  const { children, postgresPid, connections, durationMs } = options
  const { server, path, key } = target
  const serverBefore = cpuSeconds(server.pid)
  const postgresBefore = familyCpuSeconds(postgresPid())
  const machineBefore = machineCpuSeconds()
  const startedAt = performance.now()
  const result = await children.load({
    host: server.url.hostname,
    port: Number(server.url.port),
    path,
    key,
    connections,
    durationMs,
  })
  const refusals = Object.entries(result.refused)
  if (refusals.length > 0) {
    const counts = refusals.map(([status, times]) => `${times} × ${status}`).join(', ')
    throw new Error(`${label} refused leads (${counts}), the first with: ${result.refusal}`)
  }
  const serverCpuS = cpuSeconds(server.pid) - serverBefore
  const postgresCpuS = familyCpuSeconds(postgresPid()) - postgresBefore
  const otherCpuS = machineCpuSeconds() - machineBefore - serverCpuS - postgresCpuS - result.cpuS
  const lastedS = (performance.now() - startedAt) / 1000
  return { ...result, serverCpuS, postgresCpuS, otherCores: Math.max(0, otherCpuS / lastedS) }
}

const summed = (contender: Contender, { connections }: RoundsOptions, rounds: readonly Round[]): Measured => {
  const middle = (of: (round: Round) => number): number => median(rounds.map(of))
  const leads = rounds.reduce((sum, { answers }) => sum + answers, 0)
  const forThousand = (of: (round: Round) => number): number =>
    (rounds.reduce((sum, round) => sum + of(round), 0) / leads) * 1000
  return {
    label: contender.label,
    connections,
    leads,
    perSecond: middle(({ perSecond }) => perSecond),
    p50Ms: middle(({ p50Ms }) => p50Ms),
    p95Ms: middle(({ p95Ms }) => p95Ms),
    p99Ms: middle(({ p99Ms }) => p99Ms),
    serverCpuS: forThousand(({ serverCpuS }) => serverCpuS),
    postgresCpuS: forThousand(({ postgresCpuS }) => postgresCpuS),
    generatorCpuS: forThousand(({ cpuS }) => cpuS),
    otherCores: middle(({ otherCores }) => otherCores),
    rounds,
  }
}

/**
 * The rate of one by the rate of another measured in turns with it: the median of the rounds' own ratios, since what the
 * machine did besides met both sides of a round alike, but not all rounds. NaN where there are none in common.
 */
export const rateRatio = (part: Pick<Measured, 'rounds'>, whole: Pick<Measured, 'rounds'>): number =>
  median(
    part.rounds.flatMap(({ perSecond }, round) => {
      const other = whole.rounds[round]?.perSecond
      return other === undefined ? [] : [perSecond / other]
    }),
  )

/**
 * The rate of one by the rate of another as their CPU says it, server, Postgres and load together: what it would be on a
 * machine that has nothing else to do and is kept busy. It holds, too, where other work bends the rates.
 */
export const cpuRatio = (part: CpuCost, whole: CpuCost): number => costOf(whole) / costOf(part)

type CpuCost = Pick<Measured, 'serverCpuS' | 'postgresCpuS' | 'generatorCpuS'>

const costOf = ({ serverCpuS, postgresCpuS, generatorCpuS }: CpuCost): number =>
  serverCpuS + postgresCpuS + generatorCpuS

/** Each contender's result, in their order. Rejects where a lead was refused or a connection broke. */
export const measure = async (contenders: readonly Contender[], options: RoundsOptions): Promise<Measured[]> => {
  const taken = contenders.map((): Round[] => [])
  for (let round = 0; round < options.rounds; round += 1) {
    for (let turn = 0; turn < contenders.length; turn += 1) {
      options.check()
      // Each round begins with another one, so that none always follows the same.
      const at = (turn + round) % contenders.length
      const contender = contenders[at] as Contender
      const result = await runOne(contender, options)
      taken[at]?.push(result)
      options.onRound(
        `${contender.label} · ${options.connections} · round ${round + 1} of ${options.rounds}: ` +
          `${Math.round(result.perSecond)}/s, p99 ${result.p99Ms.toFixed(1)} ms`,
      )
    }
  }
  return contenders.map((contender, at) => summed(contender, options, taken[at] ?? []))
}

/** Enough that the engine has compiled what is hot; below it, a young server is measured in place of a running one. */
const WARM_LEADS = 30_000
const WARM_ROUNDS_MAX = 12

/** Loads each contender until it has run warm, and counts nothing. */
export const warmUp = async (contenders: readonly Contender[], options: RoundsOptions): Promise<void> => {
  for (const contender of contenders) {
    let leads = 0
    for (let round = 0; round < WARM_ROUNDS_MAX && leads < WARM_LEADS; round += 1) {
      options.check()
      const result = await runOne(contender, options)
      leads += result.answers
      options.onRound(`${contender.label}: ${Math.round(result.perSecond)}/s`)
    }
  }
}
