import { Type } from 'typebox'
import { AnyJson, Time } from './shapes.ts'

export const HookBody = Type.Object(
  {
    flow: Type.String({ minLength: 1, maxLength: 100, description: 'Id of a published flow.' }),
    destination: Type.String({ minLength: 1, maxLength: 100, description: 'A zapier or make destination of it.' }),
    target_url: Type.String({
      minLength: 1,
      maxLength: 2000,
      description: 'Where leads are posted. Never shown again.',
    }),
  },
  { additionalProperties: false },
)

export const HookParams = Type.Object({ id: Type.String({ minLength: 1, maxLength: 100 }) })

export const HookSummary = Type.Object({
  id: Type.String({ description: 'What unsubscribing takes.' }),
  flow: Type.String(),
  destination: Type.String(),
  created_at: Time('When it was subscribed.'),
})

export const HookList = Type.Object({ items: Type.Array(HookSummary) })

export const HookSampleQuery = Type.Object({ flow: Type.String(), destination: Type.String() })
export const HookSample = Type.Array(AnyJson('One lead as it would be sent, made up.'))
