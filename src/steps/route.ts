import { Type } from 'typebox'
import { Closed, RuleId, RuleText, Text } from '../kit/config-parts.ts'
import { defineStep, next, skip } from '../kit/step.ts'

const RouteRule = Closed(
  {
    id: Type.Optional(RuleId),
    when: RuleText('Which leads go there.'),
    to: Text('Id of a destination.'),
  },
  { description: 'A destination and who goes there.' },
)

export const route = defineStep({
  type: 'route',
  summary:
    'Chooses where the lead will go: the destination of the first rule that holds, else the default. ' +
    'A later deliver step sends to it as `$route`.',
  event: 'route.chosen',
  revision: 1,
  config: Closed({
    rules: Type.Array(RouteRule, { minItems: 1, description: 'Destinations, the first that applies counts.' }),
    else: Type.Optional(Text('Destination of a lead that no rule takes; none where this is left out.')),
  }),
  references: { rules: ['rules.*.when'], destinations: ['rules.*.to', 'else'] },
  example: { rules: [{ id: 'texas', when: 'lead.state == "TX"', to: 'austin-crm' }], else: 'main-crm' },
  sets: ['route'],
  create: (config, compiler) => {
    const rules = config.rules.map(({ id, when, to }) => ({ id: id ?? when, to, rule: compiler.rule(when) }))
    return function* route(lead) {
      const first = rules.find(({ rule }) => rule.holds(lead))
      if (first) return next({ set: { route: first.to }, rule: first.id, saw: first.rule.saw(lead) })
      return config.else === undefined ? skip() : next({ set: { route: config.else }, rule: 'else' })
    }
  },
})
