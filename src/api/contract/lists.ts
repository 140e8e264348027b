import { Type } from 'typebox'
import { Name, TextOrNull, Time } from './shapes.ts'

/** As many as fit a body; an import of more is sent in parts. */
export const ENTRIES_MAX = 50_000

export const ListParams = Type.Object({ id: Name('Id of the list: `dnc`.') })

export const ListBody = Type.Object(
  { label: Type.String({ minLength: 1, maxLength: 100, description: 'Name for people: `DNC`.' }) },
  { additionalProperties: false },
)

export const ListSummary = Type.Object({
  id: Type.String(),
  label: Type.String(),
  entries: Type.Integer({ description: 'Entries, also those that have expired.' }),
  created_at: Time('When the list was made.'),
})
export const ListList = Type.Object({ items: Type.Array(ListSummary) })

const text = Type.String({ minLength: 1, maxLength: 320 })
const values = Type.Array(Type.Union([text, Type.Array(text, { minItems: 2, maxItems: 5 })]), {
  minItems: 1,
  maxItems: ENTRIES_MAX,
  description:
    'Emails, phone numbers or domains, however they are written, or their MD5, SHA-1 or SHA-256 in hex; with `types`, ' +
    'values of those field types, several together as a list. Only keyed hashes of them are kept.',
})
const reading = {
  types: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 40 }), {
      minItems: 1,
      maxItems: 5,
      description: 'Field types the values are read as: `["postal_code"]`, or `["full_name", "postal_code"]` together.',
    }),
  ),
  country: Type.Optional(
    Type.String({ pattern: '^[A-Z]{2}$', description: 'Of phone numbers without country code; default `US`.' }),
  ),
}
const within = Type.Optional(
  Type.Integer({ minimum: 1, description: 'Seconds: entries added longer ago count for nothing.' }),
)
const expires = Type.Optional(
  Type.String({ maxLength: 40, description: 'ISO 8601. Left out: never, also where an entry had a time.' }),
)

export const EntriesQuery = Type.Object(
  {
    type: Type.Optional(Type.String({ maxLength: 40, description: 'With a text body: the field type of its lines.' })),
    country: reading.country,
    expires_at: expires,
  },
  { additionalProperties: false },
)
export const EntriesBody = Type.Object({ values, ...reading, expires_at: expires }, { additionalProperties: false })
export const EntriesRemoval = Type.Object({ values, ...reading }, { additionalProperties: false })
export const EntriesCheck = Type.Object(
  { values, ...reading, expires_at: expires, within_s: within },
  { additionalProperties: false },
)
export const EntriesSought = Type.Object(
  {
    values,
    ...reading,
    lists: Type.Optional(
      Type.Array(Name('Id of a list.'), { minItems: 1, description: 'Lists to look in; all where this is left out.' }),
    ),
    within_s: within,
  },
  { additionalProperties: false },
)

export const EntriesAdded = Type.Object({ added: Type.Integer({ description: 'Without those that stood there.' }) })
export const EntriesRemoved = Type.Object({ removed: Type.Integer() })
export const EntriesChecked = Type.Object({
  added: Type.Integer(),
  items: Type.Array(
    Type.Object({ found: Type.Boolean({ description: 'It stood there before.' }), added_at: TextOrNull() }),
    { description: 'In the order of the values.' },
  ),
})
export const EntriesFound = Type.Object({
  items: Type.Array(
    Type.Object({
      found: Type.Boolean(),
      lists: Type.Array(
        Type.Object({ id: Type.String(), label: Type.String(), added_at: Time('When.'), expires_at: TextOrNull() }),
      ),
    }),
    { description: 'In the order of the values.' },
  ),
})
export const ListRemoved = Type.Object({ removed: Type.Boolean() })
