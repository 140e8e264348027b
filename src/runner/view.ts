import type { CompiledFlow, CompiledSource } from '../kit/flow.ts'
import type { LeadView } from '../kit/step.ts'
import { revenueSeen } from '../lead/deliveries.ts'
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
    // Themselves: a copy of what a step may see of them, a dozen times a lead, would say the same.
    flow,
    source,
    fields: lead.fields,
    extra: lead.extra,
    appended: lead.appended,
    partial: source.partial,
    score: lead.score,
    class: lead.class,
    route: lead.route,
    person: lead.person,
    price: lead.price,
    revenue: lead.deliveries.size === 0 ? null : revenueSeen(lead),
    steps: lead.decided,
    deliveries: lead.standing?.deliveries ?? deliveriesSeen(lead),
  }
}
