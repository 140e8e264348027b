/**
 * The only way out of the house, over HTTP and SMTP: guarded against calls inwards, bounded in time, size and connections, and exact
 * about what is known when it fails. HTTP statuses are answers, not faults (see kit/http-status.ts); redirects are
 * answers too, none is followed. HTTP/1.1 on kept-alive connections, one request at a time on each.
 */

import type { Client, Dispatcher } from 'undici'
import { Fault } from '../base/faults.ts'
import type { ClientCertificate } from '../kit/destination.ts'
import { decompressed, isPlain, plainText } from './body.ts'
import { createConnections, type Waiting } from './connections.ts'
import {
  answerTooLarge,
  answerUnreadable,
  canceled,
  type FailureContext,
  faultOfFailure,
  notSentAtShutdown,
  timedOut,
} from './failure.ts'
import { createGuard, type Resolve } from './guard.ts'
import { putFile } from './put-file.ts'

export interface OutboundRequest {
  readonly url: string
  readonly method: string
  /** Not `host`, `content-length` nor what belongs to the connection: the house sets those. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | null
  /** Whole exchange, ms: waiting for a connection, connecting, sending, the answer to its end. */
  readonly timeoutMs: number
  /** Of its parts, ms, where they are to be shorter: connecting, then until the answer begins, then until it ends. */
  readonly connectTimeoutMs?: number | null
  readonly headersTimeoutMs?: number | null
  readonly bodyTimeoutMs?: number | null
  /** Shown to a server that asks who calls. */
  readonly certificate?: ClientCertificate
}

export interface OutboundResponse {
  readonly status: number
  /** Names in lower case; values sent several times are joined with `, `. */
  readonly headers: Readonly<Record<string, string>>
  /** Decompressed and decoded. */
  readonly body: string
  /** From the call of `send` to the end of the answer. */
  readonly ms: number
}

export interface Outbound {
  /**
   * Rejects with a Fault and nothing else:
   * - `destination.blocked`: the address is none that may be called. Not sent.
   * - `setting_invalid`: the URL or a header is malformed. Not sent.
   * - `destination.unavailable`: no connection could be made, or none became free. Not sent.
   * - `shutting_down`: given up by `signal` or `close`. Not sent.
   * - `destination.unknown_outcome`: sent at least in part, and no whole answer came.
   * - `destination.answer_too_large`: sent and answered with 2xx, and with more than is taken. With another status, what
   *   that status amounts to.
   */
  send(request: OutboundRequest, options?: { signal?: AbortSignal }): Promise<OutboundResponse>
  /** Gives up what waits, lets what was sent come to its end, closes all connections. */
  close(): Promise<void>
}

export interface OutboundOptions {
  /** What the operator lets be called though it is not public: `10.0.0.0/8`, `crm.internal`, `127.0.0.1:9000`. */
  readonly allow: readonly string[]
  /** Most bytes of an answer's body, after decompression. */
  readonly bodyBytesMax: number
  /** To a usable connection: name looked up, connected, TLS agreed. */
  readonly connectTimeoutMs: number
  readonly connectionsPerOrigin: number
  /** Requests that may wait for a connection to one origin; beyond it they fail at once as unavailable. */
  readonly waitingPerOriginMax?: number
  /** Origins whose connections are kept; the one idle longest is closed first. */
  readonly originsMax?: number
  readonly userAgent?: string
  /** Certificates (PEM) trusted instead of the public ones, for providers inside the operator's network. */
  readonly ca?: readonly string[]
  /** Folder below which `file:` addresses are written; left out: none are. */
  readonly filesDir?: string
  /** All addresses of a name; by default the system's resolver. */
  readonly resolve?: Resolve
}

const WAITING_PER_ORIGIN_MAX = 10_000
const ORIGINS_MAX = 500

/** Most that setTimeout can count; it takes anything longer for nothing. */
const TIMER_MAX_MS = 2 ** 31 - 1

/**
 * Headers that decide who is spoken to or where a message ends. `host` would also replace the name that the
 * certificate is checked against; the others would let one request be read as two.
 */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** CONNECT would open a tunnel past the guard; TRACE sends back what it was sent, credentials among it. */
const checkedMethod = (method: string, host: string): string => {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(method) || /^(?:connect|trace|track)$/i.test(method))
    throw new Fault('setting_invalid', { message: `The request to ${host} must not use this method` })
  return method
}

const joinHeaders = (headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> => {
  const joined: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined) joined[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return joined
}

const parseUrl = (text: string): URL => {
  const url = URL.parse(text)
  if (url === null) {
    throw new Fault('setting_invalid', { message: 'The address to call is not a URL: write https://host/path' })
  }
  if (url.username !== '' || url.password !== '') {
    throw new Fault('destination.blocked', {
      message: `Calls to ${url.host} are not allowed with a user or password in the URL: use a connection's credentials`,
    })
  }
  return url
}

export const createOutbound = (options: OutboundOptions): Outbound => {
  const { bodyBytesMax } = options
  const waitingPerOriginMax = options.waitingPerOriginMax ?? WAITING_PER_ORIGIN_MAX
  const userAgent = options.userAgent ?? 'millrace'
  const guard = createGuard(
    options.resolve === undefined ? { allow: options.allow } : { allow: options.allow, resolve: options.resolve },
  )

  const connections = createConnections({
    guard,
    connectTimeoutMs: options.connectTimeoutMs,
    connectionsPerOrigin: options.connectionsPerOrigin,
    waitingPerOriginMax,
    originsMax: options.originsMax ?? ORIGINS_MAX,
    ca: options.ca,
  })
  let closing: Promise<void> | null = null

  /** Names and values in turn, as undici takes them fastest. */
  const headerList = (request: OutboundRequest, host: string): string[] => {
    const list: string[] = []
    let agentGiven = false
    let encodingGiven = false
    for (const name in request.headers) {
      const value = request.headers[name]
      if (value === undefined) continue
      const lower = name.toLowerCase()
      if (RESERVED_HEADERS.has(lower)) {
        throw new Fault('setting_invalid', { message: `The request to ${host} must not set the header ${lower}` })
      }
      if (lower === 'user-agent') agentGiven = true
      else if (lower === 'accept-encoding') encodingGiven = true
      list.push(lower, value)
    }
    if (!agentGiven) list.push('user-agent', userAgent)
    // Answers are a few hundred bytes: compressing them costs both sides more than it saves.
    if (!encodingGiven) list.push('accept-encoding', 'identity')
    return list
  }

  const exchange = (
    request: OutboundRequest,
    signal: AbortSignal | undefined,
    resolve: (response: OutboundResponse) => void,
    reject: (fault: Fault) => void,
  ) => {
    const beganAt = performance.now()
    const url = parseUrl(request.url)
    const { host } = url
    if (closing !== null || signal?.aborted) throw notSentAtShutdown(host)
    const origin = connections.originOf(url, request.certificate)
    const dispatchOptions: Dispatcher.DispatchOptions = {
      path: url.search === '' ? url.pathname : url.pathname + url.search,
      method: checkedMethod(request.method, host),
      headers: headerList(request, host),
      body: request.body,
      blocking: false,
    }

    let carrier: Client | null = null
    let controller: Dispatcher.DispatchController | null = null
    let status: number | null = null
    let headers: Record<string, string> = {}
    let bytes = 0
    let settled = false
    const chunks: Buffer[] = []

    /** Of the part of the exchange that is under way. */
    let part: NodeJS.Timeout | undefined
    const limitPart = (ms: number | null | undefined): void => {
      clearTimeout(part)
      if (settled || ms === null || ms === undefined) return
      part = setTimeout(() => stop(timedOut(context(), ms)), Math.min(Math.max(ms, 1), TIMER_MAX_MS))
    }

    const context = (): FailureContext => ({ host, started: controller !== null, status })

    const leave = () => {
      if (carrier !== null) connections.release(origin, carrier)
      carrier = null
    }

    const settle = () => {
      settled = true
      clearTimeout(timer)
      clearTimeout(part)
      signal?.removeEventListener('abort', onAbort)
    }

    const fail = (fault: Fault) => {
      if (settled) return
      settle()
      reject(fault)
    }

    /** Ends the exchange from this side; a request that no connection has taken yet is dropped when one would. */
    const stop = (fault: Fault) => {
      if (settled) return
      fail(fault)
      connections.leave(origin, place)
      controller?.abort(fault)
    }

    const answer = (body: string, ms: number) => {
      if (settled) return
      settle()
      resolve({ status: status ?? 0, headers, body, ms })
    }

    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: (given) => {
        // Thrown, not aborted: aborting would cost the connection, and nothing has been written on it.
        if (settled) throw new Error('given up')
        controller = given
        limitPart(request.headersTimeoutMs)
      },
      onResponseStart: (_controller, statusCode, rawHeaders) => {
        // 1xx are notices on the way; the answer is yet to come.
        if (statusCode < 200) return
        status = statusCode
        headers = joinHeaders(rawHeaders)
        limitPart(request.bodyTimeoutMs)
        if (Number(headers['content-length'] ?? 0) > bodyBytesMax) stop(answerTooLarge(context(), 'body', bodyBytesMax))
      },
      onResponseData: (_controller, chunk) => {
        if (settled) return
        bytes += chunk.length
        if (bytes > bodyBytesMax) stop(answerTooLarge(context(), 'body', bodyBytesMax))
        else chunks.push(chunk)
      },
      onResponseEnd: () => {
        leave()
        if (settled) return
        const ms = performance.now() - beganAt
        const contentEncoding = headers['content-encoding']
        const bytesOfAnswer = { chunks, contentEncoding, contentType: headers['content-type'], bytesMax: bodyBytesMax }
        if (isPlain(contentEncoding)) {
          answer(plainText(bytesOfAnswer), ms)
          return
        }
        // The answer is here: what is left is bounded by its size, not by the other side.
        clearTimeout(timer)
        clearTimeout(part)
        decompressed(bytesOfAnswer).then(
          (decoded) => {
            if (decoded.is === 'text') answer(decoded.text, ms)
            else if (decoded.is === 'too_large') fail(answerTooLarge(context(), 'body', bodyBytesMax))
            else fail(answerUnreadable(context(), contentEncoding))
          },
          (error) => fail(faultOfFailure(error, context())),
        )
      },
      onResponseError: (_controller, error) => {
        leave()
        fail(faultOfFailure(error, context()))
      },
    }

    const place: Waiting = {
      begin: (given) => {
        carrier = given
        limitPart(request.connectTimeoutMs)
        given.dispatch(dispatchOptions, handler)
      },
      giveUp: stop,
    }

    const onAbort = () => stop(canceled(context()))
    const timeoutMs = Math.min(Math.max(request.timeoutMs, 1), TIMER_MAX_MS)
    const timer = setTimeout(() => stop(timedOut(context(), timeoutMs)), timeoutMs)
    signal?.addEventListener('abort', onAbort)
    if (!connections.take(origin, place)) {
      const message = `${host} cannot be reached: ${waitingPerOriginMax} calls to it are waiting already`
      fail(new Fault('destination.unavailable', { message, detail: 'waiting_full' }))
    }
  }

  const plain = { guard, connectTimeoutMs: options.connectTimeoutMs, ca: options.ca }
  // Loaded with the first call that needs them: a megabyte of code that most installations never run.
  const mail = async (request: OutboundRequest) => (await import('./smtp.ts')).sendMail(plain, request)
  const file = async (request: OutboundRequest) => (await import('./sftp.ts')).sendFile(plain, request)

  return {
    send: (request, { signal } = {}) => {
      if (/^smtps?:/.test(request.url))
        return closing === null ? mail(request) : Promise.reject(notSentAtShutdown('the mail server'))
      if (request.url.startsWith('sftp:'))
        return closing === null ? file(request) : Promise.reject(notSentAtShutdown('the SFTP server'))
      if (request.url.startsWith('file:')) return putFile(options.filesDir, request)
      return new Promise((resolve, reject) => exchange(request, signal, resolve, reject))
    },
    close: () => {
      closing ??= connections.close((host) => notSentAtShutdown(host))
      return closing
    },
  }
}
