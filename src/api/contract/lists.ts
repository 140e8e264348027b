import { Type } from 'typebox'
import { Name, Time } from './shapes.ts'

export const ENTRIES_MAX = 1_000

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

const values = Type.Array(Type.String({ minLength: 1, maxLength: 320 }), {
  minItems: 1,
  maxItems: ENTRIES_MAX,
  description: 'Emails, phone numbers or domains, however they are written. Only keyed hashes of them are kept.',
})
const country = Type.Optional(
  Type.String({ pattern: '^[A-Z]{2}$', description: 'Of phone numbers without country code; default `US`.' }),
)

export const EntriesBody = Type.Object(
  {
    values,
    country,
    expires_at: Type.Optional(
      Type.String({ maxLength: 40, description: 'ISO 8601. Left out: never, also where an entry had a time.' }),
    ),
  },
  { additionalProperties: false },
)
export const EntriesRemoval = Type.Object({ values, country }, { additionalProperties: false })

export const EntriesAdded = Type.Object({ added: Type.Integer({ description: 'Without those that stood there.' }) })
export const EntriesRemoved = Type.Object({ removed: Type.Integer() })
