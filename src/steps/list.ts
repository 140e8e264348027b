import { Type } from 'typebox'
import { Closed, Duration, TemplateText, Text } from '../kit/config-parts.ts'
import { listed, listedValues, Match, matchPaths } from '../kit/listed.ts'
import { reasonFrom } from '../kit/reasons.ts'
import { ask } from '../kit/requests.ts'
import { defineStep, next, reject, skip } from '../kit/step.ts'
import { titled } from '../kit/values.ts'

export const list = defineStep({
  type: 'list',
  summary:
    'Puts values of the lead on a suppression list, takes them off, or checks and adds in one: of two leads that bring a ' +
    'value at the same moment, one is the first. The list keeps the change whatever becomes of the lead later.',
  event: 'list.changed',
  revision: 1,
  config: Closed({
    list: Text('Name of the list; publishing the flow makes it where there is none.'),
    action: Type.Enum(['add', 'remove', 'check_and_add'], { description: 'What is done.' }),
    match: Match,
    expires: Type.Optional(Duration('How long an added entry stands; for ever where this is left out.')),
    within: Type.Optional(
      Duration('With `check_and_add`: entries added longer ago count for nothing, and are added anew.'),
    ),
    found: Type.Optional(
      Type.Enum(['reject', 'flag'], {
        default: 'reject',
        description:
          'With `check_and_add`, what becomes of a lead that stands there: turned away, or marked as a failure of this step.',
      }),
    ),
    reason: Type.Optional(TemplateText('The reason given. It may use `field`, `list` and `label`.')),
  }),
  references: {
    parts: matchPaths('match'),
    durations: ['expires', 'within'],
    templates: ['reason'],
    templateNames: ['field', 'list', 'label'],
  },
  example: { list: 'sold', action: 'check_and_add', match: ['phone'], within: '90d' },
  create: (config, compiler) => {
    const expiresMs = config.expires === undefined ? null : compiler.durationMs(config.expires)
    const withinMs = config.within === undefined ? null : compiler.durationMs(config.within)
    const template = config.reason === undefined ? null : compiler.template(config.reason)
    return function* list(lead) {
      const values = listedValues(lead, config.match, { whole: true })
      if (values.length === 0) return skip({ note: { values: 0 } })
      const answer = yield* ask('list.change', {
        list: config.list,
        action: config.action,
        values,
        expiresAt: expiresMs === null ? null : lead.now + expiresMs,
        withinMs,
      })
      const note = { list: config.list, action: config.action, values: values.length }
      if (!answer.found) return next({ note })
      const { field, label, addedAt } = answer
      const seen = { rule: config.list, note: { ...note, field, added_at: addedAt } }
      if (config.found === 'flag') return { kind: 'next', outcome: 'failure', ...seen }
      const more = { field, list: config.list, label }
      return reject(
        'suppressed',
        reasonFrom({ template, lead, more, otherwise: `${titled(field)} on ${listed(label)}` }),
        seen,
      )
    }
  },
})
