import { Type } from 'typebox'
import { Closed, RejectionCodeName, RuleText, TemplateText } from '../kit/config-parts.ts'
import { reasonFrom } from '../kit/reasons.ts'
import { defineStep, next, reject } from '../kit/step.ts'

export const filter = defineStep({
  type: 'filter',
  summary: 'Lets a lead pass where its condition holds, and turns it away where it does not.',
  event: 'filter.checked',
  revision: 1,
  config: Closed({
    when: RuleText('What must hold for the lead to pass.'),
    reason: Type.Optional(TemplateText('The reason given where it does not hold.')),
    code: Type.Optional(RejectionCodeName),
  }),
  references: { rules: ['when'], templates: ['reason'] },
  example: { when: 'lead.state in ["TX", "OK"]', reason: 'State not serviced: {{ lead.state }}' },
  create: (config, compiler) => {
    const rule = compiler.rule(config.when)
    const template = config.reason === undefined ? null : compiler.template(config.reason)
    // biome-ignore lint/correctness/useYield: a step is a generator, also one that asks nothing.
    return function* filter(lead) {
      const seen = { rule: rule.text, saw: rule.saw(lead) }
      if (rule.holds(lead)) return next(seen)
      const reason = reasonFrom({ template, lead, otherwise: `Filtered: ${rule.text}` })
      return reject(config.code ?? 'filtered', reason, seen)
    }
  },
})
