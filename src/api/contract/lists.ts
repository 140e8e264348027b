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

export const ListImportParams = Type.Object({
  id: Name('Id of the list: `dnc`.'),
  name: Type.String({
    pattern: '^[A-Za-z0-9][\\w.-]{0,99}$',
    description: 'Name of the import, as you choose: `dnc-2026-11-26`.',
  }),
})
export const ListImportQuery = Type.Object(
  {
    column: Type.Optional(
      Type.String({ maxLength: 400, description: 'Headers of the columns that hold the values, separated by commas.' }),
    ),
    type: Type.Optional(
      Type.String({ maxLength: 200, description: 'Field types of those columns; without it values are told apart.' }),
    ),
    country: reading.country,
    expires_at: expires,
  },
  { additionalProperties: false },
)
export const ListImport = Type.Object({
  name: Type.String(),
  state: Type.Enum(['running', 'done', 'broken'], {
    description: '`broken`: rows stopped coming. Sent again, it goes on.',
  }),
  rows: Type.Integer({ description: 'Rows that are in, those that held no value among them.' }),
  added: Type.Integer({ description: 'Entries that did not stand there before.' }),
  rejected: Type.Integer({ description: 'Rows that held no value.' }),
  problems: Type.Array(Type.Object({ line: Type.Integer(), reason: Type.String() }), {
    description: 'The first 50 rows that held no value.',
  }),
  started_at: Time('When it was sent first.'),
  changed_at: Time('When rows came in last.'),
})
export const ListImported = Type.Object({
  ...ListImport.properties,
  passed_over: Type.Integer({ description: 'Rows that were in from before.' }),
})
export const ListImports = Type.Object({ items: Type.Array(ListImport) })
