/**
 * The destination of the test: an HTTP server that notes every request before it answers, so that what it saw is known
 * whatever became of the sender. How it answers stands in the lead: see `people.ts`.
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { openLoopback } from '../support/loopback.ts'
import type { Kind } from './people.ts'
import type { Random } from './random.ts'

export interface Call {
  /** The idempotency key: the id of the delivery. */
  readonly key: string
  readonly email: string
  /** ms since 1970, when it was read whole. */
  readonly at: number
  /** Whether the whole answer was handed to the network. */
  answered: boolean
}

export interface Buyer {
  readonly url: string
  readonly calls: readonly Call[]
  /** From now on answers are held back, until `release`. */
  hold(): void
  release(): void
  /** Calls that are being held. */
  held(): number
  close(): Promise<void>
}

const readBody = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

export const openBuyer = async (options: {
  readonly random: Random
  readonly delayMsMax: number
  readonly kindOf: (email: string) => Kind
}): Promise<Buyer> => {
  const { random, delayMsMax, kindOf } = options
  const calls: Call[] = []
  const seen = new Set<string>()
  let gate: { promise: Promise<void>; open: () => void; waiting: number } | null = null

  const statusOf = (call: Call): number => {
    const kind = kindOf(call.email)
    if (kind === 'refused') return 422
    if (kind !== 'flaky' || seen.has(call.key)) return 200
    seen.add(call.key)
    return 503
  }

  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { email } = JSON.parse(await readBody(request)) as { email: string }
    const call: Call = { key: String(request.headers['idempotency-key']), email, at: Date.now(), answered: false }
    calls.push(call)
    if (delayMsMax > 0) await pause(random.between(0, delayMsMax))
    if (gate) {
      gate.waiting += 1
      await gate.promise
    }
    response.writeHead(statusOf(call), { 'content-type': 'application/json' })
    response.end('{"id":"taken"}', () => {
      call.answered = true
    })
  }

  const server = await openLoopback((request, response) => {
    // A sender that died in the middle of a request sent none.
    take(request, response).catch(() => response.destroy())
  })
  const release = (): void => {
    gate?.open()
    gate = null
  }
  return {
    url: `${server.origin}/leads`,
    calls,
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      gate = { promise, open: resolve, waiting: 0 }
    },
    release,
    held: () => gate?.waiting ?? 0,
    close: () => {
      release()
      return server.close()
    },
  }
}
