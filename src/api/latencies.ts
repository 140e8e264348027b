/**
 * A histogram of answers by route, method and status, in Prometheus' text format.
 *
 * Our own, because it is counted on every answer: with prom-client's, which hashes its labels anew each time, the
 * counting cost more than authenticating the source.
 */
export interface Latencies {
  add(seen: { readonly route: string; readonly method: string; readonly status: number; readonly ms: number }): void
  text(): string
}

const NAME = 'millrace_http_request_seconds'
const HELP = 'Time from the head of a request to its answer.'
/** Upper bounds, in seconds. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const

interface Series {
  readonly labels: string
  /** How many fell into each bucket and no smaller one; the last: beyond all bounds. */
  readonly counts: Float64Array
  seconds: number
}

const linesOf = ({ labels, counts, seconds }: Series): string[] => {
  let upTo = 0
  const buckets = [...BOUNDS, '+Inf'].map((bound, index) => {
    upTo += counts[index] ?? 0
    return `${NAME}_bucket{le="${bound}",${labels}} ${upTo}`
  })
  return [...buckets, `${NAME}_sum{${labels}} ${seconds}`, `${NAME}_count{${labels}} ${upTo}`]
}

export const createLatencies = (): Latencies => {
  const all = new Map<string, Series>()

  const seriesOf = (route: string, method: string, status: number): Series => {
    const key = `${status}${method}${route}`
    const known = all.get(key)
    if (known) return known
    // Patterns, methods and statuses are ours or closed lists: none holds a quote or a backslash.
    const labels = `route="${route}",method="${method}",status="${status}"`
    const series = { labels, counts: new Float64Array(BOUNDS.length + 1), seconds: 0 }
    all.set(key, series)
    return series
  }

  return {
    add: ({ route, method, status, ms }) => {
      const series = seriesOf(route, method, status)
      const seconds = ms / 1000
      let bucket = 0
      while (bucket < BOUNDS.length && seconds > (BOUNDS[bucket] ?? 0)) bucket += 1
      series.counts[bucket] = (series.counts[bucket] ?? 0) + 1
      series.seconds += seconds
    },
    text: () =>
      [`# HELP ${NAME} ${HELP}`, `# TYPE ${NAME} histogram`, ...[...all.values()].flatMap(linesOf), ''].join('\n'),
  }
}
