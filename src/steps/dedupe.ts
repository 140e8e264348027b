import { Type } from 'typebox'
import { ago } from '../kit/ago.ts'
import { Closed, Duration, FieldName, Text } from '../kit/config-parts.ts'
import { comparedAs, type Forms, NormalForms } from '../kit/normal-forms.ts'
import { ask, type RequestInput } from '../kit/requests.ts'
import { type Compiler, defineStep, type LeadView, next, reject, skip } from '../kit/step.ts'

/** The alternatives whose every field can be compared: two leads that both wrote `n/a` are not one person. */
const keysOf = (lead: LeadView, on: readonly (readonly string[])[], forms: Forms) =>
  on.flatMap((names) => {
    const values = names.map((name) => (lead.fields[name]?.valid ? comparedAs(lead.fields[name], forms) : null))
    return values.every((value) => value !== null) ? [{ on: names, values }] : []
  })

interface Config {
  readonly on: readonly (readonly string[])[]
  readonly within?: string
  readonly scope?: 'flow' | 'source' | 'tenant'
  readonly normal_forms?: Forms
  readonly keep_when?: readonly ('rejected' | 'erased')[]
  readonly duplicate?: 'reject' | 'flag' | 'merge' | 'park'
}

const claimOf = (config: Config, compiler: Compiler): ((lead: LeadView) => RequestInput<'identity.claim'>) => {
  const withinMs = config.within === undefined ? null : compiler.durationMs(config.within)
  const scope = config.scope ?? 'flow'
  const forms = config.normal_forms ?? {}
  const kept = config.keep_when ?? []
  return (lead) => ({
    rule: compiler.stepId,
    scope,
    withinMs,
    keys: keysOf(lead, config.on, forms),
    ...(kept.length > 0 && { keepWhen: kept }),
    ...(config.duplicate === 'merge' && { person: true }),
  })
}

export const dedupe = defineStep({
  type: 'dedupe',
  summary:
    'Recognises a lead that was seen before. Of two that come in at the same moment, one is the first and the other the ' +
    'duplicate. A blank or partly hidden field is no ground for a match.',
  event: 'duplicate.checked',
  revision: 1,
  config: Closed({
    on: Type.Array(Type.Array(FieldName('A field of the flow.'), { minItems: 1, uniqueItems: true }), {
      minItems: 1,
      description: 'Alternatives, each a list of fields that must all agree: [[email], [phone]] means either of them.',
    }),
    within: Type.Optional(Duration('How long a lead is remembered; for ever where this is left out.')),
    scope: Type.Optional(
      Type.Enum(['flow', 'source', 'tenant'], {
        default: 'flow',
        description: 'Among which leads: of this flow, of the same source, or of all flows.',
      }),
    ),
    duplicate: Type.Optional(
      Type.Enum(['reject', 'flag', 'merge', 'park'], {
        default: 'reject',
        description:
          'Turn a duplicate away; let it go on with a note (the step’s outcome is `failure`); let it go on as one more ' +
          'lead of the same person; or hold it until somebody approves it (it goes on) or rejects it.',
      }),
    ),
    queue: Type.Optional(Text('With `park`: the review queue it waits in; `duplicates` where this is left out.')),
    normal_forms: Type.Optional(NormalForms),
    keep_when: Type.Optional(
      Type.Array(Type.Enum(['rejected', 'erased']), {
        uniqueItems: true,
        description:
          'A lead that is rejected later, or erased, is forgotten here: the next one is the first again. What is ' +
          'listed keeps it remembered all the same.',
      }),
    ),
  }),
  references: { fields: ['on.*.*'], durations: ['within'] },
  example: { on: [['email'], ['phone']], within: '30d', duplicate: 'reject' },
  foresee: (config, compiler) => {
    const inputOf = claimOf(config, compiler)
    return (lead) => {
      const input = inputOf(lead)
      return input.keys.length === 0 ? null : { kind: 'identity.claim', name: 'identity.claim', input }
    }
  },
  create: (config, compiler) => {
    const inputOf = claimOf(config, compiler)
    return function* dedupe(lead) {
      const input = inputOf(lead)
      const { keys } = input
      if (keys.length === 0) return skip({ note: { keys: 0 } })
      const claim = yield* ask('identity.claim', input)
      if (claim.held)
        return next({
          note: { keys: keys.length },
          ...(config.duplicate === 'merge' && { person: lead.person ?? lead.id }),
        })
      const age = ago(lead.now - claim.seenAt)
      const note = { keys: keys.length, matched_on: [...claim.on], seen_at: claim.seenAt }
      const reason = `Duplicate lead - seen ${age}`
      const noted = { ...note, duplicate: true, seen: age }
      const saw = { duplicate_of: claim.leadId }
      const duplicateOf = claim.leadId
      if (config.duplicate === 'flag') return { kind: 'next', outcome: 'failure', note: noted, saw, duplicateOf }
      if (config.duplicate === 'merge') {
        const person = lead.person ?? claim.person
        return {
          kind: 'next',
          outcome: 'failure',
          note: noted,
          saw,
          duplicateOf,
          ...(person !== undefined && { person }),
        }
      }
      if (config.duplicate !== 'park') return reject('duplicate', reason, { duplicateOf, note })
      const queue = config.queue ?? 'duplicates'
      const asked = { queue, note: `${reason}: lead ${claim.leadId}, same ${claim.on.join(', ')}` }
      const { decision, reason: why, by } = yield* ask('review.ask', asked)
      const seen = { note: { ...noted, decision }, saw: { ...saw, by } }
      if (decision === 'approve') return { kind: 'next', outcome: 'failure', duplicateOf, ...seen }
      return reject('duplicate', why ?? reason, { duplicateOf, ...seen })
    }
  },
})
