/** What each column of a file means: by its header, else by its values. */

import { findState } from '../fields/states.ts'
import { wordKey } from '../fields/text.ts'

export const ROLES = [
  'given_name',
  'middle_name',
  'surname',
  'full_name',
  'birth_date',
  'birth_year',
  'birth_month',
  'birth_day',
  'birth_place',
  'gender',
  'occupation',
  'street_number',
  'street',
  'city',
  'postal_code',
  'state',
  'phone',
  'email',
  'person_number',
  'other',
  'none',
] as const
export type Role = (typeof ROLES)[number]

/** Names of fields of a flow, and other words for a role, that `--map` takes as well. */
const FIELD_ROLES: Readonly<Record<string, Role>> = {
  first_name: 'given_name',
  last_name: 'surname',
  name: 'full_name',
  dob: 'birth_date',
  date_of_birth: 'birth_date',
  postcode: 'postal_code',
  zip: 'postal_code',
  suburb: 'city',
  address: 'street',
  address_1: 'street',
  address_2: 'street',
  ssn: 'person_number',
}

/** The role that a word for one means; undefined where it is none. */
export const roleOf = (word: string): Role | undefined =>
  ROLES.find((role) => role === word) ?? (Object.hasOwn(FIELD_ROLES, word) ? FIELD_ROLES[word] : undefined)

// The first that fits decides: "place of birth" is no city, "first and surname" no first name.
const HEADERS: readonly (readonly [RegExp, Role])[] = [
  [
    /^(?:rec|record|row|unique|source|lead|customer|client|user|person|contact|internal|entity|master)? ?(?:id|uuid|guid|key|index|no|number)$/,
    'none',
  ],
  [/\b(?:cluster|truth|label|match|source dataset|created|updated|modified|timestamp|loaded|version)\b/, 'none'],
  [
    /\b(?:ssn|soc|social|nino|nhs|national id|tax|tin|passport|licen[cs]e|medicare|insurance (?:no|number))\b/,
    'person_number',
  ],
  [/\b(?:birth ?place|place of birth|pob|born in|birth (?:city|town))\b/, 'birth_place'],
  [/\b(?:(?:dob|birth|birthdate|born) ?(?:date )?(?:year|yyyy|yy|y)|year of birth|yob|geburtsjahr)\b/, 'birth_year'],
  [/\b(?:(?:dob|birth|birthdate|born) ?(?:date )?(?:month|mm|m)|month of birth|geburtsmonat)\b/, 'birth_month'],
  // A birthday, as one word, is the whole date.
  [/\b(?!birthday\b)(?:(?:dob|birth|birthdate|born) ?(?:date )?(?:day|dd|d)|day of birth)\b/, 'birth_day'],
  [/\b(?:dob|birth|birthday|birthdate|born|geburtsdatum|naissance)\b/, 'birth_date'],
  [/\b(?:e ?mail|mail)\b/, 'email'],
  [/\b(?:phone|mobile|cell|tel|telephone|landline|fax|telefon|phone number)\b/, 'phone'],
  [/\b(?:zip|post ?code|postal|plz|postcode fake)\b/, 'postal_code'],
  [
    /^(?:full ?name|name|person|contact name|customer name|display name|.*first (?:name )?and (?:sur|last) ?name)$/,
    'full_name',
  ],
  [/\b(?:middle)\b/, 'middle_name'],
  [/\b(?:first ?name|given ?names?|forenames?|christian name|fname|givenname|vorname|prenom|first)\b/, 'given_name'],
  [/\b(?:surname|last ?name|family ?name|lname|sname|nachname|nom|last)\b/, 'surname'],
  [/\b(?:house|street|str|building) ?(?:no|num|number|nr)\b/, 'street_number'],
  [/\b(?:address|addr|street|strasse|road)\b/, 'street'],
  [/\b(?:city|town|suburb|locality|municipality|place|village|ort|stadt)\b/, 'city'],
  [/\b(?:state|province|region|county)\b/, 'state'],
  [/\b(?:gender|sex)\b/, 'gender'],
  [/\b(?:occupation|job|profession|trade)\b/, 'occupation'],
]

const headerWords = (header: string): string => wordKey(header.replace(/([a-z])([A-Z])/g, '$1 $2').replaceAll('_', ' '))

const EMAIL = /^[^@\s]+@[^@\s]+\.[^@\s]+$/
const DATE = /^(?:1[5-9]|20)\d{2}-?[01]\d-?[0-3]\d$|^\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)?\d{2}$/
const PHONE = /^\+?[\d\s().-]{9,20}$/
const BRITISH_POSTCODE = /^[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}$/i
const GENDER = /^(?:m|f|male|female|u|unknown)$/i
const FULL_NAME = /^\p{L}[\p{L}'.-]+(?: \p{L}[\p{L}'.-]*){1,3}$/u

const SHAPES: readonly (readonly [(value: string) => boolean, number, Role])[] = [
  [(value) => EMAIL.test(value), 0.6, 'email'],
  [(value) => DATE.test(value), 0.7, 'birth_date'],
  [(value) => GENDER.test(value), 0.9, 'gender'],
  [(value) => BRITISH_POSTCODE.test(value), 0.6, 'postal_code'],
  [(value) => value.length <= 20 && findState(value, 'US') !== undefined, 0.8, 'state'],
  [(value) => PHONE.test(value) && value.replace(/\D/g, '').length >= 9, 0.7, 'phone'],
]

export interface ColumnSample {
  readonly header: string
  /** Values of the first rows, blank ones too. */
  readonly values: readonly string[]
}

const MOST_DISTINCT = 0.98

const byValues = (values: readonly string[]): Role => {
  const given = values.filter((value) => value.trim() !== '')
  if (given.length === 0) return 'none'
  for (const [test, share, role] of SHAPES) if (given.filter(test).length >= share * given.length) return role
  const distinct = new Set(given).size
  if (distinct < 2) return 'none'
  // What is different in every row says nothing of who is the same, and what is a name in every row is the person's.
  const isName = given.filter((value) => FULL_NAME.test(value)).length >= 0.8 * given.length
  if (isName && distinct > given.length / 4) return 'full_name'
  return distinct >= MOST_DISTINCT * given.length && given.length >= 20 ? 'none' : 'other'
}

const PARTS_OF_BIRTH: readonly Role[] = ['birth_year', 'birth_month', 'birth_day']

/** The role of each column, in order. `maps`: header → role, which stands above what is found. */
export const rolesOf = (columns: readonly ColumnSample[], maps: ReadonlyMap<string, Role>): Role[] => {
  const roles = columns.map(({ header, values }): Role => {
    const mapped = maps.get(header)
    if (mapped !== undefined) return mapped
    const words = headerWords(header)
    const known = HEADERS.find(([pattern]) => pattern.test(words))
    return known ? known[1] : byValues(values)
  })
  // A part of a date of birth is one where the others stand beside it: a "day of birth" alone is the whole date.
  const isSplit = PARTS_OF_BIRTH.slice(0, 2).every((part) => roles.filter((role) => role === part).length === 1)
  return roles.map((role, at) => {
    const isPart = PARTS_OF_BIRTH.includes(role) && !maps.has(columns[at]?.header ?? '')
    return isPart && !isSplit ? 'birth_date' : role
  })
}
