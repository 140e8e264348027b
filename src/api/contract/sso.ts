import { Type } from 'typebox'
import { TextOrNull } from './shapes.ts'

export const SsoParams = Type.Object({ tenant: Type.String({ description: 'Short name of the tenant.' }) })

export const SsoView = Type.Object({
  callback_url: Type.String({ description: 'To be registered at the provider, letter by letter.' }),
  login_url: Type.String({ description: 'Where to send people to log in.' }),
  issuer: Type.String(),
  client_id: Type.String(),
  default_role: TextOrNull({
    description: 'Of whom the provider knows and nobody invited; null: they are turned away.',
  }),
})
export const SsoBody = Type.Object(
  {
    issuer: Type.String({
      minLength: 1,
      maxLength: 500,
      description: 'Its issuer identifier: `https://login.example.com`.',
    }),
    client_id: Type.String({ minLength: 1, maxLength: 300 }),
    client_secret: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 1_024,
        description: 'Sealed; never shown again. Left out: the one that is kept, where the issuer stays the same.',
      }),
    ),
    default_role: Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], maxLength: 40 })),
  },
  { additionalProperties: false },
)
