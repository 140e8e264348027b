import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Engine, type Process, startEngine } from '../support/engine.ts'

let engine: Engine
let process: Process

const flow = (name: string, match: string, more = '') => `
flow: ${name}
fields:
  first_name: first_name
  last_name: last_name
  email: email
  phone: phone
  postal_code: postal_code
  dob: dob
  company: company
sources: [ { id: web } ]
steps:
  - match: ${match}
${more}
`

beforeAll(async () => {
  engine = await startEngine()
  process = await engine.start()
  await engine.publish(flow('merges', '{ review_threshold: 0.95 }'))
  await engine.publish(flow('rejects', '{ duplicate: reject, review_threshold: 0.95 }'))
  await engine.publish(flow('asks', '{ threshold: 0.9999999, review_threshold: 0.5 }'))
})
afterAll(() => engine.close())

const ADA = {
  first_name: 'Adaline',
  last_name: 'Featherstonehaugh',
  email: 'adaline.f@example.com',
  phone: '512-555-0171',
}

const submit = async (name: string, values: Record<string, string>) => {
  const { status, answer } = await process.submit({ flow: name, values })
  const read = await process.reader.read(engine.tenantId, answer.lead_id)
  if (!read) throw new Error('no such lead')
  const matched = read.events.find((event) => event.type === 'match.checked')
  return { status, answer, lead: read.lead, id: answer.lead_id, matched, row: read.row }
}

describe('match', () => {
  it('joins a misspelt lead to its person and says why, field by field', async () => {
    const first = await submit('merges', ADA)
    const second = await submit('merges', { ...ADA, email: 'adalin.f@example.com', last_name: 'Fetherstonehaugh' })
    expect(first.lead.person).toBe(first.id)
    expect(second.lead.person).toBe(first.id)
    expect(second.status).toBe(201)
    expect(second.row.duplicate_of).toBe(first.id)
    const { note } = (second.matched?.data ?? {}) as { note: Record<string, unknown> }
    expect(note).toMatchObject({ band: 'same', duplicate: true, candidates: 1, model: 0 })
    expect(note.probability).toBeGreaterThan(0.95)
    const { saw } = (second.matched?.sealed ?? {}) as {
      saw: { because: { fields: { group: string; levels: unknown[] }[] } }
    }
    expect(saw.because).toMatchObject({ probability: note.probability, total: note.weight })
    expect(saw.because.fields.map(({ group, levels }) => ({ group, levels }))).toEqual(
      [
        {
          group: 'name',
          levels: [
            { field: 'given_name', level: 'exact' },
            { field: 'surname', level: 'close' },
          ],
        },
        { group: 'email', levels: [{ field: 'email', level: 'close' }] },
        { group: 'phone', levels: [{ field: 'phone', level: 'exact' }] },
      ].sort((a, b) => ['name', 'email', 'phone'].indexOf(a.group) - ['name', 'email', 'phone'].indexOf(b.group)),
    )
    // By what the second said a third is found, who has nothing of the first but the sound of a name.
    const third = await submit('merges', {
      ...ADA,
      email: 'adalin.f@example.com',
      phone: '',
      last_name: 'Fetherstonehaugh',
    })
    expect(third.lead.person).toBe(first.id)
  })

  it('begins a person where nobody is like it, and keeps a family apart', async () => {
    const wife = await submit('merges', {
      first_name: 'Grace',
      last_name: 'Oakley',
      phone: '512-555-0172',
      postal_code: '78701',
    })
    const husband = await submit('merges', {
      first_name: 'Walter',
      last_name: 'Oakley',
      phone: '512-555-0172',
      postal_code: '78701',
    })
    expect(wife.lead.person).toBe(wife.id)
    expect(husband.lead.person).toBe(husband.id)
    expect(husband.matched?.data).toMatchObject({ outcome: 'success', note: { band: 'different', candidates: 1 } })
  })

  it('turns a duplicate away where it is told to, and names the lead it repeats', async () => {
    const first = await submit('rejects', {
      ...ADA,
      first_name: 'Lin',
      last_name: 'Quartermain',
      email: 'lin.q@example.com',
      phone: '512-555-0173',
    })
    engine.clock.advance(7 * 86_400_000)
    const again = await submit('rejects', {
      first_name: 'Lin',
      last_name: 'Quartermaine',
      email: 'lin.q@example.com',
      phone: '512-555-0173',
    })
    expect(again.status).toBe(409)
    expect(again.answer).toMatchObject({
      code: 'duplicate',
      duplicate_of: first.id,
      reason: 'Duplicate lead - seen 7 days ago',
    })
    expect(again.lead.person).toBe(first.id)
  })

  it('makes one of two persons that turn out to be one, and tells it', async () => {
    const one = await submit('merges', { first_name: 'Tanisha', last_name: 'Vandermeer', phone: '512-555-0174' })
    const two = await submit('merges', { first_name: 'Tanisha', last_name: 'Vandermeer', email: 'tani@example.com' })
    expect(two.lead.person).toBe(two.id)
    const both = await submit('merges', {
      first_name: 'Tanisha',
      last_name: 'Vandermeer',
      phone: '512-555-0174',
      email: 'tani@example.com',
    })
    expect(both.lead.person).toBe(one.id)
    expect(both.matched?.data).toMatchObject({ note: { merged: [two.id] } })
    const events = await engine.db.inspect('select person_id, type, by, lead_id, persons from millrace.person_event')
    expect(events).toEqual([{ person_id: one.id, type: 'merged', by: 'match', lead_id: both.id, persons: [two.id] }])
    const later = await submit('merges', { first_name: 'Tanisha', last_name: 'Vandermeer', email: 'tani@example.com' })
    expect(later.lead.person).toBe(one.id)
  })

  it('goes on from the person that a claim found, and begins one once', async () => {
    await engine.publish(`
flow: both
fields: { first_name: first_name, last_name: last_name, email: email, phone: phone, postal_code: postal_code }
sources: [ { id: web } ]
steps:
  - dedupe: { id: once, on: [[phone]], duplicate: merge }
  - match: { review_threshold: 0.95 }
`)
    const values = {
      first_name: 'Oswin',
      last_name: 'Blackthorne',
      email: 'oswin.black@example.com',
      phone: '512-555-0181',
    }
    const first = await submit('both', values)
    // By its claim the same person, though nobody would think so.
    const claimed = await submit('both', {
      first_name: 'Peregrine',
      last_name: 'Oduya',
      email: 'p.oduya@example.com',
      phone: '512-555-0181',
    })
    expect(claimed.lead.person).toBe(first.id)
    // By what the first said, and by what the second said.
    const matched = await submit('both', { ...values, phone: '512-555-0182' })
    expect(matched.lead.person).toBe(first.id)
    const again = await submit('both', {
      first_name: 'Peregrine',
      last_name: 'Oduya',
      email: 'p.oduya@example.com',
      phone: '512-555-0183',
    })
    expect(again.lead.person).toBe(first.id)
    const rows = await engine.db.inspect('select id from millrace.person where id = any ($1) and merged_into is null', [
      [first.id, claimed.id, matched.id, again.id],
    ])
    expect(rows).toEqual([{ id: first.id }])
  })

  it('skips a lead that says too little', async () => {
    const { matched, lead, id } = await submit('merges', { postal_code: '78701' })
    expect(matched?.data).toMatchObject({ outcome: 'skip', note: { band: 'none' } })
    expect(lead.person).toBe(id)
  })

  it('asks a person where it is unsure, and learns from the answer', async () => {
    const first = await submit('asks', { first_name: 'Chen', last_name: 'Abernathy', email: 'chen@example.com' })
    for (const [decision, person] of [
      ['reject', 'own'],
      ['approve', 'first'],
    ] as const) {
      const asked = await submit('asks', { first_name: 'Chen', last_name: 'Abernathy', email: 'chen@example.com' })
      expect(asked.answer.code).toBe('awaiting_review')
      await process.runner.decide({ tenantId: engine.tenantId, leadId: asked.id, decision, reason: null, by: 'ada' })
      const read = await process.reader.read(engine.tenantId, asked.id)
      expect(read?.row.outcome).toBe('success')
      expect(read?.lead.person).toBe(person === 'own' ? asked.id : first.id)
    }
    const labels = await engine.db.inspect<{ same: boolean; by: string; codes: number[] }>(
      'select same, by, codes from millrace.identity_label order by at, same',
    )
    expect(labels.map(({ same, by }) => [same, by])).toEqual([
      [false, 'ada'],
      [true, 'ada'],
    ])
    expect(await engine.db.inspect('select count(*)::integer as n from millrace.person_apart')).toEqual([{ n: 1 }])
  })

  it('belongs to one person, and is asked about once, whatever line its process dies at', async () => {
    const values = { first_name: 'Ignatius', last_name: 'Wetherby', email: 'ignatius.w@example.com' }
    const first = await submit('asks', values)
    let deaths = 0
    for (let dieAt = 1; ; dieAt += 1) {
      const mortal = await engine.start({ dieAt })
      const life = (async () => {
        const { answer } = await mortal.submit({ flow: 'asks', values, over: { idempotencyKey: `death-${dieAt}` } })
        await mortal.runner.decide({
          tenantId: engine.tenantId,
          leadId: answer.lead_id,
          decision: 'approve',
          reason: null,
          by: 'ada',
        })
      })()
      const died = await Promise.race([mortal.died.then(() => true), life.then(() => false)])
      await mortal.bury()
      if (died) deaths += 1
      await process.work()
      const { answer } = await process.submit({ flow: 'asks', values, over: { idempotencyKey: `death-${dieAt}` } })
      const id = answer.lead_id
      await process.runner
        .decide({ tenantId: engine.tenantId, leadId: id, decision: 'approve', reason: null, by: 'ada' })
        .catch((error: { code: string }) => expect(error.code).toBe('conflict'))
      await process.work()
      const read = await process.reader.read(engine.tenantId, id)
      expect(read?.row.outcome).toBe('success')
      const [person] = await engine.db.inspect<{ root: string }>(
        'select coalesce(merged_into, id) as root from millrace.person where id = $1',
        [read?.lead.person],
      )
      expect(person?.root).toBe(first.id)
      const labels = await engine.db.inspect('select 1 from millrace.identity_label where lead_id = $1', [id])
      const merges = await engine.db.inspect('select 1 from millrace.person_event where lead_id = $1', [id])
      expect([labels.length, merges.length]).toEqual([1, 1])
      if (!died) break
    }
    expect(deaths).toBeGreaterThan(3)
  })

  it('finds nobody by a lead that was rejected or erased', async () => {
    await engine.publish(
      flow('drops', '{ duplicate: reject }', '  - filter: { when: \'lead.last_name != "Bad"\', reason: Bad }'),
    )
    const values = { first_name: 'Zoltan', last_name: 'Bad', email: 'zoltan@example.com', phone: '512-555-0175' }
    expect((await submit('drops', values)).answer.code).toBe('filtered')
    expect((await submit('drops', values)).answer.code).toBe('filtered')
    const good = await submit('drops', { ...values, last_name: 'Goodenough' })
    expect(good.status).toBe(201)
    expect((await submit('drops', { ...values, last_name: 'Goodenough' })).answer.code).toBe('duplicate')
    await engine.db.inspect('update millrace.lead set wrapped_key = null where id = $1', [good.id])
    expect((await submit('drops', { ...values, last_name: 'Goodenough' })).status).toBe(201)
  })

  it('finds a person no more by what a lead said of it that somebody rejected later', async () => {
    const later = (name: string, keep: string) =>
      engine.publish(
        flow(name, `{ review_threshold: 0.95${keep} }`, '  - review: { when: \'lead.email.contains("odd")\' }'),
      )
    await later('later', '')
    await later('kept', ', keep_when: [rejected]')
    for (const [name, found, own] of [
      ['later', false, { first_name: 'Wilhelmina', last_name: 'Quartermain', phone: '512-555-0177' }],
      ['kept', true, { first_name: 'Thaddeus', last_name: 'Oglethorpe', phone: '512-555-0178' }],
    ] as const) {
      const first = await submit(name, { ...own, email: `wq@${name}.example`, postal_code: '78701' })
      const said = { ...own, email: `odd.${own.last_name}.${name}@mail.example` }
      const second = await submit(name, said)
      expect([second.status, second.lead.person]).toEqual([202, first.id])
      const decided = {
        tenantId: engine.tenantId,
        leadId: second.id,
        decision: 'reject',
        reason: null,
        by: 'ada',
      } as const
      await process.runner.decide(decided)
      const third = await submit(name, { first_name: own.first_name, email: said.email })
      expect(third.matched?.data).toMatchObject({ note: { candidates: found ? 1 : 0 } })
      const records = await engine.db.inspect(
        'select from millrace.person_record where lead_id = $1 and sealed is not null',
        [second.id],
      )
      expect(records.length > 0).toBe(found)
      // The person itself is found as before.
      expect((await submit(name, { ...own, postal_code: '78701' })).lead.person).toBe(first.id)
    }
  })

  it('looks no longer where too many are found, and finds by what is left', async () => {
    let state = 4321
    const word = (): string =>
      Array.from({ length: 4 }, () => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
        return `${'bdfgklmnprstvz'[(state >>> 16) % 14]}${'aeiou'[(state >>> 8) % 5]}`
      }).join('')
    const clerks = Array.from({ length: 30 }, () => ({
      first_name: word(),
      last_name: word(),
      email: `${word()}@${word()}.example`,
      phone: '512-555-0190',
    }))
    const one = (n: number) => clerks[n] as (typeof clerks)[number]
    const ids: string[] = []
    for (let n = 0; n < 30; n += 1) ids.push((await submit('merges', one(n))).lead.person ?? '')
    expect(new Set(ids).size).toBe(30)
    const [crowd] = await engine.db.inspect<{ n: number }>(
      'select max(n)::integer as n from (select count(*) as n from millrace.person_key group by key) k',
    )
    expect(crowd?.n).toBe(25)
    const again = await submit('merges', { ...one(29), last_name: `${one(29).last_name}s` })
    expect(again.lead.person).toBe(ids[29])
    expect(again.matched?.data).toMatchObject({ note: { candidates: 1 } })
  })

  it('keeps tenants and test leads apart', async () => {
    const other = await engine.addTenant('other')
    await engine.publish(flow('merges', '{}'), { tenantId: other })
    const { answer } = await process.submit({ tenantId: other, flow: 'merges', values: ADA })
    expect((await process.reader.read(other, answer.lead_id))?.lead.person).toBe(answer.lead_id)
    const test = await process.submit({ flow: 'merges', values: ADA, over: { test: true } })
    expect((await process.reader.read(engine.tenantId, test.answer.lead_id))?.lead.person).toBe(test.answer.lead_id)
  })

  it('keeps nothing of a person in plain', async () => {
    for (const table of ['person', 'person_record', 'person_key', 'identity_label', 'account'])
      for (const row of await engine.db.inspect(`select t::text as text from millrace.${table} t`))
        expect((row.text as string).toLowerCase()).not.toMatch(/featherstone|adaline|5550171|512-555|512555/)
  })

  it('puts persons of one organisation under one account', async () => {
    const [one, two, three] = [
      await submit('merges', {
        first_name: 'Ed',
        last_name: 'Pryce',
        email: 'ed@hillroofing.example',
        company: 'Hill Roofing, Inc.',
      }),
      await submit('merges', {
        first_name: 'Ida',
        last_name: 'Blum',
        email: 'ida@hillroofing.example',
        company: 'Hill Roofing',
      }),
      await submit('merges', { first_name: 'Jo', last_name: 'Sand', email: 'jo@other.example', company: 'Other GmbH' }),
    ]
    const rows = await engine.db.inspect<{ id: string; account_id: string }>(
      'select id, account_id from millrace.person where id = any ($1)',
      [[one.id, two.id, three.id]],
    )
    const accounts = new Map(rows.map((row) => [row.id, row.account_id]))
    expect(accounts.get(one.id)).toBe(accounts.get(two.id))
    expect(accounts.get(three.id)).not.toBe(accounts.get(one.id))
    expect(accounts.get(three.id)).not.toBeNull()
  })

  it('takes the word of one of many leads that name an organisation at once, in whichever process', async () => {
    const grace = { first_name: 'Gracelyn', last_name: 'Underhillock', phone: '512-555-0188', dob: '1961-12-09' }
    const { id } = await submit('merges', grace)
    const both = [process, await engine.start()]
    const named = (n: number) => ({ flow: 'merges', values: { ...grace, company: `Quay${n} Boats` } })
    const answers = await Promise.all(Array.from({ length: 12 }, (_, n) => both[n % 2]?.submit(named(n))))
    expect(answers.map((given) => given?.status)).toEqual(Array(12).fill(201))
    const left = await engine.db.inspect<{ id: string | null }>(
      `select p.id from millrace.account a left join millrace.person p on p.account_id = a.id
       where p.id is null or p.id = $1`,
      [id],
    )
    // Nor does an organisation stay behind that nobody speaks for.
    expect(left).toEqual([{ id }])
  })
})
