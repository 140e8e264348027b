import { Type } from 'typebox'
import { AnyJson, LeadId, NumberOrNull, TextOrNull, Time, TimeOrNull } from './shapes.ts'

const Person = {
  email: Type.Optional(Type.String({ minLength: 1, maxLength: 320 })),
  phone: Type.Optional(Type.String({ minLength: 1, maxLength: 60 })),
  lead_id: Type.Optional(LeadId),
  flow: Type.Optional(Type.String({ maxLength: 100, description: 'Read the phone number as this flow does.' })),
  country: Type.Optional(
    Type.String({ pattern: '^[A-Z]{2}$', description: 'Country of a phone number without country code.' }),
  ),
}

export const PrivacyRequestBody = Type.Object(
  {
    kind: Type.Enum(['erase'], { description: 'What the person asks for.' }),
    ...Person,
    scope: Type.Optional(
      Type.Enum(['person', 'lead'], {
        default: 'person',
        description:
          '`person`: every lead with this email or phone, or with those of the lead named, and they are not taken in ' +
          'again. `lead`: the lead named and no other; it blocks nobody.',
      }),
    ),
  },
  { additionalProperties: false },
)

export const RequestParams = Type.Object({ id: Type.String() })

const Notice = Type.Object({
  id: Type.String(),
  destination: Type.String(),
  lead_id: LeadId,
  act: Type.String({ description: 'What the destination must do: `erase`, `revoke`, `restrict`, `rectify`.' }),
  status: Type.String({
    description: '`due`: to be told. `manual`: tell it yourself, then acknowledge. `acknowledged`. `refused`.',
  }),
  attempts: Type.Integer(),
  code: TextOrNull({ description: 'Why the last attempt came to nothing.' }),
  due_at: Time('When it must have acknowledged.'),
  told_at: TimeOrNull('When it was told last.'),
  acknowledged_at: TimeOrNull('When it acknowledged.'),
  acknowledged_by: TextOrNull(),
  overdue: Type.Boolean(),
})

const request = {
  id: Type.String(),
  kind: Type.String(),
  status: Type.String({
    description: '`working`: leads are gone through. `waiting`: recipients have not all acknowledged. `done`.',
  }),
  at: Time('When it was made.'),
  due_at: Time('When it must have ended.'),
  completed_at: TimeOrNull('When it ended.'),
  overdue: Type.Boolean(),
  leads: NumberOrNull({ description: 'Leads it touched.' }),
}

export const PrivacyRequestSummary = Type.Object(request)
export const PrivacyRequestDetail = Type.Object({
  ...request,
  notices: Type.Array(Notice),
  receipt_url: TextOrNull({ description: 'Where the signed receipt is, once the leads are gone.' }),
})
export const PrivacyRequestPage = Type.Object({
  items: Type.Array(PrivacyRequestSummary),
  next_cursor: TextOrNull({ description: 'Null on the last page.' }),
})
export const PrivacyRequestQuery = Type.Object(
  {
    kind: Type.Optional(Type.String({ maxLength: 20 })),
    status: Type.Optional(Type.Enum(['working', 'waiting', 'done'])),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, description: 'Default 50.' })),
    cursor: Type.Optional(Type.String({ maxLength: 100, description: '`next_cursor` of the page before.' })),
  },
  { additionalProperties: false },
)

export const Receipt = Type.Object({
  receipt: AnyJson('What was done: times, leads by id, recipients, keyed hashes of the person.'),
  signature: Type.String({ description: 'Ed25519, base64.' }),
  public_key: Type.String({ description: 'Of this installation; SPKI, base64.' }),
})

export const NoticeParams = Type.Object({ id: Type.String() })
export const Acknowledged = Type.Object({ id: Type.String(), status: Type.String() })

export const HoldBody = Type.Object(
  {
    matter: Type.String({ minLength: 1, maxLength: 200, description: 'What it is for, in words that name nobody.' }),
    ...Person,
    keeps: Type.Array(Type.Enum(['submission', 'fields', 'deliveries', 'consent']), {
      minItems: 1,
      uniqueItems: true,
      description: 'What an erasure must leave of their leads; everything else goes.',
    }),
  },
  { additionalProperties: false },
)
export const HoldSummary = Type.Object({
  id: Type.String(),
  at: Time('When it was placed.'),
  matter: Type.String(),
  keeps: Type.Array(Type.String()),
  released_at: TimeOrNull('When it was released, and its evidence destroyed.'),
  evidence: Type.Integer({ description: 'Leads of which it has kept something.' }),
})
export const HoldList = Type.Object({ items: Type.Array(HoldSummary) })
export const HoldEvidence = Type.Object({ items: Type.Array(AnyJson('What was kept of a lead.')) })
export const HoldParams = Type.Object({ id: Type.String() })
