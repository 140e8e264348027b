import type { IncomingMessage } from 'node:http'
import type { Clock } from '../base/clock.ts'
import { newId } from '../base/ids.ts'

/**
 * A plain token with a letter in it: it goes into the log, so nothing that could be an email address or a phone
 * number is taken over.
 */
const TOKEN = /^(?=.*[A-Za-z])[A-Za-z0-9_-]{6,64}$/

/** The sender's correlation id where it is a plain token, else one of ours. */
export const correlationIds =
  (clock: Clock) =>
  (request: IncomingMessage): string => {
    const given = request.headers['x-correlation-id']
    return typeof given === 'string' && TOKEN.test(given) ? given : newId(clock.now())
  }
