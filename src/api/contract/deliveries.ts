import { Type } from 'typebox'
import { AnyJson, LeadId, NumberOrNull, TextOrNull, Time, TimeOrNull } from './shapes.ts'

export const STATES = ['waiting', 'held', 'unknown', 'delivered', 'refused', 'passed', 'dead', 'discarded'] as const

const Filter = Type.Optional(Type.String({ minLength: 1, maxLength: 100 }))

const page = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, description: 'Default 50.' })),
  cursor: Type.Optional(Type.String({ maxLength: 100, description: '`next_cursor` of the page before.' })),
}

const filter = {
  flow: Filter,
  destination: Type.Optional(
    Type.String({ minLength: 1, maxLength: 100, description: 'Id of a destination, without its flow.' }),
  ),
  code: Filter,
  from: Type.Optional(Type.String({ maxLength: 40, description: 'Changed at or after this time (ISO 8601).' })),
  to: Type.Optional(Type.String({ maxLength: 40, description: 'Changed before this time (ISO 8601).' })),
}

export const DeliveryListQuery = Type.Object(
  {
    ...page,
    ...filter,
    state: Type.Optional(
      Type.Enum([...STATES], {
        description:
          '`waiting`: also those that are `held`; `held`: those alone whose destination is paused or broken.',
      }),
    ),
  },
  { additionalProperties: false },
)

export const DeadLetterQuery = Type.Object({ ...page, ...filter }, { additionalProperties: false })

const summary = {
  id: Type.String({ description: 'Its calls carry this as idempotency key.' }),
  lead_id: LeadId,
  flow: Type.String(),
  destination: Type.String(),
  state: Type.Enum([...STATES], {
    description:
      '`waiting` to be tried again; `held`: the same, and its destination is paused or broken; `unknown`: sent and not ' +
      'answered, a person must say what became of it; `delivered`; `refused` by the destination; `passed`: it failed, and the next destination had its turn; `dead`: given up; ' +
      '`discarded`: given up and put away.',
  }),
  code: TextOrNull({ description: 'Why it is not delivered: see docs/errors.md.' }),
  attempts: Type.Integer(),
  opened_at: Time('When the flow decided on it.'),
  changed_at: Time('When its state last changed.'),
  next_at: TimeOrNull('When it is tried again.'),
}

export const DeliveryPage = Type.Object({
  items: Type.Array(Type.Object(summary)),
  next_cursor: TextOrNull({ description: 'Null on the last page.' }),
})

const Exchange = Type.Object({
  at: Time('When it was answered, or given up.'),
  attempt: Type.Integer(),
  status: NumberOrNull({ description: 'Null where no answer came.' }),
  ms: NumberOrNull(),
  outcome: TextOrNull(),
  code: TextOrNull(),
  reason: TextOrNull(),
  request: AnyJson('What was sent, credentials left out.'),
  response: AnyJson('What came back; null where nothing did.'),
})

export const DeliveryDetail = Type.Object({
  ...summary,
  step: Type.String(),
  reason: TextOrNull(),
  reference: TextOrNull({ description: 'What the destination calls the lead.' }),
  payload: AnyJson('What the flow wants delivered.'),
  held_by: TextOrNull({ description: '`paused`, `emergency`, `breaker`, `busy` or `rate`.' }),
  exchanges: Type.Array(Exchange, { description: 'Every call with its answer, oldest first.' }),
})

export const DeliveryParams = Type.Object({ id: Type.String(), delivery: Type.String() })

const Reason = Type.String({ minLength: 1, maxLength: 500, description: 'Kept sealed, in the journal of the lead.' })

export const ReplayBody = Type.Object(
  {
    reason: Type.Optional(Reason),
    payload: Type.Optional(
      Type.Unsafe<Readonly<Record<string, never>>>({
        type: 'object',
        description:
          'Sent in place of what the flow made. It goes under a new idempotency key, so that the destination does not ' +
          'take it for the old one.',
      }),
    ),
    at: Type.Optional(Type.String({ maxLength: 40, description: 'When (ISO 8601); now where left out.' })),
  },
  { additionalProperties: false },
)

export const DiscardBody = Type.Object({ reason: Reason }, { additionalProperties: false })

export const SettleBody = Type.Object(
  {
    outcome: Type.Enum(['delivered', 'not_delivered', 'send_again'], {
      description:
        '`delivered`: the destination has it. `not_delivered`: it has not, and it is not sent again. `send_again`: it is ' +
        'sent again, which may double it where the destination does not recognise the key.',
    }),
    reason: Reason,
    reference: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: 'What the destination calls the lead.' }),
    ),
  },
  { additionalProperties: false },
)

export const Decided = Type.Object({
  lead_id: LeadId,
  delivery_id: Type.String(),
  state: Type.String(),
  status_url: Type.String(),
})

const bulk = {
  ...filter,
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'Of those that match, the newest. Default 1,000.' }),
  ),
}

export const ReplayManyBody = Type.Object(
  {
    ...bulk,
    per_second: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, maximum: 1_000, description: 'How fast they go out. Default 10.' }),
    ),
    reason: Type.Optional(Reason),
  },
  { additionalProperties: false },
)

export const DiscardManyBody = Type.Object({ ...bulk, reason: Reason }, { additionalProperties: false })

const run = {
  id: Type.String(),
  state: Type.Enum(['running', 'done', 'canceled']),
  matched: Type.Integer({ description: 'Dead letters it is about.' }),
  done: Type.Integer({ description: 'Of them those that were decided so far.' }),
  refused: Type.Integer({ description: 'Somebody else had decided about them meanwhile.' }),
  started_at: Time('When it was begun.'),
  ended_at: TimeOrNull('When it was over.'),
  by: Type.String(),
  ended_by: TextOrNull({ description: 'Who called it off.' }),
}

export const ReplayRunView = Type.Object({
  ...run,
  per_second: Type.Number(),
  last_at: TimeOrNull('When the last of those decided so far is due.'),
})
export const DiscardRunView = Type.Object(run)

export const ReplayRunList = Type.Object({ items: Type.Array(ReplayRunView) })
export const DiscardRunList = Type.Object({ items: Type.Array(DiscardRunView) })
export const RunParams = Type.Object({ id: Type.String({ minLength: 1, maxLength: 100 }) })

export const ResumeBody = Type.Object({ reason: Type.Optional(Reason) }, { additionalProperties: false })

export const HealthQuery = Type.Object(
  {
    flow: Filter,
    minutes: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 10_080, description: 'How far back calls are counted. Default 60.' }),
    ),
  },
  { additionalProperties: false },
)

export const HealthParams = Type.Object({ id: Type.String({ description: 'Id of a destination.' }) })

export const DestinationHealth = Type.Object({
  flow: Type.String(),
  destination: Type.String(),
  calls: Type.Integer(),
  success_rate: NumberOrNull({ description: 'Of all calls, those that were taken: 0 to 1; null: there was none.' }),
  refused: Type.Integer({ description: 'Answered with a no.' }),
  errors: Type.Integer({ description: 'Not answered, or with an error.' }),
  latency_ms: Type.Object({
    p50: NumberOrNull(),
    p95: NumberOrNull(),
    p99: NumberOrNull(),
  }),
  breaker: Type.Object({
    state: Type.Enum(['closed', 'open', 'half_open']),
    since: TimeOrNull('When it changed last.'),
    retry_at: TimeOrNull('When one call may try it.'),
    openings: Type.Integer({ description: 'Since it was last closed.' }),
    code: TextOrNull(),
  }),
  paused: Type.Unsafe<null | {
    by: string
    since: string
    until: string | null
    code: string | null
    reason: string | null
  }>({
    type: ['object', 'null'],
    required: ['by', 'since', 'until', 'code', 'reason'],
    properties: {
      by: { type: 'string' },
      since: { type: 'string' },
      until: { type: ['string', 'null'] },
      code: { type: ['string', 'null'] },
      reason: { type: ['string', 'null'] },
    },
    description: 'Who stopped it and why; null where nobody did.',
  }),
  waiting: Type.Integer(),
  unknown: Type.Integer(),
  dead: Type.Integer(),
  alerted_at: TimeOrNull('When somebody was told of its first dead letter; null once all were seen to.'),
})

export const HealthAnswer = Type.Object({ items: Type.Array(DestinationHealth) })

export const QueueList = Type.Object({
  items: Type.Array(
    Type.Object({
      queue: Type.String({ description: '`deliveries`, `leads` or `jobs`.' }),
      name: Type.String({ description: 'Of `deliveries`: flow/destination; of `jobs`: the task; else empty.' }),
      depth: Type.Integer({ description: 'Due and not begun.' }),
      oldest: TimeOrNull('When the one that has waited longest fell due.'),
      states: Type.Object({
        due: Type.Integer(),
        later: Type.Integer(),
        running: Type.Integer(),
        parked: Type.Integer({ description: 'Until a person acts.' }),
      }),
      per_minute: NumberOrNull({
        description:
          'Of `deliveries`: calls made in a minute, over the last five. Of `leads`: those that came in during the last ' +
          'minute. Null: not counted.',
      }),
      stopped: TextOrNull({ description: '`paused`, `emergency` or `breaker`; null where it runs.' }),
    }),
  ),
})
