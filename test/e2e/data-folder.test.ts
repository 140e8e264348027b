/**
 * What lies on the disk: a whole server takes leads in, delivers, imports, is searched, exports and erases; then every
 * file it left (tables, indexes, the write-ahead log, queue, logs, ledger, archive) is searched for what was personal.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Ready, runMillrace, type Server, serve } from '../chaos/server.ts'
import { freePort, openWard, type Ward } from '../chaos/ward.ts'

let ward: Ward
let server: Server | null = null

beforeAll(async () => {
  ward = await openWard()
})
afterAll(async () => {
  await server?.kill()
  await ward.end()
})

/** Each so odd that it stands nowhere by chance. */
const PERSONAL = {
  first: 'Zebulonquy',
  last: 'Quixwatersby',
  email: 'zq.mailbox.7731@wombatpost-kv.example',
  phone: '5125550143',
  written: '(512) 555-0143',
  street: '77 Plumgatter Lane',
  further: 'unmapped-krkonose-value',
  agent: 'OddBrowser-kj83/1.0',
  idempotency: 'idem-hh1277-grackle',
  imported: 'imported.heron.88@wombatpost-kv.example',
} as const

/** As it is, in large and small letters, escaped, in hexadecimal, in UTF-16, and in Base64 at each of three offsets. */
const formsOf = (value: string): Buffer[] => {
  const forms = new Set<string>()
  for (const text of [value, value.toUpperCase(), value.toLowerCase()]) {
    forms.add(text)
    forms.add(encodeURIComponent(text))
    forms.add(Buffer.from(text).toString('hex'))
    for (let shift = 0; shift < 3; shift += 1) {
      const shifted = Buffer.concat([Buffer.alloc(shift), Buffer.from(text)]).toString('base64')
      forms.add(shifted.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + text.length) * 8) / 6)))
    }
  }
  return [...[...forms].map((form) => Buffer.from(form, 'latin1')), Buffer.from(value, 'utf16le')]
}

const filesUnder = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesUnder(path) : entry.isFile() ? [path] : []
  })

const found = (files: readonly { readonly name: string; readonly bytes: Buffer }[]): string[] =>
  Object.entries(PERSONAL).flatMap(([what, value]) =>
    formsOf(value).flatMap((form) =>
      files.filter(({ bytes }) => bytes.includes(form)).map(({ name }) => `${what} in ${name}`),
    ),
  )

const lead = (over: object = {}) => ({
  first_name: PERSONAL.first,
  last_name: PERSONAL.last,
  email: PERSONAL.email,
  phone: PERSONAL.written,
  state: 'TX',
  postal_code: '78701',
  street: PERSONAL.street,
  odd: PERSONAL.further,
  urgency: 'today',
  ...over,
})

const use = async (ready: Ready): Promise<void> => {
  const post = (url: string, body: object, headers: Record<string, string>) =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
  const source = { authorization: `Bearer ${ready.source_key}`, 'user-agent': PERSONAL.agent }
  const submitUrl = ready.submit_url ?? ''
  const first = await post(submitUrl, lead(), { ...source, 'idempotency-key': PERSONAL.idempotency })
  expect(first.status).toBe(201)
  const { lead_id: id } = (await first.json()) as { lead_id: string }
  expect((await post(submitUrl, lead(), source)).status).toBe(409)
  for (let n = 0; n < 30; n += 1)
    await post(`${submitUrl}${n % 2 ? '?mode=async' : ''}`, lead({ email: `${n}${PERSONAL.email}`, phone: '' }), source)
  const login = await post(`${ready.url}/api/v1/auth/login`, ready.admin as object, {})
  const { access_token: token } = (await login.json()) as { access_token: string }
  const user = { authorization: `Bearer ${token}` }
  await fetch(`${ready.url}/api/v1/leads/${id}`, { headers: user })
  expect((await post(`${ready.url}/api/v1/leads/search`, { email: PERSONAL.email }, user)).status).toBe(200)
  expect((await post(`${ready.url}/api/v1/leads/export`, { fields: true }, user)).status).toBe(200)
  await post(
    `${ready.url}/api/v1/consent/records`,
    { phone: PERSONAL.written, channels: ['call'], wording: `I, ${PERSONAL.first}, agree` },
    user,
  )
  await post(`${ready.url}/api/v1/consent/replies`, { from: PERSONAL.written, text: 'STOP' }, user)
  await post(`${ready.url}/api/v1/privacy/holds`, { matter: 'case 1', lead_id: id, keeps: ['submission'] }, user)
  const erased = await post(
    `${ready.url}/api/v1/privacy/requests`,
    { kind: 'erase', email: `2${PERSONAL.email}` },
    user,
  )
  expect(erased.status).toBe(202)
}

it('leaves nothing personal in any file of the data folder, nor in what it logs', async () => {
  const dataDir = ward.folder('searched')
  server = serve(ward, { dataDir, port: await freePort(), env: { LOG_LEVEL: 'debug' } })
  const ready = await server.ready
  await use(ready)
  const csv = join(ward.folder('imports'), 'people.csv')
  writeFileSync(csv, `first_name,email,phone,state\n${PERSONAL.first},${PERSONAL.imported},,TX\n`)
  const imported = await runMillrace(
    ward,
    ['import', csv, '--flow', 'demo', '--source', 'website', '--data', dataDir, '--json'],
    {},
  )
  expect(imported.code, imported.stderr).toBe(0)
  server.signal('SIGTERM')
  await server.ended
  const files = filesUnder(dataDir).map((path) => ({ name: path.slice(dataDir.length), bytes: readFileSync(path) }))
  // Tables, indexes and the write-ahead log of a real server, and what stands beside it.
  expect(files.filter(({ name }) => /\/pg_wal\/[0-9A-F]{24}$/.test(name)).length).toBeGreaterThan(0)
  expect(files.filter(({ name }) => /\/base\//.test(name)).length).toBeGreaterThan(200)
  expect(files.some(({ name }) => name.endsWith('erasures.ledger'))).toBe(true)
  expect(statSync(join(dataDir, 'erasures.ledger')).mode & 0o077).toBe(0)
  const said = { name: 'what it said', bytes: Buffer.from(`${server.stdout()}${server.stderr()}`) }
  expect(found([...files, said])).toEqual([])
  // The search would find it: the ids of flows stand there in plain.
  expect(files.some(({ bytes }) => bytes.includes(Buffer.from('website')))).toBe(true)
  expect(
    found([{ name: 'a probe', bytes: Buffer.from(`xx${Buffer.from(`ab${PERSONAL.email}cd`).toString('base64')}`) }]),
  ).not.toEqual([])
})
