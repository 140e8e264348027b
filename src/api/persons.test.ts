import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, asker, type TestApi, testApi } from '../../test/support/api.ts'

let api: TestApi
let token = ''
let key = ''
let analyst = ''
const ANALYST = { email: 'an@acme.example', password: 'a long password', role: 'analyst' }
const ask = asker(() => ({ api, token }))

const FLOW = `
flow: people
fields: { first_name: first_name, last_name: last_name, email: email, phone: phone, company: company }
sources: [ { id: web }, { id: trade } ]
steps:
  - match: { review_threshold: 0.95 }
`

beforeAll(async () => {
  api = await testApi()
  token = await api.signIn(ADMIN)
  analyst = await api.signIn(ANALYST)
  const { keys } = await api.home.publish(FLOW)
  key = keys.find(({ source }) => source === 'web')?.key ?? ''
})
afterAll(() => api.close())

const submit = async (values: Record<string, string>): Promise<string> => {
  api.clock.advance(1_000)
  const answer = await api.app.inject({
    method: 'POST',
    url: '/flows/people/sources/web/submit',
    headers: { authorization: `Bearer ${key}` },
    payload: values,
  })
  expect(answer.statusCode).toBe(201)
  return answer.json().lead_id
}

const person = async (id: string) => (await ask('GET', `/api/v1/persons/${id}`)).json()
const timeline = async (id: string) => (await ask('GET', `/api/v1/persons/${id}/timeline`)).json().items

let state = 12345
/** A sequence that looks random and is the same each time. */
const draw = (below: number): number => {
  state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
  return Math.floor((state / 0x80000000) * below)
}
const word = (): string => Array.from({ length: 4 }, () => `${'bdfgklmnprstvz'[draw(14)]}${'aeiou'[draw(5)]}`).join('')

/** Nobody like anybody before. */
const somebody = (): Record<string, string> => {
  const [first, last] = [word(), word()]
  return {
    first_name: first,
    last_name: last,
    email: `${word()}.${word()}@example.com`,
    phone: `512${2_000_000 + draw(7_999_999)}`,
  }
}

describe('a person', () => {
  it('is told by its leads, field by field, with where each value came from', async () => {
    const ada = somebody()
    const first = await submit(ada)
    const second = await submit({ ...ada, first_name: `${ada.first_name} Augusta`, phone: '' })
    expect((await ask('GET', `/api/v1/leads/${second}`)).json()).toMatchObject({
      person_id: first,
      duplicate_of: first,
    })
    const read = await person(first)
    expect(read).toMatchObject({ id: first, leads: 2, persons: [], personal: 'shown' })
    expect(read.fields.first_name).toMatchObject({
      value: expect.stringMatching(/ Augusta$/),
      rule: 'newest',
      others: 1,
      lead_id: second,
      source: 'web',
    })
    expect(read.fields.phone).toMatchObject({ value: `+1${ada.phone}`, rule: null, others: 0, lead_id: first })
    const masked = (await ask('GET', `/api/v1/persons/${first}?personal=masked`)).json()
    expect(JSON.stringify(masked)).not.toContain('Augusta')
    expect((await timeline(first)).map(({ type, id }: { type: string; id: string }) => [type, id])).toEqual([
      ['lead', second],
      ['lead', first],
    ])
    expect((await ask('GET', '/api/v1/persons?limit=1')).json().items[0]).toMatchObject({ id: first })
  })

  it('is whom the rules of the tenant say, from the moment they are changed', async () => {
    const ada = somebody()
    const first = await submit({ ...ada, first_name: 'Adaline Augusta', email: ada.email ?? '' })
    await submit({ ...ada, first_name: 'Ada' })
    expect((await person(first)).fields.first_name.value).toBe('Ada')
    const rules = { otherwise: ['verified', 'newest'], fields: { first_name: ['longest'] }, trusted: ['people/trade'] }
    expect((await ask('PUT', '/api/v1/persons/survivorship', { payload: rules })).statusCode).toBe(200)
    expect((await person(first)).fields.first_name).toMatchObject({ value: 'Adaline Augusta', rule: 'longest' })
    expect((await ask('GET', '/api/v1/persons/survivorship')).json()).toEqual(rules)
    const wrong = await ask('PUT', '/api/v1/persons/survivorship', { payload: { ...rules, otherwise: ['luckiest'] } })
    expect(wrong.statusCode).toBe(400)
  })

  it('is merged and taken back by its event, leads and journals untouched', async () => {
    const [one, two] = [await submit(somebody()), await submit(somebody())]
    const journal = async () => (await ask('GET', `/api/v1/leads/${two}/events`)).json()
    const before = { one: await person(one), two: await person(two), journal: await journal() }
    const merged = (await ask('POST', `/api/v1/persons/${two}/merge`, { payload: { persons: [one] } })).json()
    expect(merged).toMatchObject({ id: one, other: null })
    expect(await person(two)).toMatchObject({ id: one, leads: 2, persons: [two] })
    expect((await ask('POST', `/api/v1/persons/${one}/merge`, { payload: { persons: [two] } })).statusCode).toBe(400)
    const events = (await timeline(one)).filter(({ type }: { type: string }) => type !== 'lead')
    expect(events).toMatchObject([{ type: 'merged', id: merged.events[0], persons: [two] }])
    const taken = await ask('POST', `/api/v1/persons/${one}/unmerge`, { payload: { event: merged.events[0] } })
    expect(taken.json()).toMatchObject({ id: one, other: two })
    expect({ one: await person(one), two: await person(two), journal: await journal() }).toEqual(before)
    const again = await ask('POST', `/api/v1/persons/${one}/unmerge`, { payload: { event: merged.events[0] } })
    expect(again.statusCode).toBe(400)
  })

  it('kept apart by somebody is not joined by a lead again, but by a merge', async () => {
    const [a, b] = [somebody(), somebody()]
    const name = { first_name: a.first_name ?? '', last_name: a.last_name ?? '' }
    const one = await submit({ ...name, phone: a.phone ?? '' })
    const two = await submit({ ...name, email: b.email ?? '' })
    const both = { ...name, phone: a.phone ?? '', email: b.email ?? '' }
    const joins = await submit(both)
    expect(await person(two)).toMatchObject({ id: one, leads: 3 })
    const [event] = (await timeline(one)).filter(({ type }: { type: string }) => type === 'merged')
    expect(event).toMatchObject({ by: 'match', lead_id: joins })
    await ask('POST', `/api/v1/persons/${one}/unmerge`, { payload: { event: event.id } })
    expect(await person(two)).toMatchObject({ id: two, leads: 1 })
    await submit(both)
    expect(await person(two)).toMatchObject({ id: two })
    await ask('POST', `/api/v1/persons/${one}/merge`, { payload: { persons: [two] } })
    expect(await person(two)).toMatchObject({ id: one, leads: 4 })
  })

  it('loses leads that are another’s, and those are found for that one from then on', async () => {
    const ada = somebody()
    const first = await submit(ada)
    const other = { ...ada, email: `x${ada.email}` }
    const second = await submit(other)
    expect((await ask('GET', `/api/v1/leads/${second}`)).json().person_id).toBe(first)
    expect((await ask('POST', `/api/v1/persons/${first}/split`, { payload: { leads: [first] } })).statusCode).toBe(400)
    const split = (await ask('POST', `/api/v1/persons/${first}/split`, { payload: { leads: [second] } })).json()
    expect(split).toMatchObject({ id: first, other: second })
    expect(await person(second)).toMatchObject({ id: second, leads: 1 })
    expect(await person(first)).toMatchObject({ leads: 1 })
    await ask('POST', `/api/v1/persons/${first}/merge`, { payload: { persons: [second] } })
    expect(await person(second)).toMatchObject({ id: first, leads: 2 })
  })

  it('is found by an email or phone of its leads, and listed with what it is called', async () => {
    const ada = somebody()
    const first = await submit(ada)
    await submit({ ...ada, email: `y${ada.email}` })
    const search = (payload: Record<string, string>) => ask('POST', '/api/v1/persons/search', { payload })
    for (const by of [{ email: `y${ada.email}` }, { phone: ada.phone ?? '' }]) {
      const found = (await search(by)).json()
      expect(found).toMatchObject({ items: [{ id: first, leads: 2, personal: 'shown' }], next_cursor: null })
      expect(found.items[0].fields.last_name.value.toLowerCase()).toBe(ada.last_name)
    }
    expect((await search({ email: 'nobody.at.all@example.com' })).json().items).toEqual([])
    expect((await search({})).statusCode).toBe(400)
    const [listed] = (await ask('GET', '/api/v1/persons?limit=1&fields=shown')).json().items
    expect(listed).toMatchObject({ id: first, fields: { email: { value: `y${ada.email}` } } })
    expect((await ask('GET', '/api/v1/persons?limit=1')).json().items[0]).not.toHaveProperty('fields')
    const masked = await ask('GET', '/api/v1/persons?limit=1&fields=shown', { as: analyst })
    expect(masked.json().items[0]).toMatchObject({ id: first, personal: 'masked' })
    expect(masked.body.toLowerCase()).not.toContain(ada.last_name)
  })

  it('belongs to an organisation', async () => {
    const boss = await submit({ ...somebody(), email: 'boss@oakworks.example', company: 'Oakworks, LLC' })
    const clerk = await submit({ ...somebody(), email: 'clerk@oakworks.example', company: 'Oakworks' })
    const { account_id: account } = await person(boss)
    expect((await person(clerk)).account_id).toBe(account)
    const accounts = (await ask('GET', '/api/v1/accounts')).json().items
    expect(accounts).toMatchObject([{ id: account, domain: 'oakworks.example', persons: 2 }])
    expect((await ask('GET', `/api/v1/accounts/${account}`)).json()).toMatchObject({
      name: 'Oakworks',
      domain: 'oakworks.example',
      persons: 2,
    })
    expect((await ask('GET', `/api/v1/persons?account=${account}`)).json().items).toHaveLength(2)
  })

  it('belongs to the organisation that a later lead of it names, also where it turns out to be somebody else', async () => {
    const [before, ada] = [await submit(somebody()), somebody()]
    const first = await submit(ada)
    expect((await person(first)).account_id).toBeNull()
    const named = { ...ada, email: `${ada.first_name}@${ada.last_name}.example`.toLowerCase() }
    const second = await submit({ ...named, company: 'Quarry Stone Ltd' })
    const { account_id: account, leads } = await person(first)
    expect([account, leads]).toEqual([expect.any(String), 2])
    // The first word counts, and leaves no organisation behind that nobody speaks for.
    await submit({ ...named, company: 'Elsewhere Inc', email: `b${named.email}` })
    expect((await person(first)).account_id).toBe(account)
    const accounts = (await ask('GET', '/api/v1/accounts')).json().items as { name: string; persons: number }[]
    expect(accounts.map(({ name, persons }) => [name, persons])).toEqual([
      ['Quarry Stone', 1],
      ['Oakworks', 2],
    ])

    const of = async () =>
      ((await ask('GET', `/api/v1/persons?account=${account}`)).json().items as { id: string }[]).map(({ id }) => id)
    const merged = (await ask('POST', `/api/v1/persons/${first}/merge`, { payload: { persons: [before] } })).json()
    expect(await person(first)).toMatchObject({ id: before, account_id: account })
    expect(await of()).toEqual([before])
    expect((await ask('GET', `/api/v1/accounts/${account}`)).json().persons).toBe(1)
    await ask('POST', `/api/v1/persons/${before}/unmerge`, { payload: { event: merged.events[0] } })
    expect((await person(before)).account_id).toBeNull()
    expect(await of()).toEqual([first])

    await ask('POST', `/api/v1/persons/${first}/split`, { payload: { leads: [second] } })
    expect((await person(first)).account_id).toBeNull()
    expect(await of()).toEqual([second])
  })

  it('is found by what any of its leads gave, and as one however many persons it was taken for', async () => {
    const [a, b] = [somebody(), somebody()]
    const [one, two] = [await submit(a), await submit(b)]
    const search = async (payload: object, as?: string) =>
      ask('POST', '/api/v1/persons/search', { payload, ...(as === undefined ? {} : { as }) })
    expect((await search({ email: b.email })).json().items).toMatchObject([{ id: two, leads: 1 }])
    await ask('POST', `/api/v1/persons/${one}/merge`, { payload: { persons: [two] } })
    for (const by of [{ email: a.email }, { phone: b.phone }])
      expect((await search(by)).json().items).toMatchObject([{ id: one, leads: 2, persons: [two] }])
    expect((await search({ email: 'nobody@example.com' })).json().items).toEqual([])
    expect((await search({})).statusCode).toBe(400)
    expect((await search({ email: a.email }, analyst)).statusCode).toBe(403)
  })

  it('is not there for another tenant, nor under a wrong id', async () => {
    for (const id of ['nobody', '01a1acde-1d00-7000-8000-000000000000'])
      for (const path of ['', '/timeline'])
        expect((await ask('GET', `/api/v1/persons/${id}${path}`)).statusCode).toBe(404)
  })
})

describe('the matches of a lead', () => {
  it('say whom it was taken for and why, field by field, without a value', async () => {
    const ada = somebody()
    const first = await submit(ada)
    const second = await submit({ ...ada, last_name: `${ada.last_name}x` })
    const path = `/api/v1/leads/${second}/matches`
    const [match] = (await ask('GET', path)).json().items
    expect(match).toMatchObject({
      kind: 'probable',
      step: 'match',
      band: 'same',
      person_id: first,
      candidate: first,
      lead_id: first,
      candidates: 1,
      model: 0,
      decision: null,
    })
    const levels = match.fields.flatMap((field: { levels: { field: string; level: string }[] }) => field.levels)
    expect(levels).toEqual(
      expect.arrayContaining([
        { field: 'given_name', level: 'exact' },
        { field: 'surname', level: 'close' },
        { field: 'phone', level: 'exact' },
      ]),
    )
    const sum = match.fields.reduce((total: number, { weight }: { weight: number }) => total + weight, match.prior)
    expect(sum + match.kinship).toBeCloseTo(match.total, 1)
    expect(match.probability).toBeGreaterThan(0.95)
    expect(JSON.stringify(match)).not.toContain(ada.last_name)
    expect((await ask('GET', `/api/v1/leads/${first}/matches`)).json().items).toMatchObject([
      { band: 'different', candidates: 0, lead_id: null, fields: [] },
    ])
    const seen = (await ask('GET', path, { as: analyst })).json().items[0]
    expect(seen).toMatchObject({ band: 'same', total: match.total })
    for (const field of seen.fields) expect(field.rarity).toBeNull()
    expect((await ask('GET', '/api/v1/leads/nobody/matches')).statusCode).toBe(404)
  })

  it('of equal values, and those that somebody is asked about, are told too', async () => {
    const { keys } = await api.home.publish(`
flow: asks
fields: { first_name: first_name, last_name: last_name, email: email, phone: phone }
sources: [ { id: web } ]
steps:
  - dedupe: { id: once, on: [[email]], duplicate: flag }
  - match: { threshold: 0.9999999, review_threshold: 0.5 }
`)
    const send = async (payload: Record<string, string>) => {
      const headers = { authorization: `Bearer ${keys[0]?.key}` }
      const answer = await api.app.inject({ method: 'POST', url: '/flows/asks/sources/web/submit', headers, payload })
      return answer.json().lead_id as string
    }
    const ada = somebody()
    const first = await send({ ...ada, phone: '' })
    const second = await send({ ...ada, last_name: '', phone: '' })
    const matches = async () => (await ask('GET', `/api/v1/leads/${second}/matches`)).json().items
    expect(await matches()).toMatchObject([
      { kind: 'exact', step: 'once', band: 'same', lead_id: first, matched_on: ['email'] },
      { kind: 'probable', step: 'match', band: 'review', lead_id: first, decision: null },
    ])
    await ask('PUT', `/api/v1/leads/${second}/review`, { payload: { decision: 'approve' } })
    await expect.poll(async () => (await matches()).length).toBe(2)
    await expect.poll(async () => (await matches())[1]).toMatchObject({ decision: 'same', person_id: first })
    expect((await matches())[1].decided_by).not.toBeNull()
  })
})

describe('merges', () => {
  it('taken back in any order leave every person as it was', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { minLength: 1, maxLength: 4 }),
        fc.infiniteStream(fc.nat(100)),
        async (pairs, chance) => {
          const ids: string[] = []
          for (let n = 0; n < 4; n += 1) ids.push(await submit(somebody()))
          const all = () => Promise.all(ids.map(person))
          const before = await all()
          const events: string[] = []
          for (const [a, b] of pairs) {
            const answer = await ask('POST', `/api/v1/persons/${ids[a]}/merge`, { payload: { persons: [ids[b]] } })
            if (answer.statusCode === 200) events.push(...answer.json().events)
          }
          while (events.length > 0) {
            const at = (chance.next().value as number) % events.length
            const [event] = events.splice(at, 1)
            const holder = (
              await api.home.house.database.batch(
                [api.home.tenantId],
                [
                  {
                    text: 'select person_id from millrace.person_event where tenant_id = $1::uuid and id = $2::uuid',
                    values: [api.home.tenantId, event ?? ''],
                  },
                ],
              )
            )[0]?.[0]?.person_id
            const answer = await ask('POST', `/api/v1/persons/${holder}/unmerge`, { payload: { event } })
            expect(answer.statusCode).toBe(200)
          }
          expect(await all()).toEqual(before)
        },
      ),
      { numRuns: 10, seed: 11 },
    )
  })
})
