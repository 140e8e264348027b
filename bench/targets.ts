/** What a run is to reach, as the plan says it, and whether it did. */
import type { CaseId } from './cases.ts'

/** What the targets are judged by; a value that was not measured is undefined. */
export interface Findings {
  /** The rate by the rate of (b), 0 to 1 and beyond. */
  readonly rateRatio: (id: CaseId, connections: number) => number | undefined
  readonly p50Ms: (id: CaseId, connections: number) => number | undefined
  readonly p99Ms: (id: CaseId, connections: number) => number | undefined
  readonly memoryBytes: (id: CaseId) => number | undefined
  readonly bytesPerLead: (id: CaseId) => number | undefined
  /** The rate with a million leads stored, by the rate without. */
  readonly millionRatio: number | undefined
  /** The rate with rules, lists and caps by the rate of the demo's flow without. */
  readonly decisionsRatio: number | undefined
  /** How late a delivery that is due goes out at p99, how many go in a second, and intake with many waiting by without. */
  readonly dueP99Ms: number | undefined
  readonly deliveriesPerSecond: number | undefined
  readonly waitingRatio: number | undefined
  /** The rate with persons matched by the rate without, of the demo's flow and of it without its delivery; added p99. */
  readonly matchWholeRatio: number | undefined
  readonly matchRatio: number | undefined
  readonly matchAddedMs: number | undefined
  /** Of the server's CPU, 0 to 100. */
  readonly guardsPercent: number | undefined
  /** What looking up among ten million list entries adds at p99. */
  readonly listAddedMs: number | undefined
}

export interface TargetResult {
  readonly target: string
  readonly wanted: string
  /** Null where it was not measured. */
  readonly found: number | null
  readonly unit: '%' | 'ms' | 'MB' | 'bytes' | '/s'
  readonly reached: boolean | null
}

interface Target {
  readonly target: string
  readonly unit: TargetResult['unit']
  readonly least?: number
  readonly most?: number
  readonly find: (findings: Findings) => number | undefined
}

const percent = (ratio: number | undefined): number | undefined => (ratio === undefined ? undefined : ratio * 100)

const MEGABYTE = 1_000_000

const TARGETS: readonly Target[] = [
  {
    target: 'rate of (c) by the rate of (b), 64 connections',
    unit: '%',
    least: 45,
    find: ({ rateRatio }) => percent(rateRatio('c', 64)),
  },
  {
    target: 'rate of (d) by the rate of (b), 64 connections',
    unit: '%',
    least: 30,
    find: ({ rateRatio }) => percent(rateRatio('d', 64)),
  },
  { target: 'p99 of (c), 64 connections', unit: 'ms', most: 50, find: ({ p99Ms }) => p99Ms('c', 64) },
  { target: 'p50 of (c), 1 connection', unit: 'ms', most: 5, find: ({ p50Ms }) => p50Ms('c', 1) },
  {
    target: 'peak memory of the server, (c) and (d)',
    unit: 'MB',
    most: 300,
    find: ({ memoryBytes }) => {
      const known = [memoryBytes('c'), memoryBytes('d')].filter((bytes) => bytes !== undefined)
      return known.length === 0 ? undefined : Math.max(...known) / MEGABYTE
    },
  },
  { target: 'stored for a lead, (c)', unit: 'bytes', most: 4096, find: ({ bytesPerLead }) => bytesPerLead('c') },
  {
    target: 'rate of (e) by the rate of (c), 64 connections',
    unit: '%',
    least: 80,
    find: ({ decisionsRatio }) => percent(decisionsRatio),
  },
  {
    target: 'rate of (c) with 1,000,000 leads by the rate without',
    unit: '%',
    least: 90,
    find: ({ millionRatio }) => percent(millionRatio),
  },
  {
    target: 'rate of the demo flow with persons matched, 1,000,000 of them stored, by the rate without',
    unit: '%',
    least: 75,
    find: ({ matchWholeRatio }) => percent(matchWholeRatio),
  },
  {
    target: 'the same of the demo flow without its delivery',
    unit: '%',
    least: 75,
    find: ({ matchRatio }) => percent(matchRatio),
  },
  { target: 'lateness of a due delivery, idle, p99', unit: 'ms', most: 100, find: ({ dueP99Ms }) => dueP99Ms },
  {
    target: 'deliveries to a sink beside it',
    unit: '/s',
    least: 2_000,
    find: ({ deliveriesPerSecond }) => deliveriesPerSecond,
  },
  {
    target: 'rate of (c) with 100,000 retries waiting by the rate without',
    unit: '%',
    least: 95,
    find: ({ waitingRatio }) => percent(waitingRatio),
  },
  {
    target: 'authentication, authorization, sealing and limits, of the CPU in (c)',
    unit: '%',
    most: 20,
    find: ({ guardsPercent }) => guardsPercent,
  },
  { target: 'p99 that matching adds, 1 connection', unit: 'ms', most: 5, find: ({ matchAddedMs }) => matchAddedMs },
  {
    target: 'p99 that a look-up among 10,000,000 list entries adds',
    unit: 'ms',
    most: 1,
    find: ({ listAddedMs }) => listAddedMs,
  },
]

export const judge = (findings: Findings): TargetResult[] =>
  TARGETS.map(({ target, unit, least, most, find }) => {
    const found = find(findings)
    return {
      target,
      wanted: least !== undefined ? `at least ${least}` : `at most ${most}`,
      found: found ?? null,
      unit,
      reached: found === undefined ? null : found >= (least ?? Number.NEGATIVE_INFINITY) && found <= (most ?? Infinity),
    }
  })
