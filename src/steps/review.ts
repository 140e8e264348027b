import { Type } from 'typebox'
import { Closed, TemplateText, Text } from '../kit/config-parts.ts'
import { ask } from '../kit/requests.ts'
import { defineStep, next, reject } from '../kit/step.ts'
import { textOf } from '../kit/values.ts'

export const review = defineStep({
  type: 'review',
  summary: 'Holds the lead until a person approves or rejects it.',
  event: 'review.concluded',
  revision: 1,
  config: Closed({
    queue: Type.Optional(Text('Queue the lead waits in; `default` where this is left out.')),
    note: Type.Optional(TemplateText('What the person should look at.')),
  }),
  references: { templates: ['note'] },
  example: { queue: 'enterprise', note: 'Score {{ lead.score }}: is {{ lead.company }} in our market?' },
  create: (config, compiler) => {
    const queue = config.queue ?? 'default'
    const template = config.note === undefined ? null : compiler.template(config.note)
    return function* review(lead) {
      const note = template ? textOf(template.render(lead)).trim() : ''
      const { decision, reason, by } = yield* ask('review.ask', { queue, note: note === '' ? null : note })
      const seen = { note: { queue, decision }, saw: { by } }
      return decision === 'approve' ? next(seen) : reject('review_rejected', reason ?? 'Rejected in review', seen)
    }
  },
})
