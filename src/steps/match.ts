import { Type } from 'typebox'
import { ago } from '../kit/ago.ts'
import { Closed, FieldName, Text } from '../kit/config-parts.ts'
import type { Json } from '../kit/field.ts'
import { organisationOf, RECORD_KINDS, recordFields, recordOf } from '../kit/person-record.ts'
import { ask, type MatchAnswer, type Matched, type RequestInput } from '../kit/requests.ts'
import { type Compiler, defineStep, type LeadView, next, reject, type StepResult } from '../kit/step.ts'

const THRESHOLD = 0.95
const REVIEW_THRESHOLD = 0.7

const Probability = (description: string, otherwise: number) =>
  Type.Optional(Type.Number({ minimum: 0, maximum: 1, default: otherwise, description }))

interface Config {
  readonly threshold?: number
  readonly review_threshold?: number
  readonly model?: 'learned' | 'shipped'
  readonly duplicate?: 'merge' | 'reject'
  readonly fields?: Readonly<Record<string, string>>
  readonly queue?: string
  readonly keep_when?: readonly 'rejected'[]
}

const inputOf = (config: Config, compiler: Compiler): ((lead: LeadView) => RequestInput<'identity.match'>) => {
  const { fieldTypes } = compiler
  const kinds = recordFields(fieldTypes, config.fields ?? {})
  const threshold = config.threshold ?? THRESHOLD
  const namesCompanies = [...fieldTypes.values()].includes('company')
  return (lead) => {
    const record = recordOf(lead, kinds)
    return {
      record,
      account: namesCompanies ? organisationOf(lead, fieldTypes, record) : null,
      country: compiler.country,
      threshold,
      reviewThreshold: Math.min(threshold, config.review_threshold ?? REVIEW_THRESHOLD),
      model: config.model ?? 'learned',
      keptWhenRejected: config.keep_when?.includes('rejected') ?? false,
    }
  }
}

const noteOf = (match: MatchAnswer): Record<string, Json> => ({
  band: match.band,
  candidates: match.candidates,
  model: match.model,
  ...('because' in match
    ? {
        probability: match.because.probability,
        weight: match.because.total,
        candidate: match.candidate,
        ...(match.merged && { merged: [...match.merged] }),
      }
    : match.probability !== undefined && { probability: match.probability }),
})

/** What becomes of a lead whose person is known already. */
const repeated = (
  config: Config,
  lead: LeadView,
  match: Matched,
  person: string,
  note: Record<string, Json>,
): StepResult => {
  const seen = ago(lead.now - match.seenAt)
  const told = {
    person,
    duplicateOf: match.leadId,
    note: { ...note, duplicate: true, seen },
    saw: { because: match.because as unknown as Json, lead: match.leadId },
  }
  if (config.duplicate === 'reject') return reject('duplicate', `Duplicate lead - seen ${seen}`, told)
  return { kind: 'next', outcome: 'failure', ...told }
}

export const match = defineStep({
  type: 'match',
  summary:
    'Finds the person a lead belongs to, though names are misspelt, numbers mistyped or addresses changed, and says why: ' +
    'field by field, level, weight and probability. Likely the same: the lead joins that person. Unsure: somebody is ' +
    'asked. Unlike all: a new person begins. Of two that come in at the same moment, one is the first.',
  event: 'match.checked',
  revision: 1,
  config: Closed({
    threshold: Probability('From this probability up, two are one person.', THRESHOLD),
    review_threshold: Probability(
      'From this probability up a person is asked; give it the value of `threshold` to ask nobody.',
      REVIEW_THRESHOLD,
    ),
    model: Type.Optional(
      Type.Enum(['learned', 'shipped'], {
        default: 'learned',
        description:
          'Weights that `millrace identity train` learned from the tenant’s own leads (those shipped until then), or ' +
          'always those shipped.',
      }),
    ),
    duplicate: Type.Optional(
      Type.Enum(['merge', 'reject'], {
        default: 'merge',
        description:
          'A lead of a known person goes on, as one more of that person, and the step’s outcome is `failure`; or it is ' +
          'turned away.',
      }),
    ),
    fields: Type.Optional(
      Type.Record(FieldName('A field of the flow.'), Type.Enum([...RECORD_KINDS, 'none']), {
        description: 'What a field holds, where its type does not say so: `{ maiden_name: surname, contact: none }`.',
      }),
    ),
    queue: Type.Optional(Text('Review queue of the unsure; `identity` where this is left out.')),
    keep_when: Type.Optional(
      Type.Array(Type.Enum(['rejected']), {
        uniqueItems: true,
        description:
          'A person that begins with a lead which is rejected later is found by nobody, unless it is listed here.',
      }),
    ),
  }),
  references: { fieldKeys: ['fields'] },
  example: { threshold: 0.95, review_threshold: 0.7, model: 'learned' },
  foresee: (config, compiler) => {
    const input = inputOf(config, compiler)
    return (lead) => ({ kind: 'identity.match', name: 'identity.match', input: input(lead) })
  },
  create: (config, compiler) => {
    const input = inputOf(config, compiler)
    return function* match(lead) {
      const found = yield* ask('identity.match', input(lead))
      const note = noteOf(found)
      if (found.band === 'none') return { kind: 'next', outcome: 'skip', person: found.person, note }
      if (found.band === 'different') return next({ person: found.person, note })
      if (found.band === 'same') return repeated(config, lead, found, found.person, note)
      const percent = `${Math.round(found.because.probability * 100)} %`
      const { decision, by } = yield* ask('review.ask', {
        queue: config.queue ?? 'identity',
        note: `Is this the person of lead ${found.leadId}? Likely to ${percent}. Approve: the same person. Reject: another person.`,
      })
      const same = decision === 'approve'
      const { person } = yield* ask('identity.settle', {
        person: found.person,
        candidate: found.candidate,
        same,
        by,
        codes: found.codes,
      })
      const decided = { ...note, decision: same ? 'same' : 'different' }
      if (same) return repeated(config, lead, found, person, decided)
      return next({ person, note: decided, saw: { because: found.because as unknown as Json, by } })
    }
  },
})
