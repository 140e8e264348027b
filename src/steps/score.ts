import { Type } from 'typebox'
import { Closed, RuleId, RuleText, Text } from '../kit/config-parts.ts'
import { defineStep, next } from '../kit/step.ts'

const SCORE_MAX = 100

const Points = Closed(
  {
    id: Type.Optional(RuleId),
    when: RuleText('Where these points are given.'),
    points: Type.Integer({ description: 'How many; negative ones take away.' }),
    reason: Type.Optional(Text('Why, in words: stands beside the points in the trail.')),
  },
  { description: 'Points and where they are given.' },
)

export const score = defineStep({
  type: 'score',
  summary:
    'Adds up the points of every rule that holds, between 0 and 100, and records what each point came from. ' +
    'A scorecard anybody can read.',
  event: 'lead.scored',
  revision: 1,
  config: Closed({
    base: Type.Optional(Type.Integer({ default: 0, description: 'Points every lead begins with.' })),
    points: Type.Array(Points, { minItems: 1, description: 'The scorecard.' }),
  }),
  references: { rules: ['points.*.when'] },
  example: {
    base: 20,
    points: [
      { id: 'urgent', when: 'lead.urgency == "now"', points: 40, reason: 'Wants it now' },
      { id: 'no-phone', when: '!lead.phone.valid', points: -30 },
    ],
  },
  sets: ['score'],
  create: (config, compiler) => {
    const base = config.base ?? 0
    const rules = config.points.map(({ id, when, points, reason }) => ({
      rule: compiler.rule(when),
      entry: { rule: id ?? when, points, ...(reason !== undefined && { reason }) },
    }))
    return function* score(lead) {
      const given = rules.filter(({ rule }) => rule.holds(lead))
      const points = [...(base === 0 ? [] : [{ rule: 'base', points: base }]), ...given.map(({ entry }) => entry)]
      const sum = points.reduce((total, entry) => total + entry.points, 0)
      return next({
        set: { score: Math.min(Math.max(sum, 0), SCORE_MAX) },
        note: { points, sum },
        saw: Object.assign({}, ...given.map(({ rule }) => rule.saw(lead))),
      })
    }
  },
})
