import { afterEach, describe, expect, it } from 'vitest'
import { type Behaviour, openSink, type Sink } from '../../test/support/sink.ts'
import { createOutbound, type Outbound, type OutboundOptions, type OutboundRequest } from './outbound.ts'

const toClose: (() => Promise<void>)[] = []

afterEach(async () => {
  // The outbound first: its connections end in the sinks.
  for (const close of toClose.splice(0).reverse()) await close()
})

const sinkOf = async (...given: Parameters<typeof openSink>): Promise<Sink> => {
  const sink = await openSink(...given)
  toClose.push(sink.close)
  return sink
}

const outboundOf = (options: Partial<OutboundOptions> = {}): Outbound => {
  const outbound = createOutbound({
    allow: ['127.0.0.1'],
    bodyBytesMax: 10_000,
    connectTimeoutMs: 5_000,
    connectionsPerOrigin: 4,
    ...options,
  })
  toClose.push(outbound.close)
  return outbound
}

const post = (url: string, rest: Partial<OutboundRequest> = {}): OutboundRequest => ({
  url,
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"email":"a@example.com"}',
  timeoutMs: 20_000,
  ...rest,
})

const unknown = 'destination.unknown_outcome'

/** Short enough to be waited for, in the tests where it must pass. */
const PASSING_MS = 60

describe('an exchange', () => {
  it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'REPORT', 'PROPFIND', 'MERGE'])(
    'goes by %s as by any method',
    async (method) => {
      const sink = await sinkOf()
      const without = method === 'GET' || method === 'HEAD'
      const response = await outboundOf().send(post(sink.url, { method, ...(without && { body: null }) }))
      expect(response.status).toBe(200)
      expect(sink.requests).toMatchObject([{ method, body: without ? '' : '{"email":"a@example.com"}' }])
    },
  )

  it('sends what it was given and brings back the answer', async () => {
    const sink = await sinkOf()
    sink.otherwise({ do: 'echo' })
    const request = post(`${sink.url}/lead?x=1&y=%20#part`, { headers: { 'X-Key': 'k', 'content-type': 'text/plain' } })
    const response = await outboundOf().send(request)
    expect(response.status).toBe(200)
    expect(response.headers['content-type']).toBe('application/json')
    expect(response.ms).toBeGreaterThan(0)
    expect(JSON.parse(response.body)).toMatchObject({
      method: 'POST',
      path: '/lead?x=1&y=%20',
      body: '{"email":"a@example.com"}',
      headers: {
        host: `127.0.0.1:${sink.port}`,
        'x-key': 'k',
        'content-type': 'text/plain',
        'content-length': '25',
        'user-agent': 'millrace',
        'accept-encoding': 'identity',
      },
    })
  })

  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const)('speaks %s, with a body and without', async (method) => {
    const sink = await sinkOf()
    const outbound = outboundOf()
    const bytes = new TextEncoder().encode('žluťoučký')
    await outbound.send(post(sink.url, { method, body: null }))
    await outbound.send(post(sink.url, { method, body: bytes }))
    expect(sink.requests.map((each) => [each.method, each.body])).toEqual([
      [method, ''],
      [method, 'žluťoučký'],
    ])
  })

  it('lets the caller name its agent and the encodings it takes', async () => {
    const sink = await sinkOf()
    await outboundOf().send(post(sink.url, { headers: { 'User-Agent': 'x/1', 'Accept-Encoding': 'gzip' } }))
    expect(sink.requests[0]?.headers).toMatchObject({ 'user-agent': 'x/1', 'accept-encoding': 'gzip' })
  })

  it.each([204, 301, 304, 400, 401, 404, 429, 500, 503])('takes %i for an answer', async (status) => {
    const sink = await sinkOf()
    sink.otherwise({ do: 'answer', status, headers: { 'retry-after': '7' }, body: '' })
    expect(await outboundOf().send(post(sink.url))).toMatchObject({ status, body: '', headers: { 'retry-after': '7' } })
  })

  it('follows no redirect', async () => {
    const [sink, other] = [await sinkOf(), await sinkOf()]
    sink.otherwise({ do: 'answer', status: 307, headers: { location: other.url } })
    const response = await outboundOf().send(post(sink.url))
    expect([response.status, response.headers.location]).toEqual([307, other.url])
    expect(other.requests).toEqual([])
  })

  it('joins a header that was sent several times', async () => {
    const sink = await sinkOf()
    sink.otherwise({ do: 'answer', headers: { 'x-a': ['1', '2'] } })
    expect((await outboundOf().send(post(sink.url))).headers['x-a']).toBe('1, 2')
  })

  it('passes over notices on the way to the answer', async () => {
    const sink = await sinkOf()
    const notice = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'
    sink.otherwise({ do: 'raw', bytes: `${notice}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}` })
    const response = await outboundOf().send(post(sink.url))
    expect(response).toMatchObject({ status: 200, body: '{}' })
    expect(response.headers.link).toBeUndefined()
  })
})

describe('connections', () => {
  it('are kept and used again', async () => {
    const sink = await sinkOf()
    const outbound = outboundOf()
    for (let count = 0; count < 20; count += 1) await outbound.send(post(sink.url))
    expect(sink.requests).toHaveLength(20)
    expect(sink.connections().everOpened).toBeLessThanOrEqual(2)
  })

  it('are bounded for each origin; those behind wait in order', async () => {
    const sink = await sinkOf()
    sink.otherwise({ do: 'hold' })
    const outbound = outboundOf({ connectionsPerOrigin: 1 })
    const sent = [1, 2, 3, 4].map((at) => outbound.send(post(`${sink.url}/${at}`)))
    for (let count = 1; count <= 4; count += 1) {
      await sink.received(count)
      expect(sink.requests).toHaveLength(count)
      sink.release()
    }
    await Promise.all(sent)
    expect(sink.requests.map((each) => each.path)).toEqual(['/1', '/2', '/3', '/4'])
    expect(sink.connections().everOpened).toBe(1)
  })

  it('carry as many requests at once as there are connections', async () => {
    const sink = await sinkOf()
    sink.otherwise({ do: 'hold' })
    const outbound = outboundOf({ connectionsPerOrigin: 3 })
    const sent = [1, 2, 3, 4, 5].map(() => outbound.send(post(sink.url)))
    await sink.received(3)
    expect(sink.connections().open).toBe(3)
    sink.otherwise({ do: 'answer' })
    sink.release()
    expect(await Promise.all(sent)).toHaveLength(5)
    expect(sink.connections().everOpened).toBe(3)
  })

  it('let only so many wait', async () => {
    const sink = await sinkOf()
    sink.otherwise({ do: 'hold' })
    const outbound = outboundOf({ connectionsPerOrigin: 1, waitingPerOriginMax: 1 })
    const sent = [outbound.send(post(sink.url)), outbound.send(post(sink.url))]
    await expect(outbound.send(post(sink.url))).rejects.toMatchObject({
      code: 'destination.unavailable',
      detail: 'waiting_full',
    })
    await sink.received(1)
    sink.otherwise({ do: 'answer' })
    sink.release()
    expect(await Promise.all(sent)).toHaveLength(2)
  })

  it('that fail make room for those behind, and are made again once the other side is there', async () => {
    const gone = await openSink()
    await gone.close()
    const outbound = outboundOf({ connectionsPerOrigin: 2 })
    const sent = await Promise.allSettled(Array.from({ length: 20 }, () => outbound.send(post(gone.url))))
    for (const each of sent) expect(each).toMatchObject({ reason: { code: 'destination.unavailable' } })
    const back = await sinkOf({ port: gone.port })
    expect((await outbound.send(post(back.url))).status).toBe(200)
  })

  it('lost in any way cost only the request they carried: no other is lost, and none is sent twice', async () => {
    const sink = await sinkOf()
    const outbound = outboundOf({ connectionsPerOrigin: 5 })
    const behaviours: readonly Behaviour[] = [
      { do: 'answer' },
      { do: 'reset' },
      { do: 'echo' },
      { do: 'reset_mid_answer' },
      { do: 'answer', headers: { connection: 'close' } },
      { do: 'raw', bytes: 'nonsense\r\n\r\n' },
      { do: 'answer', body: 'x'.repeat(20_000) },
    ]
    const codes = [null, unknown, null, unknown, null, unknown, 'destination.answer_too_large']
    sink.otherwise((request) => behaviours[Number(request.path.slice(1)) % behaviours.length] ?? { do: 'hang' })
    const count = 50 * behaviours.length
    const method = (at: number) => (at % 3 === 0 ? 'GET' : 'POST')
    const settled = await Promise.allSettled(
      Array.from({ length: count }, (_, at) => outbound.send(post(`${sink.url}/${at}`, { method: method(at) }))),
    )
    expect(settled.map((each) => (each.status === 'fulfilled' ? null : each.reason.code))).toEqual(
      Array.from({ length: count }, (_, at) => codes[at % codes.length]),
    )
    expect(sink.requests.map((each) => Number(each.path.slice(1))).sort((a, b) => a - b)).toEqual(
      Array.from({ length: count }, (_, at) => at),
    )
    expect(sink.connections().open).toBeLessThanOrEqual(5)
  })

  it('of the origin idle longest are closed where too many origins are kept', async () => {
    const [first, second, third] = [await sinkOf(), await sinkOf(), await sinkOf()]
    const outbound = outboundOf({ originsMax: 2 })
    await outbound.send(post(first.url))
    await outbound.send(post(second.url))
    await outbound.send(post(first.url))
    await outbound.send(post(third.url))
    await second.disconnected()
    expect(first.connections().open).toBeGreaterThan(0)
    expect((await outbound.send(post(second.url))).status).toBe(200)
  })

  it('in use are not closed for the sake of another origin', async () => {
    const [first, second] = [await sinkOf(), await sinkOf()]
    first.otherwise({ do: 'hold' })
    const outbound = outboundOf({ originsMax: 1 })
    const sent = outbound.send(post(first.url))
    await first.received(1)
    await outbound.send(post(second.url))
    first.release()
    expect((await sent).status).toBe(200)
  })
})

describe('giving up', () => {
  it('of a request not yet begun sends nothing', async () => {
    const sink = await sinkOf()
    await expect(outboundOf().send(post(sink.url), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'shutting_down',
    })
    expect(sink.connections().everOpened).toBe(0)
  })

  it('of a request that waits for a connection sends nothing', async () => {
    const sink = await sinkOf()
    sink.otherwise({ do: 'hold' })
    const outbound = outboundOf({ connectionsPerOrigin: 1 })
    const first = outbound.send(post(`${sink.url}/first`))
    const abort = new AbortController()
    const second = outbound.send(post(`${sink.url}/second`), { signal: abort.signal })
    const late = outbound.send(post(`${sink.url}/late`, { timeoutMs: PASSING_MS }))
    await sink.received(1)
    abort.abort()
    await expect(second).rejects.toMatchObject({ code: 'shutting_down' })
    await expect(late).rejects.toMatchObject({ code: 'destination.unavailable', detail: 'timeout' })
    sink.otherwise({ do: 'answer' })
    sink.release()
    await first
    await outbound.send(post(`${sink.url}/third`))
    expect(sink.requests.map((each) => each.path)).toEqual(['/first', '/third'])
  })

  it('of a request that was sent leaves its outcome unknown', async () => {
    const sink = await sinkOf()
    sink.otherwise({ do: 'hang' })
    const abort = new AbortController()
    const sent = outboundOf().send(post(sink.url), { signal: abort.signal })
    await sink.received(1)
    abort.abort()
    await expect(sent).rejects.toMatchObject({ code: 'destination.unknown_outcome', detail: 'canceled' })
    await sink.disconnected()
  })

  it('of a request whose connection is still being made sends nothing, and keeps the connection for the next', async () => {
    const sink = await sinkOf()
    const lookups: (() => void)[] = []
    const outbound = outboundOf({
      allow: ['crm.test'],
      connectionsPerOrigin: 1,
      resolve: () => new Promise((resolve) => lookups.push(() => resolve([{ address: '127.0.0.1', family: 4 }]))),
    })
    const url = `http://crm.test:${sink.port}`
    const early = outbound.send(post(`${url}/early`, { timeoutMs: PASSING_MS }))
    const next = outbound.send(post(`${url}/next`))
    await expect(early).rejects.toMatchObject({ code: 'destination.unavailable', detail: 'timeout' })
    for (const go of lookups) go()
    expect((await next).status).toBe(200)
    expect(sink.requests.map((each) => each.path)).toEqual(['/next'])
    expect(sink.connections().everOpened).toBe(1)
  })
})

describe('closing', () => {
  it('lets what was sent end, gives up what waits, refuses what comes', async () => {
    const sink = await sinkOf()
    sink.otherwise({ do: 'hold' })
    const outbound = outboundOf({ connectionsPerOrigin: 1 })
    const sent = outbound.send(post(`${sink.url}/sent`))
    const waiting = Array.from({ length: 5 }, (_, n) => outbound.send(post(`${sink.url}/waiting/${n}`)))
    await sink.received(1)
    const closed = outbound.close()
    for (const each of await Promise.allSettled(waiting))
      expect(each).toMatchObject({ status: 'rejected', reason: { code: 'shutting_down' } })
    await expect(outbound.send(post(sink.url))).rejects.toMatchObject({ code: 'shutting_down' })
    sink.release()
    expect((await sent).status).toBe(200)
    await closed
    await outbound.close()
    await sink.disconnected()
    expect(sink.requests.map((each) => each.path)).toEqual(['/sent'])
  })
})
