import { Type } from 'typebox'
import { Closed, RuleText } from '../kit/config-parts.ts'
import { defineStep, next } from '../kit/step.ts'

const ID = '^[a-z0-9][a-z0-9_-]{0,62}$'

const Steps = (description: string) => Type.Array(Type.Unknown(), { minItems: 1, description })

const Arm = Closed(
  {
    id: Type.String({ pattern: ID, description: 'Name of the arm in events and reports.' }),
    when: RuleText('Which leads take this arm.'),
    steps: Steps('What is done with them.'),
  },
  { description: 'A condition, and the steps of the leads it holds for.' },
)

export const branch = defineStep({
  type: 'branch',
  summary:
    'Takes the lead through the steps of the first rule that holds, else through those of `else`, and then on behind the branch. ' +
    'Steps of the other arms are passed by, and the trail says so.',
  event: 'branch.chosen',
  revision: 1,
  config: Closed({
    rules: Type.Array(Arm, { minItems: 1, description: 'The arms, the first that applies is taken.' }),
    else: Type.Optional(Steps('Steps of a lead that no rule takes.')),
  }),
  references: { rules: ['rules.*.when'], steps: ['rules.*.steps', 'else'], ids: ['rules.*.id'] },
  example: {
    rules: [
      {
        id: 'texas',
        when: 'lead.state == "TX"',
        steps: [{ set: { id: 'texan', fields: { company: 'Lone Star Homes' } } }],
      },
    ],
    else: [{ stop: { id: 'elsewhere', outcome: 'reject', reason: 'Only Texas so far' } }],
  },
  create: (config, compiler) => {
    const arms = config.rules.map(({ id, when }) => ({ id, rule: compiler.rule(when) }))
    return function* branch(lead) {
      const taken = arms.find(({ rule }) => rule.holds(lead))
      if (taken) return next({ set: { arm: taken.id }, rule: taken.id, saw: taken.rule.saw(lead) })
      return next({ set: { arm: 'else' }, rule: 'else' })
    }
  },
})
