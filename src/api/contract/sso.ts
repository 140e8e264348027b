import { Type } from 'typebox'
import { TextOrNull } from './shapes.ts'

export const SsoParams = Type.Object({ tenant: Type.String({ description: 'Short name of the tenant.' }) })

export const SsoView = Type.Object({
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
    client_secret: Type.String({ minLength: 1, maxLength: 1_024, description: 'Sealed; never shown again.' }),
    default_role: Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], maxLength: 40 })),
  },
  { additionalProperties: false },
)
