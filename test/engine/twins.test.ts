import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Engine, type Process, startEngine } from '../support/engine.ts'

let engine: Engine
let processes: Process[]

const flow = (name: string, steps: string) => `
flow: ${name}
fields: { first_name: first_name, last_name: last_name, email: email, phone: phone, postal_code: postal_code }
sources: [ { id: web } ]
steps:
${steps}
`

beforeAll(async () => {
  engine = await startEngine()
  processes = await Promise.all([engine.start(), engine.start(), engine.start()])
  await engine.publish(flow('fuzzy', '  - match: { duplicate: reject, review_threshold: 0.95 }'))
  await engine.publish(flow('joined', '  - match: { review_threshold: 0.95 }'))
  await engine.publish(flow('exact', '  - dedupe: { id: once, on: [[email], [phone]], duplicate: merge }'))
})
afterAll(() => engine.close())

type Values = Record<string, string>

const submit = async (at: number, name: string, values: Values) => {
  const process = processes[at % processes.length] as Process
  const { status, answer } = await process.submit({ flow: name, values })
  return { status, id: answer.lead_id, duplicateOf: answer.duplicate_of ?? null }
}

const personOf = async (id: string): Promise<string | null> => {
  const [row] = await engine.db.inspect<{ person: string | null }>(
    `select coalesce(p.merged_into, l.person_id) as person from millrace.lead l
     left join millrace.person p on p.tenant_id = l.tenant_id and p.id = l.person_id where l.id = $1`,
    [id],
  )
  return row?.person ?? null
}

const SURNAMES = [
  'Winterbourne',
  'Oakenshaw',
  'Quillfeather',
  'Dunmartin',
  'Vexley',
  'Harrowgate',
  'Pemberton',
  'Zuckmayer',
  'Ibarra',
]

const twin = (round: number): Values => ({
  first_name: 'Rosalind',
  last_name: SURNAMES[round] as string,
  email: `rosalind.${SURNAMES[round]?.toLowerCase()}@example.com`,
  phone: `512${String(555 + round * 37)}${String(2000 + round * 1111)}`,
  postal_code: '78701',
})

const FIELDS = ['first_name', 'last_name', 'email', 'phone'] as const

/** One letter or digit wrong, in one field. */
const mistyped = (values: Values, number: number): Values => {
  const field = FIELDS[number % FIELDS.length] as string
  const text = values[field] as string
  const at = 1 + (number % 5)
  const wrong = /\d/.test(text.charAt(at)) ? String((Number(text.charAt(at)) + 1) % 10) : 'xzqwk'[number % 5]
  return { ...values, [field]: text.slice(0, at) + wrong + text.slice(at + 1) }
}

describe('fifty at once over three processes', () => {
  it('that are one typing error apart are one unmatched, and the others name it', async () => {
    for (let round = 0; round < 4; round += 1) {
      const told = await Promise.all(
        Array.from({ length: 50 }, (_, n) => submit(n, 'fuzzy', n % 2 ? mistyped(twin(round), n) : twin(round))),
      )
      const first = told.filter(({ status }) => status === 201)
      expect(first).toHaveLength(1)
      expect(told.filter(({ status, duplicateOf }) => status === 409 && duplicateOf === first[0]?.id)).toHaveLength(49)
    }
  })

  it('that share nothing but a phone which half a town shares, and their name, are one unmatched', async () => {
    await engine.publish(flow('office', '  - match: { duplicate: reject, threshold: 0.5, review_threshold: 0.5 }'))
    const phone = '2125550188'
    const clerk = (n: number): Values => ({
      first_name: `Cl${'aeiou'[n % 5]}${'mnrst'[Math.floor(n / 5) % 5]}`,
      last_name: `${SURNAMES[n % 9]}${'dfgklp'[n % 6]}o`,
      email: `clerk.${n * 7919}@example.com`,
      phone,
      postal_code: String(10001 + n),
    })
    for (let n = 0; n < 30; n += 1) await submit(n, 'office', clerk(n))
    for (let round = 0; round < 3; round += 1) {
      const told = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          submit(n, 'office', {
            first_name: ['Perpetua', 'Anselm', 'Gwendolyn'][round] as string,
            last_name: `${SURNAMES[round]}stone`,
            email: `${'abcdefghijklmnopqrst'[n]}${n * 104_729 + round * 7_777_777}@mail${n}.example`,
            phone,
            postal_code: String(60000 + 501 * n + 37 * round),
          }),
        ),
      )
      const first = told.filter(({ status }) => status === 201)
      expect(first).toHaveLength(1)
      expect(told.filter(({ status, duplicateOf }) => status === 409 && duplicateOf === first[0]?.id)).toHaveLength(19)
    }
  })

  it('that go on all the same are one person', async () => {
    const told = await Promise.all(Array.from({ length: 50 }, (_, n) => submit(n, 'joined', mistyped(twin(7), n))))
    expect(told.map(({ status }) => status)).toEqual(told.map(() => 201))
    expect(new Set(await Promise.all(told.map(({ id }) => personOf(id)))).size).toBe(1)
  })

  it('that are equal are one person by their claims', async () => {
    const told = await Promise.all(Array.from({ length: 50 }, (_, n) => submit(n, 'exact', twin(8))))
    expect(told.map(({ status }) => status)).toEqual(told.map(() => 201))
    const persons = new Set(await Promise.all(told.map(({ id }) => personOf(id))))
    expect(persons.size).toBe(1)
    expect(told.some(({ id }) => persons.has(id))).toBe(true)
  })
})

describe('the order in which leads come', () => {
  it('changes no person', async () => {
    let family = 0
    const variants = (n: number): Values[] => {
      const name = `Hartwell${String.fromCharCode(97 + (n % 26))}${String.fromCharCode(97 + Math.floor(n / 26))}`
      const base = {
        first_name: 'Katherine',
        last_name: name,
        email: `k.${name}@example.com`,
        phone: `303555${1000 + n}`,
      }
      return [
        base,
        { ...base, first_name: 'Kate', email: '' },
        { first_name: 'Katherine', last_name: name, email: `k.${name}@example.com`, postal_code: '80202' },
        { first_name: 'Katherine', last_name: name, phone: `303555${1000 + n}`, postal_code: '80203' },
        { first_name: 'George', last_name: name, phone: `303555${1000 + n}` },
        { ...base, first_name: 'Katharine', phone: '' },
      ].map((values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== '')))
    }
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }), async (order) => {
        const clusters = async (places: readonly number[]): Promise<string> => {
          const own = variants(family)
          family += 1
          const persons = new Map<number, string>()
          const ids: [number, string][] = []
          for (const place of places) ids.push([place, (await submit(0, 'joined', own[place] as Values)).id])
          for (const [place, id] of ids) persons.set(place, (await personOf(id)) ?? '')
          const seen = [...new Set([0, 1, 2, 3, 4, 5].map((place) => persons.get(place)))]
          return [0, 1, 2, 3, 4, 5].map((place) => seen.indexOf(persons.get(place))).join(' ')
        }
        expect(await clusters(order)).toBe(await clusters([0, 1, 2, 3, 4, 5]))
      }),
      { numRuns: 12, seed: 7 },
    )
  })
})
