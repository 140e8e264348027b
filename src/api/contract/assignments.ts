import { Type } from 'typebox'
import { LeadId, TextOrNull } from './shapes.ts'

export const Assignees = Type.Object({
  items: Type.Array(Type.Object({ id: Type.String(), email: Type.String(), role: Type.String() }), {
    description: 'Who may work on leads.',
  }),
})

const Assignee = Type.Unsafe<string | null>({
  type: ['string', 'null'],
  maxLength: 40,
  description: 'Id of the user who works on it; null: nobody.',
})

export const AssignBody = Type.Object({ assignee: Assignee }, { additionalProperties: false })
export const Assigned = Type.Object({ lead_id: LeadId, assignee: TextOrNull() })

export const EditBody = Type.Object(
  {
    fields: Type.Unsafe<Readonly<Record<string, string>>>({
      type: 'object',
      minProperties: 1,
      maxProperties: 50,
      additionalProperties: { type: 'string', maxLength: 10_000 },
      description: 'The new values, as a sender would write them.',
    }),
  },
  { additionalProperties: false },
)
export const Edited = Type.Object({
  lead_id: LeadId,
  fields: Type.Array(Type.String(), { description: 'Those that were changed.' }),
})
