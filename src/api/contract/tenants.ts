import { Type } from 'typebox'
import { NumberOrNull, Time, TimeOrNull } from './shapes.ts'

const limit = (description: string) =>
  Type.Optional(Type.Unsafe<number | null>({ type: ['integer', 'null'], minimum: 0, description }))

/** Null: no limit. */
export const Limits = Type.Object(
  {
    leads_month: limit('Leads taken in, a calendar month (UTC). Beyond it intake answers 402.'),
    requests_minute: limit('Requests a minute, of all its keys and users.'),
    source_requests_minute: limit('Submissions a minute of each of its sources.'),
    destinations: limit('Destinations in all its flows. Beyond it publishing answers 402.'),
    storage_bytes: limit('Journal and submissions kept. Beyond it intake answers 402.'),
  },
  { additionalProperties: false },
)

const view = {
  id: Type.String(),
  slug: Type.String(),
  name: Type.String(),
  enabled: Type.Boolean({ description: 'False: suspended. Nothing is taken in, nobody logs in.' }),
  created_at: Time('When it was made.'),
  limits: Type.Object({
    leads_month: NumberOrNull(),
    requests_minute: NumberOrNull(),
    source_requests_minute: NumberOrNull(),
    destinations: NumberOrNull(),
    storage_bytes: NumberOrNull(),
  }),
  usage: Type.Object({
    leads_this_month: Type.Integer({ description: 'Counted where there is a limit, in portions: a little ahead.' }),
    storage_bytes: NumberOrNull({ description: 'As last measured, where there is a limit.' }),
  }),
  cors_origins: Type.Array(Type.String(), { description: 'Whose pages may call the API from a browser.' }),
}

export const TenantView = Type.Object(view)
export const PlatformTenant = Type.Object({ ...view, deleted_at: TimeOrNull('Its rows are being removed since then.') })
export const PlatformTenants = Type.Object({ items: Type.Array(PlatformTenant) })

const Origins = Type.Array(Type.String({ maxLength: 300 }), { maxItems: 50 })
const TenantName = Type.String({ minLength: 1, maxLength: 100 })

export const SettingsBody = Type.Object(
  { name: Type.Optional(TenantName), cors_origins: Type.Optional(Origins) },
  { additionalProperties: false, minProperties: 1 },
)

export const TenantParams = Type.Object({ id: Type.String({ description: 'Id or slug.' }) })
export const NewTenantBody = Type.Object(
  {
    slug: Type.String({ maxLength: 40, description: 'Short name: small letters, digits and hyphens.' }),
    name: Type.Optional(TenantName),
    limits: Type.Optional(Limits),
    owner_email: Type.Optional(
      Type.String({
        minLength: 3,
        maxLength: 320,
        pattern: '^[^@\\s]+@[^@\\s]+$',
        description: 'Invited as its owner.',
      }),
    ),
  },
  { additionalProperties: false },
)
export const TenantBody = Type.Object(
  {
    name: Type.Optional(TenantName),
    enabled: Type.Optional(Type.Boolean()),
    limits: Type.Optional(Limits),
    cors_origins: Type.Optional(Origins),
  },
  { additionalProperties: false, minProperties: 1 },
)
export const TenantMade = Type.Object({
  tenant: PlatformTenant,
  invitation: Type.Unsafe<{ url: string; expires_at: string; mailed: boolean } | null>({
    type: ['object', 'null'],
    properties: {
      url: { type: 'string' },
      expires_at: { type: 'string', format: 'date-time' },
      mailed: { type: 'boolean' },
    },
    description: 'Of the owner, where one was named. Shown this once.',
  }),
})
