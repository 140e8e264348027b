/** What is learned of, and found among, the leads that a tenant has taken in. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAudit } from '../../src/audit/audit.ts'
import { runDedupe } from '../../src/cli/commands/dedupe.ts'
import { runIdentityTrain } from '../../src/cli/commands/identity-train.ts'
import { readPersonLabels } from '../../src/cli/identity/person-labels.ts'
import { beforeNewest, storedLeads } from '../../src/cli/identity/stored-leads.ts'
import type { House } from '../../src/house.ts'
import { createPersonChanges } from '../../src/persons/changes.ts'
import { type Engine, type Process, startEngine } from '../support/engine.ts'
import { registries } from '../support/house.ts'

let engine: Engine
let process: Process
let folder = ''

const FLOW = `
flow: people
fields: { first_name: first_name, last_name: last_name, email: email, phone: phone, postal_code: postal_code }
sources: [ { id: web } ]
steps:
  - match: { review_threshold: 0.95 }
`

const FIRST = ['Ada', 'Grace', 'Linus', 'Maria', 'Chen', 'Priya', 'Emily', 'Robert', 'Tanisha', 'Walter', 'Ingrid']
const SYLLABLES = ['ba', 'ko', 'ri', 'men', 'tal', 'vor', 'sha', 'lin', 'dro', 'pek', 'wu', 'gan', 'fer']

/** Person n, and a second writing of every fourth. */
const person = (n: number, again: boolean) => {
  const last = [n % 13, (n * 7) % 11, (n * 3) % 7].map((at) => SYLLABLES[at]).join('')
  const first = FIRST[n % FIRST.length] as string
  return {
    first_name: again && n % 8 === 0 ? `${first}e` : first,
    last_name: again && n % 8 === 4 ? `${last}s` : last,
    email: again && n % 12 === 0 ? `${last}${n}@other.example` : `${first}.${last}${n}@example.com`.toLowerCase(),
    phone: `512${String(2_000_000 + n * 9_173)}`,
    postal_code: String(78_000 + (n % 60)),
  }
}

/** What a command uses of a house. */
const openHouse = async (): Promise<House> =>
  ({
    database: process.database,
    keyring: process.keyring,
    clock: engine.clock,
    audit: createAudit({ database: process.database, keyring: process.keyring, clock: engine.clock }),
    close: async () => undefined,
  }) as unknown as House

const quiet = new Writable({ write: (_chunk, _encoding, done) => done() }) as unknown as NodeJS.WriteStream

const dedupe = async (ended: Promise<unknown>) => {
  let printed = ''
  const out = join(folder, 'clusters.csv')
  const code = await runDedupe({
    file: undefined,
    out,
    maps: [],
    drop: [],
    country: 'US',
    tenant: undefined,
    flow: 'people',
    restart: false,
    json: true,
    now: engine.clock.now(),
    ended,
    registries,
    openHouse,
    output: { write: (text) => (printed += text) },
    progress: quiet,
  })
  return { code, printed, out }
}

const train = async () => {
  let printed = ''
  await runIdentityTrain({
    tenant: undefined,
    leadsMax: 10_000,
    json: true,
    registries,
    openHouse,
    output: { write: (text) => (printed += text) },
    progress: quiet,
  })
  return JSON.parse(printed) as { version: number; leads: number; labels: number }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-stored-'))
  engine = await startEngine()
  process = await engine.start()
  await engine.publish(FLOW)
})
afterAll(async () => {
  await engine.close()
  rmSync(folder, { recursive: true })
})

const never = new Promise<never>(() => undefined)
const ids = new Map<string, string>()

const submit = async (n: number, again: boolean): Promise<string> => {
  const { answer } = await process.submit({ flow: 'people', values: person(n, again) })
  ids.set(`${n}${again ? 'b' : 'a'}`, answer.lead_id)
  return answer.lead_id
}

const noteOf = async (id: string) => {
  const read = await process.reader.read(engine.tenantId, id)
  return ((read?.events.find(({ type }) => type === 'match.checked')?.data ?? {}) as { note: Record<string, unknown> })
    .note
}

describe('leads taken in', () => {
  it('are too few to learn from at first, which is said', async () => {
    await submit(0, false)
    await expect(train()).rejects.toThrow(/1 leads .* 200 and more/)
  })

  it('are deduplicated by the same command, which writes ids and no value, and goes on where it was stopped', async () => {
    for (let n = 1; n < 400; n += 1) await submit(n, false)
    for (let n = 0; n < 400; n += 4) await submit(n, true)
    const stopped = await dedupe(Promise.resolve())
    expect(stopped.code).toBe(130)
    // What comes in meanwhile is left to the next run.
    const { code, printed, out } = await dedupe(never)
    expect(code).toBe(0)
    expect(existsSync(`${out}.progress`)).toBe(false)
    const figures = JSON.parse(printed) as { rows: number; persons: number }
    expect(figures.rows).toBe(500)
    expect(figures.persons).toBeGreaterThan(380)
    expect(figures.persons).toBeLessThanOrEqual(400)
    const text = readFileSync(out, 'utf8')
    expect(text).not.toMatch(/example|Tanisha|vorkoba/i)
    const rows = parse(text, { columns: true }) as { person: string; lead_id: string; likest_lead: string }[]
    const persons = new Map(rows.map((row) => [row.lead_id, row.person]))
    for (let n = 0; n < 400; n += 4)
      expect(persons.get(ids.get(`${n}b`) ?? '')).toBe(persons.get(ids.get(`${n}a`) ?? ''))
    expect(rows.find((row) => row.lead_id === ids.get('4b'))?.likest_lead).toBe(ids.get('4a'))
  })

  it('of which one was erased while a run stood still are told apart by what is left of them', async () => {
    const out = join(folder, 'clusters.csv')
    const stopped = await dedupe(
      new Promise((resolve) => {
        const look = setInterval(() => {
          if (!existsSync(`${out}.progress`)) return
          clearInterval(look)
          resolve(undefined)
        }, 1)
      }),
    )
    expect(stopped.code).toBe(130)
    await engine.db.inspect('update millrace.lead set wrapped_key = null where id = any ($1)', [
      `{${['9a', '10a', '11a', '13a'].map((name) => ids.get(name) ?? '').join(',')}}`,
    ])
    const resumed = JSON.parse((await dedupe(never)).printed) as { rows: number; persons: number }
    const text = readFileSync(out, 'utf8')
    const anew = JSON.parse((await dedupe(never)).printed) as { rows: number; persons: number }
    expect(resumed).toMatchObject({ rows: 496, persons: anew.persons })
    expect(text).toBe(readFileSync(out, 'utf8'))
  })

  it('teach weights that flows use from then on, with how common values are', async () => {
    expect((await noteOf(await submit(1, true))).model).toBe(0)
    expect(await train()).toMatchObject({ version: 1, leads: 497, labels: 0 })
    const rows = await engine.db.inspect<{ field: string; n: number }>(
      'select field, count(*)::integer as n from millrace.identity_term group by field',
    )
    expect(rows.find(({ field }) => field === 'given_name')?.n).toBeGreaterThanOrEqual(FIRST.length)
    await expect.poll(async () => (await noteOf(await submit(5, true))).model).toBe(1)
    const note = await noteOf(ids.get('5b') ?? '')
    expect(note).toMatchObject({ band: 'same' })
    const fresh = await process.submit({
      flow: 'people',
      values: {
        first_name: 'Ada',
        last_name: 'Zaphod',
        email: 'zaphod@example.net',
        phone: '7135550199',
        postal_code: '77001',
      },
    })
    expect((await noteOf(fresh.answer.lead_id)).band).toBe('different')
    // Of many leads the newest are looked at, and no others are opened.
    const opened: unknown[] = []
    const asked = { ...process, registries, tenantId: engine.tenantId, flow: undefined, last: null }
    for await (const leads of storedLeads({ ...asked, after: await beforeNewest(asked, 3) })) opened.push(...leads)
    expect(opened.map((lead) => (lead as { id: string }).id)).toEqual(
      (await engine.db.inspect<{ id: string }>('select id from millrace.lead order by id desc limit 3'))
        .map(({ id }) => id)
        .reverse(),
    )
    expect(await beforeNewest(asked, 100_000)).toBeNull()
  })

  it('are weighed otherwise once reviewers have said what they think of such pairs', async () => {
    const codes = (await engine.db.inspect<{ codes: number[] }>(`select array[0,0,0,0,0,0,0,0] as codes`))[0]
      ?.codes as number[]
    for (let n = 0; n < 30; n += 1)
      await engine.db.inspect(
        `insert into millrace.identity_label (tenant_id, lead_id, person_id, same, at, by, codes)
         values ($1, gen_random_uuid(), gen_random_uuid(), false, $2, 'ada', $3)`,
        [engine.tenantId, new Date(engine.clock.now()), codes],
      )
    expect(await train()).toMatchObject({ version: 2, labels: 30 })
  })

  it('teach what people said by merging, taking back and splitting: their last word on each two', async () => {
    const changes = createPersonChanges({ database: process.database, ownRecords: async () => [] })
    const said = { tenantId: engine.tenantId, by: 'ada' }
    let at = engine.clock.now()
    const next = () => {
      at += 1_000
      return { ...said, at }
    }
    const [a, b, c, d] = [1, 2, 3, 6].map((n) => ids.get(`${n}a`) ?? '') as [string, string, string, string]
    await changes.merge({ ...next(), person: a, persons: [b] })
    expect(await train()).toMatchObject({ labels: 31 })
    const { events } = await changes.merge({ ...next(), person: c, persons: [d] })
    expect(await train()).toMatchObject({ labels: 32 })
    const house = await openHouse()
    const words = async () => (await readPersonLabels(house, engine.tenantId)).map(({ same }) => same).sort()
    expect(await words()).toEqual([true, true])
    await changes.unmerge({ ...next(), person: c, event: events[0] as string })
    expect(await words()).toEqual([false, true])
    await changes.split({ ...next(), person: ids.get('4a') ?? '', leads: [ids.get('4b') ?? ''] })
    expect(await words()).toEqual([false, false, true])
    for (const { codes } of await readPersonLabels(house, engine.tenantId)) {
      expect(codes).toHaveLength(8)
      expect(codes.some((code) => code > 0)).toBe(true)
    }
    expect(await train()).toMatchObject({ labels: 33 })
  })

  it('teach two that ask at once, one after the other', async () => {
    const both = await Promise.all([train(), train()])
    expect(both.map(({ version }) => version).sort()).toEqual([6, 7])
  })

  it('are read as the step match of their flow says what their fields hold', async () => {
    await engine.publish(`
flow: told
fields: { maiden_name: string, email: email, contact: email }
sources: [ { id: web } ]
steps:
  - match: { fields: { maiden_name: surname, contact: none } }
`)
    await process.submit({
      flow: 'told',
      values: { maiden_name: 'Lovelace', email: 'ada@example.com', contact: 'shop@example.com' },
    })
    const asked = { ...process, registries, tenantId: engine.tenantId, flow: 'told', last: null }
    const rows: string[] = []
    for await (const leads of storedLeads(asked)) for (const { row } of leads) rows.push(...row)
    expect(rows.filter((value) => value !== '').sort()).toEqual(['Lovelace', 'ada@example.com'])
  })
})
