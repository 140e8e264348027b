import { Type } from 'typebox'
import { Closed, RuleId, RuleText, Text } from '../kit/config-parts.ts'
import { defineStep, next, skip } from '../kit/step.ts'

const ClassRule = Closed(
  {
    id: Type.Optional(RuleId),
    when: RuleText('Which leads belong to it.'),
    class: Text('Name of the class.'),
  },
  { description: 'A class and who belongs to it.' },
)

export const classify = defineStep({
  type: 'classify',
  summary:
    'Puts the lead into a class, as `hot`, `warm` or `cold`: that of the first rule that holds, else the default.',
  event: 'lead.classified',
  revision: 1,
  config: Closed({
    rules: Type.Array(ClassRule, { minItems: 1, description: 'Classes, the first that applies counts.' }),
    else: Type.Optional(Text('Class of a lead that no rule takes; none where this is left out.')),
  }),
  references: { rules: ['rules.*.when'] },
  example: {
    rules: [
      { when: 'lead.score >= 70', class: 'hot' },
      { when: 'lead.score >= 40', class: 'warm' },
    ],
    else: 'cold',
  },
  sets: ['class'],
  create: (config, compiler) => {
    const rules = config.rules.map(({ id, when, class: name }) => ({ id: id ?? when, name, rule: compiler.rule(when) }))
    return function* classify(lead) {
      const first = rules.find(({ rule }) => rule.holds(lead))
      if (first) return next({ set: { class: first.name }, rule: first.id, saw: first.rule.saw(lead) })
      return config.else === undefined ? skip() : next({ set: { class: config.else }, rule: 'else' })
    }
  },
})
