import { type Static, Type } from 'typebox'
import { PAGE_MAX } from './leads.ts'
import { AnyJson, LeadId, TextOrNull, Time } from './shapes.ts'

/** What people set for themselves and for their screens, and what they do to many leads at once. */

const Part = Type.Optional(Type.String({ minLength: 1, maxLength: 100 }))

/** What leads are filtered by: never anything personal, since it stands in addresses. */
export const LeadFilterShape = {
  flow: Part,
  source: Part,
  outcome: Part,
  status: Part,
  code: Type.Optional(Type.String({ minLength: 1, maxLength: 300 })),
  test: Type.Optional(Type.Enum(['yes', 'no'])),
  assignee: Part,
  from: Type.Optional(Type.String({ maxLength: 40 })),
  to: Type.Optional(Type.String({ maxLength: 40 })),
}
const Filter = Type.Object(LeadFilterShape, { additionalProperties: false })

export const ViewParams = Type.Object({ id: Type.String() })
export const ViewBody = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: 60 }), filter: Filter },
  { additionalProperties: false },
)
export const View = Type.Object({
  id: Type.String(),
  name: Type.String(),
  filter: Type.Unsafe<Static<typeof Filter>>({ type: 'object', additionalProperties: true }),
  created_at: Time('When it was kept.'),
})
export const ViewList = Type.Object({ items: Type.Array(View) })

export const LOGO_CHARS_MAX = 65_536

export const Branding = Type.Object({
  name: TextOrNull({ description: 'Instead of Millrace.' }),
  color: TextOrNull({ description: 'Of buttons and links: `#0f766e`.' }),
  logo: TextOrNull({ description: 'An image as a data address: PNG, SVG or WebP, at most 48 KB.' }),
})
const orNull = (of: object) => Type.Unsafe<string | null>({ ...of, type: ['string', 'null'] })
export const BrandingBody = Type.Object(
  {
    name: orNull({ minLength: 1, maxLength: 40 }),
    color: orNull({ pattern: '^#[0-9a-fA-F]{6}$' }),
    logo: orNull({
      maxLength: LOGO_CHARS_MAX,
      pattern: '^data:image/(?:png|svg\\+xml|webp);base64,[A-Za-z0-9+/]+=*$',
    }),
  },
  { additionalProperties: false },
)

export const EXPORT_MAX = 100_000
export const EXPORT_FIELDS_MAX = 5_000
const Ids = Type.Array(Type.String(), { minItems: 1, maxItems: 1_000 })

export const ExportBody = Type.Object(
  {
    ...LeadFilterShape,
    ids: Type.Optional(Ids),
    fields: Type.Optional(
      Type.Boolean({ description: `Also the leads' own fields; then at most ${EXPORT_FIELDS_MAX} leads.` }),
    ),
  },
  { additionalProperties: false },
)

export const BulkBody = Type.Object(
  {
    action: Type.Enum(['approve', 'reject', 'suppress', 'assign', 'replay'], {
      description:
        '`replay`: parked leads go on, and deliveries that were given up are sent again; where no destination took the ' +
        'lead, those that were refused too. One that was turned away before anything was sent runs through its flow ' +
        'again, as a lead of its own.',
    }),
    ids: Type.Array(Type.String(), { minItems: 1, maxItems: PAGE_MAX }),
    reason: Type.Optional(Type.String({ minLength: 1, maxLength: 500, description: 'Of a rejection.' })),
    list: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'Where to suppress them.' })),
    assignee: Type.Optional(
      Type.Unsafe<string | null>({
        type: ['string', 'null'],
        maxLength: 40,
        description: 'To whom they are given; null: to nobody.',
      }),
    ),
  },
  { additionalProperties: false },
)
export const BulkAnswer = Type.Object({
  done: Type.Integer(),
  failed: Type.Array(Type.Object({ lead_id: LeadId, code: Type.String(), message: Type.String() })),
})

export const SourceList = Type.Object({
  items: Type.Array(
    Type.Object({
      flow: Type.String(),
      id: Type.String(),
      name: Type.String(),
      enabled: Type.Boolean(),
      adapter: TextOrNull(),
      price: AnyJson('As the flow says it.'),
      submit_url: Type.String({ description: 'Where its leads are sent.' }),
      keys: Type.Array(Type.Object({ hint: Type.String(), enabled: Type.Boolean(), created_at: Time('When.') })),
    }),
  ),
})
