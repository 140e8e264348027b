import { Closed } from '../kit/config-parts.ts'
import { appendedBy, compileSend, EnricherId, factsNote, SendMap } from '../kit/enriching.ts'
import { ask } from '../kit/requests.ts'
import { defineStep, skip } from '../kit/step.ts'

export const enrich = defineStep({
  type: 'enrich',
  summary:
    'Asks an enricher what it knows, so that later rules and templates may use it as `appended.<enricher>.<fact>`. It ' +
    'fails where the enricher knows nothing; one that cannot be reached is tried again, and then `on_error` decides.',
  event: 'lead.enriched',
  revision: 1,
  config: Closed({ from: EnricherId, send: SendMap }),
  references: { enrichers: ['from'], templates: ['send.*'] },
  example: { from: 'clearbit', send: { domain: '{{ lead.email.domain }}' } },
  create: ({ from, send }, compiler) => {
    const payloadOf = compileSend(send, compiler)
    return function* enrich(lead) {
      const payload = payloadOf(lead)
      if (payload === null) return skip({ note: { enricher: from } })
      const answer = yield* ask('facts.fetch', { enricher: from, payload })
      return {
        kind: 'next',
        outcome: answer.outcome,
        set: { appended: appendedBy(from, answer) },
        note: factsNote(from, answer),
      }
    }
  },
})
