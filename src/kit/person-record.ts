/** What of a lead says who its person is, and which organisation that person speaks for. */
import type { Parsed } from './field.ts'
import type { LeadView } from './step.ts'
import { comparable } from './values.ts'

/** The kind of a person's data that a field of this type holds. */
const KIND_OF_TYPE: Readonly<Record<string, string>> = {
  first_name: 'given_name',
  last_name: 'surname',
  full_name: 'full_name',
  dob: 'birth_date',
  street: 'street',
  city: 'city',
  postal_code: 'postal_code',
  state: 'state',
  phone: 'phone',
  email: 'email',
  ssn: 'person_number',
  gender: 'gender',
}

/** What a field's name says where its type does not. */
const KIND_OF_NAME: Readonly<Record<string, string>> = {
  ...KIND_OF_TYPE,
  given_name: 'given_name',
  middle_name: 'middle_name',
  surname: 'surname',
  name: 'full_name',
  date_of_birth: 'birth_date',
  birth_date: 'birth_date',
  address: 'street',
  zip: 'postal_code',
  postcode: 'postal_code',
}

export const RECORD_KINDS = [
  'given_name',
  'middle_name',
  'surname',
  'full_name',
  'birth_date',
  'street',
  'city',
  'postal_code',
  'state',
  'phone',
  'email',
  'person_number',
  'gender',
] as const

/** By field of the flow: the kind of a person's data it holds. `said`: what the flow's author says, `none` for none. */
export const recordFields = (
  types: ReadonlyMap<string, string>,
  said: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> => {
  const kinds = new Map<string, string>()
  for (const [name, type] of types) {
    const kind = said[name] ?? KIND_OF_TYPE[type] ?? (type === 'string' ? KIND_OF_NAME[name] : undefined)
    if (kind !== undefined && kind !== 'none') kinds.set(name, kind)
  }
  return kinds
}

/** Text by kind of field. Of two fields of one kind the first that is valid. */
export const recordOf = (lead: LeadView, kinds: ReadonlyMap<string, string>): Record<string, string> => {
  const record: Record<string, string> = {}
  for (const [name, kind] of kinds) {
    const field = lead.fields[name]
    if (!field?.valid || record[kind] !== undefined) continue
    const text = comparable(field)
    if (text !== null) record[kind] = text
  }
  return record
}

const textPart = (field: Parsed, part: string): string => {
  const value = field.parts[part]
  return typeof value === 'string' ? value : ''
}

export interface Organisation {
  readonly keys: readonly string[]
  readonly name: string
  readonly domain: string
}

/**
 * The organisation a lead speaks for: by the domain of an address that no free provider gives, else by its name without
 * its legal form, together with where it is. Null where it names none.
 */
export const organisationOf = (
  lead: LeadView,
  types: ReadonlyMap<string, string>,
  record: Readonly<Record<string, string>>,
): Organisation | null => {
  let domain = ''
  let name = ''
  let key = ''
  for (const [field, type] of types) {
    const value = lead.fields[field]
    if (!value?.valid) continue
    if (type === 'company' && key === '') {
      key = textPart(value, 'key')
      name = textPart(value, 'name')
    }
    if (domain !== '') continue
    if (type === 'email' && value.parts.is_free !== true && value.parts.is_disposable !== true)
      domain = textPart(value, 'domain')
    if (type === 'domain') domain = comparable(value) ?? ''
  }
  // A domain alone is an organisation's where the lead says that it speaks for one.
  if (key === '') return null
  const where = record.postal_code?.slice(0, 5) ?? record.city?.toLowerCase() ?? ''
  const keys = [...(domain === '' ? [] : [`domain:${domain}`]), `name:${key}|${where}`]
  return { keys, name, domain }
}
