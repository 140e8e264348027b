import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, asker, type TestApi, testApi } from '../../test/support/api.ts'

/** A list's entries come in as a stream of any length, and an upload that broke off goes on. */

let api: TestApi
let token: string
let port: number

beforeAll(async () => {
  api = await testApi()
  token = await api.signIn(ADMIN)
  const address = await api.app.listen({ host: '127.0.0.1', port: 0 })
  port = Number(new URL(address).port)
  await ask('PUT', '/api/v1/lists/dnc', { payload: { label: 'DNC' } })
})
afterAll(() => api.close())

const ask = asker(() => ({ api, token }))
const put = (name: string, text: string, query = '', type = 'text/csv') =>
  api.app.inject({
    method: 'PUT',
    url: `/api/v1/lists/dnc/imports/${name}${query}`,
    headers: { authorization: `Bearer ${token}`, 'content-type': type },
    // In parts that end in the middle of lines.
    payload: Readable.from(text.match(/[\s\S]{1,1000}/g)?.map((part) => Buffer.from(part)) ?? []),
  })
const read = async (name: string) => (await ask('GET', `/api/v1/lists/dnc/imports/${name}`)).json()
const entries = async () => (await ask('GET', '/api/v1/lists/dnc')).json().entries as number
const phones = (from: number, count: number): string =>
  Array.from(
    { length: count },
    (_, index) => `(512) ${String(2_000_000 + from + index).replace(/(...)(....)/, '$1-$2')}\n`,
  ).join('')
const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Sends the head of a request and a part of its body, and leaves the connection open. */
const begin = (name: string, text: string, length: number) => {
  const socket = connect({ host: '127.0.0.1', port })
  socket.on('error', () => undefined)
  socket.write(
    `PUT /api/v1/lists/dnc/imports/${name} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n` +
      `content-type: text/plain\r\ncontent-length: ${length}\r\n\r\n${text}`,
  )
  return socket
}

describe('an import of a list', () => {
  it('takes a value a line, counts what is none, and changes nothing when it is sent again', async () => {
    const text = `${phones(0, 12_000)}nobody\n${phones(11_990, 20)}`
    const first = await put('all', text)
    expect(first.statusCode).toBe(200)
    expect(first.json()).toMatchObject({
      name: 'all',
      state: 'done',
      rows: 12_021,
      added: 12_010,
      rejected: 1,
      passed_over: 0,
      problems: [{ line: 12_001, reason: 'no value that is read' }],
    })
    expect(await entries()).toBe(12_010)
    const again = await put('all', text)
    expect(again.json()).toMatchObject({ state: 'done', rows: 12_021, added: 12_010, passed_over: 12_021 })
    const longer = await put('all', `${text}late@example.com\n`)
    expect(longer.json()).toMatchObject({ rows: 12_022, added: 12_011, passed_over: 12_021 })
    expect(await entries()).toBe(12_011)
  })

  it('takes CSV by the columns that are named, and says where they are not', async () => {
    const text = 'name,E-Mail,zip\nAnn Lee,ann@example.com,78704\nBo,bo@,1\n'
    const wrong = await put('columns', text, '?column=mail')
    expect([wrong.statusCode, wrong.json().detail]).toEqual([400, expect.stringContaining('There is no column "mail"')])
    const done = await put('columns', text, '?column=e-mail&type=email')
    expect(done.json()).toMatchObject({ state: 'done', rows: 2, added: 1, rejected: 1 })
    const both = await put('together', text, '?column=name,zip&type=full_name,postal_code')
    expect(both.json()).toMatchObject({ rows: 2, added: 1, rejected: 1 })
  })

  it('refuses other rows under a name, and leaves what there is', async () => {
    await put('mine', phones(20_000, 10))
    const before = await read('mine')
    for (const other of [phones(30_000, 10), phones(20_000, 9)]) {
      const answer = await put('mine', other)
      expect(answer.json().code).toBe('idempotency_key_reused')
    }
    expect(await read('mine')).toEqual(before)
    expect((await ask('POST', '/api/v1/lists/query', { payload: { values: ['512 203 0000'] } })).json().items).toEqual([
      { found: false, lists: [] },
    ])
  })

  it('goes on where it broke off', async () => {
    const text = phones(40_000, 13_000)
    const cut = phones(40_000, 12_500)
    const socket = begin('broken', cut, text.length)
    for (;;) {
      const now = await read('broken')
      if (now.rows === 10_000) {
        // Progress is read while it runs, and nobody else sends under the name meanwhile.
        expect(now.state).toBe('running')
        break
      }
      await soon()
    }
    expect((await put('broken', text)).json().code).toBe('conflict')
    socket.destroy()
    while ((await read('broken')).state !== 'broken') await soon()
    const { rows } = await read('broken')
    expect(rows).toBeGreaterThanOrEqual(10_000)
    const done = (await put('broken', text)).json()
    expect(done).toMatchObject({ state: 'done', rows: 13_000, added: 13_000, passed_over: rows })
  })

  it('is of one tenant and one list, and in UTF-8', async () => {
    expect((await ask('GET', '/api/v1/lists/other/imports/all')).statusCode).toBe(404)
    const missing = await api.app.inject({
      method: 'PUT',
      url: '/api/v1/lists/other/imports/all',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'text/plain' },
      payload: 'a@example.com\n',
    })
    expect(missing.statusCode).toBe(404)
    expect((await put('klingon', 'a@example.com\n', '', 'text/csv; charset=klingon')).statusCode).toBe(415)
    expect((await put('utf8', 'utf8@example.com\n', '', 'text/csv; charset=UTF-8')).statusCode).toBe(200)
    const listed = (await ask('GET', '/api/v1/lists/dnc/imports')).json().items as { name: string }[]
    expect(listed.map(({ name }) => name)).toContain('all')
  })

  it('is read in the charset that its type names, and unpacked, in whatever parts it comes', async () => {
    const values = ['josé@exämple.com', 'zoë@example.org', 'anna@example.net']
    const send = (name: string, bytes: Buffer, headers: Record<string, string>) =>
      api.app.inject({
        method: 'PUT',
        url: `/api/v1/lists/dnc/imports/${name}`,
        headers: { authorization: `Bearer ${token}`, ...headers },
        payload: Readable.from(Array.from(bytes, (byte) => Buffer.from([byte]))),
      })
    const text = `${values.join('\n')}\n`
    const utf8 = { 'content-type': 'text/plain' }
    expect((await send('plain', Buffer.from(text), utf8)).json()).toMatchObject({ rows: 3, added: 3, rejected: 0 })
    const ways: [string, Buffer, Record<string, string>][] = [
      ['latin', Buffer.from(text, 'latin1'), { 'content-type': 'text/plain; charset=windows-1252' }],
      ['wide', Buffer.from(text, 'utf16le'), { 'content-type': 'text/plain; charset="UTF-16LE"' }],
      ['packed', gzipSync(text), { ...utf8, 'content-encoding': 'gzip' }],
      [
        'both',
        gzipSync(Buffer.from(text, 'latin1')),
        { 'content-type': 'text/plain; charset = iso-8859-1', 'content-encoding': 'gzip' },
      ],
    ]
    for (const [name, bytes, headers] of ways)
      expect((await send(name, bytes, headers)).json(), name).toMatchObject({ rows: 3, added: 0, rejected: 0 })
    const cut = await send('cut', gzipSync(text).subarray(0, -12), { ...utf8, 'content-encoding': 'gzip' })
    expect([cut.statusCode, cut.json().code]).toEqual([400, 'unreadable_body'])
    expect((await read('cut')).state).toBe('broken')
    // Half a letter of a wide text, and a byte that EUC-JP has no letter for.
    for (const [name, bytes, charset] of [
      ['half', Buffer.from(text, 'utf16le').subarray(0, -1), 'utf-16le'],
      ['none', Buffer.from([...Buffer.from('a@example.org\n'), 0xff, 0x0a]), 'euc-jp'],
    ] as const) {
      const wrong = await send(name, bytes, { 'content-type': `text/plain; charset=${charset}` })
      expect([wrong.statusCode, wrong.json().code], name).toEqual([400, 'unreadable_body'])
    }
    for (const headers of [{ 'content-type': 'text/plain; charset=klingon' }, { ...utf8, 'content-encoding': 'br' }])
      expect((await send('other', Buffer.from(text), headers)).statusCode).toBe(415)
  })
})
