import { Type } from 'typebox'
import { Closed, RuleText, TemplateText } from '../kit/config-parts.ts'
import type { Parsed } from '../kit/field.ts'
import { defineStep, next, skip } from '../kit/step.ts'

export const set = defineStep({
  type: 'set',
  summary:
    'Gives fields of the lead another value: from a template, or computed by an expression. ' +
    'The value is read as the field’s type reads what is sent, so it has a normal form, parts and `valid`.',
  event: 'fields.set',
  revision: 1,
  config: Closed({
    fields: Type.Optional(
      Type.Record(Type.String(), TemplateText('The value. A lone `{{ x }}` keeps its type; an empty one clears.'), {
        minProperties: 1,
        description: 'Values by field, as templates.',
      }),
    ),
    compute: Type.Optional(
      Type.Record(Type.String(), RuleText('An expression that gives the value.'), {
        minProperties: 1,
        description: 'Values by field, as expressions.',
      }),
    ),
  }),
  references: { fieldKeys: ['fields', 'compute'], templates: ['fields.*'], expressions: ['compute.*'] },
  example: {
    fields: { service: '{{ lead.service | downcase }}' },
    compute: { urgency: 'lead.score >= 60 ? "now" : "later"' },
  },
  create: (config, compiler) => {
    const templates = Object.entries(config.fields ?? {}).map(
      ([name, text]) => [name, compiler.template(text)] as const,
    )
    const expressions = Object.entries(config.compute ?? {}).map(
      ([name, text]) => [name, compiler.expression(text)] as const,
    )
    return function* set(lead) {
      // All are computed from the lead as it stands, so that their order changes nothing.
      const values = [
        ...templates.map(([name, template]) => [name, template.render(lead)] as const),
        ...expressions.map(([name, expression]) => [name, expression.value(lead)] as const),
      ]
      if (values.length === 0) return skip()
      const fields: Record<string, Parsed> = {}
      for (const [name, value] of values) fields[name] = compiler.parse(name, value, lead)
      const invalid = Object.keys(fields).filter((name) => fields[name]?.valid === false)
      return next({ set: { fields }, note: { fields: Object.keys(fields), ...(invalid.length > 0 && { invalid }) } })
    }
  },
})
