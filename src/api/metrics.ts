import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { createLatencies } from './latencies.ts'

/**
 * What `/metrics` shows, in Prometheus' text format. Labels come from closed lists only (route patterns, methods,
 * statuses, outcomes, kinds of request): no id, key or value of a lead ever becomes a label.
 */
export interface Metrics {
  /** One HTTP answer. `route` is the pattern, never the address. */
  answered(seen: {
    readonly route: string
    readonly method: string
    readonly status: number
    readonly ms: number
  }): void
  /** One submission was answered: the outcome its source was told. */
  submitted(outcome: 'success' | 'failure' | 'error' | 'pending'): void
  /** One set-based statement served this many requests of a kind. */
  gathered(kind: string, size: number): void
  text(): Promise<string>
  readonly contentType: string
}

export interface MetricsOptions {
  readonly version: string
  /** Read when `/metrics` is asked. */
  inFlight(): number
  connections(): { readonly open: number; readonly idle: number; readonly waiting: number }
}

/** Kinds of gather are named in code; more than this many can only be a mistake, and go under one name. */
const KINDS_MAX = 50

export const createMetrics = (options: MetricsOptions): Metrics => {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  new Gauge({ name: 'millrace_info', help: 'The version that runs.', labelNames: ['version'], registers }).set(
    { version: options.version },
    1,
  )
  new Gauge({
    name: 'millrace_journeys_in_flight',
    help: 'Journeys now in this process.',
    registers,
    collect() {
      this.set(options.inFlight())
    },
  })
  new Gauge({
    name: 'millrace_database_connections',
    help: 'Connections of the pool by state, and callers waiting for one.',
    labelNames: ['state'],
    registers,
    collect() {
      const { open, idle, waiting } = options.connections()
      this.set({ state: 'busy' }, open - idle)
      this.set({ state: 'idle' }, idle)
      this.set({ state: 'awaited' }, waiting)
    },
  })
  const latencies = createLatencies()
  // Counted in plain numbers, and handed over when they are asked for: see latencies.ts.
  const outcomes = { success: 0, failure: 0, error: 0, pending: 0 }
  new Counter({
    name: 'millrace_submissions_total',
    help: 'Submissions answered, by the outcome their source was told.',
    labelNames: ['outcome'],
    registers,
    collect() {
      this.reset()
      for (const [outcome, count] of Object.entries(outcomes)) this.inc({ outcome }, count)
    },
  })
  const gathers = new Histogram({
    name: 'millrace_gather_size',
    help: 'Requests of one kind that one statement served.',
    labelNames: ['kind'],
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
    registers,
  })
  const kinds = new Set<string>()

  return {
    answered: latencies.add,
    submitted: (outcome) => {
      outcomes[outcome] += 1
    },
    gathered: (kind, size) => {
      if (kinds.size < KINDS_MAX) kinds.add(kind)
      gathers.observe({ kind: kinds.has(kind) ? kind : 'other' }, size)
    },
    text: async () => `${await registry.metrics()}\n${latencies.text()}`,
    contentType: registry.contentType,
  }
}
