import { Type } from 'typebox'
import { PAGE_DEFAULT, PAGE_MAX } from './leads.ts'
import { AnyJson, TextOrNull, Time } from './shapes.ts'

export const PERSONS_MAX = 50

const Id = Type.String({ minLength: 1, maxLength: 40 })
const page = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_MAX, description: `Default ${PAGE_DEFAULT}.` })),
  cursor: Type.Optional(Type.String({ maxLength: 100, description: '`next_cursor` of the page before.' })),
}

export const PersonParams = Type.Object({ id: Id })

const summary = {
  id: Type.String({ description: 'Id of the person: that of its first lead.' }),
  account_id: TextOrNull({ description: 'The organisation it speaks for.' }),
  created_at: Time('When its first lead came.'),
  test: Type.Boolean(),
  persons: Type.Array(Type.String(), { description: 'Persons that turned out to be this one.' }),
  leads: Type.Integer({ description: 'Its leads, and those of the persons that turned out to be this one.' }),
}

export const PersonListQuery = Type.Object(
  {
    ...page,
    account: Type.Optional({ ...Id, description: 'Of this organisation alone.' }),
    fields: Type.Optional(
      Type.Enum(['shown', 'hidden'], {
        description: 'Each with the values that survived of its newest three leads. Default hidden.',
      }),
    ),
  },
  { additionalProperties: false },
)

export const PersonSearchBody = Type.Object(
  {
    email: Type.Optional(Type.String({ minLength: 1, maxLength: 320 })),
    phone: Type.Optional(Type.String({ minLength: 1, maxLength: 60 })),
    flow: Type.Optional(
      Type.String({ maxLength: 100, description: "Read the phone number as this flow does: by the flow's country." }),
    ),
    country: Type.Optional(Type.String({ pattern: '^[A-Z]{2}$', description: 'Read the phone number as of here.' })),
  },
  { additionalProperties: false },
)

const Survivor = Type.Object({
  value: AnyJson('The value that survived; masked for roles that may not see it.'),
  valid: Type.Boolean(),
  rule: TextOrNull({ description: 'The rule that decided; null where there was nothing to decide.' }),
  others: Type.Integer({ description: 'Other values that its leads gave.' }),
  lead_id: Type.String(),
  flow: Type.String(),
  source: Type.String(),
  at: Time('When the lead came that said so.'),
})

const known = {
  personal: Type.Enum(['shown', 'masked'], { description: 'Whether personal data is shown here as it is.' }),
  fields: Type.Unsafe<Readonly<Record<string, unknown>>>({ type: 'object', additionalProperties: Survivor }),
}

export const PersonPage = Type.Object({
  items: Type.Array(
    Type.Object({ ...summary, personal: Type.Optional(known.personal), fields: Type.Optional(known.fields) }),
  ),
  next_cursor: TextOrNull({ description: 'Null on the last page.' }),
})

export const PersonDetail = Type.Object({ ...summary, ...known })

export const TimelineQuery = Type.Object(page, { additionalProperties: false })

export const Timeline = Type.Object({
  items: Type.Array(
    Type.Object({
      at: Time('When it happened.'),
      type: Type.Enum(['lead', 'merged', 'unmerged', 'split', 'kept_apart']),
      id: Type.String({ description: 'Of the lead, or of the event: a merge is taken back by it.' }),
      person: Type.String({ description: 'Whose it was then.' }),
      persons: Type.Array(Type.String(), { description: 'Of an event: who came, left or was split off.' }),
      by: TextOrNull({ description: 'Of an event: who did it; `match` where a lead did.' }),
      undoes: TextOrNull({ description: 'The event that was taken back.' }),
      lead_id: TextOrNull(),
      flow: TextOrNull(),
      source: TextOrNull(),
      status: TextOrNull(),
      outcome: TextOrNull(),
      code: TextOrNull(),
    }),
  ),
  next_cursor: TextOrNull({
    description: 'Null on the last page. Events stand with the page of the leads around them.',
  }),
})

export const MergeBody = Type.Object(
  { persons: Type.Array(Id, { minItems: 1, maxItems: PERSONS_MAX, description: 'Who is the same person.' }) },
  { additionalProperties: false },
)
export const UnmergeBody = Type.Object(
  { event: Type.String({ minLength: 1, maxLength: 40, description: 'Id of the merge, as the timeline tells it.' }) },
  { additionalProperties: false },
)
export const SplitBody = Type.Object(
  { leads: Type.Array(Id, { minItems: 1, maxItems: PERSONS_MAX, description: 'Leads that are another person’s.' }) },
  { additionalProperties: false },
)

export const PersonChanged = Type.Object({
  id: Type.String({ description: 'The person as it stands now.' }),
  other: TextOrNull({ description: 'The person that stands apart by this.' }),
  events: Type.Array(Type.String(), { description: 'What tells of it, in the timeline.' }),
})

const RuleName = Type.Enum(['verified', 'trusted', 'newest', 'longest'])
const Rules = Type.Array(RuleName, {
  minItems: 1,
  uniqueItems: true,
  description: 'The first rule that prefers one of two values decides.',
})

const survivorship = {
  otherwise: { ...Rules, description: 'For fields that are not listed. As it comes: verified, newest.' },
  fields: Type.Unsafe<Readonly<Record<string, readonly ('verified' | 'trusted' | 'newest' | 'longest')[]>>>({
    type: 'object',
    additionalProperties: Rules,
    description: 'By field.',
  }),
  trusted: Type.Array(Type.String({ minLength: 3, maxLength: 201, pattern: '^[^/]+/[^/]+$' }), {
    maxItems: 200,
    description: 'Sources as `flow/source`, the most trusted first; what is not listed comes after them.',
  }),
}

export const SurvivorshipBody = Type.Object(survivorship, { additionalProperties: false })
export const SurvivorshipView = Type.Object(survivorship)

export const AccountDetail = Type.Object({
  id: Type.String(),
  name: Type.String(),
  domain: TextOrNull(),
  created_at: Time('When its first person came.'),
  persons: Type.Integer(),
})
export const AccountListQuery = Type.Object(page, { additionalProperties: false })
export const AccountPage = Type.Object({
  items: Type.Array(AccountDetail),
  next_cursor: TextOrNull({ description: 'Null on the last page.' }),
})
