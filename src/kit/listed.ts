import { Type } from 'typebox'
import { joinedEntry } from '../base/list-entry.ts'
import { FieldName } from './config-parts.ts'
import type { Parsed } from './field.ts'
import type { ListedValue } from './requests.ts'
import type { LeadView } from './step.ts'
import { comparable, textOf } from './values.ts'

/** What steps about lists have in common: which values of a lead are looked for, and how they are written there. */

const Matched = FieldName('A field of the flow, or a part of one as `email.domain`.')

export const Match = Type.Array(
  Type.Union([Matched, Type.Array(Matched, { minItems: 2, description: 'Several that must stand there together.' })]),
  {
    minItems: 1,
    description:
      'Fields or parts of fields to look for; a list of several stands for all of them together, as a name and a postal ' +
      'code. An email is looked for as a whole and by its domain.',
  },
)

/** Where a schema made of `Match` has texts to check. */
export const matchPaths = (key: string): readonly string[] => [`${key}.*`, `${key}.*.*`]

/** As lists hold it: a phone without its extension; of what was sent as a digest, the digest by its name. */
const entryOf = (field: Parsed | undefined): string | null => {
  const hashed = field?.parts.hashed
  if (typeof hashed === 'string' && hashed !== '' && typeof field?.normal === 'string')
    return `${hashed}:${field.normal}`
  const value = comparable(field)
  return value === null ? null : (value.split(';ext=')[0] ?? value)
}

const partOf = (lead: LeadView, name: string): string | null => {
  const [field = '', part] = name.split('.')
  const parsed = lead.fields[field]
  if (part === undefined) return entryOf(parsed)
  const text = textOf(parsed?.parts[part])
  return text === '' || parsed?.masked ? null : text
}

/** Beside a name, a US postal code is its first five digits: few lists and fewer forms have the other four. */
const besideOthers = (lead: LeadView, name: string): string | null => {
  const zip = lead.fields[name]?.parts.zip
  return typeof zip === 'string' ? zip : partOf(lead, name)
}

const single = (lead: LeadView, name: string): ListedValue[] => {
  const field = lead.fields[name]
  const value = partOf(lead, name)
  if (value === null) return []
  const domain = field?.parts.domain
  return [
    { field: name, value },
    ...(typeof domain === 'string' && domain !== '' ? [{ field: `${name}.domain`, value: domain }] : []),
  ]
}

/** The values of a lead that a list may hold. `whole`: what is to be added, so an email is not its domain as well. */
export const listedValues = (
  lead: LeadView,
  match: readonly (string | readonly string[])[],
  options: { readonly whole?: boolean } = {},
): ListedValue[] =>
  match.flatMap((names) => {
    if (typeof names === 'string') {
      const values = single(lead, names)
      return options.whole ? values.slice(0, 1) : values
    }
    const values = names.map((name) => besideOthers(lead, name))
    return values.every((value) => value !== null) ? [{ field: names.join('+'), value: joinedEntry(values) }] : []
  })

/** A list by its label, as part of a sentence. */
export const listed = (label: string): string => (/\blist$/i.test(label.trim()) ? label.trim() : `${label.trim()} list`)
