import { Type } from 'typebox'
import { Name, Time } from './shapes.ts'

export const SecretParams = Type.Object({ name: Name('Name of the secret.') })
export const SecretBody = Type.Object(
  { value: Type.String({ minLength: 1, maxLength: 16_384, description: 'Never shown again.' }) },
  { additionalProperties: false },
)
export const SecretSummary = Type.Object({ name: Type.String(), updated_at: Time('When it was last set.') })
export const SecretList = Type.Object({ items: Type.Array(SecretSummary) })
