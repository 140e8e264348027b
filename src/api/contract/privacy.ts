import { Type } from 'typebox'
import { AnyJson, LeadId, NumberOrNull, TextOrNull, Time, TimeOrNull } from './shapes.ts'
import { BASES, CHANNELS, KEEPS, REQUEST_KINDS, REQUEST_STATUSES } from './words.ts'

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
    kind: Type.Enum([...REQUEST_KINDS], {
      description: 'What the person asks for.',
    }),
    ...Person,
    scope: Type.Optional(
      Type.Enum(['person', 'lead'], {
        default: 'person',
        description:
          '`person`: every lead with this email or phone, or with those of the lead named, and they are not taken in ' +
          'again. `lead`: the lead named and no other; it blocks nobody.',
      }),
    ),
    fields: Type.Optional(
      Type.Unsafe<Readonly<Record<string, string>>>({
        type: 'object',
        minProperties: 1,
        maxProperties: 100,
        additionalProperties: { type: 'string', maxLength: 10_000 },
        description: 'With `rectify`: what is right, by field, for the lead named.',
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
  bundle_url: TextOrNull({ description: 'With `access`: everything held on the person, as JSON or HTML.' }),
  receipt_url: TextOrNull({ description: 'Where the signed receipt is, once the leads are gone.' }),
})
export const PrivacyRequestPage = Type.Object({
  items: Type.Array(PrivacyRequestSummary),
  next_cursor: TextOrNull({ description: 'Null on the last page.' }),
})
export const PrivacyRequestQuery = Type.Object(
  {
    kind: Type.Optional(Type.String({ maxLength: 20 })),
    status: Type.Optional(Type.Enum([...REQUEST_STATUSES])),
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
    keeps: Type.Array(Type.Enum([...KEEPS]), {
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

export const BundleQuery = Type.Object(
  { format: Type.Optional(Type.Enum(['json', 'html'], { default: 'json' })) },
  { additionalProperties: false },
)
export const LiftBody = Type.Object(
  { ...Person, why: Type.Enum(['restricted', 'objected']) },
  { additionalProperties: false },
)
export const Lifted = Type.Object({ lifted: Type.Integer({ description: 'Blocks that were ended.' }) })

const Channels = (words: string) =>
  Type.Array(Type.Enum([...CHANNELS]), { minItems: 1, uniqueItems: true, description: words })
const MaybeChannels = Type.Array(Type.Enum([...CHANNELS, 'all']), {
  minItems: 1,
  uniqueItems: true,
  default: ['all'],
  description: 'What is taken back; all where left out.',
})
const When = (words: string) => Type.Optional(Type.String({ maxLength: 40, description: words }))

export const RevocationBody = Type.Object(
  { ...Person, channels: Type.Optional(MaybeChannels), note: Type.Optional(Type.String({ maxLength: 1000 })) },
  { additionalProperties: false },
)
export const ReplyBody = Type.Object(
  {
    from: Type.String({ minLength: 1, maxLength: 320, description: 'The phone or email that the reply came from.' }),
    text: Type.String({ maxLength: 10_000, description: 'What it says.' }),
    channel: Type.Optional(Type.Enum(['sms', 'email'], { default: 'sms' })),
    country: Type.Optional(Type.String({ pattern: '^[A-Z]{2}$' })),
  },
  { additionalProperties: false },
)
export const ReplyAnswer = Type.Object({
  revoked: Type.Boolean({ description: 'False: it says something else, and nothing was done.' }),
  keyword: TextOrNull(),
  request_id: TextOrNull(),
  due_at: TimeOrNull('When everybody must have heard of it.'),
})
export const ConsentBody = Type.Object(
  {
    ...Person,
    channels: Channels('What was agreed to.'),
    wording: Type.String({ minLength: 1, maxLength: 20_000, description: 'The exact words.' }),
    purpose: Type.Optional(Type.String({ maxLength: 200 })),
    basis: Type.Optional(Type.Enum([...BASES], { default: 'consent' })),
    seller: Type.Optional(Type.String({ maxLength: 500 })),
    url: Type.Optional(Type.String({ maxLength: 2000 })),
    ip: Type.Optional(Type.String({ maxLength: 100 })),
    proof: Type.Optional(Type.String({ maxLength: 2000 })),
    given_at: When('When it was given; now where left out.'),
    renews: Type.Optional(
      Type.Boolean({ default: false, description: 'It counts although an earlier one was taken back.' }),
    ),
  },
  { additionalProperties: false },
)
export const ConsentRecorded = Type.Object({ records: Type.Array(Type.String()) })
export const ConsentStateBody = Type.Object(
  {
    ...Person,
    at: When('How it stood then; now where left out.'),
    reason: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 500,
        description:
          'Of who may see personal data with a reason only: shows the evidence as it is, and is in the audit.',
      }),
    ),
  },
  { additionalProperties: false },
)
export const ConsentState = Type.Object({
  channels: Type.Array(
    Type.Object({
      channel: Type.String(),
      state: Type.Enum(['given', 'revoked', 'none']),
      since: TimeOrNull('Since when.'),
    }),
  ),
  records: Type.Array(AnyJson('A record of the ledger, with its evidence.')),
})
export const LinkBody = Type.Object(
  { ...Person, channels: Type.Optional(MaybeChannels) },
  { additionalProperties: false },
)
export const Link = Type.Object({
  url: Type.String({ description: 'One click there takes the consent back. It names nobody.' }),
})
