import { afterAll, beforeAll, expect, it } from 'vitest'
import { ADMIN, asker, type TestApi, testApi } from '../../test/support/api.ts'

let api: TestApi
let token = ''
const ask = asker(() => ({ api, token }))
const keys: Record<string, string> = {}

const flow = (name: string, match: string): string => `
flow: ${name}
fields: { first_name: first_name, last_name: last_name, email: email, phone: phone }
sources: [ { id: web } ]
steps:
  - match: { review_threshold: 0.95${match} }
`

beforeAll(async () => {
  api = await testApi()
  token = await api.signIn(ADMIN)
  for (const [name, match] of [
    ['people', ''],
    ['strict', ', duplicate: reject'],
    ['keeping', ', duplicate: reject, keep_when: [rejected]'],
  ] as const) {
    const published = await api.home.publish(flow(name, match))
    keys[name] = published.keys.find((key) => key.source === 'web')?.key ?? ''
  }
})
afterAll(() => api.close())

type Values = Readonly<Record<string, string>>

const submit = async (values: Values, to = 'people'): Promise<string> => {
  api.clock.advance(1_000)
  const answer = await api.app.inject({
    method: 'POST',
    url: `/flows/${to}/sources/web/submit`,
    headers: { authorization: `Bearer ${keys[to]}` },
    payload: values,
  })
  expect([201, 409]).toContain(answer.statusCode)
  return answer.json().lead_id
}

/** Whose a lead was taken to be, among how many. */
const taken = async (lead: string): Promise<{ person: string; candidates: number }> => {
  const { person_id: person } = (await ask('GET', `/api/v1/leads/${lead}`)).json()
  const [match] = (await ask('GET', `/api/v1/leads/${lead}/matches`)).json().items
  return { person, candidates: match.candidates }
}

const split = async (person: string, leads: readonly string[]): Promise<string> => {
  const answer = await ask('POST', `/api/v1/persons/${person}/split`, { payload: { leads } })
  expect(answer.statusCode).toBe(200)
  return answer.json().other
}

let drawn = 0
/** Nobody like anybody before. */
const somebody = (): Values => {
  drawn += 1
  const [first, last] = [
    ['Ottoline', 'Percival', 'Wilhelmina', 'Thaddeus', 'Cordelia', 'Barnabas', 'Philippa', 'Zebedee'],
    ['Brackenridge', 'Quillfeather', 'Mossgrove', 'Underhay', 'Tolliver', 'Penhaligon', 'Vantongeren', 'Yarborough'],
  ].map((names) => names[drawn % names.length] ?? '') as [string, string]
  return {
    first_name: first,
    last_name: last,
    email: `${first}.${last}.${drawn}@example.com`.toLowerCase(),
    phone: `51255${10_000 + drawn * 37}`,
  }
}

it('a lead split off begins a person that is found, though it said what the other had said', async () => {
  const ada = somebody()
  const [first, second] = [await submit(ada), await submit(ada)]
  expect(await taken(second)).toEqual({ person: first, candidates: 1 })
  expect(await split(first, [second])).toBe(second)
  // As likely the one as the other: the older one's. They are not joined.
  expect(await taken(await submit(ada))).toEqual({ person: first, candidates: 2 })
  expect(await taken(await submit({ ...ada, phone: '' }))).toEqual({ person: first, candidates: 2 })
  expect((await ask('GET', `/api/v1/persons/${second}`)).json()).toMatchObject({ id: second, leads: 1 })
})

it('a lead split off is who is meant by what it said otherwise, and no longer the first one', async () => {
  const ada = somebody()
  const first = await submit(ada)
  const other = { ...ada, first_name: `${ada.first_name} Augusta` }
  const second = await submit(other)
  expect(await taken(second)).toMatchObject({ person: first })
  await split(first, [second])
  expect(await taken(await submit(other))).toEqual({ person: second, candidates: 2 })
  expect(await taken(await submit(ada))).toEqual({ person: first, candidates: 2 })
})

it('who stays is found by what it said itself, though the one that left had said it before', async () => {
  const ada = somebody()
  const first = await submit(ada)
  const moved = { ...ada, email: `moved.${ada.email}` }
  const [second, third] = [await submit(moved), await submit(moved)]
  const name = { first_name: ada.first_name ?? '', last_name: ada.last_name ?? '' }
  await split(first, [second])
  expect(await taken(await submit({ ...name, email: moved.email }))).toEqual({ person: first, candidates: 2 })
  // And once more: what nobody else is left to say goes along.
  await split(first, [third])
  const persons = await Promise.all([first, second, third].map((id) => ask('GET', `/api/v1/persons/${id}`)))
  expect(persons.map((answer) => answer.json().id)).toEqual([first, second, third])
  expect((await taken(await submit(moved))).candidates).toBe(3)
})

it('leads that leave together are one person, found by what each of them said', async () => {
  const ada = somebody()
  const first = await submit(ada)
  const second = await submit(ada)
  const third = await submit({ ...ada, email: `late.${ada.email}` })
  expect(await split(first, [third, second])).toBe(second)
  const name = { first_name: ada.first_name ?? '', last_name: ada.last_name ?? '' }
  expect(await taken(await submit({ ...name, email: `late.${ada.email}` }))).toEqual({ person: second, candidates: 2 })
  expect(await taken(await submit({ ...name, email: ada.email ?? '' }))).toEqual({ person: first, candidates: 2 })
  await ask('POST', `/api/v1/persons/${first}/merge`, { payload: { persons: [second] } })
  expect(await taken(await submit({ ...name, email: `late.${ada.email}` }))).toEqual({ person: first, candidates: 1 })
})

it('a lead that was turned away is found by nobody once it is split off, unless its flow keeps such leads', async () => {
  for (const [to, candidates] of [
    ['strict', 1],
    ['keeping', 2],
  ] as const) {
    const ada = somebody()
    const [first, second] = [await submit(ada, to), await submit(ada, to)]
    expect(await taken(second)).toEqual({ person: first, candidates: 1 })
    await split(first, [second])
    expect(await taken(await submit(ada, to)), to).toEqual({ person: first, candidates })
  }
})

it('is split while equal leads come in: each is the one’s or the other’s', async () => {
  const ada = somebody()
  const [first, second] = [await submit(ada), await submit(ada)]
  const during = { ...ada, email: `soon.${ada.email}` }
  const [, ...leads] = await Promise.all([split(first, [second]), ...[1, 2, 3, 4].map(() => submit(during))])
  for (const lead of leads) expect((await taken(lead)).person).toBe(first)
  expect((await taken(await submit(ada))).candidates).toBe(2)
})

it('leads leave a person of whom another lead can no longer be read', async () => {
  const ada = somebody()
  const first = await submit(ada)
  const moved = { ...ada, email: `away.${ada.email}` }
  const [second, damaged] = [await submit(moved), await submit(moved)]
  await api.home.inspect('update millrace.segment set sealed = sealed || $2 where lead_id = $1', [
    damaged,
    Buffer.alloc(1),
  ])
  expect(await split(first, [second])).toBe(second)
  expect(await split(first, [damaged])).toBe(damaged)
})
