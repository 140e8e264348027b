import { Type } from 'typebox'
import { Email } from './auth.ts'
import { TextOrNull, Time, TimeOrNull } from './shapes.ts'

export type PartnerBody = { flow: string; source: string } | { destination: string }

const Partner = Type.Unsafe<PartnerBody | null>({
  type: ['object', 'null'],
  properties: { flow: { type: 'string' }, source: { type: 'string' }, destination: { type: 'string' } },
  additionalProperties: false,
  anyOf: [
    { type: 'null' },
    { type: 'object', required: ['flow', 'source'] },
    { type: 'object', required: ['destination'] },
  ],
  description:
    'Of a source_partner: flow and source; of a buyer_partner: destination. All that such a user sees. Else null.',
})
const Role = Type.String({ maxLength: 40, description: 'As docs/reference/roles.md lists them.' })

export const UserParams = Type.Object({ id: Type.String() })

export const UserView = Type.Object({
  id: Type.String(),
  email: Type.String(),
  role: Type.String(),
  partner: Partner,
  enabled: Type.Boolean(),
  joined: Type.Boolean({ description: 'Whether the invitation was taken.' }),
  second_factor: Type.Boolean(),
  created_at: Time('When they were invited.'),
  last_login_at: TimeOrNull('When they last logged in.'),
})
export const UserPage = Type.Object({
  items: Type.Array(UserView),
  next_cursor: TextOrNull({ description: 'Null on the last page.' }),
})
export const UserListQuery = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, description: 'Default 50.' })),
    cursor: Type.Optional(Type.String({ maxLength: 100, description: '`next_cursor` of the page before.' })),
  },
  { additionalProperties: false },
)

export const InviteBody = Type.Object(
  { email: Email, role: Role, partner: Type.Optional(Partner) },
  { additionalProperties: false },
)
export const UserBody = Type.Object(
  { role: Type.Optional(Role), partner: Type.Optional(Partner), enabled: Type.Optional(Type.Boolean()) },
  { additionalProperties: false, minProperties: 1 },
)

export const LinkAnswer = Type.Object({
  url: Type.String({ description: 'For the user alone: whoever has it sets the password. Shown this once.' }),
  expires_at: Time('Until when it is good, once.'),
  mailed: Type.Boolean({ description: 'Whether it was also sent by mail.' }),
})
export const Invited = Type.Object({ user: UserView, invitation: LinkAnswer })

export const RoleList = Type.Object({
  items: Type.Array(
    Type.Object({
      role: Type.String(),
      summary: Type.String({ description: 'What it is for.' }),
      grants: Type.Unsafe<Readonly<Record<string, 'all' | 'own'>>>({
        type: 'object',
        additionalProperties: { type: 'string', enum: ['all', 'own'] },
        description: 'By permission: `all` of the tenant, or what is their `own`. What does not stand here is denied.',
      }),
    }),
  ),
})
