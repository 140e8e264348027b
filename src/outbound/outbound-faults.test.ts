import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { selfSigned } from '../../test/support/certificate.ts'
import { openDeafListener } from '../../test/support/deaf-listener.ts'
import { openSink, type Sink } from '../../test/support/sink.ts'
import { Fault } from '../base/faults.ts'
import { createOutbound, type Outbound, type OutboundOptions, type OutboundRequest } from './outbound.ts'

const toClose: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close()
})

const sinkOf = async (...given: Parameters<typeof openSink>): Promise<Sink> => {
  const sink = await openSink(...given)
  toClose.push(sink.close)
  return sink
}

const outboundOf = (options: Partial<OutboundOptions> = {}): Outbound => {
  const outbound = createOutbound({
    allow: ['127.0.0.1', 'crm.test'],
    bodyBytesMax: 1_000,
    connectTimeoutMs: 5_000,
    connectionsPerOrigin: 2,
    resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    ...options,
  })
  toClose.push(outbound.close)
  return outbound
}

const post = (url: string, rest: Partial<OutboundRequest> = {}): OutboundRequest => ({
  url: `${url}/lead/7?email=a%40example.com`,
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"email":"a@example.com"}',
  timeoutMs: 20_000,
  ...rest,
})

/** Short enough to be waited for, in the tests where it must pass. */
const PASSING_MS = 60

/** The fault of an exchange; whatever it says, it tells nobody the path, the query or the body. */
const faultOf = async (sent: Promise<unknown>): Promise<Fault> => {
  const fault = await sent.then(
    () => null,
    (error: unknown) => error,
  )
  if (!(fault instanceof Fault)) throw new Error(`expected a fault, not ${String(fault)}`)
  expect(`${fault.message} ${fault.detail}`).not.toMatch(/lead\/7|email|example\.com|s3cret/)
  return fault
}

describe('nothing was sent', () => {
  it('where the connection is refused', async () => {
    const sink = await openSink()
    await sink.close()
    const fault = await faultOf(outboundOf().send(post(sink.url)))
    expect(fault).toMatchObject({
      code: 'destination.unavailable',
      detail: 'ECONNREFUSED',
      message: `127.0.0.1:${sink.port} cannot be reached: it refused the connection`,
    })
  })

  it.each(['ENOTFOUND', 'EAI_AGAIN'])('where the name cannot be resolved: %s', async (code) => {
    const resolve = () => Promise.reject(Object.assign(new Error('no'), { code }))
    const fault = await faultOf(outboundOf({ resolve }).send(post('http://crm.test')))
    expect(fault).toMatchObject({ code: 'destination.unavailable', detail: code })
    expect(fault.message).toMatch(/^crm\.test cannot be reached: its name /)
  })

  it('where no connection comes about in time', async () => {
    const outbound = outboundOf({ connectTimeoutMs: PASSING_MS, resolve: () => new Promise(() => undefined) })
    const fault = await faultOf(outbound.send(post('http://crm.test')))
    expect(fault).toMatchObject({ code: 'destination.unavailable', detail: 'UND_ERR_CONNECT_TIMEOUT' })
  })

  it('where the other side does not take the connection in the time the call gives it', async () => {
    const deaf = await openDeafListener()
    toClose.push(deaf.close)
    const outbound = outboundOf({ connectTimeoutMs: 500 })
    const fault = await faultOf(outbound.send(post(deaf.url, { connectTimeoutMs: PASSING_MS })))
    expect(fault).toMatchObject({ code: 'destination.unavailable' })
    // By its own limit, and not by that of the house.
    expect(fault.detail).not.toBe('UND_ERR_CONNECT_TIMEOUT')
    expect(await faultOf(outbound.send(post(deaf.url)))).toMatchObject({
      code: 'destination.unavailable',
      detail: 'UND_ERR_CONNECT_TIMEOUT',
    })
  })

  it('where the method would open a tunnel, or send back what it was sent', async () => {
    const sink = await sinkOf()
    for (const method of ['CONNECT', 'TRACE', 'connect', 'TRACK', 'POST / HTTP/1.1\r\nX:', ''])
      expect(await faultOf(outboundOf().send(post(sink.url, { method })))).toMatchObject({ code: 'setting_invalid' })
    expect(sink.requests).toEqual([])
  })

  it('where the other side speaks no TLS', async () => {
    const sink = await sinkOf()
    const fault = await faultOf(outboundOf().send(post(`https://127.0.0.1:${sink.port}`)))
    expect(fault.code).toBe('destination.unavailable')
    expect(fault.message).toContain('no secure connection could be made')
    expect(sink.requests).toEqual([])
  })

  it('where the certificate is nobody’s, and where it is another’s', async () => {
    const tls = selfSigned('crm.test')
    const sink = await sinkOf({ tls })
    const unknown = await faultOf(outboundOf().send(post(`https://crm.test:${sink.port}`)))
    expect(unknown).toMatchObject({ code: 'destination.unavailable', detail: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    const other = outboundOf({ ca: [tls.cert], allow: ['other.test'] })
    const wrong = await faultOf(other.send(post(`https://other.test:${sink.port}`)))
    expect(wrong).toMatchObject({ code: 'destination.unavailable', detail: 'ERR_TLS_CERT_ALTNAME_INVALID' })
    expect(sink.requests).toEqual([])
  })

  it('but is, over TLS, where the certificate fits the name', async () => {
    const tls = selfSigned('crm.test')
    const sink = await sinkOf({ tls })
    const response = await outboundOf({ ca: [tls.cert] }).send(post(`https://crm.test:${sink.port}`))
    expect(response.status).toBe(200)
    expect(sink.requests).toHaveLength(1)
  })

  it('where the address points inwards, by literal or by name', async () => {
    const sink = await sinkOf()
    const outbound = outboundOf({ allow: [] })
    for (const host of ['127.0.0.1', '2130706433', '0x7f.1', '[::ffff:127.0.0.1]', 'crm.test']) {
      const fault = await faultOf(outbound.send(post(`http://${host}:${sink.port}`)))
      expect(fault).toMatchObject({ code: 'destination.blocked', kind: 'config' })
    }
    expect(sink.connections().everOpened).toBe(0)
  })

  it('where a public name has begun to point inwards by the next connection', async () => {
    const sink = await sinkOf()
    const answers = ['127.0.0.1', '127.0.0.2'] as const
    let asked = 0
    const outbound = outboundOf({
      allow: ['127.0.0.1'],
      resolve: async () => [{ address: answers[asked++] ?? '127.0.0.2', family: 4 }],
    })
    const url = `http://rebind.test:${sink.port}`
    expect((await outbound.send(post(url))).status).toBe(200)
    sink.disconnect()
    await sink.disconnected()
    sink.otherwise({ do: 'hold' })
    const faults = await Promise.all([faultOf(outbound.send(post(url))), faultOf(outbound.send(post(url)))])
    expect(faults.map((each) => each.code)).toEqual(['destination.blocked', 'destination.blocked'])
    expect(sink.requests).toHaveLength(1)
  })

  it.each([
    ['http://user:s3cret@127.0.0.1', 'destination.blocked'],
    ['http://s3cret@127.0.0.1', 'destination.blocked'],
    ['ftp://127.0.0.1', 'destination.blocked'],
    ['s3cret', 'setting_invalid'],
    ['http://[', 'setting_invalid'],
  ])('where the URL is %s', async (url, code) => {
    expect((await faultOf(outboundOf().send(post(url)))).code).toBe(code)
  })

  it.each([
    { host: 'other.example' },
    { Host: 'other.example' },
    { 'content-length': '3' },
    { 'Transfer-Encoding': 'chunked' },
    { connection: 'upgrade' },
    { 'x-a': 's3cret\r\nx-b: 1' },
    { 'x a': 's3cret' },
    { '': 's3cret' },
  ])('where a header would change who is spoken to or what is said: %j', async (headers) => {
    const sink = await sinkOf()
    const given = headers as unknown as Record<string, string>
    const fault = await faultOf(outboundOf().send(post(sink.url, { headers: given })))
    expect(fault.code).toBe('setting_invalid')
    expect(sink.requests).toEqual([])
  })

  it('where many that cannot be written wait behind one that can', async () => {
    const sink = await sinkOf()
    sink.otherwise({ do: 'hold' })
    const outbound = outboundOf({ connectionsPerOrigin: 1 })
    const first = outbound.send(post(sink.url))
    const bad = Array.from({ length: 5_000 }, () => outbound.send(post(sink.url, { headers: { 'x a': 'b' } })))
    const last = outbound.send(post(sink.url))
    const settled = Promise.allSettled(bad)
    await sink.received(1)
    sink.otherwise({ do: 'answer' })
    sink.release()
    await first
    expect(new Set((await settled).map((each) => each.status))).toEqual(new Set(['rejected']))
    expect((await last).status).toBe(200)
  })
})

describe('the outcome is unknown', () => {
  it('where the connection breaks before the answer', async () => {
    const sink = await sinkOf()
    sink.otherwise({ do: 'reset' })
    const fault = await faultOf(outboundOf().send(post(sink.url)))
    expect(fault).toMatchObject({ code: 'destination.unknown_outcome', kind: 'ambiguous' })
    expect(sink.requests).toHaveLength(1)
  })

  it('where a kept-alive connection breaks under the next request, which is not sent again', async () => {
    const sink = await sinkOf()
    const outbound = outboundOf({ connectionsPerOrigin: 1 })
    sink.script({ do: 'answer' }, { do: 'reset' })
    await outbound.send(post(sink.url))
    const fault = await faultOf(outbound.send(post(sink.url, { method: 'GET', body: null })))
    expect(fault.code).toBe('destination.unknown_outcome')
    expect(sink.requests.map((each) => each.connection)).toEqual([1, 1])
    expect((await outbound.send(post(sink.url))).status).toBe(200)
  })

  it.each([
    ['before the answer begins', 'hang', { headersTimeoutMs: PASSING_MS }],
    ['in the middle of the answer', 'stall_mid_answer', { bodyTimeoutMs: PASSING_MS }],
  ] as const)('within the time of a part of the exchange: %s', async (_, behaviour, timeouts) => {
    const sink = await sinkOf()
    sink.otherwise({ do: behaviour })
    const fault = await faultOf(outboundOf().send(post(sink.url, timeouts)))
    expect(fault).toMatchObject({ code: 'destination.unknown_outcome', detail: 'timeout' })
    sink.otherwise({ do: 'answer' })
    const { status } = await outboundOf().send(post(sink.url, timeouts))
    expect(status).toBe(200)
  })

  it('where no answer comes in time', async () => {
    const sink = await sinkOf()
    sink.otherwise({ do: 'hang' })
    const fault = await faultOf(outboundOf().send(post(sink.url, { timeoutMs: PASSING_MS })))
    expect(fault).toMatchObject({ code: 'destination.unknown_outcome', detail: 'timeout' })
    await sink.disconnected()
  })

  it('where the answer is cut off', async () => {
    const sink = await sinkOf()
    sink.otherwise({ do: 'reset_mid_answer', status: 201 })
    const fault = await faultOf(outboundOf().send(post(sink.url)))
    expect(fault.code).toBe('destination.unknown_outcome')
    expect(fault.message).toContain('in the middle of its answer (status 201)')
  })

  it('where the answer stands still', async () => {
    const sink = await sinkOf()
    sink.otherwise({ do: 'stall_mid_answer' })
    const fault = await faultOf(outboundOf().send(post(sink.url, { timeoutMs: PASSING_MS })))
    expect(fault).toMatchObject({ code: 'destination.unknown_outcome', detail: 'timeout' })
  })

  it('where the answer is no HTTP', async () => {
    const sink = await sinkOf()
    sink.otherwise({ do: 'raw', bytes: 'SSH-2.0-OpenSSH_9.9\r\n' })
    expect((await faultOf(outboundOf().send(post(sink.url)))).code).toBe('destination.unknown_outcome')
  })

  it('where the body cannot be decompressed', async () => {
    const sink = await sinkOf()
    const outbound = outboundOf()
    for (const [contentEncoding, body] of [
      ['gzip', Buffer.from('not gzip')],
      ['gzip', gzipSync('{"ok":true}').subarray(0, 12)],
      ['zstd', Buffer.from('{}')],
      ['gzip, br', Buffer.from('{}')],
    ] as const) {
      sink.script({ do: 'answer', headers: { 'content-encoding': contentEncoding }, body })
      const fault = await faultOf(outbound.send(post(sink.url)))
      expect(fault).toMatchObject({
        code: 'destination.unknown_outcome',
        detail: `content-encoding ${contentEncoding}`,
      })
    }
  })
})

describe('an answer', () => {
  it('may be as large as agreed, not a byte more', async () => {
    const sink = await sinkOf()
    const outbound = outboundOf({ bodyBytesMax: 1_000 })
    sink.script({ do: 'answer', body: 'x'.repeat(1_000) }, { do: 'answer', body: 'x'.repeat(1_001) })
    expect((await outbound.send(post(sink.url))).body).toHaveLength(1_000)
    const fault = await faultOf(outbound.send(post(sink.url)))
    expect(fault).toMatchObject({ code: 'destination.answer_too_large', kind: 'ambiguous' })
    expect(fault.message).toContain('(status 200) is larger than the 1000 bytes')
  })

  it.each([
    [503, 'destination.unavailable'],
    [500, 'destination.unavailable'],
    [429, 'destination.throttled'],
    [422, 'destination.rejected'],
    [401, 'destination.credentials'],
  ])('of status %i that is too large is what its status says', async (status, code) => {
    const sink = await sinkOf()
    sink.otherwise({ do: 'answer', status, body: 'x'.repeat(1_001) })
    expect((await faultOf(outboundOf({ bodyBytesMax: 1_000 }).send(post(sink.url)))).code).toBe(code)
  })

  it('too large is cut off, also where it does not say its size', async () => {
    const sink = await sinkOf()
    const chunk = `${(800).toString(16)}\r\n${'x'.repeat(800)}\r\n`
    sink.script({
      do: 'raw',
      bytes: `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunk.repeat(50)}0\r\n\r\n`,
    })
    const outbound = outboundOf()
    expect((await faultOf(outbound.send(post(sink.url)))).code).toBe('destination.answer_too_large')
    expect((await outbound.send(post(sink.url))).status).toBe(200)
  })

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)('in %s is measured after decompression', async (contentEncoding, compress) => {
    const sink = await sinkOf()
    const outbound = outboundOf()
    const body = compress('0'.repeat(1_000_000))
    sink.script({ do: 'answer', headers: { 'content-encoding': contentEncoding }, body: body.subarray(0, 900) })
    sink.script({ do: 'answer', headers: { 'content-encoding': contentEncoding }, body: compress('0'.repeat(1_001)) })
    sink.script({ do: 'answer', headers: { 'content-encoding': contentEncoding }, body: compress('0'.repeat(1_000)) })
    expect((await faultOf(outbound.send(post(sink.url)))).code).toBe('destination.answer_too_large')
    expect((await faultOf(outbound.send(post(sink.url)))).code).toBe('destination.answer_too_large')
    expect((await outbound.send(post(sink.url))).body).toBe('0'.repeat(1_000))
  })

  it('with too many headers is refused', async () => {
    const sink = await sinkOf()
    sink.otherwise({ do: 'answer', headers: { 'x-long': 'x'.repeat(100_000) } })
    expect((await faultOf(outboundOf().send(post(sink.url)))).code).toBe('destination.answer_too_large')
  })

  it.each([
    ['gzip', gzipSync('žluť')],
    ['GZIP', gzipSync('žluť')],
    ['x-gzip', gzipSync('žluť')],
    ['deflate', deflateSync('žluť')],
    ['deflate', deflateRawSync('žluť')],
    ['br', brotliCompressSync('žluť')],
    ['identity', Buffer.from('žluť')],
    ['gzip', Buffer.alloc(0)],
  ])('in %s is read', async (contentEncoding, body) => {
    const sink = await sinkOf()
    sink.otherwise({ do: 'answer', headers: { 'content-encoding': contentEncoding }, body })
    expect((await outboundOf().send(post(sink.url))).body).toBe(body.length === 0 ? '' : 'žluť')
  })

  it.each([
    ['text/plain; charset=utf-8', Buffer.from('ž'), 'ž'],
    ['text/plain; charset="windows-1250"', Buffer.from([0x9e]), 'ž'],
    ['text/xml;charset=ISO-8859-2', Buffer.from([0xbe]), 'ž'],
    ['text/plain; charset=nonsense', Buffer.from('ž'), 'ž'],
    ['application/json', Buffer.from('\ufeff{}'), '{}'],
  ])('of %s is decoded', async (contentType, body, text) => {
    const sink = await sinkOf()
    sink.otherwise({ do: 'answer', headers: { 'content-type': contentType }, body })
    expect((await outboundOf().send(post(sink.url))).body).toBe(text)
  })
})
