/** Persons are the same in whatever order their leads come in. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Engine, type Process, startEngine } from '../support/engine.ts'

const FLOW = `
flow: arrivals
fields: { first_name: first_name, last_name: last_name, email: email, phone: phone, postal_code: postal_code, dob: dob }
sources: [ { id: web } ]
steps: [ { match: { review_threshold: 0.95 } } ]
`

let engine: Engine
let process: Process
beforeAll(async () => {
  engine = await startEngine()
  process = await engine.start()
})
afterAll(() => engine.close())

type Values = Readonly<Record<string, string>>

const PERSONS: readonly Values[] = [
  {
    first_name: 'Katherine',
    last_name: 'Featherstonehaugh',
    email: 'katherine.f@example.com',
    phone: '512-555-0171',
    postal_code: '78701',
    dob: '1980-02-28',
  },
  // Of the same household: one phone and one address between them.
  {
    first_name: 'Walter',
    last_name: 'Featherstonehaugh',
    email: 'walter.f@example.com',
    phone: '512-555-0171',
    postal_code: '78701',
    dob: '1978-11-03',
  },
  {
    first_name: 'Tanisha',
    last_name: 'Okonkwo',
    email: 'tanisha.okonkwo@example.org',
    phone: '303-555-0188',
    postal_code: '80202',
    dob: '1991-07-30',
  },
]

/** What somebody writes otherwise the next time. */
const CHANGES: readonly ((values: Values) => Values)[] = [
  (values) => values,
  ({ first_name: _, ...rest }) => rest,
  (values) => ({ ...values, last_name: `${values.last_name?.slice(0, 4)}${values.last_name?.slice(5)}` }),
  (values) => ({ ...values, email: `x${values.email}` }),
  ({ phone: _, ...rest }) => rest,
  (values) => ({ ...values, first_name: values.first_name?.replace('Katherine', 'Kate') ?? '' }),
  ({ first_name, last_name, email }) => ({ first_name, last_name, email }) as Values,
  ({ first_name, last_name, phone, postal_code }) => ({ first_name, last_name, phone, postal_code }) as Values,
]

const leads = fc.array(
  fc
    .tuple(fc.constantFrom(...PERSONS), fc.constantFrom(...CHANGES), fc.constantFrom(...CHANGES))
    .map(([person, one, other]) => other(one(person))),
  { minLength: 3, maxLength: 7 },
)
const orders = leads.chain((sent) =>
  fc
    .shuffledSubarray(
      sent.map((_, at) => at),
      { minLength: sent.length },
    )
    .map((order) => ({ sent, order })),
)

let tenants = 0

/** For each lead, the first of those that are the same person. */
const personsOf = async (sent: readonly Values[], order: readonly number[]): Promise<number[]> => {
  tenants += 1
  const tenantId = await engine.addTenant(`arrivals-${tenants}`)
  await engine.publish(FLOW, { tenantId })
  const ids: string[] = []
  for (const at of order) {
    const { answer } = await process.submit({ tenantId, flow: 'arrivals', values: sent[at] as Values })
    ids[at] = answer.lead_id
  }
  const rows = await engine.db.inspect<{ id: string; person: string }>(
    `select l.id, coalesce(p.merged_into, p.id) as person
     from millrace.lead l join millrace.person p on p.tenant_id = l.tenant_id and p.id = l.person_id
     where l.tenant_id = $1`,
    [tenantId],
  )
  const person = new Map(rows.map((row) => [row.id, row.person]))
  const persons = ids.map((id) => person.get(id))
  return persons.map((own) => persons.indexOf(own))
}

it('makes the same persons of leads in whatever order they come in', async () => {
  await fc.assert(
    fc.asyncProperty(orders, async ({ sent, order }) => {
      const straight = sent.map((_, at) => at)
      expect(await personsOf(sent, order)).toEqual(await personsOf(sent, straight))
    }),
    { numRuns: 25, seed: 20_261_126 },
  )
})
