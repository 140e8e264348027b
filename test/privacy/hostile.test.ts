/**
 * A hostile sender against a server that listens: each attack is answered with a clear 4xx, what it costs is bounded,
 * and leads that others send meanwhile go through.
 */
import { spawn } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { verifyTenant } from '../../src/journal/verify.ts'
import { ADMIN, SUBMIT, type TestApi, testApi } from '../support/api.ts'

const MB = 1024 * 1024

let api: TestApi
let port = 0
let token = ''
let people = 0

beforeAll(async () => {
  api = await testApi()
  token = await api.signIn(ADMIN)
  await api.home.publish(`
flow: rules
fields: { email: email, name: string, note: string }
sources: [ { id: web } ]
steps:
  - filter: { id: refuse, when: '!lead.note.matches("^(a+)+$")', reason: 'Not this: {{ lead.name }}' }
`)
  await api.app.listen({ host: '127.0.0.1', port: 0 })
  const address = api.app.server.address()
  port = typeof address === 'object' && address ? address.port : 0
})
afterAll(() => api.close())

const url = (path: string): string => `http://127.0.0.1:${port}${path}`
const key = (): Record<string, string> => ({ authorization: `Bearer ${api.keys.web}` })
const send = (body: BodyInit, type = 'application/json', path = SUBMIT): Promise<Response> =>
  fetch(url(path), { method: 'POST', headers: { ...key(), 'content-type': type }, body })

/** A lead like any other, as its source waits for it: its status, and how long that took. */
const honest = async (): Promise<{ status: number; ms: number }> => {
  people += 1
  const startedAt = performance.now()
  const { status } = await send(JSON.stringify({ email: `honest${people}@example.com` }))
  return { status, ms: performance.now() - startedAt }
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
/** What this process holds and cannot let go of: objects, and bytes outside of the heap. */
const held = (): number => {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
/** Far beyond what a busy machine makes of a lead: who waits so long was made to wait. */
const HARMED_MS = 10_000
/** Compiled code and pools grow while tests run; an attack that is held on to does so by tens of megabytes. */
const HELD_MAX = 48 * MB

/** Runs an attack while others send; gives what it was answered, how the others fared and what memory it took. */
const under = async <T>(attack: () => Promise<T>): Promise<{ answers: T; slowest: number; grown: number }> => {
  const heldBefore = held()
  const before = process.memoryUsage()
  let isOver = false
  const others: { status: number; ms: number }[] = []
  const sending = (async () => {
    do others.push(await honest())
    while (!isOver)
  })()
  const answers = await attack().finally(() => {
    isOver = true
  })
  await sending
  const after = process.memoryUsage()
  expect(others.map(({ status }) => status).filter((status) => status !== 201)).toEqual([])
  const slowest = Math.max(...others.map(({ ms }) => ms))
  expect(slowest, 'leads of others were made to wait').toBeLessThan(HARMED_MS)
  expect(held() - heldBefore, 'the attack left something behind').toBeLessThan(HELD_MAX)
  return { answers, slowest, grown: after.rss - before.rss }
}

/** What a server says to bytes that no client library would send. */
const raw = (bytes: string | Buffer, waitForMore = false): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.on('data', (part) => {
      text += part.toString('latin1')
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
    socket.write(bytes)
    if (!waitForMore) socket.end()
  })

const statusesOf = (text: string): number[] => [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, code]) => Number(code))

const many = (count: number, make: (n: number) => Promise<Response>): Promise<number[]> =>
  Promise.all(
    Array.from({ length: count }, (_, n) => make(n).then((answer) => answer.text().then(() => answer.status))),
  )

describe('bodies that cannot be read', () => {
  it.each([
    ['half an object', '{"email":"a@example.com"'],
    ['no value', '{"email":}'],
    ['a trailing comma', '{"email":"a@example.com",}'],
    ['a bare word', 'undefined'],
    ['a list', '[1,2,3]'],
    ['broken bytes', '\xff\xfe{"email":1}'],
    ['a number alone', '1e999'],
    ['a hundred thousand brackets', '['.repeat(100_000)],
    ['a hundred thousand levels', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['seventeen levels', `${'{"a":'.repeat(17)}1${'}'.repeat(17)}`],
    ['a hundred thousand keys', `{${Array.from({ length: 100_000 }, (_, n) => `"${n.toString(36)}":1`).join(',')}}`],
    ['a hundred thousand items', `{"a":[${'1,'.repeat(100_000)}1]}`],
  ])('%s: 400, with the place and no word of it', async (_, body) => {
    const { answers } = await under(() => send(Buffer.from(body, 'latin1')))
    expect(answers.status).toBe(400)
    const problem = (await answers.json()) as { code: string; detail: string }
    expect(['unreadable_body', 'invalid_request']).toContain(problem.code)
    expect(problem.detail.length).toBeLessThan(300)
    expect(problem.detail).not.toContain('a@example.com')
  })

  it('a field of 10 MB, eight at once: 413, held nowhere', async () => {
    // Sent by a process of its own: what the senders hold is not this server's.
    const script = `
      const body = JSON.stringify({ email: 'big@example.com', note: 'x'.repeat(${10 * MB}) })
      const headers = { authorization: ${JSON.stringify(key().authorization)}, 'content-type': 'application/json' }
      const send = () => fetch(${JSON.stringify(url(SUBMIT))}, { method: 'POST', headers, body }).then(
        ({ status }) => status, () => 'cut off')
      console.log(JSON.stringify(await Promise.all(Array.from({ length: 8 }, send))))`
    const { answers, grown } = await under(
      () =>
        new Promise<(number | string)[]>((resolve, reject) => {
          const child = spawn(process.execPath, ['--input-type=module', '-e', script])
          let told = ''
          child.stdout.on('data', (part) => {
            told += String(part)
          })
          child.once('close', (code) => (code === 0 ? resolve(JSON.parse(told)) : reject(new Error('the sender died'))))
        }),
    )
    // Who still writes when the answer has been given may meet a closed line before reading it.
    expect(answers.filter((answer) => answer !== 413 && answer !== 'cut off')).toEqual([])
    expect(answers).toContain(413)
    expect(grown, '80 MB were sent').toBeLessThan(64 * MB)
  })
})

describe('XML', () => {
  const bomb = `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">${'bcdefghij'
    .split('')
    .map((name, index) => `<!ENTITY ${name} "${`&${'abcdefghij'[index]};`.repeat(10)}">`)
    .join('')}]><lead><email>&j;</email></lead>`

  it.each([
    ['a billion laughs', bomb],
    [
      'a file of ours',
      '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><lead><email>&x;</email></lead>',
    ],
    ['an address of others', '<!DOCTYPE l SYSTEM "http://127.0.0.1:1/evil.dtd"><lead><email>x</email></lead>'],
    ['a parameter entity', '<!DOCTYPE l [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]><lead/>'],
    ['a hundred thousand elements deep', `${'<a>'.repeat(100_000)}${'</a>'.repeat(100_000)}`],
    ['never closed', '<lead><email>x'],
  ])('%s: 400, expanded by nobody', async (_, body) => {
    const { answers, grown } = await under(() => send(body, 'application/xml'))
    expect(answers.status).toBe(400)
    expect(await answers.text()).not.toMatch(/root:|aaaaaaaaaa/)
    expect(grown).toBeLessThan(200 * MB)
  })
})

describe('names and values that mean something elsewhere', () => {
  it('pollute no prototype', async () => {
    for (const body of [
      '{"email":"p1@example.com","__proto__":{"polluted":"yes"}}',
      '{"email":"p2@example.com","constructor":{"prototype":{"polluted":"yes"}}}',
      '{"email":"p3@example.com","a":{"__proto__":{"polluted":"yes"}}}',
    ])
      expect((await send(body)).status).toBe(201)
    const form = 'email=p4@example.com&__proto__[polluted]=yes&constructor.prototype.polluted=yes'
    expect((await send(form, 'application/x-www-form-urlencoded')).status).toBe(201)
    expect(({} as { polluted?: string }).polluted).toBeUndefined()
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  it('are no templates and no rules: what a lead says stays what it says', async () => {
    const house = api.home
    const name = ['{{ lead.email }}{% include "x" %}$', '{7*7} <%= 7*7 %> " || true || "'].join('')
    const told = await house.submit('rules', 'web', { email: 't1@example.com', name, note: 'aaaa' })
    expect([told.status, told.answer.reason]).toEqual([422, `Not this: ${name}`])
    const rule = await house.submit('rules', 'web', { email: 't2@example.com', note: '") || true || ("' })
    expect(rule.answer.accepted).toBe(true)
  })

  it('search no pattern for ever', async () => {
    const { answers, slowest } = await under(() =>
      Promise.all(
        Array.from({ length: 10 }, (_, n) =>
          api.home.submit('rules', 'web', {
            email: `r${n}@example.com`,
            note: `${'a'.repeat(n % 2 ? 1_990 : 50_000)}!`,
          }),
        ),
      ),
    )
    // Beyond 2,000 characters no pattern looks, and the rule counts as not holding.
    expect(answers.map(({ answer }) => answer.accepted)).toEqual(answers.map((_, n) => n % 2 === 1))
    // Backtracking would take longer than the sun has left; ten times this bound is still a busy machine.
    expect(slowest).toBeLessThan(15_000)
  })

  it('look alike and are not the same, or are the same and look otherwise', async () => {
    const first = await send(JSON.stringify({ email: 'twin@example.com' }))
    expect(first.status).toBe(201)
    const sent = await many(3, (n) =>
      send(JSON.stringify({ email: ['ＴＷＩＮ@example.com', ' TWIN@EXAMPLE.COM ', 'twin\u200b@example.com'][n] })),
    )
    expect(sent, 'another, the same, and no address').toEqual([201, 409, 422])
    expect((await send(JSON.stringify({ email: 'tw\u0456n@example.com' }))).status, 'another').toBe(201)
    for (const odd of ['\u0000', '\ud800', '\u202egnp.exe', '\ufeff', 'Z\u0351\u036b\u0343'.repeat(500)])
      expect((await send(JSON.stringify({ email: 'odd@example.com', comments: odd }))).status).toBeLessThan(500)
  })

  it('run in no spreadsheet', async () => {
    const comments = "=cmd|' /C calc'!A0"
    await send(JSON.stringify({ email: 'formula@example.com', first_name: '@SUM(1+1)*cmd', comments }))
    const answer = await fetch(url('/api/v1/leads/export'), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ fields: true }),
    })
    const text = await answer.text()
    expect(answer.status).toBe(200)
    expect(text).toContain('cmd|')
    for (const cell of text.split(/[,\n]/)) expect(cell.replace(/^"/, '')).not.toMatch(/^[=@+](?:cmd|SUM)/i)
  })
})

describe('requests that are two, or none', () => {
  const head = (extra: string, body = ''): string =>
    `POST ${SUBMIT} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.keys.web}\r\nContent-Type: application/json\r\n${extra}\r\n\r\n${body}`
  const inner = 'GET /api/v1/leads HTTP/1.1\r\nHost: x\r\n\r\n'

  it.each([
    ['a length and chunks', () => head(`Content-Length: 6\r\nTransfer-Encoding: chunked`, `0\r\n\r\n${inner}`)],
    ['two lengths', () => head('Content-Length: 2\r\nContent-Length: 40', `{}${inner}`)],
    ['a length that is none', () => head('Content-Length: +2', '{}')],
    ['chunks that are none', () => head('Transfer-Encoding: xchunked', '{}')],
    ['a chunk of a wrong size', () => head('Transfer-Encoding: chunked', `zz\r\n{}\r\n0\r\n\r\n${inner}`)],
    ['a folded header', () => head('X-Odd: a\r\n b\r\nContent-Length: 2', '{}')],
    ['a blank before the colon', () => head('Content-Length : 2', '{}')],
    ['a NUL in a header', () => head('X-Odd: a\0b\r\nContent-Length: 2', '{}')],
    ['no HTTP at all', () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'],
  ])('%s: refused, and what hides behind it is no request', async (_, bytes) => {
    const { answers } = await under(() => raw(bytes()))
    expect(statusesOf(answers)).toEqual([400])
  })

  it('a header of 100 KB: 431', async () => {
    const { answers } = await under(() => raw(head(`X-Big: ${'x'.repeat(100_000)}\r\nContent-Length: 2`, '{}')))
    expect(statusesOf(answers)).toEqual([431])
  })

  it.each([
    '/flows/..%2f..%2f..%2fetc%2fpasswd/sources/web/submit',
    '/flows/roofs/sources/..%2f..%2fadmin/submit',
    '/docs/../../../../etc/passwd',
    '/docs/..%5c..%5cetc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/flows/roofs%00/sources/web/submit',
    '/api/v1/leads/%2e%2e%2f%2e%2e',
    '/api/v1/leads/%zz',
    '//evil.example/%2e%2e',
    '/flows/roofs/sources/web/submit%0d%0aSet-Cookie:x=1',
  ])('the path %s leads nowhere', async (path) => {
    const text = await raw(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.keys.web}\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`,
    )
    const [status = 0] = statusesOf(text)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(500)
    expect(text).not.toMatch(/root:|set-cookie:x/i)
  })
})

describe('senders who never finish', () => {
  it('hold their own connections and nobody else’s time', async () => {
    const open: Socket[] = []
    try {
      const { slowest, grown } = await under(async () => {
        for (let n = 0; n < 300; n += 1) {
          const socket = connect(port, '127.0.0.1')
          socket.on('error', () => undefined)
          open.push(socket)
          await new Promise<void>((resolve) => socket.once('connect', () => resolve()))
          socket.write(
            n % 2
              ? `POST ${SUBMIT} HTTP/1.1\r\nHost: x\r\nX-Slow: `
              : `POST ${SUBMIT} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\nContent-Type: application/json\r\nAuthorization: Bearer ${api.keys.web}\r\n\r\n{`,
          )
        }
        for (const socket of open) socket.write('a')
      })
      expect(slowest).toBeLessThan(15_000)
      expect(grown).toBeLessThan(200 * MB)
      // Each is cut off after this long, whatever it still sends; 0 would be never.
      const { requestTimeout, headersTimeout } = api.app.server
      for (const ms of [requestTimeout, headersTimeout]) expect(ms).toBeGreaterThan(0)
      expect(requestTimeout).toBeLessThanOrEqual(30_000)
      expect(headersTimeout).toBeLessThanOrEqual(60_000)
    } finally {
      for (const socket of open) socket.destroy()
    }
  })
})

it('leaves the journal whole and logs nothing of what was sent', async () => {
  const { database } = api.home.house
  expect((await verifyTenant({ database, tenantId: api.home.tenantId })).breach).toBeNull()
  const log = api.logged.join('\n')
  for (const word of ['polluted', 'passwd', 'formula@example.com', 'calc', api.keys.web ?? '', token])
    expect(log).not.toContain(word)
})
