import type { Setting } from './config-values.ts'

const DAY_S = 86_400

/** Of deliveries: how often, how fast and how soon, where a flow does not say otherwise. */
export const DELIVERY_SETTINGS = {
  maxRetries: {
    name: 'MAX_RETRIES',
    type: 'number',
    default: 3,
    min: 1,
    max: 100,
    description: 'Attempts of a delivery in all, where its destination does not say otherwise.',
  },
  retryDelayMs: {
    name: 'RETRY_DELAY',
    type: 'seconds',
    default: 60,
    min: 0.001,
    max: DAY_S,
    description: 'Pause before the first retry; each later one is about twice as long.',
  },
  priorityEmergencyMs: {
    name: 'PRIORITY_DELAY_EMERGENCY',
    type: 'seconds',
    default: 0,
    min: 0,
    max: DAY_S,
    description: 'How long a delivery of priority `emergency` waits before its first attempt.',
  },
  priorityHighMs: {
    name: 'PRIORITY_DELAY_HIGH',
    type: 'seconds',
    default: 30,
    min: 0,
    max: DAY_S,
    description: 'How long a delivery of priority `high` waits before its first attempt.',
  },
  priorityMediumMs: {
    name: 'PRIORITY_DELAY_MEDIUM',
    type: 'seconds',
    default: 300,
    min: 0,
    max: DAY_S,
    description: 'How long a delivery of priority `medium` waits before its first attempt.',
  },
  priorityLowMs: {
    name: 'PRIORITY_DELAY_LOW',
    type: 'seconds',
    default: 1800,
    min: 0,
    max: DAY_S,
    description:
      'How long a delivery of priority `low` waits before its first attempt, where its step does not say otherwise.',
  },
  destinationConcurrency: {
    name: 'DESTINATION_CONCURRENCY',
    type: 'number',
    default: 64,
    min: 1,
    max: 10_000,
    description:
      'Calls to one destination under way at once, in each process, where it does not say otherwise. Others ' +
      'wait a moment, then are put down.',
  },
  tenantConcurrency: {
    name: 'TENANT_CONCURRENCY',
    type: 'number',
    default: 0,
    min: 0,
    max: 100_000,
    description: 'Calls of one tenant under way at once, to all its destinations together; 0 is no limit.',
  },
  tenantRate: {
    name: 'TENANT_RATE',
    type: 'number',
    default: 0,
    min: 0,
    max: 1_000_000,
    description: 'Calls of one tenant in a second, to all its destinations together; 0 is no limit.',
  },
  breakerFailures: {
    name: 'BREAKER_FAILURES',
    type: 'number',
    default: 10,
    min: 0,
    max: 10_000,
    description: 'Calls to a destination that fail in a row before it is left alone for a while; 0: it never is.',
  },
  breakerPauseMs: {
    name: 'BREAKER_PAUSE',
    type: 'seconds',
    default: 30,
    min: 0.05,
    max: 3600,
    description: 'How long it is left alone the first time; each time after, twice as long, up to five minutes.',
  },
} as const satisfies Readonly<Record<string, Setting>>
