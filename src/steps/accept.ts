import { type Static, Type } from 'typebox'
import { Closed, FieldName, RejectionCodeName, RuleText, TemplateText } from '../kit/config-parts.ts'
import { reasonFrom } from '../kit/reasons.ts'
import { type Compiler, defineStep, type LeadView, next, reject } from '../kit/step.ts'
import { isBlank } from '../kit/values.ts'

const Criterion = Closed(
  {
    when: RuleText('What must hold for the lead to be accepted.'),
    else: Type.Optional(TemplateText('The reason given where it does not hold.')),
    field: Type.Optional(FieldName('The field it is about: the reason then stands beside that field, too.')),
    code: Type.Optional(RejectionCodeName),
  },
  { description: 'A condition of acceptance.' },
)

type Criteria = readonly Static<typeof Criterion>[]

const criteriaOf = (criteria: Criteria | undefined, compiler: Compiler) =>
  (criteria ?? []).map(({ when, else: otherwise, field, code }) => ({
    rule: compiler.rule(when),
    template: otherwise === undefined ? null : compiler.template(otherwise),
    field,
    code: code ?? ('not_accepted' as const),
  }))

const failedOf = (criteria: ReturnType<typeof criteriaOf>, lead: LeadView) =>
  criteria
    .filter(({ rule }) => !rule.holds(lead))
    .map(({ rule, template, field, code }) => ({
      rule,
      field,
      code,
      reason: reasonFrom({ template, lead, otherwise: `Not accepted: ${rule.text}` }),
    }))

const listed = (one: string, several: string, names: readonly string[]) =>
  `${names.length === 1 ? one : several}: ${names.join(', ')}`

/** Required fields that were not sent, and those that were sent and make no sense. */
const faultyFields = (lead: LeadView, required: readonly string[]) => {
  const blank = required.filter((name) => isBlank(lead.fields[name]))
  const invalid = required.filter((name) => !blank.includes(name) && lead.fields[name]?.valid !== true)
  // Of a lead that is known in part, what is missing may still come.
  return { missing: lead.partial === true ? [] : blank, invalid }
}

export const accept = defineStep({
  type: 'accept',
  summary:
    'Turns away a lead that lacks a required field, has an invalid one, or fails a criterion. ' +
    'Every failing field is reported at once; missing ones give the reason first, then invalid ones, then criteria. ' +
    'As a block of a flow it reports what fails of the source’s criteria, too.',
  event: 'acceptance.checked',
  revision: 1,
  config: Closed({
    required: Type.Optional(
      Type.Array(FieldName('A field of the flow.'), {
        uniqueItems: true,
        description: 'Fields that must be sent and valid.',
      }),
    ),
    criteria: Type.Optional(Type.Array(Criterion, { description: 'Conditions, in the order they give the reason.' })),
  }),
  references: {
    fields: ['required.*', 'criteria.*.field'],
    rules: ['criteria.*.when'],
    templates: ['criteria.*.else'],
  },
  example: {
    required: ['email', 'phone'],
    criteria: [{ when: 'lead.phone.valid', else: 'Missing or invalid phone', field: 'phone' }],
  },
  create: (config, compiler) => {
    const required = config.required ?? []
    const criteria = criteriaOf(config.criteria, compiler)
    const beside = criteriaOf((compiler.beside as { criteria?: Criteria } | undefined)?.criteria, compiler)
    // biome-ignore lint/correctness/useYield: a step is a generator, also one that asks nothing.
    return function* accept(lead) {
      const { missing, invalid } = faultyFields(lead, required)
      const failed = failedOf(criteria, lead)
      if (missing.length === 0 && invalid.length === 0 && failed.length === 0) return next()
      // Own, so that a field called `constructor` is one like any other; the first thing said about a field stands.
      const fieldErrors = new Map<string, string>()
      for (const name of missing) fieldErrors.set(name, 'Missing required field')
      for (const name of invalid) fieldErrors.set(name, 'Invalid format')
      for (const { field, reason } of [...failed, ...failedOf(beside, lead)])
        if (field !== undefined && !fieldErrors.has(field)) fieldErrors.set(field, reason)
      const errors = fieldErrors.size > 0 ? { fieldErrors: Object.fromEntries(fieldErrors) } : {}
      const note = { required: required.length, missing, invalid, criteria_failed: failed.length }

      if (missing.length > 0)
        return reject('missing_field', listed('Missing required field', 'Missing required fields', missing), {
          ...errors,
          note,
        })
      if (invalid.length > 0)
        return reject('invalid_field', listed('Invalid format', 'Invalid format', invalid), { ...errors, note })
      const [first] = failed
      if (!first) return next()
      return reject(first.code, first.reason, { ...errors, note, rule: first.rule.text, saw: first.rule.saw(lead) })
    }
  },
})
