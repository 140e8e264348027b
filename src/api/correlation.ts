import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/**
 * A plain token with a letter in it: it goes into the log, so nothing that could be an email address or a phone
 * number is taken over.
 */
const TOKEN = /^(?=.*[A-Za-z])[A-Za-z0-9_-]{6,64}$/

const PROCESS_BYTES = 9

/** The sender's correlation id where it is a plain token, else one of ours: the process, then a count. */
export const correlationIds = (): ((request: Pick<IncomingMessage, 'headers'>) => string) => {
  const process = `r${randomBytes(PROCESS_BYTES).toString('hex')}`
  let count = 0
  return (request) => {
    const given = request.headers['x-correlation-id']
    if (typeof given === 'string' && TOKEN.test(given)) return given
    count += 1
    return `${process}-${count.toString(36)}`
  }
}
