/** Which comparisons a set of columns gives, and how a row is read into the values they compare. */

import {
  type DigitsValue,
  type EmailValue,
  emails,
  personNumbers,
  phones,
  readEmail,
  readPersonNumber,
  readPhone,
} from './compare/contacts.ts'
import { birthDates, type DateValue, readBirth } from './compare/dates.ts'
import type { Group } from './compare/group.ts'
import { createNames, type NameValue, readName } from './compare/names.ts'
import { type PlaceValue, places, readPlace } from './compare/places.ts'
import { readStreet, type StreetValue, streets } from './compare/streets.ts'
import { createTokens } from './compare/tokens.ts'
import { createGenders, createWords, readGender, readWord, type WordValue } from './compare/words.ts'
import type { Role } from './roles.ts'

/** Every value has a text that is equal where the value is. */
export interface Keyed {
  readonly key: string
}

/** One row, read. The groups' values in the schema's order, null where missing; beside, what candidates are found by. */
export interface Person {
  readonly values: readonly (Keyed | null)[]
  readonly name: NameValue | null
  readonly birth: DateValue | null
  readonly place: PlaceValue | null
  readonly street: StreetValue | null
  readonly emails: readonly EmailValue[]
  readonly phones: readonly DigitsValue[]
  readonly personNumbers: readonly DigitsValue[]
  readonly birthPlace: WordValue | null
  readonly occupation: WordValue | null
}

export interface Schema {
  readonly groups: readonly Group<Keyed>[]
  /** `row`: a text for each column, in the order of the roles. */
  read(row: readonly string[]): Person
}

export interface SchemaContext {
  /** ISO 3166-1 alpha-2: decides between day and month first, and between states. */
  readonly country: string
  /** Milliseconds since 1970: what two-digit years count from. */
  readonly now: number
  /** Words of names that are remembered; a million where left out. */
  readonly tokensMax?: number
}

/** Year, month and day as one text, as far as they are known. */
const joinedBirth = (parts: readonly string[]): string => {
  const known = parts.map((part) => part.trim())
  const end = known.indexOf('')
  return (end < 0 ? known : known.slice(0, end)).map((part) => part.padStart(2, '0')).join('-')
}

/** A group knows the values it made itself: no other reaches it. */
const erased = <Value extends Keyed>(group: Group<Value>): Group<Keyed> => group as unknown as Group<Keyed>

export const createSchema = (roles: readonly Role[], context: SchemaContext): Schema => {
  const at = (role: Role): number[] => roles.flatMap((each, column) => (each === role ? [column] : []))
  const columns = {
    given: at('given_name'),
    middle: at('middle_name'),
    surname: at('surname'),
    full: at('full_name'),
    birth: at('birth_date'),
    birthParts: [at('birth_year')[0], at('birth_month')[0], at('birth_day')[0]],
    birthPlace: at('birth_place'),
    gender: at('gender'),
    occupation: at('occupation'),
    number: at('street_number'),
    street: at('street'),
    city: at('city'),
    postcode: at('postal_code'),
    state: at('state'),
    phone: at('phone'),
    email: at('email'),
    personNumber: at('person_number'),
    other: at('other'),
  }
  const groups: Group<Keyed>[] = []
  const has = (...lists: readonly (readonly number[])[]): boolean => lists.some((list) => list.length > 0)
  const tokens = createTokens(context.tokensMax)
  const hasName = has(columns.given, columns.surname, columns.full)
  const hasPlace = has(columns.city, columns.postcode, columns.state)
  const hasStreet = has(columns.street, columns.number)
  if (hasName) groups.push(erased(createNames(tokens)))
  const isBirthSplit = columns.birthParts[0] !== undefined
  for (let index = 0; index < columns.birth.length + (isBirthSplit ? 1 : 0); index += 1)
    groups.push(named(erased(birthDates), index))
  if (hasPlace) groups.push(erased(places))
  if (hasStreet) groups.push(erased(streets))
  for (const [index] of columns.email.entries()) groups.push(named(erased(emails), index))
  for (const [index] of columns.phone.entries()) groups.push(named(erased(phones), index))
  for (const [index] of columns.personNumber.entries()) groups.push(named(erased(personNumbers), index))
  for (const [index] of columns.gender.entries()) groups.push(named(erased(createGenders()), index))
  for (const [index] of columns.birthPlace.entries())
    groups.push(named(erased(createWords('birth_place', true)), index))
  for (const [index] of columns.occupation.entries())
    groups.push(named(erased(createWords('occupation', false)), index))
  for (const column of columns.other) groups.push(erased(createWords(`other_${column + 1}`, false)))

  const text = (row: readonly string[], column: number | undefined): string =>
    column === undefined ? '' : (row[column] ?? '')
  const texts = (row: readonly string[], list: readonly number[]): string[] => list.map((column) => text(row, column))
  const joined = (row: readonly string[], list: readonly number[]): string =>
    list.length < 2
      ? text(row, list[0])
      : texts(row, list)
          .filter((each) => each !== '')
          .join(' ')

  return {
    groups,
    // Read for every row of a list and for every lead: what is missing costs nothing.
    read: (row) => {
      const values: (Keyed | null)[] = []
      const each = <Value extends Keyed>(list: readonly number[], read: (text: string) => Value | null): Value[] => {
        const found: Value[] = []
        for (const column of list) {
          const own = row[column] ?? ''
          const value = own === '' ? null : read(own)
          values.push(value)
          if (value) found.push(value)
        }
        return found
      }
      const one = <Value extends Keyed>(is: boolean, read: () => Value | null): Value | null => {
        if (!is) return null
        const value = read()
        values.push(value)
        return value
      }
      const name = one(hasName, () =>
        readName(tokens, {
          given: joined(row, columns.given),
          middle: joined(row, columns.middle),
          surname: joined(row, columns.surname),
          full: texts(row, columns.full),
        }),
      )
      const births = each(columns.birth, (own) => readBirth(own, context))
      if (isBirthSplit) {
        const whole = readBirth(joinedBirth(columns.birthParts.map((column) => text(row, column))), context)
        values.push(whole)
        if (whole) births.push(whole)
      }
      const place = one(hasPlace, () =>
        readPlace(
          {
            city: joined(row, columns.city),
            postcode: text(row, columns.postcode[0]),
            state: text(row, columns.state[0]),
          },
          context.country,
        ),
      )
      const street = one(hasStreet, () =>
        readStreet({ number: joined(row, columns.number), lines: texts(row, columns.street) }),
      )
      const emailValues = each(columns.email, readEmail)
      const phoneValues = each(columns.phone, readPhone)
      const numbers = each(columns.personNumber, readPersonNumber)
      each(columns.gender, readGender)
      const birthPlaces = each(columns.birthPlace, readWord)
      const occupations = each(columns.occupation, readWord)
      each(columns.other, readWord)
      return {
        values,
        name,
        birth: births[0] ?? null,
        place,
        street,
        emails: emailValues,
        phones: phoneValues,
        personNumbers: numbers,
        birthPlace: birthPlaces[0] ?? null,
        occupation: occupations[0] ?? null,
      }
    },
  }
}

/** The second of a kind has a name of its own. */
function named(group: Group<Keyed>, index: number): Group<Keyed> {
  return index === 0 ? group : { ...group, id: `${group.id}_${index + 1}` }
}
