import type { Config } from './config.ts'
import { attachEmbedded, untilUnused } from './database/attach.ts'
import { startEmbedded } from './database/embedded.ts'
import type { Connection } from './database/pool.ts'
import type { GateLimits } from './delivery/gate.ts'
import type { PriorityDelays } from './kit/priorities.ts'
import type { DeliveryDefaults } from './runner/context.ts'

export { requireDatabase } from './database/attach.ts'

/** What the operator's settings mean to the rooms, in their own words. */

/** Types of step that the operator switched off, with the switch. */
export const stepsOff = (config: Config): ReadonlyMap<string, string> => {
  const off = new Map<string, string>()
  if (!config.enrichment) off.set('enrich', 'ENABLE_ENRICHMENT')
  if (!config.verification) off.set('verify', 'ENABLE_VERIFICATION')
  if (!config.mlScoring) off.set('score', 'ENABLE_ML_SCORING')
  if (!config.autoRouting) off.set('route', 'ENABLE_AUTO_ROUTING')
  return off
}

export const deliveryDefaults = (config: Config): DeliveryDefaults => ({
  attemptsMax: config.maxRetries,
  retryDelayMs: config.retryDelayMs,
  timeoutMs: Math.min(config.deliveryTimeoutMs, config.processingTimeoutMs),
})

export const priorityDelays = (config: Config): PriorityDelays => ({
  emergency: config.priorityEmergencyMs,
  high: config.priorityHighMs,
  medium: config.priorityMediumMs,
  low: config.priorityLowMs,
})

export const gateLimits = (config: Config): GateLimits => ({
  concurrency: config.destinationConcurrency,
  breaker: { failures: config.breakerFailures, openMs: config.breakerPauseMs },
  tenantConcurrency: config.tenantConcurrency === 0 ? null : config.tenantConcurrency,
  tenantPerSecond: config.tenantRate === 0 ? null : config.tenantRate,
})

export interface ConnectionOptions {
  readonly config: Config
  /** Use an embedded Postgres that another process runs, where one does. */
  readonly attach: boolean
  /** What a person watching the start wants to know. */
  readonly onProgress: (text: string) => void
  /** Instead of the one the configuration names. */
  readonly connection?: Connection
  /** Told how to end a server that was begun, before anything is asked of it. */
  readonly onStarted?: (stop: () => Promise<void>) => void
  /** Told where the end waits for others, who use the server that was begun. */
  readonly onShared?: () => void
}

/** The database that the configuration names, without a look at what is in it. */
export const openConnection = async (
  options: ConnectionOptions,
): Promise<{ connection: Connection; stop: () => Promise<void> }> => {
  const { config, attach, onProgress } = options
  if (options.connection) return { connection: options.connection, stop: async () => undefined }
  if (config.databaseUrl) return { connection: { connectionString: config.databaseUrl }, stop: async () => undefined }
  const running = attach ? attachEmbedded(config.dataDir) : null
  if (running) return { connection: running, stop: async () => undefined }
  const embedded = await startEmbedded({ dataDir: config.dataDir, onLog: onProgress })
  options.onStarted?.(embedded.stop)
  const stop = async (): Promise<void> => {
    // What is there to be attached to is a server; what began a database for itself may have lent it.
    if (attach) await untilUnused(embedded.superuser, options.onShared ?? (() => undefined))
    await embedded.stop()
  }
  return { connection: embedded.connection, stop }
}
