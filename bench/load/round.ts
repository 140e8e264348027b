/** One round of load: so many connections against one target for so long, and what came back. */
import { percentile } from '../percentiles.ts'
import { type LoadConnection, openConnection } from './connection.ts'
import { leadTemplate, SERIALS_MAX } from './leads.ts'

export interface RoundOrder {
  readonly host: string
  readonly port: number
  readonly path: string
  readonly key: string
  readonly connections: number
  readonly durationMs: number
}

export interface RoundResult {
  /** Answers that came within the duration, a second. */
  readonly perSecond: number
  /** Answers in all, also those to the last requests. */
  readonly answers: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  readonly bodyBytes: number
  /** Answers that were no success, by status. */
  readonly refused: Readonly<Record<string, number>>
  /** The beginning of the first of them. */
  readonly refusal: string | null
  /** CPU seconds of the generator itself. */
  readonly cpuS: number
}

const TEMPLATES = 8
/** An answer that takes longer counts as none. */
const ANSWER_MS = 20_000

/** Shared by all rounds, so that no lead is sent twice to anyone. */
let nextSerial = 0

const takeSerial = (): number => {
  const serial = nextSerial
  nextSerial += 1
  if (serial >= SERIALS_MAX) throw new Error('all invented leads have been sent')
  return serial
}

export const runRound = async (order: RoundOrder): Promise<RoundResult> => {
  const { host, port, path, key, connections, durationMs } = order
  const latencies: number[] = []
  const refused: Record<string, number> = {}
  let refusal: string | null = null
  let inTime = 0
  let endAt = Number.POSITIVE_INFINITY
  let bodyBytes = 0

  const open = (index: number): Promise<LoadConnection> => {
    const templates = Array.from({ length: TEMPLATES }, (_, at) =>
      leadTemplate(index * TEMPLATES + at, { host: `${host}:${port}`, path, key }),
    )
    bodyBytes = templates[0]?.bodyBytes ?? 0
    let turn = 0
    return openConnection({
      host,
      port,
      next: () => {
        if (performance.now() >= endAt) return null
        turn += 1
        return templates[turn % TEMPLATES]?.fill(takeSerial()) ?? null
      },
      onAnswer: ({ status, ms, text }) => {
        latencies.push(ms)
        if (performance.now() <= endAt) inTime += 1
        if (text === null) return
        refused[status] = (refused[status] ?? 0) + 1
        refusal ??= text
      },
    })
  }

  const opened = await Promise.all(Array.from({ length: connections }, (_, index) => open(index)))
  const cpuBefore = process.cpuUsage()
  endAt = performance.now() + durationMs
  const limit = setTimeout(() => {
    for (const connection of opened) connection.cut('an answer took too long')
  }, durationMs + ANSWER_MS)
  try {
    await Promise.all(opened.map((connection) => connection.run()))
  } finally {
    clearTimeout(limit)
  }
  const cpu = process.cpuUsage(cpuBefore)
  const sorted = Float64Array.from(latencies).sort()
  return {
    perSecond: inTime / (durationMs / 1000),
    answers: latencies.length,
    p50Ms: percentile(sorted, 50),
    p95Ms: percentile(sorted, 95),
    p99Ms: percentile(sorted, 99),
    maxMs: percentile(sorted, 100),
    bodyBytes,
    refused,
    refusal,
    cpuS: (cpu.user + cpu.system) / 1e6,
  }
}
