/**
 * Made-up leads of today whose hard part is not the typing: households of one to four, with one surname, address and often
 * one phone, and e-mail addresses made of names. Seeded: the same seed gives the same file.
 *
 * `node bench/identity/households.ts --households 900 --seed 1 > file.csv`
 */
import { parseArgs } from 'node:util'
import { createChance, typo } from './random.ts'
import { GIVEN_FEMALE, GIVEN_MALE, SHORT, SURNAME_ENDS, SURNAME_STARTS } from './words.ts'

const STREETS = ['Oak', 'Maple', 'Main', 'Park', '2nd', 'Cedar', 'Elm', 'Lake', 'Hill', 'Sunset', 'Ridge', 'River']
const STREET_KINDS = ['Street', 'St', 'Avenue', 'Ave', 'Road', 'Dr']
const TOWNS = [
  ['Austin', 'TX', '787'],
  ['Dallas', 'TX', '752'],
  ['Chicago', 'IL', '606'],
  ['Boston', 'MA', '021'],
  ['Denver', 'CO', '802'],
  ['Miami', 'FL', '331'],
  ['Portland', 'OR', '972'],
] as const

export interface Lead {
  readonly id: string
  readonly person: string
  readonly fullName: string
  readonly birthday: string
  readonly mobile: string
  readonly mail: string
  readonly address: string
  readonly town: string
  readonly ST: string
  readonly zip: string
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

export const householdRows = (options: { readonly households: number; readonly seed: number }): Lead[] => {
  const chance = createChance(options.seed)
  const { below, is, pick } = chance
  const surnames = SURNAME_STARTS.slice(0, 12).flatMap((start) => SURNAME_ENDS.slice(0, 8).map((end) => start + end))
  const two = (value: number): string => String(value).padStart(2, '0')
  const home = () => `${1 + below(9999)} ${pick(STREETS)} ${pick(STREET_KINDS)}`
  const number = () => `${200 + below(790)}${200 + below(800)}${1000 + below(9000)}`
  const rows: Omit<Lead, 'id'>[] = []
  let person = 0
  for (let household = 0; household < options.households; household += 1) {
    const surname = pick(surnames)
    const [town, state, area] = pick(TOWNS)
    const street = home()
    const zip = `${area}${10 + below(30)}`
    const landline = number()
    for (let member = pick([1, 1, 2, 2, 3, 4]); member > 0; member -= 1) {
      const given = pick(is(0.5) ? GIVEN_MALE : GIVEN_FEMALE)
      const birthday = `${two(1 + below(12))}/${two(1 + below(28))}/${1940 + below(65)}`
      const mail = pick([
        `${given}.${surname}${1 + below(99)}@gmail.com`,
        `${given.charAt(0)}${surname}@${pick(['yahoo.com', 'aol.com', `${surname}family.com`])}`,
      ])
      const mobile = number()
      for (let again = pick([1, 1, 1, 2, 2, 3]); again > 0; again -= 1) {
        const short = SHORT[given]
        const called = short && is(0.2) ? pick(short) : given
        const written = (text: string, wrong: number): string => (is(wrong) ? typo(chance, text) : text)
        const moved = is(0.1)
        rows.push({
          person: `P${person}`,
          fullName: `${capital(written(called, 0.1))} ${capital(written(surname, 0.1))}`,
          birthday: is(0.5) ? birthday : '',
          mobile: is(0.2) ? '' : is(0.6) ? mobile : landline,
          mail: is(0.3) ? '' : written(mail, 0.07),
          address: is(0.2) ? '' : moved ? home() : written(street, 0.1),
          town: is(0.1) ? '' : town,
          ST: state,
          zip: is(0.15) ? '' : moved ? `${area}${10 + below(30)}` : zip,
        })
      }
      person += 1
    }
  }
  for (let at = rows.length - 1; at > 0; at -= 1) {
    const other = below(at + 1)
    const row = rows[at] as Omit<Lead, 'id'>
    rows[at] = rows[other] as Omit<Lead, 'id'>
    rows[other] = row
  }
  return rows.map((row, at) => ({ id: String(at + 1), ...row }))
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { households: { type: 'string', default: '900' }, seed: { type: 'string', default: '1' } },
  })
  const rows = householdRows({ households: Number(values.households), seed: Number(values.seed) })
  const lines = rows.map((row) => Object.values(row).join(','))
  process.stdout.write(`${[Object.keys(rows[0] ?? {}).join(','), ...lines].join('\n')}\n`)
}
