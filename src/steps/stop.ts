import { Type } from 'typebox'
import { Closed, RejectionCodeName, TemplateText } from '../kit/config-parts.ts'
import { reasonFrom } from '../kit/reasons.ts'
import { stop as accepted, defineStep, reject } from '../kit/step.ts'

export const stop = defineStep({
  type: 'stop',
  summary:
    'Ends the journey here: no further step runs. The lead is accepted, or turned away with a reason. ' +
    'With `when`, only leads it holds for stop.',
  event: 'journey.stopped',
  revision: 1,
  config: Closed({
    outcome: Type.Optional(
      Type.Enum(['accept', 'reject'], { default: 'accept', description: 'What the lead has come to.' }),
    ),
    reason: Type.Optional(TemplateText('The reason given where it is turned away.')),
    code: Type.Optional(RejectionCodeName),
  }),
  references: { templates: ['reason'] },
  example: { outcome: 'reject', reason: 'We do not serve {{ lead.state }} yet' },
  create: (config, compiler) => {
    const template = config.reason === undefined ? null : compiler.template(config.reason)
    // biome-ignore lint/correctness/useYield: a step is a generator, also one that asks nothing.
    return function* stop(lead) {
      if (config.outcome !== 'reject') return accepted()
      return reject(config.code ?? 'filtered', reasonFrom({ template, lead, otherwise: 'Not accepted' }))
    }
  },
})
