/**
 * Who may use which connection: so many for each origin, so many origins, and a bounded queue behind each.
 *
 * The clients (a connection each) are handed out here and not by undici's Pool: that one takes a client out of
 * rotation for good when it is given a request that cannot be written (seen with 8.12), and a request once in
 * its queue cannot be taken out again.
 */

import { hash } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { buildConnector, Client } from 'undici'
import { Fault } from '../base/faults.ts'
import type { ClientCertificate } from '../kit/destination.ts'
import type { Guard } from './guard.ts'

export interface Waiting {
  /** Called with a client that carries nothing else until it is released. */
  begin(client: Client): void
  giveUp(fault: Fault): void
}

/** One scheme, host and port. */
export interface Origin {
  readonly url: URL
  readonly clients: Client[]
  /** Those without a request; the last used is used next, so that a quiet origin keeps one connection warm. */
  readonly free: Client[]
  /** In order of arrival. */
  readonly waiting: Waiting[]
  readonly connect: buildConnector.connector
}

export interface Connections {
  /**
   * Connections made with one certificate carry no request of another. Throws `destination.blocked` where the guard does,
   * `setting_invalid` where the certificate cannot be used.
   */
  originOf(url: URL, certificate?: ClientCertificate): Origin
  /** Begins at once or when a client is free; false where too many wait already. */
  take(origin: Origin, place: Waiting): boolean
  /** Waits no longer. */
  leave(origin: Origin, place: Waiting): void
  release(origin: Origin, client: Client): void
  close(faultFor: (host: string) => Fault): Promise<void>
}

export interface ConnectionsOptions {
  readonly guard: Guard
  readonly connectTimeoutMs: number
  readonly connectionsPerOrigin: number
  readonly waitingPerOriginMax: number
  readonly originsMax: number
  readonly ca: readonly string[] | undefined
}

const fingerprintOf = ({ certificate, key, passphrase }: ClientCertificate): string =>
  hash('sha256', JSON.stringify([certificate, key, passphrase]))

const contextOf = (given: ClientCertificate, host: string, ca: readonly string[] | undefined) => {
  try {
    return createSecureContext({
      cert: given.certificate,
      key: given.key,
      ...(given.passphrase !== null && { passphrase: given.passphrase }),
      ...(ca && { ca: [...ca] }),
    })
  } catch {
    // What the library says of it may quote it.
    throw new Fault('setting_invalid', {
      message: `The client certificate for ${host} cannot be used: certificate and key are PEM and belong together`,
    })
  }
}

export const createConnections = (options: ConnectionsOptions): Connections => {
  const { guard, connectTimeoutMs, connectionsPerOrigin, waitingPerOriginMax, originsMax, ca } = options

  /** Many of them: in order of last use, oldest first. */
  const origins = new Map<string, Origin>()

  /** Makes room for one more origin; where all are in use, one too many is kept until some are not. */
  const dropIdle = () => {
    for (const [key, { clients, free, waiting }] of origins) {
      if (origins.size < originsMax) return
      if (free.length < clients.length || waiting.length > 0) continue
      origins.delete(key)
      for (const client of clients) void client.destroy()
    }
  }

  const originOf = (url: URL, certificate?: ClientCertificate): Origin => {
    const key = certificate ? `${url.origin} ${fingerprintOf(certificate)}` : url.origin
    const known = origins.get(key)
    if (known !== undefined) {
      // Who was used last matters only where some must soon leave.
      if (origins.size >= originsMax / 2) {
        origins.delete(key)
        origins.set(key, known)
      }
      return known
    }
    const connect = buildConnector({
      lookup: guard.lookupFor(url),
      timeout: connectTimeoutMs,
      allowH2: false,
      ...(ca === undefined ? {} : { ca: [...ca] }),
      ...(certificate && { secureContext: contextOf(certificate, url.host, ca) }),
    })
    dropIdle()
    const origin: Origin = { url: new URL(url.origin), clients: [], free: [], waiting: [], connect }
    origins.set(key, origin)
    return origin
  }

  const freeClient = ({ url, clients, free, connect }: Origin): Client | undefined => {
    const client = free.pop()
    if (client !== undefined || clients.length >= connectionsPerOrigin) return client
    const added = new Client(url, {
      connect,
      allowH2: false,
      pipelining: 1,
      // The whole exchange has one timer; undici's own would come on top of it.
      headersTimeout: 0,
      bodyTimeout: 0,
    })
    clients.push(added)
    return added
  }

  const beginNext = ({ waiting, free }: Origin) => {
    const client = waiting.length > 0 ? free.pop() : undefined
    if (client !== undefined) waiting.shift()?.begin(client)
  }

  return {
    originOf,
    take: (origin, place) => {
      const client = origin.waiting.length > 0 ? undefined : freeClient(origin)
      if (client !== undefined) place.begin(client)
      else if (origin.waiting.length < waitingPerOriginMax) origin.waiting.push(place)
      else return false
      return true
    },
    leave: ({ waiting }, place) => {
      const at = waiting.indexOf(place)
      if (at !== -1) waiting.splice(at, 1)
    },
    release: (origin, client) => {
      origin.free.push(client)
      // In its own turn: the client is still in the middle of telling about the exchange before.
      if (origin.waiting.length > 0) queueMicrotask(() => beginNext(origin))
    },
    close: async (faultFor) => {
      const all = [...origins.values()]
      origins.clear()
      // Each that is given up leaves the queue.
      for (const { url, waiting } of all) for (const each of waiting.splice(0)) each.giveUp(faultFor(url.host))
      await Promise.all(all.flatMap(({ clients }) => clients.map((client) => client.close())))
    },
  }
}
