/**
 * Persons as the intake path meets them: one record a lead, the same fields for every flow of a tenant, and a few keys
 * that records of one person are likely to share. Keys are plain text here; who keeps them hashes them first.
 */

import type { Token } from './compare/tokens.ts'
import type { Role } from './roles.ts'
import { createSchema, type Person, type Schema } from './schema.ts'

/** What a record may hold, in the order it is kept. What it lacks is an empty text. */
export const RECORD_ROLES = [
  'given_name',
  'middle_name',
  'surname',
  'full_name',
  'birth_date',
  'street_number',
  'street',
  'city',
  'postal_code',
  'state',
  'phone',
  'email',
  'person_number',
  'gender',
] as const satisfies readonly Role[]

export type RecordRole = (typeof RECORD_ROLES)[number]
export type PersonRecord = Readonly<Partial<Record<RecordRole, string>>>

/** Texts in the order of the roles. */
export const rowOf = (record: PersonRecord): string[] => RECORD_ROLES.map((role) => record[role] ?? '')

/** So long, what stands before the @ is as good as the whole address, and survives an error in the domain. */
const USER_CHARS_MIN = 9
const LAST_DIGITS = 10

const first = (tokens: readonly Token[] | undefined): Token | undefined => tokens?.find(({ text }) => text.length > 1)

const CONTACTS: ReadonlySet<string> = new Set(['u', 'e', 't', 'i'])
const NAMES: ReadonlySet<string> = new Set(['n', 'nz', 'bs', 'bg', 'a'])

/**
 * The keys a record is found by: each alone should be shared by few. An error in one field leaves those of the others,
 * and sounds and nicknames' full names take small ones in.
 */
export const intakeKeys = (person: Person): string[] => {
  const keys = new Set<string>()
  for (const { key, user } of person.emails) {
    // One provider's dots are another's letters.
    const bare = user.replace(/[^\p{L}\p{N}]/gu, '')
    keys.add(bare.length >= USER_CHARS_MIN ? `u:${bare}` : `e:${key}`)
  }
  for (const { key } of person.phones) keys.add(`t:${key.slice(-LAST_DIGITS)}`)
  for (const { key } of person.personNumbers) keys.add(`i:${key}`)
  const given = first(person.name?.given)
  const surname = first(person.name?.surname)
  const { birth, street } = person
  const postcode = person.place?.postcode ?? ''
  const isWhole = birth !== null && birth.month !== 0 && birth.day !== 0
  if (given && surname) {
    // In either order: names are swapped.
    const sounds = [given.fullSound || given.text, surname.sound || surname.text].sort().join(' ')
    if (postcode !== '') keys.add(`nz:${sounds} ${postcode}`)
    // Alone they are shared by many: only where an error in the rest would leave nothing else.
    if (postcode === '' || person.emails.length === 0 || person.phones.length === 0) keys.add(`n:${sounds}`)
  }
  if (isWhole && surname) keys.add(`bs:${birth.digits} ${surname.sound || surname.text}`)
  if (isWhole && given) keys.add(`bg:${birth.digits} ${given.fullSound || given.text}`)
  if (surname && street && street.number !== '' && postcode !== '')
    keys.add(`a:${surname.sound || surname.text} ${street.number} ${postcode}`)
  return [...keys]
}

/**
 * A key that is looked under in place of one that too many persons share, as an office's phone or a sender's own address
 * are: it takes in what else is known besides. Null where nothing would narrow it.
 */
export const narrowerKey = (person: Person, key: string): string | null => {
  const given = first(person.name?.given)
  const surname = first(person.name?.surname)
  const kind = key.slice(0, key.indexOf(':'))
  if (CONTACTS.has(kind)) {
    if (!given && !surname) return null
    return `${key}|${[given?.fullSound || given?.text, surname?.sound || surname?.text].sort().join(' ')}`
  }
  if (!NAMES.has(kind)) return null
  const phone = person.phones[0]?.key.slice(-LAST_DIGITS)
  const besides = person.birth?.digits ?? person.emails[0]?.key ?? phone ?? person.street?.key
  return besides === undefined ? null : `${key}|${besides}`
}

export interface Intake {
  readonly schema: Schema
  /** `row` in the order of RECORD_ROLES. */
  read(row: readonly string[]): Person
}

/**
 * Names that were read last. Of a stream of leads most surnames are met once: a word that is kept for the next thousand
 * leads has grown old by then, and what is old costs the collector ten times what it cost to hear it again.
 */
const TOKENS_MAX = 200

/** Reads records of one country. `country`: ISO 3166-1 alpha-2. */
export const createIntake = (country: string): Intake => {
  // Days of birth come as YYYY-MM-DD, so nothing counts from now.
  const schema = createSchema(RECORD_ROLES, { country, now: 0, tokensMax: TOKENS_MAX })
  return { schema, read: schema.read }
}
