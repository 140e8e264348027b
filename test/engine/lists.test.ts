import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createListStore, type ListStore } from '../../src/handlers/list-store.ts'
import { createKnownLists } from '../../src/handlers/lists.ts'
import { readEntries } from '../../src/ingest/list-entries.ts'
import { type Engine, type Process, startEngine } from '../support/engine.ts'

let engine: Engine
let process: Process
let other: Process
let store: ListStore

const DAY_MS = 86_400_000

const flow = (name: string, steps: string) => `
flow: ${name}
fields: { first_name: first_name, last_name: last_name, email: email, phone: phone, postal_code: postal_code }
sources: [ { id: web } ]
steps:
${steps}
`

beforeAll(async () => {
  engine = await startEngine()
  process = await engine.start()
  other = await engine.start()
  store = createListStore({
    database: engine.db.database,
    keyring: process.keyring,
    lists: createKnownLists({ database: engine.db.database }),
  })
})
afterAll(() => engine.close())

const add = (list: string, values: (string | string[])[], over: { types?: string[]; expiresAt?: number } = {}) =>
  store.add({
    tenantId: engine.tenantId,
    list,
    entries: readEntries(values, { types: over.types ?? null, country: 'US', now: engine.clock.now() }),
    expiresAt: over.expiresAt ?? null,
    now: engine.clock.now(),
  })

const codeOf = async (name: string, values: Record<string, string>, by = process, over = {}) =>
  (await by.submit({ flow: name, values, over })).answer

/** Waits until the process has heard that the lists changed. */
const heard = async (by: Process, name: string, values: Record<string, string>): Promise<void> => {
  while ((await codeOf(name, values, by)).code !== 'suppressed') await new Promise((resolve) => setImmediate(resolve))
}

describe('a suppression list', () => {
  it('finds a phone however it is written, an email in any case, a domain, and a name with a postal code', async () => {
    await engine.publish(
      flow(
        'plain',
        '  - suppress: { lists: [dnc, customers], match: [phone, email, [first_name, last_name, postal_code]] }',
      ),
    )
    await add('dnc', ['+1 (512) 555-0199', 'Ann@Example.COM', 'blocked.example'])
    await add('dnc', ['tel:+1-512-555-0196', '512-555-0195 x12', '(512) 555-0194 ext. 3', '٥١٢٥٥٥٠١٩٣'])
    for (const phone of ['5125550196', '5125550195', '5125550194', '5125550193'])
      expect((await codeOf('plain', { phone })).reason).toBe('Phone on DNC list')
    await add(
      'customers',
      [
        ['ann', 'LEE', '78704'],
        ['bea', 'lee', '78704-1234'],
      ],
      { types: ['first_name', 'last_name', 'postal_code'] },
    )
    for (const phone of ['5125550199', '512.555.0199', '+1-512-555-0199', '(512) 555-0199 ext. 4'])
      expect((await codeOf('plain', { phone })).reason).toBe('Phone on DNC list')
    expect((await codeOf('plain', { email: 'ann@example.com' })).reason).toBe('Email on DNC list')
    expect((await codeOf('plain', { email: 'joe@blocked.example' })).reason).toBe('Email domain on DNC list')
    const person = { first_name: 'Ann', last_name: 'Lee', postal_code: '78704' }
    expect((await codeOf('plain', person)).code).toBe('suppressed')
    expect((await codeOf('plain', { ...person, postal_code: '78704-1234' })).code).toBe('suppressed')
    expect((await codeOf('plain', { ...person, first_name: 'Bea' })).code).toBe('suppressed')
    expect((await codeOf('plain', { ...person, postal_code: '78705' })).code).toBe(null)
    expect((await codeOf('plain', { phone: '5125550198', email: 'bo@example.com' })).code).toBe(null)
  })

  it.each(['md5', 'sha1', 'sha256'])(
    'finds by entries given as %s, in either case, in every process',
    async (digest) => {
      const name = `hashed-${digest}`
      await engine.publish(flow(name, `  - suppress: { lists: [${name}], match: [phone, email] }`))
      const hashed = (text: string) => createHash(digest).update(text).digest('hex')
      expect((await codeOf(name, { email: 'carl@example.com' }, other)).code).toBe(null)
      await add(name, [hashed('carl@example.com'), hashed('5125550177').toUpperCase(), hashed('+15125550178')])
      await heard(process, name, { email: 'Carl@Example.com' })
      await heard(other, name, { phone: '(512) 555-0177' })
      expect((await codeOf(name, { phone: '512 555 0178' }, other)).code).toBe('suppressed')
      expect((await codeOf(name, { phone: '512 555 0179' }, other)).code).toBe(null)
      await add(name, [
        hashed('DORA@EXAMPLE.COM'),
        hashed('512-555-0176'),
        hashed('(512) 555-0175'),
        hashed('02079460018'),
      ])
      expect((await codeOf(name, { email: 'dora@Example.com' })).code).toBe('suppressed')
      for (const phone of ['5125550176', '+1 512.555.0175', '+44 20 7946 0018'])
        expect((await codeOf(name, { phone })).code).toBe('suppressed')
      // The lead itself may come as a digest.
      expect((await codeOf(name, { email: hashed('carl@example.com') })).code).toBe('suppressed')
    },
  )

  it('looks back as far as it is told, and no further than an entry stands', async () => {
    await engine.publish(flow('back', '  - suppress: { lists: [seen], match: [email], within: 30d }'))
    await add('seen', ['dee@example.com'])
    await add('seen', ['eve@example.com'], { expiresAt: engine.clock.now() + DAY_MS })
    expect((await codeOf('back', { email: 'dee@example.com' })).code).toBe('suppressed')
    engine.clock.advance(2 * DAY_MS)
    expect((await codeOf('back', { email: 'eve@example.com' })).code).toBe(null)
    expect((await codeOf('back', { email: 'dee@example.com' })).code).toBe('suppressed')
    engine.clock.advance(29 * DAY_MS)
    expect((await codeOf('back', { email: 'dee@example.com' })).code).toBe(null)
  })

  it('marks instead of turning away, and later rules see where', async () => {
    await engine.publish(
      flow(
        'marked',
        `  - suppress: { id: known, lists: [gold, silver], match: [email], found: flag }
  - filter: { when: 'steps.known.rule != "silver"', reason: 'Silver' }`,
      ),
    )
    await add('gold', ['fay@example.com'])
    await add('silver', ['fay@example.com', 'gus@example.com'])
    expect((await codeOf('marked', { email: 'fay@example.com' })).code).toBe(null)
    expect((await codeOf('marked', { email: 'gus@example.com' })).reason).toBe('Silver')
  })
})

describe('the list step', () => {
  const entries = async (list: string): Promise<[number, number]> => {
    const [row] = await engine.db.inspect<{ known: string; n: number }>(
      `select entries as known, (select count(*)::integer from millrace.suppression_entry e where e.list_id = l.id) as n
       from millrace.suppression_list l where id = $1`,
      [list],
    )
    return [Number(row?.known), row?.n ?? -1]
  }

  it('checks and adds in one: of many at the same moment, in two processes, one is the first', async () => {
    await engine.publish(flow('once', '  - list: { list: once, action: check_and_add, match: [phone], within: 90d }'))
    for (let round = 0; round < 5; round += 1) {
      const phone = `51255502${String(round).padStart(2, '0')}`
      const all = await Promise.all(
        Array.from({ length: 20 }, (_, n) => codeOf('once', { phone, email: `h${n}@x.org` }, n % 2 ? process : other)),
      )
      expect(all.filter(({ code }) => code === null)).toHaveLength(1)
      expect(all.filter(({ code }) => code === 'suppressed')).toHaveLength(19)
    }
    expect(await entries('once')).toEqual([5, 5])
    engine.clock.advance(91 * DAY_MS)
    expect((await codeOf('once', { phone: '5125550200' })).code).toBe(null)
    expect((await codeOf('once', { phone: '5125550200' })).code).toBe('suppressed')
    expect(await entries('once')).toEqual([5, 5])
  })

  it('adds and removes with the commit that tells of it, also for a lead that is turned away later', async () => {
    await engine.publish(
      flow(
        'noted',
        `  - list: { id: off, list: wanted, action: remove, match: [email] }
  - list: { id: on, list: noted, action: add, match: [email, phone], expires: 1d }
  - filter: { when: 'false', reason: 'No' }`,
      ),
    )
    await add('wanted', ['ida@example.com', 'example.com'])
    expect((await codeOf('noted', { email: 'ida@example.com', phone: '5125550300' })).reason).toBe('No')
    expect(await entries('wanted')).toEqual([1, 1])
    expect(await entries('noted')).toEqual([2, 2])
    // The very same again at once: added anew, counted once.
    await Promise.all([1, 2, 3].map(() => codeOf('noted', { email: 'ida@example.com', phone: '5125550300' })))
    expect(await entries('noted')).toEqual([2, 2])
  })

  it('changes nothing for a test lead', async () => {
    const values = { email: 'test@example.com', phone: '5125550301' }
    await codeOf('noted', values, process, { test: true })
    expect((await codeOf('once', values, process, { test: true })).code).toBe(null)
    expect(await entries('noted')).toEqual([2, 2])
    expect((await codeOf('once', values)).code).toBe(null)
  })
})
