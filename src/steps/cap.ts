import { Type } from 'typebox'
import { Cap, capReferences, compileCaps, countText, fullReason, reservations } from '../kit/caps.ts'
import { Closed } from '../kit/config-parts.ts'
import { reasonFrom } from '../kit/reasons.ts'
import { ask } from '../kit/requests.ts'
import { defineStep, next, reject, skip } from '../kit/step.ts'

export const cap = defineStep({
  type: 'cap',
  summary:
    'Lets only so many leads through in a minute, hour, day, week, month or in all, or leads of so much money. ' +
    'A lead takes a place in every cap that applies or in none; one that is turned away later gives its places back.',
  event: 'cap.checked',
  revision: 1,
  config: Closed({
    caps: Type.Array(Cap, {
      minItems: 1,
      description: 'Caps that must all have a place. Money is that of `lead.price`.',
    }),
    full: Type.Optional(
      Type.Enum(['reject', 'flag'], {
        default: 'reject',
        description:
          'Turn a lead away that finds no place, or let it go on: the step then ends as a failure, which later rules may ask for.',
      }),
    ),
  }),
  references: capReferences('caps'),
  example: { caps: [{ id: 'daily', max: 500, per: 'day', zone: 'America/Chicago' }] },
  caps: (config, compiler) => compileCaps(config.caps, compiler),
  create: (config, compiler) => {
    const caps = compileCaps(config.caps, compiler)
    return function* cap(lead) {
      const asked = reservations(caps, { lead, scope: compiler.stepId, price: lead.price })
      if (asked.length === 0) return skip()
      const answer = yield* ask('cap.reserve', { caps: asked })
      const named = (id: string) => caps.find((each) => each.id === id)
      const shown = (id: string, count: number) => {
        const of = named(id)
        return of ? countText(of, count) : count
      }
      if (answer.reserved) {
        const used = asked.map(({ id }, index) => [id, shown(id, answer.used[index] ?? 0)] as const)
        return next({ note: { used: Object.fromEntries(used) } })
      }
      const full = named(answer.cap)
      const seen = {
        rule: answer.cap,
        note: {
          cap: answer.cap,
          used: shown(answer.cap, answer.used),
          ...(full && { max: countText(full, full.max), per: full.per }),
        },
      }
      if (config.full === 'flag') return { kind: 'next', outcome: 'failure', ...seen }
      return reject(
        'cap_exceeded',
        reasonFrom({ template: full?.template ?? null, lead, otherwise: fullReason(full) }),
        seen,
      )
    }
  },
})
