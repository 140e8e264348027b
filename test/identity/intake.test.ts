/** Laws of the intake path's comparison, with the weights that ship. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createJudge } from '../../src/identity/explain.ts'
import { createIntake, intakeKeys, type PersonRecord, type RecordRole, rowOf } from '../../src/identity/intake.ts'
import { shippedAgreement, shippedModel, shippedShare } from '../../src/identity/shipped.ts'

const intake = createIntake('US')
const judge = createJudge({
  schema: intake.schema,
  model: shippedModel(intake.schema),
  rarityOf: ({ field, a, b }) => {
    const [one, other] = [shippedShare(field, a), shippedShare(field, b)]
    return one === null || other === null ? null : { share: Math.max(one, other), agreement: shippedAgreement(field) }
  },
})

const read = (record: PersonRecord) => intake.read(rowOf(record))
const between = (a: PersonRecord, b: PersonRecord) => judge.judge(read(a), read(b))

const digits = (count: number) => fc.integer({ min: 10 ** (count - 1), max: 10 ** count - 1 }).map(String)
const word = fc.string({ unit: fc.constantFrom(...'abcdefghiklmnoprstuvw'), minLength: 5, maxLength: 9 })

const FIELDS = {
  given_name: fc.constantFrom('James', 'Bob', 'Robert', 'Ada', 'Katherine', 'Kate', 'José'),
  surname: fc.oneof(fc.constantFrom('Smith', 'Garcia', 'Featherstonehaugh'), word),
  birth_date: fc.constantFrom('1980-02-29', '1980-12-11', '1980-11-12', '1955-06-01'),
  street: fc.constantFrom('12 Oak St', '12 Oak Street', '7 Elm Ave'),
  city: fc.constantFrom('Austin', 'Dallas'),
  postal_code: fc.constantFrom('78701', '78702', '75201'),
  state: fc.constantFrom('TX', 'CO'),
  phone: digits(7).map((text) => `+1512${text}`),
  email: word.map((user) => `${user}@example.com`),
  gender: fc.constantFrom('m', 'f'),
} satisfies Partial<Record<RecordRole, fc.Arbitrary<string>>>

const NAMES = Object.keys(FIELDS) as (keyof typeof FIELDS)[]
const record = fc.record(FIELDS, { requiredKeys: [] })
const whole = fc.record(FIELDS)

describe('two records', () => {
  it('are as likely one person whichever comes first, field by field', () => {
    fc.assert(
      fc.property(record, record, (a, b) => {
        expect(between(a, b)).toEqual(between(b, a))
      }),
    )
  })

  it('are no less likely one person for agreeing where they differed', () => {
    fc.assert(
      fc.property(record, record, fc.constantFrom(...NAMES), (a, b, name) => {
        fc.pre(a[name] !== undefined && b[name] !== undefined)
        // A first name that another surname holds, and the like, is a level of its own: only the field itself moves.
        const agreeing = { ...b, [name]: a[name] }
        expect(between(a, agreeing).total).toBeGreaterThanOrEqual(between(a, b).total - 1e-9)
      }),
      { numRuns: 400 },
    )
  })

  it('are one person where all of them agrees, whatever else is known', () => {
    fc.assert(
      fc.property(whole, (a) => {
        expect(between(a, a).probability).toBeGreaterThan(0.999)
      }),
    )
  })

  it('of a shared common name say less than of a shared rare one', () => {
    const named = (surname: string) => between({ given_name: 'Ada', surname }, { given_name: 'Ada', surname }).total
    expect(named('Featherstonehaugh')).toBeGreaterThan(named('Smith') + 4)
  })
})

describe('keys', () => {
  it('are shared still after one error in one field of an e-mail, a phone and a name', () => {
    const errors = fc.record({
      field: fc.constantFrom('given_name', 'surname', 'phone', 'email'),
      at: fc.nat(4),
      by: fc.constantFrom('x', 'q', '1'),
    })
    fc.assert(
      fc.property(whole, errors, (a, { field, at, by }) => {
        const { given_name, surname, phone, email } = a
        const one = { given_name, surname, phone, email }
        const text = one[field as keyof typeof one]
        const wrong = { ...one, [field]: text.slice(0, 3 + at) + by + text.slice(4 + at) }
        const [left, right] = [intakeKeys(read(one)), intakeKeys(read(wrong))]
        expect(left.filter((key) => right.includes(key))).not.toEqual([])
      }),
    )
  })

  it('are few', () => {
    fc.assert(
      fc.property(whole, (a) => {
        expect(intakeKeys(read(a)).length).toBeLessThanOrEqual(8)
      }),
    )
  })
})
