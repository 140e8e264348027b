/**
 * A destination that lies: it takes a lead and never answers, breaks, asks for patience, drips, resets in the middle of
 * its answer, or says no with a 200. What it did to each key it remembers: that is what is held against the journal.
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { openLoopback } from '../support/loopback.ts'
import type { Random } from './random.ts'

export interface Taken {
  /** Calls that were read whole. */
  calls: number
  /** Times it was really taken: by a keyed destination once, however often it comes. */
  effects: number
  saidNo: boolean
}

export interface Liar {
  /** `…/keyed` recognises keys; `…/unsafe` takes whatever comes. */
  readonly url: string
  of(key: string): Taken | undefined
  keys(): ReadonlyMap<string, Taken>
  /** How often it did what. */
  readonly did: ReadonlyMap<string, number>
  close(): Promise<void>
}

/** One in so many leads is refused, for good, with a 200. */
const NO_EVERY = 40
/** Lies told about one key; after them it tells the truth, so that everything comes to an end. */
const LIES_MAX = 3

const LIES = [
  'take and keep silent',
  'take and reset in the middle',
  'take and drip',
  'keep silent',
  'reset',
  'break with 500',
  'break with 503',
  'ask for patience',
  'ask for patience and say how long',
] as const
type Lie = (typeof LIES)[number]
const TAKING: ReadonlySet<Lie> = new Set(['take and keep silent', 'take and reset in the middle', 'take and drip'])

const readBody = async (request: IncomingMessage): Promise<void> => {
  for await (const _ of request);
}

export const openLiar = async (options: { readonly random: Random }): Promise<Liar> => {
  const { random } = options
  const keys = new Map<string, Taken>()
  const did = new Map<string, number>()

  const note = (what: string): void => {
    did.set(what, (did.get(what) ?? 0) + 1)
  }

  const say = (response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify(body))
  }

  const lie = (what: Lie, response: ServerResponse): void => {
    switch (what) {
      case 'take and keep silent':
      case 'keep silent':
        return
      case 'reset':
        response.socket?.resetAndDestroy()
        return
      case 'take and reset in the middle':
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
        response.write('{"status":', () => response.socket?.destroy())
        return
      case 'take and drip': {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100000' })
        const drip = setInterval(() => response.write(' '), 50)
        response.on('close', () => clearInterval(drip))
        return
      }
      case 'break with 500':
        say(response, 500, { error: 'oops' })
        return
      case 'break with 503':
        say(response, 503, { error: 'later' })
        return
      case 'ask for patience':
        say(response, 429, { error: 'slow down' })
        return
      case 'ask for patience and say how long':
        say(response, 429, { error: 'slow down' }, { 'retry-after': '1' })
        return
    }
  }

  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    await readBody(request)
    const key = String(request.headers['idempotency-key'])
    const keyed = request.url?.startsWith('/keyed') === true
    const known = keys.get(key) ?? { calls: 0, effects: 0, saidNo: false }
    keys.set(key, known)
    known.calls += 1
    if (known.saidNo) {
      say(response, 200, { status: 'rejected', message: 'no' })
      return
    }
    const isLie = known.calls <= LIES_MAX && random.next() < 0.45
    const what = isLie ? (LIES[random.between(0, LIES.length - 1)] as Lie) : null
    if (what === null && known.effects === 0 && known.calls === 1 && random.next() < 1 / NO_EVERY) {
      known.saidNo = true
      note('say no with 200')
      say(response, 200, { status: 'rejected', message: 'no' })
      return
    }
    const takes = what === null || TAKING.has(what)
    if (takes && !(keyed && known.effects > 0)) known.effects += 1
    note(what ?? 'take')
    if (what === null) say(response, 200, { status: 'accepted', id: key.slice(0, 8) })
    else lie(what, response)
  }

  const server = await openLoopback((request, response) => {
    take(request, response).catch(() => response.destroy())
  })
  return {
    url: server.origin,
    of: (key) => keys.get(key),
    keys: () => keys,
    did,
    close: server.close,
  }
}
