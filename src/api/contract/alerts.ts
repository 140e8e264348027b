import { Type } from 'typebox'
import { TextOrNull, Time, TimeOrNull } from './shapes.ts'

export const AlertSummary = Type.Object({
  id: Type.String(),
  kind: Type.String({
    description:
      '`dead_letters`, `unknown_outcomes`, `destination_paused`, `breaker_open`, `webhook_disabled`, `webhook_undelivered` or `job_failed`.',
  }),
  subject: Type.String({ description: 'What it is about: `flow/destination`, the id of a webhook, or the task.' }),
  severity: Type.Enum(['warning', 'error']),
  state: Type.Enum(['open', 'acknowledged', 'cleared']),
  code: TextOrNull({ description: 'Of the fault behind it.' }),
  count: Type.Integer({ description: 'How many, counted to 1,000.' }),
  raised_at: Time('When the first was seen.'),
  acknowledged_at: TimeOrNull('When somebody said that it was seen.'),
  acknowledged_by: TextOrNull(),
  cleared_at: TimeOrNull('When it was over.'),
})

export const AlertList = Type.Object({ items: Type.Array(AlertSummary) })

export const AlertQuery = Type.Object({
  state: Type.Optional(Type.Enum(['open', 'acknowledged', 'cleared'])),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
})

export const AlertParams = Type.Object({ id: Type.String({ minLength: 1, maxLength: 100 }) })

export const AlertSettings = Type.Object(
  {
    emails: Type.Unsafe<string[] | null>({
      type: ['array', 'null'],
      items: { type: 'string', pattern: '^[^\\s@]+@[^\\s@]+$', maxLength: 320 },
      maxItems: 20,
      description:
        'Who is mailed of alerts; null: owners and admins; an empty list: nobody. Mails need the operator’s `SMTP_URL`.',
    }),
  },
  { additionalProperties: false },
)
