import { type Static, Type } from 'typebox'
import { LeadId, TextOrNull, TextsByName } from './shapes.ts'

const OUTCOMES = ['success', 'failure', 'error', 'pending'] as const

export const DestinationAnswer = Type.Object({
  outcome: Type.Enum([...OUTCOMES]),
  id: Type.Optional(Type.String({ description: 'What the destination calls the lead.' })),
  reason: Type.Optional(Type.String()),
  code: Type.Optional(Type.String()),
})

/** What a source is told of a lead. */
export const Answer = Type.Object(
  {
    outcome: Type.Enum([...OUTCOMES]),
    lead_id: LeadId,
    accepted: Type.Unsafe<boolean | null>({ type: ['boolean', 'null'], description: 'Null while it is not decided.' }),
    price: Type.Number({ description: 'What the source is paid, in the currency of the flow.' }),
    duration: Type.Number({ description: 'Milliseconds.' }),
    reason: TextOrNull({ description: 'For people.' }),
    code: TextOrNull({ description: 'For programs: a code of the list in docs/errors.md.' }),
    field_errors: Type.Optional(TextsByName('What is wrong with each field.')),
    duplicate_of: Type.Optional(Type.String({ description: 'The lead that this one repeats.' })),
    destinations: Type.Unsafe<Readonly<Record<string, Static<typeof DestinationAnswer>>>>({
      type: 'object',
      additionalProperties: DestinationAnswer,
      description: 'What each destination said.',
    }),
    test: Type.Optional(Type.Boolean({ description: 'The lead is a test.' })),
    status_url: Type.Optional(Type.String({ description: 'Where the lead can be read; with 202.' })),
  },
  { description: 'What became of the submission.' },
)
export type Answer = Static<typeof Answer>

export const SubmissionParams = Type.Object({ flow: Type.String(), source: Type.String() })

export const SubmissionQuery = Type.Object({
  mode: Type.Optional(
    Type.Enum(['sync', 'async'], { description: '`async`: 202 as soon as the lead is durable, without its outcome.' }),
  ),
  key: Type.Optional(Type.String({ description: "The source's key, where no header can carry it." })),
  test: Type.Optional(
    Type.String({
      description:
        '`true`: a test, which counts, costs and delivers nothing; or what it is to come to, as `duplicate`.',
    }),
  ),
})

export const SubmissionHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      description:
        '1 to 255 visible characters. The same key and body gives the same lead and answer; another body 409.',
    }),
  ),
})

/** Any fields: which ones count is the flow's matter. */
export const SubmissionBody = Type.Unsafe<Readonly<Record<string, unknown>>>({
  type: 'object',
  additionalProperties: true,
  description: "The lead's fields by the sender's names; at most 1 MB, 1,000 keys, 16 levels.",
  examples: [{ first_name: 'Ann', email: 'ann@example.com', phone: '+1 202 555 0143', postal_code: '20001' }],
})
