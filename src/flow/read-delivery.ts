/** What a destination says of its deliveries: when they are tried again, how many go at once, and when to leave it alone. */
import type { DeliveryPolicy } from '../kit/flow.ts'
import { DURATION_SHAPE, readDurationMs } from './durations.ts'
import type { Report } from './problems.ts'
import { entryOf, type MapEntry, type SourceNode } from './source.ts'

/** What `retry_delays: standard` stands for: 5 s, 5 min, 15 min. */
const STANDARD_DELAYS_MS: readonly number[] = [5_000, 300_000, 900_000]
const RETRY_FOR_MAX_MS = 3 * 86_400_000
const RATE = /^(\d{1,6}(?:\.\d{1,3})?)\/(s|m|h)$/
const RATE_MS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 }

interface Asked {
  readonly entries: readonly MapEntry[]
  readonly report: Report
  readonly path: string
}

const durationAt = (asked: Asked, node: SourceNode | undefined, path: string, maxMs?: number): number | null => {
  if (node?.kind !== 'text') return null
  const ms = readDurationMs(node.value)
  if (ms !== null && ms <= (maxMs ?? Number.POSITIVE_INFINITY)) return ms
  asked.report({
    code: 'duration',
    message: `found ${JSON.stringify(node.value.slice(0, 60))}`,
    expected: ms === null ? DURATION_SHAPE : 'at most 3d',
    offset: node.start,
    path,
  })
  return null
}

const delaysOf = (asked: Asked, node: SourceNode | undefined): readonly number[] | null => {
  if (node === undefined) return null
  const path = `${asked.path}.retry_delays`
  if (node.kind === 'text' && node.value === 'standard') return STANDARD_DELAYS_MS
  if (node.kind !== 'list') {
    asked.report({
      code: 'shape',
      message: 'found no list',
      expected: 'a list of durations such as [5s, 5m, 15m], or standard',
      offset: node.start,
      path,
    })
    return null
  }
  const delays = node.items.map((item, index) => durationAt(asked, item, `${path}[${index}]`))
  const known = delays.filter((ms) => ms !== null)
  return known.length === 0 ? null : known
}

const rateOf = (asked: Asked, node: SourceNode | undefined): number | null => {
  if (node?.kind !== 'text') return null
  const match = RATE.exec(node.value.replaceAll(' ', ''))
  const perSecond = match ? Number(match[1]) / (RATE_MS[match[2] ?? 's'] ?? 1) : 0
  if (perSecond > 0) return perSecond
  asked.report({
    code: 'shape',
    message: `found ${JSON.stringify(node.value.slice(0, 60))}`,
    expected: 'calls in a time, such as 10/s, 600/m or 1000/h',
    offset: node.start,
    path: `${asked.path}.rate`,
  })
  return null
}

const breakerOf = (asked: Asked, node: SourceNode | undefined): DeliveryPolicy['breaker'] => {
  if (node?.kind === 'text') return { failures: 0, openMs: 0 }
  if (node?.kind !== 'map') return null
  const failures = entryOf(node, 'failures')
  const openMs = durationAt(asked, entryOf(node, 'pause'), `${asked.path}.breaker.pause`)
  return { failures: failures?.kind === 'text' ? Number(failures.value) : 10, openMs: openMs ?? 30_000 }
}

/** Shapes were checked already; what is a duration or a rate is read here. */
export const readDeliveryPolicy = (asked: Asked): DeliveryPolicy => {
  const { entries, path } = asked
  const find = (key: string): SourceNode | undefined => entries.find((one) => one.key === key)?.value
  const concurrency = find('concurrency')
  return {
    retryDelaysMs: delaysOf(asked, find('retry_delays')),
    retryForMs: durationAt(asked, find('retry_for'), `${path}.retry_for`, RETRY_FOR_MAX_MS),
    concurrency: concurrency?.kind === 'text' && /^\d+$/.test(concurrency.value) ? Number(concurrency.value) : null,
    perSecond: rateOf(asked, find('rate')),
    breaker: breakerOf(asked, find('breaker')),
    connectTimeoutMs: durationAt(asked, find('connect_timeout'), `${path}.connect_timeout`),
    headersTimeoutMs: durationAt(asked, find('headers_timeout'), `${path}.headers_timeout`),
    bodyTimeoutMs: durationAt(asked, find('body_timeout'), `${path}.body_timeout`),
  }
}
