import { Type } from 'typebox'
import { NumberOrNull, TextOrNull, Time } from './shapes.ts'
import { RANGES } from './words.ts'

export const FigureQuery = Type.Object(
  {
    range: Type.Optional(Type.Enum([...RANGES], { description: 'Up to now; default `24h`.' })),
    flow: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    source: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    compare: Type.Optional(Type.Enum(['previous'], { description: 'Also the range of the same length before it.' })),
  },
  { additionalProperties: false },
)

const counts = {
  leads: Type.Number({ description: 'Received, tests left out.' }),
  accepted: Type.Number(),
  rejected: Type.Number(),
  failed: Type.Number(),
  waiting: Type.Number({ description: 'For a person’s decision.' }),
  price: NumberOrNull({ description: 'What sources are paid; null where it is of several currencies.' }),
  revenue: NumberOrNull({ description: 'What buyers pay; null where it is of several currencies.' }),
}

const Figures = Type.Object({
  from: Time('The range begins here.'),
  to: Time('And ends before this.'),
  ...counts,
  currencies: Type.Array(
    Type.Object({ currency: Type.String(), price: Type.Number(), revenue: Type.Number(), margin: Type.Number() }),
    { description: 'Price, revenue and margin of each currency; amounts of two are added up nowhere.' },
  ),
  acceptance_rate: NumberOrNull({ description: 'Accepted, of those decided; 0 to 1. Null where none is decided.' }),
  p50_ms: NumberOrNull({ description: 'Half of the journeys that have ended took at most this; within 5 %.' }),
  p95_ms: NumberOrNull(),
  funnel: Type.Array(
    Type.Object({ stage: Type.String(), leads: Type.Number(), lost: Type.Number(), codes: Type.Array(Type.String()) }),
    { description: 'How many leads came how far; `lost`: turned away at this stage, with these codes.' },
  ),
  reasons: Type.Array(Type.Object({ code: Type.String(), leads: Type.Number() })),
  statuses: Type.Array(Type.Object({ status: Type.String(), leads: Type.Number() })),
  sources: Type.Array(
    Type.Object({
      flow: Type.String(),
      source: Type.String(),
      currency: TextOrNull({ description: 'Of its price and revenue; null where there are none, or of several.' }),
      ...counts,
    }),
  ),
  series: Type.Array(Type.Object({ at: Time('The minute or hour begins here.'), ...counts })),
})

export const FigureAnswer = Type.Object({
  grain: Type.Enum(['minute', 'hour']),
  now: Figures,
  before: Type.Unsafe<unknown>({ ...Figures, type: ['object', 'null'] } as object),
})

/** The stages a lead passes, and the codes of those who are lost at each. */
export const FUNNEL = [
  { stage: 'valid', codes: ['missing_field', 'invalid_field', 'not_accepted', 'verification_failed'] },
  { stage: 'unique', codes: ['duplicate'] },
  { stage: 'permitted', codes: ['suppressed', 'consent_missing', 'consent_revoked'] },
  { stage: 'wanted', codes: ['filtered', 'closed'] },
  { stage: 'within_caps', codes: ['cap_exceeded'] },
  { stage: 'approved', codes: ['review_rejected'] },
  { stage: 'delivered', codes: ['delivery_failed', 'processing_failed'] },
] as const

export const LiveHeaders = Type.Object({
  'last-event-id': Type.Optional(
    Type.String({ maxLength: 30, description: 'The id of the last event that was heard: what came since is told.' }),
  ),
})
