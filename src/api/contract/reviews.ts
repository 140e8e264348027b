import { Type } from 'typebox'
import { LeadSummary } from './leads.ts'
import { BooleanOrNull, LeadId, NumberOrNull, TextOrNull, Time } from './shapes.ts'

export const ReviewCount = Type.Object({ waiting: Type.Integer({ description: 'Leads that wait; 1,000 at most.' }) })

export const ReviewListQuery = Type.Object(
  {
    queue: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    sort: Type.Optional(
      Type.Enum(['hottest', 'newest'], {
        description: '`hottest`, the default: by score, of equal ones the newest; or the newest alone.',
      }),
    ),
    available: Type.Optional(
      Type.Boolean({ description: 'Leave out what others look at now, and what was given to others.' }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: 'Default 50.' })),
  },
  { additionalProperties: false },
)

export const ReviewList = Type.Object({
  waiting: Type.Integer(),
  taken: Type.Integer({ description: 'Of these, looked at now by others, or given to others.' }),
  queues: Type.Array(Type.Object({ queue: Type.String(), waiting: Type.Integer() })),
  items: Type.Array(
    Type.Object({
      ...LeadSummary.properties,
      queue: Type.String(),
      note: TextOrNull({ description: 'What the flow asks the reviewer to look at.' }),
      score: NumberOrNull(),
      class: TextOrNull(),
      claimed_by: TextOrNull({ description: 'Id of the user who has it now; null: nobody.' }),
      claimed_until: TextOrNull(),
      mine: BooleanOrNull({ description: 'Whether that is you.' }),
    }),
    { description: 'In the order asked for, of all that wait.' },
  ),
})

export const ClaimAnswer = Type.Object({
  lead_id: LeadId,
  until: Time('Until then nobody else is given it; claim it again to keep it.'),
})
