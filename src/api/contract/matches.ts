import { Type } from 'typebox'
import { NumberOrNull, TextOrNull, Time } from './shapes.ts'

const Field = Type.Object({
  group: Type.String({ description: 'Fields that are judged together: `name`, `birth`, `place`.' }),
  levels: Type.Array(Type.Object({ field: Type.String(), level: Type.String() }), {
    description: 'How alike the two are, by field: `surname`, `close`. What one of them lacks is left out.',
  }),
  weight: Type.Number({ description: 'Bits; above 0 speaks for one person.' }),
  rarity: NumberOrNull({
    description: 'Of the weight, what comes of how rare the values are; null for roles that may not see personal data.',
  }),
})

const Match = Type.Object({
  kind: Type.Enum(['exact', 'probable'], { description: 'By a step `dedupe`, or by a step `match`.' }),
  step: Type.String(),
  at: Time('When the step decided, or began to wait.'),
  band: Type.Enum(['same', 'review', 'different', 'none'], {
    description: '`review`: somebody is or was asked; `none`: it says too little to be found by.',
  }),
  decision: TextOrNull({ description: 'What somebody said who was asked: `same` or `different`.' }),
  decided_by: TextOrNull(),
  matched_on: Type.Array(Type.String(), { description: 'Of an exact match: the fields that agree.' }),
  person_id: TextOrNull({ description: 'The person it was taken for when it came.' }),
  candidate: TextOrNull({ description: 'The person it was likest to.' }),
  lead_id: TextOrNull({ description: 'The lead by which that is.' }),
  candidates: NumberOrNull({ description: 'Persons it was compared with.' }),
  merged: Type.Array(Type.String(), { description: 'Persons that turned out to be the same by this lead.' }),
  model: NumberOrNull({ description: 'Version of the weights; 0: those shipped.' }),
  probability: NumberOrNull({ description: 'Of the likeliest candidate.' }),
  total: NumberOrNull({ description: 'Bits: prior, kinship and all weights. The probability follows from it.' }),
  prior: NumberOrNull({ description: 'Bits before anything is compared: most pairs are strangers.' }),
  kinship: NumberOrNull({ description: 'Bits taken off because a family would agree as well; 0 or below.' }),
  fields: Type.Array(Field, { description: 'The strongest first. Empty where no candidate came near.' }),
})

export const LeadMatches = Type.Object({ items: Type.Array(Match, { description: 'In the order they were decided.' }) })
