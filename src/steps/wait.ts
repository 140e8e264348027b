import { Type } from 'typebox'
import { instantOf } from '../base/windows.ts'
import { Closed, Duration, RuleText } from '../kit/config-parts.ts'
import { ask } from '../kit/requests.ts'
import { defineStep, next, skip } from '../kit/step.ts'

export const wait = defineStep({
  type: 'wait',
  summary: 'Holds the lead for a while, or until a time. With both, until whichever comes first.',
  event: 'wait.ended',
  revision: 1,
  config: Closed({
    for: Type.Optional(Duration('How long, as `15m` or `2d`.')),
    until: Type.Optional(
      RuleText(
        "Expression that gives the time: ISO 8601, or ms since 1970. One without an offset is taken in the flow's zone. " +
          'The lead does not wait for a time that has passed or that cannot be read.',
      ),
    ),
  }),
  references: { durations: ['for'], expressions: ['until'] },
  example: { for: '15m' },
  create: (config, compiler) => {
    const forMs = config.for === undefined ? null : compiler.durationMs(config.for)
    const expression = config.until === undefined ? null : compiler.expression(config.until)
    return function* wait(lead) {
      const times = [
        forMs === null ? null : lead.now + forMs,
        expression && instantOf(expression.value(lead), compiler.zone),
      ].filter((time) => time !== null)
      if (times.length === 0) return skip()
      const until = Math.min(...times)
      if (until <= lead.now) return skip({ note: { until } })
      yield* ask('time.wait', { until })
      return next({ note: { until, waited_ms: until - lead.now } })
    }
  },
})
