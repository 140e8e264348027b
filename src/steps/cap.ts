import { Type } from 'typebox'
import { type Period, windowOf } from '../base/windows.ts'
import { Closed, RuleText, TemplateText, Text } from '../kit/config-parts.ts'
import { reasonFrom } from '../kit/reasons.ts'
import { ask } from '../kit/requests.ts'
import { defineStep, next, reject, skip } from '../kit/step.ts'
import { textOf } from '../kit/values.ts'

const LIMITS: Readonly<Record<Period, string>> = {
  minute: 'minute',
  hour: 'hourly',
  day: 'daily',
  week: 'weekly',
  month: 'monthly',
  total: 'total',
}

const Cap = Closed(
  {
    id: Text('Name of the cap: what its count is kept under, so it outlives a change of its numbers.'),
    max: Type.Integer({ minimum: 0, description: 'How many leads a window takes.' }),
    per: Type.Enum(['minute', 'hour', 'day', 'week', 'month', 'total'], {
      description: 'The window, by the calendar of the zone; a week begins on Monday.',
    }),
    zone: Type.Optional(Text("Time zone of the window, as `America/Chicago`; the flow's where this is left out.")),
    when: Type.Optional(RuleText('Which leads count.')),
    by: Type.Optional(RuleText('Counts apart for each value of this expression, as `lead.state`.')),
    reason: Type.Optional(TemplateText('The reason given where the cap is full.')),
  },
  { description: 'A limit on how many leads pass in a window.' },
)

export const cap = defineStep({
  type: 'cap',
  summary:
    'Lets only so many leads through in a minute, hour, day, week, month or in all. ' +
    'A lead takes a place in every cap that applies or in none; one that is turned away later gives its places back.',
  event: 'cap.checked',
  revision: 1,
  config: Closed({ caps: Type.Array(Cap, { minItems: 1, description: 'Caps that must all have a place.' }) }),
  references: {
    rules: ['caps.*.when'],
    expressions: ['caps.*.by'],
    templates: ['caps.*.reason'],
    zones: ['caps.*.zone'],
    ids: ['caps.*.id'],
  },
  example: { caps: [{ id: 'daily', max: 500, per: 'day', zone: 'America/Chicago' }] },
  create: (config, compiler) => {
    const caps = config.caps.map(({ id, max, per, zone, when, by, reason }) => ({
      id,
      max,
      per,
      zone: zone ?? compiler.zone,
      when: when === undefined ? null : compiler.rule(when),
      by: by === undefined ? null : compiler.expression(by),
      template: reason === undefined ? null : compiler.template(reason),
    }))
    return function* cap(lead) {
      const applying = caps.filter(({ when }) => when === null || when.holds(lead))
      if (applying.length === 0) return skip()
      const answer = yield* ask('cap.reserve', {
        caps: applying.map(({ id, max, per, zone, by }) => ({
          id,
          scope: compiler.stepId,
          by: by === null ? null : textOf(by.value(lead)),
          max,
          amount: 1,
          ...windowOf({ per, zone, now: lead.now }),
        })),
      })
      if (answer.reserved) {
        const used = applying.map(({ id }, index) => [id, answer.used[index] ?? null] as const)
        return next({ note: { used: Object.fromEntries(used) } })
      }
      const full = applying.find(({ id }) => id === answer.cap)
      const limit = full ? `${LIMITS[full.per]} ` : ''
      const reason = reasonFrom({
        template: full?.template ?? null,
        lead,
        otherwise: `Cap exceeded: ${limit}limit reached`,
      })
      return reject('cap_exceeded', reason, {
        rule: answer.cap,
        note: { cap: answer.cap, used: answer.used, ...(full && { max: full.max, per: full.per }) },
      })
    }
  },
})
