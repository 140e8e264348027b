import type { FastifyRequest } from 'fastify'
import type { Clock } from '../base/clock.ts'
import { Fault } from '../base/faults.ts'
import type { Granted, Quota } from '../ingest/quota.ts'

/**
 * Who comes without a login, or with a wrong one, is counted by address: keys and passwords are not guessed at speed, and
 * nobody who is known waits behind who is not. Addresses are kept as keyed hashes.
 */
export interface Door {
  /** Counts one. Throws Fault `rate_limited`. */
  enter(request: FastifyRequest): Promise<void>
}

const MINUTE_MS = 60_000

export const createDoor = (options: {
  readonly quota: Quota
  readonly max: number
  readonly hashed: (text: string) => Buffer
  readonly clock: Clock
}): Door => {
  const { quota, max, hashed, clock } = options
  return {
    enter: async ({ ip }) => {
      const at = clock.now()
      const scope = `ip:${hashed(`ip|${ip}`).toString('base64url')}`
      const granted: Granted = await quota.take({ scope, max, window: MINUTE_MS }, at)
      if (granted.allowed) return
      throw new Fault('rate_limited', {
        message: `At most ${max} requests a minute from one address without a valid login or key.`,
        retryAfterMs: granted.retryAfterMs,
        rate: { max, windowMs: granted.windowMs },
      })
    },
  }
}
