/**
 * A destination that does as it is told: a real HTTP server on 127.0.0.1, with scripted behaviour, that keeps
 * what it was sent. Nothing here waits for time to pass; `received` and `release` are the levers.
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

export type Behaviour =
  /** Answers, 200 and `{}` unless told otherwise. */
  | {
      readonly do: 'answer'
      readonly status?: number
      readonly headers?: Readonly<Record<string, string | string[]>>
      readonly body?: string | Uint8Array
    }
  /** Answers 200 with what it received, as JSON: method, path, headers, body. */
  | { readonly do: 'echo' }
  /** Holds the request until `release` is called, then does `then` (answers 200 if left out). */
  | { readonly do: 'hold'; readonly then?: Behaviour }
  /** Takes the request and never answers. */
  | { readonly do: 'hang' }
  /** Takes the whole request and breaks the connection without an answer. */
  | { readonly do: 'reset' }
  /** Sends the head and a part of the body, then breaks the connection. */
  | { readonly do: 'reset_mid_answer'; readonly status?: number }
  /** Sends the head and a part of the body, then nothing more. */
  | { readonly do: 'stall_mid_answer'; readonly status?: number }
  /** Sends these bytes in place of an answer and ends the connection. */
  | { readonly do: 'raw'; readonly bytes: string }

export interface SinkRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
  /** Which connection it came on, counted from 1. */
  readonly connection: number
}

export interface Sink {
  /** `http://127.0.0.1:<port>` or `https://…`, without a slash at the end. */
  readonly url: string
  readonly port: number
  /** As they came, whole. */
  readonly requests: readonly SinkRequest[]
  /** What the next requests meet, one each; after them `otherwise` holds again. */
  script(...behaviours: readonly Behaviour[]): void
  /** What requests meet that no script covers; at first an answer of 200. */
  otherwise(behaviour: Behaviour | ((request: SinkRequest) => Behaviour)): void
  /** Lets the held requests go on, the oldest first; all of them unless told how many. */
  release(count?: number): void
  /** Resolves once so many requests have come since the sink was opened. */
  received(count: number): Promise<void>
  /** Resolves once no connection is open. */
  disconnected(): Promise<void>
  connections(): { readonly open: number; readonly everOpened: number }
  /** Breaks every open connection. */
  disconnect(): void
  close(): Promise<void>
}

const readBody = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

/** With `tls` it speaks https (its `url` then begins so). */
export const openSink = async (
  options: { port?: number; tls?: { readonly key: string; readonly cert: string } } = {},
): Promise<Sink> => {
  const requests: SinkRequest[] = []
  const scripted: Behaviour[] = []
  const held: (() => void)[] = []
  const sockets = new Map<Socket, number>()
  let everOpened = 0
  let fallback: Behaviour | ((request: SinkRequest) => Behaviour) = { do: 'answer' }
  let waiters: { readonly met: () => boolean; readonly resolve: () => void }[] = []

  const check = () => {
    const met = waiters.filter((each) => each.met())
    waiters = waiters.filter((each) => !met.includes(each))
    for (const each of met) each.resolve()
  }

  const until = (met: () => boolean): Promise<void> =>
    met() ? Promise.resolve() : new Promise((resolve) => waiters.push({ met, resolve }))

  const perform = (behaviour: Behaviour, request: SinkRequest, response: ServerResponse): void => {
    switch (behaviour.do) {
      case 'answer':
        response.writeHead(behaviour.status ?? 200, behaviour.headers ?? { 'content-type': 'application/json' })
        response.end(behaviour.body ?? '{}')
        return
      case 'echo':
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(JSON.stringify(request))
        return
      case 'hold':
        held.push(() => perform(behaviour.then ?? { do: 'answer' }, request, response))
        return
      case 'hang':
        return
      case 'reset':
        response.socket?.resetAndDestroy()
        return
      case 'reset_mid_answer':
      case 'stall_mid_answer':
        response.writeHead(behaviour.status ?? 200, { 'content-type': 'application/json', 'content-length': '1000' })
        response.write('{"part":', () => {
          if (behaviour.do === 'reset_mid_answer') response.socket?.destroy()
        })
        return
      case 'raw':
        response.socket?.end(behaviour.bytes)
        return
    }
  }

  const listener = (incoming: IncomingMessage, response: ServerResponse) => {
    readBody(incoming).then(
      (body) => {
        const request: SinkRequest = {
          method: incoming.method ?? '',
          path: incoming.url ?? '',
          headers: incoming.headers,
          body,
          connection: sockets.get(incoming.socket) ?? 0,
        }
        requests.push(request)
        perform(scripted.shift() ?? (typeof fallback === 'function' ? fallback(request) : fallback), request, response)
        check()
      },
      // The sender broke off in the middle: there is no request to keep and nobody to answer.
      () => response.destroy(),
    )
  }
  const server = options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener)
  // A kept-alive connection is closed by the test, never by the clock.
  server.keepAliveTimeout = 0
  server.on(options.tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    everOpened += 1
    sockets.set(socket, everOpened)
    socket.on('error', () => undefined)
    socket.on('close', () => {
      sockets.delete(socket)
      check()
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo

  const disconnect = () => {
    for (const socket of sockets.keys()) socket.destroy()
  }

  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    requests,
    script: (...behaviours) => {
      scripted.push(...behaviours)
    },
    otherwise: (behaviour) => {
      fallback = behaviour
    },
    release: (count = held.length) => {
      for (const go of held.splice(0, count)) go()
    },
    received: (count) => until(() => requests.length >= count),
    disconnected: () => until(() => sockets.size === 0),
    connections: () => ({ open: sockets.size, everOpened }),
    disconnect,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)))
        disconnect()
      }),
  }
}
