import { Type } from 'typebox'
import { Closed, RuleText, TemplateText } from '../kit/config-parts.ts'
import { appendedBy, compileSend, EnricherId, factsNote, SendMap } from '../kit/enriching.ts'
import { reasonFrom } from '../kit/reasons.ts'
import { ask } from '../kit/requests.ts'
import { defineStep, next, reject, skip } from '../kit/step.ts'

export const verify = defineStep({
  type: 'verify',
  summary:
    'Asks an enricher whether something is right: an email that receives mail, a phone that rings. A lead that does not ' +
    'pass is turned away, or marked.',
  event: 'lead.verified',
  revision: 1,
  config: Closed({
    from: EnricherId,
    send: SendMap,
    pass: Type.Optional(
      RuleText(
        'What must hold of the answer: `appended.neverbounce.result in ["valid", "catchall"]`. Without it: that the ' +
          'enricher’s outcome is a success.',
      ),
    ),
    failed: Type.Optional(
      Type.Enum(['reject', 'flag'], {
        default: 'reject',
        description: 'Turn the lead away, or let it go on: the step then ends as a failure.',
      }),
    ),
    reason: Type.Optional(
      TemplateText('The reason given; `appended` is known in it. Without it: the one the enricher gave.'),
    ),
  }),
  references: { enrichers: ['from'], templates: ['send.*', 'reason'], rules: ['pass'] },
  example: {
    from: 'neverbounce',
    send: { email: '{{ lead.email }}' },
    pass: 'appended.neverbounce.outcome == "success"',
    reason: 'This email does not receive mail',
  },
  create: ({ from, send, pass, failed, reason }, compiler) => {
    const payloadOf = compileSend(send, compiler)
    const rule = pass === undefined ? null : compiler.rule(pass)
    const template = reason === undefined ? null : compiler.template(reason)
    return function* verify(lead) {
      const payload = payloadOf(lead)
      if (payload === null) return skip({ note: { enricher: from } })
      const answer = yield* ask('facts.fetch', { enricher: from, payload })
      const appended = appendedBy(from, answer)
      const seen = { ...lead, appended: { ...lead.appended, ...appended } }
      const note = factsNote(from, answer)
      const judged = rule === null ? {} : { rule: rule.text, saw: rule.saw(seen) }
      if (rule === null ? answer.outcome === 'success' : rule.holds(seen))
        return next({ set: { appended }, note, ...judged })
      if (failed === 'flag') return { kind: 'next', outcome: 'failure', set: { appended }, note, ...judged }
      const otherwise = answer.reason ?? 'Not verified'
      return reject('verification_failed', reasonFrom({ template, lead: seen, otherwise }), { note, ...judged })
    }
  },
})
