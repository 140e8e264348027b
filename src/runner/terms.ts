import { Fault } from '../base/faults.ts'
import { capScope } from '../handlers/cap-scope.ts'
import type { CapWrite } from '../journal/append-caps.ts'
import type { Judged } from '../kit/terms.ts'
import type { StepRun } from './ask.ts'
import type { RunnerContext } from './context.ts'
import type { Journey } from './journey.ts'
import { scripted } from './test-script.ts'
import { viewOf } from './view.ts'

const TAKEN: Judged = { taken: true, offer: { price: null, rule: null, notBefore: null } }

export interface Judgement {
  readonly judged: Judged
  /** Places it reserved: to be written with the event that opens the delivery, or not at all. */
  readonly places: readonly CapWrite[]
}

/**
 * Whether a destination's terms let the lead through, before anything is opened. Several destinations are judged at once:
 * what one of them reserves is no other's, and of a refusal nothing is left.
 */
export const judgeTerms = async (
  ctx: RunnerContext,
  journey: Journey,
  run: StepRun,
  asked: { readonly destination: string; readonly name: string },
): Promise<Judgement> => {
  const terms = journey.flow.destinations.get(asked.destination)?.terms
  if (!terms) return { judged: TAKEN, places: [] }
  const { lead, flow, source, keys, holder } = journey
  const places: CapWrite[] = []
  const program = terms.judge(viewOf({ lead, flow, source, now: run.now }), asked.name)
  let turn = program.next()
  while (!turn.done) {
    const request = turn.value
    if (request.kind !== 'cap.reserve')
      throw new Fault('internal', { message: 'Internal error', detail: `terms ask for ${request.kind}` })
    const caps = request.input.caps.map((cap) => ({
      ...cap,
      scope: capScope({ flow: flow.id, test: lead.test, lookup: keys.lookup, cap }),
    }))
    const known = scripted(lead, run.now, request)
    if (known) {
      turn = program.next(known.answer)
      continue
    }
    const delivery = `${run.step}/${asked.name}`
    const { answer, writes } = await ctx.caps.reserve(holder, lead.tenantId, { caps, delivery })
    places.push(...writes)
    turn = program.next(answer)
  }
  return { judged: turn.value, places: turn.value.taken ? places : [] }
}
