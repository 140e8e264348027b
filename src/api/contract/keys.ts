import { Type } from 'typebox'
import { TextOrNull, Time, TimeOrNull } from './shapes.ts'

const KeyName = Type.String({ minLength: 1, maxLength: 100, description: 'For people: whose key, and what for.' })
const Scopes = Type.Array(Type.String({ maxLength: 20 }), {
  minItems: 1,
  maxItems: 10,
  description: '`submit` leads to one source; `read`, `write` or `admin` of the tenant: see docs/reference/roles.md.',
})
const Until = Type.String({ maxLength: 40, description: 'ISO 8601.' })

export const KeyParams = Type.Object({ id: Type.String() })
export const KeyListQuery = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, description: 'Default 50.' })),
    cursor: Type.Optional(Type.String({ maxLength: 100, description: '`next_cursor` of the page before.' })),
  },
  { additionalProperties: false },
)

export const KeyView = Type.Object({
  id: Type.String({ description: 'Also the client_id of POST /oauth/token.' }),
  name: Type.String(),
  hint: Type.String({ description: 'How it begins, to tell it from others.' }),
  scopes: Type.Array(Type.String()),
  flow: TextOrNull({ description: 'Of a key that submits.' }),
  source: TextOrNull({ description: 'Of a key that submits.' }),
  enabled: Type.Boolean(),
  created_at: Time('When it was made.'),
  created_by: Type.String({ description: 'Id of who made it; empty where publishing its flow did.' }),
  expires_at: TimeOrNull('Until when it is good; null: until it is switched off.'),
  last_used_at: TimeOrNull('When it was last used, to the minute.'),
  replaced_by: TextOrNull({ description: 'The key that took its place.' }),
})
export const KeyPage = Type.Object({
  items: Type.Array(KeyView),
  next_cursor: TextOrNull({ description: 'Null on the last page.' }),
})

export const NewKeyBody = Type.Object(
  {
    name: KeyName,
    scopes: Scopes,
    flow: Type.Optional(Type.String({ maxLength: 100, description: 'Where `submit` is among the scopes.' })),
    source: Type.Optional(Type.String({ maxLength: 100, description: 'Where `submit` is among the scopes.' })),
    expires_at: Type.Optional(Until),
  },
  { additionalProperties: false },
)
export const KeyBody = Type.Object(
  {
    name: Type.Optional(KeyName),
    enabled: Type.Optional(Type.Boolean()),
    expires_at: Type.Optional(
      Type.Unsafe<string | null>({ type: ['string', 'null'], maxLength: 40, description: 'ISO 8601; null: never.' }),
    ),
  },
  { additionalProperties: false, minProperties: 1 },
)
export const RotateBody = Type.Object(
  {
    overlap_s: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 90 * 86_400,
        description: 'How long the old key is good beside it. Default a day.',
      }),
    ),
  },
  { additionalProperties: false },
)

export const KeyMade = Type.Object({
  key: KeyView,
  secret: Type.String({ description: 'The key itself. Shown this once: only its hash is kept.' }),
})
export const KeyRotated = Type.Object({ ...KeyMade.properties, old: KeyView })

/** RFC 6749, section 4.4. */
export const TokenBody = Type.Object({
  grant_type: Type.Optional(Type.String({ maxLength: 100 })),
  client_id: Type.Optional(Type.String({ maxLength: 100, description: 'Id of the key; or as user of Basic.' })),
  client_secret: Type.Optional(Type.String({ maxLength: 512, description: 'The key; or as password of Basic.' })),
  scope: Type.Optional(
    Type.String({ maxLength: 200, description: 'Some of the scopes of the key; all where left out.' }),
  ),
})
export const TokenAnswer = Type.Object({
  access_token: Type.String(),
  token_type: Type.Literal('Bearer'),
  expires_in: Type.Integer({ description: 'Seconds.' }),
  scope: Type.String(),
})
export const TokenRefused = Type.Object({
  error: Type.Enum(['invalid_request', 'invalid_client', 'unsupported_grant_type', 'invalid_scope']),
  error_description: Type.String(),
})
