import type { CompiledFlow, CompiledSource } from '../kit/flow.ts'
import type { LeadView } from '../kit/step.ts'
import { deliveriesSeen, type Lead } from '../lead/lead.ts'

/** The lead as a step sees it: as it was when the step began, also where it is taken up again. */
export const viewOf = (options: {
  readonly lead: Lead
  readonly flow: CompiledFlow
  readonly source: CompiledSource
  readonly now: number
}): LeadView => {
  const { lead, flow, source, now } = options
  return {
    id: lead.id,
    test: lead.test,
    receivedAt: lead.receivedAt,
    now,
    flow: { id: flow.id, name: flow.name, version: flow.version, country: flow.country, currency: flow.currency },
    source: { id: source.id, name: source.name },
    fields: lead.fields,
    extra: lead.extra,
    score: lead.score,
    class: lead.class,
    route: lead.route,
    price: lead.price,
    steps: lead.decided,
    deliveries: lead.standing?.deliveries ?? deliveriesSeen(lead),
  }
}
