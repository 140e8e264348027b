import { Type } from 'typebox'
import { BooleanOrNull, NumberOrNull, TextOrNull, Time, TimeOrNull } from './shapes.ts'
import { TOLD_EVENTS } from './told-events.ts'

const Events = Type.Array(Type.Enum(TOLD_EVENTS), {
  minItems: 1,
  maxItems: TOLD_EVENTS.length,
  uniqueItems: true,
  description: 'What it is told of.',
})

const Flows = Type.Unsafe<string[] | null>({
  type: ['array', 'null'],
  items: { type: 'string', minLength: 1, maxLength: 100 },
  minItems: 1,
  maxItems: 100,
  description: 'Ids of the flows whose leads it is told of; null: all.',
})

const shared = {
  name: Type.Optional(Type.String({ maxLength: 100, description: 'For people. Nothing personal.' })),
  flows: Type.Optional(Flows),
  fields: Type.Optional(
    Type.Boolean({
      description:
        'Whether the lead’s fields and the words of its reasons go along. Without, events hold nothing personal. Such a ' +
        'webhook is told of erasures too, whatever it chose.',
    }),
  ),
  tests: Type.Optional(Type.Boolean({ description: 'Whether it is told of test leads.' })),
  enabled: Type.Optional(Type.Boolean({ description: 'False: nothing is written down for it, and nothing sent.' })),
}

const Url = Type.String({
  minLength: 1,
  maxLength: 2000,
  description: 'Where events are posted, with `https://`. It is kept sealed and never shown again.',
})

export const WebhookBody = Type.Object({ url: Url, events: Events, ...shared }, { additionalProperties: false })

export const WebhookChange = Type.Object(
  { url: Type.Optional(Url), events: Type.Optional(Events), ...shared },
  { additionalProperties: false, minProperties: 1 },
)

export const WebhookParams = Type.Object({ id: Type.String({ minLength: 1, maxLength: 100 }) })

const summary = {
  id: Type.String(),
  name: Type.String(),
  host: Type.String({ description: 'Of its address.' }),
  events: Type.Array(Type.String()),
  flows: Type.Unsafe<string[] | null>({ type: ['array', 'null'], items: { type: 'string' } }),
  fields: Type.Boolean(),
  tests: Type.Boolean(),
  enabled: Type.Boolean(),
  code: TextOrNull({ description: 'Why it is off, where nobody switched it off: `unsubscribed`, it answered 410.' }),
  previous_secret_until: TimeOrNull('Until then events carry the signature of the secret before as well.'),
  waiting: Type.Integer({ description: 'Events that are owed to it; counted to 10,000.' }),
  dead: Type.Integer({ description: 'Events that were given up; counted to 10,000.' }),
  created_at: Time('When it was made.'),
  changed_at: Time('When it was last changed.'),
}

export const WebhookSummary = Type.Object(summary)
export const WebhookMade = Type.Object({
  ...summary,
  secret: Type.String({ description: 'What signatures are made with (`whsec_…`). Shown here and nowhere else.' }),
})
export const WebhookList = Type.Object({ items: Type.Array(WebhookSummary) })

export const RotateBody = Type.Object(
  {
    overlap_seconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 30 * 86_400,
        description: 'How long both secrets sign; a day where it is not said.',
      }),
    ),
  },
  { additionalProperties: false },
)

export const WebhookTested = Type.Object({
  status: NumberOrNull({ description: 'What it answered; null: nothing.' }),
  ms: Type.Integer(),
  ok: BooleanOrNull(),
  code: TextOrNull(),
  reason: TextOrNull(),
})

export const WebhookEventsQuery = Type.Object({
  state: Type.Optional(Type.Enum(['waiting', 'sent', 'dead'])),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
})

export const WebhookEvents = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.String({ description: 'The `webhook-id` it is sent under, the same at every attempt.' }),
      type: Type.String(),
      subject: Type.String({ description: 'Id of the lead, or of the alert.' }),
      state: Type.String(),
      attempts: Type.Integer(),
      code: TextOrNull(),
      status: NumberOrNull({ description: 'Of the last answer.' }),
      at: Time('When it happened.'),
      next_at: TimeOrNull('When it is tried again.'),
    }),
  ),
})

export const WebhookReplayed = Type.Object({
  events: Type.Integer({ description: 'That are sent again; counted to 10,000.' }),
})
