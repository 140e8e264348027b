import { Closed } from '../kit/config-parts.ts'
import { reasonFrom } from '../kit/reasons.ts'
import { ask } from '../kit/requests.ts'
import { compileSchedule, scheduleReferences, scheduleShape } from '../kit/schedule.ts'
import { defineStep, next, reject } from '../kit/step.ts'

export const schedule = defineStep({
  type: 'schedule',
  summary:
    'Lets leads through in open hours. Outside of them a lead is turned away (the default), goes on with a note that the ' +
    'step was skipped, or waits until the next opening.',
  event: 'schedule.checked',
  revision: 1,
  config: Closed(scheduleShape),
  references: scheduleReferences(''),
  example: {
    zone: 'America/New_York',
    open: { 'mon-fri': ['09:00-12:00', '13:00-17:00'], sat: '10:00-14:00' },
    holidays: ['12-25', '2026-11-26'],
    outside: 'wait',
  },
  create: (config, compiler) => {
    const { outside, template, standing } = compileSchedule(config, compiler)
    return function* schedule(lead) {
      const { open, until } = standing(lead.now)
      if (open) return next({ note: { open, until } })
      const note = { open, opens_at: until }
      // Who never opens again is not waited for.
      if (outside === 'wait' && until !== null) {
        yield* ask('time.wait', { until })
        return next({ note: { ...note, waited_ms: until - lead.now } })
      }
      if (outside === 'skip') return { kind: 'next', outcome: 'skip', rule: 'closed', note }
      return reject('closed', reasonFrom({ template, lead, otherwise: 'Outside of open hours' }), { note })
    }
  },
})
