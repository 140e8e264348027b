import { Type } from 'typebox'
import { AnyJson, BooleanOrNull, LeadId, NumberOrNull, TextOrNull, Time, TimeOrNull } from './shapes.ts'

export const PAGE_MAX = 200
export const PAGE_DEFAULT = 50

const page = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_MAX, description: `Default ${PAGE_DEFAULT}.` })),
  cursor: Type.Optional(Type.String({ maxLength: 100, description: '`next_cursor` of the page before.' })),
}

const row = {
  id: LeadId,
  flow: Type.String(),
  flow_version: Type.Integer(),
  source: Type.String(),
  status: Type.String(),
  outcome: TextOrNull({ description: 'Null until the journey has ended.' }),
  code: TextOrNull(),
  price: NumberOrNull({ description: 'What the source is paid.' }),
  revenue: NumberOrNull({ description: 'What buyers pay.' }),
  currency: TextOrNull(),
  duration_ms: NumberOrNull(),
  test: Type.Boolean(),
  duplicate_of: TextOrNull(),
  person_id: TextOrNull({ description: 'The person it belongs to; /api/v1/persons/{id} tells of it.' }),
  assignee: TextOrNull({ description: 'Id of the user who works on it; /api/v1/assignees tells who that is.' }),
  received_at: Time('When it was submitted.'),
  closed_at: TimeOrNull('When its journey ended.'),
}

/** One line of a list of leads; without personal data. */
export const LeadSummary = Type.Object(row)

export const LeadPage = Type.Object({
  items: Type.Array(LeadSummary),
  next_cursor: TextOrNull({ description: 'Null on the last page.' }),
})

const Filter = Type.Optional(Type.String({ minLength: 1, maxLength: 100 }))

export const LeadListQuery = Type.Object(
  {
    ...page,
    flow: Filter,
    source: Filter,
    outcome: Type.Optional(
      Type.String({ minLength: 1, maxLength: 100, description: 'One of success, failure and error.' }),
    ),
    status: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 100,
        description:
          'One of new, normalized, enriched, verified, pending_review, approved, delivered, rejected, failed, archived and erased.',
      }),
    ),
    code: Type.Optional(
      Type.String({ minLength: 1, maxLength: 300, description: 'One, or several with commas between.' }),
    ),
    test: Type.Optional(Type.Enum(['yes', 'no'], { description: 'Only test leads, or none.' })),
    assignee: Type.Optional(
      Type.String({ minLength: 1, maxLength: 40, description: 'Id of a user, `me`, or `none`: given to nobody.' }),
    ),
    from: Type.Optional(Type.String({ maxLength: 40, description: 'Received at or after this time (ISO 8601).' })),
    to: Type.Optional(Type.String({ maxLength: 40, description: 'Received before this time (ISO 8601).' })),
  },
  { additionalProperties: false },
)

export const LeadSearchBody = Type.Object(
  {
    email: Type.Optional(Type.String({ minLength: 1, maxLength: 320 })),
    phone: Type.Optional(Type.String({ minLength: 1, maxLength: 60 })),
    flow: Type.Optional(
      Type.String({ maxLength: 100, description: "Read the phone number as this flow does: by the flow's country." }),
    ),
    country: Type.Optional(
      Type.String({
        pattern: '^[A-Z]{2}$',
        description: 'ISO 3166-1 alpha-2: of a phone number without country code.',
      }),
    ),
    ...page,
  },
  { additionalProperties: false },
)

export const LeadParams = Type.Object({ id: Type.String() })

export const SightQuery = Type.Object(
  {
    personal: Type.Optional(
      Type.Enum(['shown', 'masked'], {
        description:
          '`masked`: without personal data, also for those who may see it. What a role may not see is masked anyway.',
      }),
    ),
  },
  { additionalProperties: false },
)

const Field = Type.Object({
  raw: AnyJson('As it was submitted.'),
  normal: AnyJson('The one way this value is written, or null.'),
  valid: Type.Boolean(),
  masked: Type.Boolean(),
  parts: AnyJson('What the value is made of, by name.'),
})

const DeliveryDetail = Type.Object({
  id: Type.String(),
  step: Type.String(),
  destination: Type.String(),
  outcome: Type.Enum(['open', 'success', 'failure', 'error']),
  attempts: Type.Integer(),
  reference: TextOrNull({ description: 'What the destination calls the lead.' }),
  reason: TextOrNull(),
  code: TextOrNull(),
  revenue: TextOrNull({ description: 'What the buyer pays: decimal text.' }),
  currency: TextOrNull(),
  next_at: TimeOrNull('When it will be tried again.'),
  parked: Type.Boolean({ description: 'A person must say what became of it.' }),
})

export const LeadDetail = Type.Object({
  ...row,
  personal: Type.Enum(['shown', 'masked'], { description: 'Whether personal data is shown here as it is.' }),
  received: AnyJson('Of a buyer partner: what its destination was sent. Else null.'),
  mode: Type.Enum(['sync', 'async']),
  accepted: BooleanOrNull({ description: 'Null while it is not decided.' }),
  reason: TextOrNull(),
  field_errors: Type.Unsafe<Readonly<Record<string, string>> | null>({
    type: ['object', 'null'],
    additionalProperties: { type: 'string' },
  }),
  score: NumberOrNull(),
  class: TextOrNull(),
  route: TextOrNull(),
  fields: Type.Unsafe<Readonly<Record<string, unknown>>>({ type: 'object', additionalProperties: Field }),
  extra: AnyJson('What was submitted and no field of the flow takes.'),
  appended: AnyJson('What enrichers said, by their ids: facts by name, and how the asking ended.'),
  steps: Type.Array(Type.Object({ id: Type.String(), outcome: Type.String() })),
  deliveries: Type.Array(DeliveryDetail),
  rerun_of: TextOrNull({ description: 'The lead that was turned away and is run again as this one.' }),
  rerun_as: TextOrNull({ description: 'The lead that this one was run again as.' }),
  pending: Type.Unsafe<{ code: string; meaning: string; step: string | null } | null>({
    type: ['object', 'null'],
    properties: { code: { type: 'string' }, meaning: { type: 'string' }, step: { type: ['string', 'null'] } },
    required: ['code', 'meaning', 'step'],
    description: 'Why it stands still; null where it does not.',
  }),
})

export const EventList = Type.Object({
  items: Type.Array(
    Type.Object({
      seq: Type.Integer({ description: 'The segment of the journal: what was committed together.' }),
      position: Type.Integer({ description: 'The place in its segment.' }),
      type: Type.String(),
      at: Time('When it happened.'),
      data: AnyJson('What stands in plain in the journal.'),
      private: AnyJson('What is sealed in the journal; null where nothing is, or once the lead was erased.'),
    }),
  ),
})

export const EventQuery = Type.Object(
  {
    ...SightQuery.properties,
    exchanges: Type.Optional(
      Type.Enum(['hidden'], { description: 'Leave out what was sent outside and what came back: `unmask` shows it.' }),
    ),
  },
  { additionalProperties: false },
)

export const LeadProof = Type.Object({
  intact: Type.Boolean(),
  breach: Type.Unsafe<{ seq: number; what: string } | null>({
    type: ['object', 'null'],
    properties: { seq: { type: 'integer' }, what: { type: 'string' } },
    description:
      'The first segment that is not what was written: changed, missing, tail_removed, head_differs; row_differs: what lists show of the lead is not what its events say; key_removed: its key is gone without an erasure.',
  }),
  segments: Type.Array(
    Type.Object({ seq: Type.Integer(), at: Time('When it was made.'), hash: Type.String({ description: 'SHA-256.' }) }),
  ),
})

export const UnmaskBody = Type.Object(
  {
    reason: Type.String({ minLength: 3, maxLength: 500, description: 'Why: it stands in the audit beside who asked.' }),
  },
  { additionalProperties: false },
)
export const Unmasked = Type.Object({ lead: LeadDetail, events: EventList.properties.items })

export const ReviewBody = Type.Object(
  {
    decision: Type.Enum(['approve', 'reject']),
    reason: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
  },
  { additionalProperties: false },
)

export const ReviewAnswer = Type.Object({
  lead_id: LeadId,
  decision: Type.Enum(['approve', 'reject']),
  status_url: Type.String({ description: 'Where the lead can be read: its journey goes on by itself.' }),
})

export const RerunBody = Type.Object(
  {
    reason: Type.Optional(
      Type.String({ minLength: 1, maxLength: 500, description: 'Why: kept sealed in its journal.' }),
    ),
  },
  { additionalProperties: false },
)
export const RerunAnswer = Type.Object({
  lead_id: Type.String({ description: 'The new lead.' }),
  rerun_of: Type.String({ description: 'The lead that was turned away.' }),
  outcome: Type.Enum(['success', 'failure', 'error', 'pending']),
  accepted: BooleanOrNull({ description: 'Null while it is not decided.' }),
  reason: TextOrNull(),
  code: TextOrNull(),
  status_url: Type.String(),
})
