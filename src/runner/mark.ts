import { laneName } from '../delivery/lane.ts'
import type { WorkMark } from '../journal/work-statements.ts'
import { RANK_USUAL, rankOf } from '../kit/priorities.ts'
import type { RunnerContext } from './context.ts'
import { laneOfDelivery } from './deliver.ts'
import type { Journey } from './journey.ts'
import { waitsBehind } from './order.ts'

/**
 * How a lead that goes on later is put down: when it is due, and in which lane. A lead is due in one lane at a time;
 * of several deliveries one that may go out decides, so that a stopped destination does not hold up another.
 */
export const markOf = (ctx: RunnerContext, journey: Journey, wakeAt: number | null): WorkMark => {
  const dues: { readonly at: number; readonly lane: string; readonly stopped: boolean; readonly rank: number }[] = []
  if (wakeAt !== null) dues.push({ at: wakeAt, lane: '', stopped: false, rank: RANK_USUAL })
  for (const delivery of journey.lead.deliveries.values()) {
    if (delivery.outcome !== 'open' || delivery.parked || delivery.nextAt === null) continue
    if (waitsBehind(journey, delivery)) continue
    const lane = laneOfDelivery(journey, delivery)
    const stopped = journey.lead.test ? null : ctx.gate.stopped(lane)
    dues.push({
      at: delivery.nextAt,
      lane: laneName(lane),
      stopped: stopped !== null,
      rank: rankOf(delivery.priority ?? 'high'),
    })
  }
  const able = dues.filter(({ stopped }) => !stopped)
  const [first] = (able.length > 0 ? able : dues).sort((a, b) => a.at - b.at || a.rank - b.rank)
  if (!first) return { wakeAt: ctx.never, runner: null }
  const lanes = new Set(dues.map(({ lane }) => lane))
  return {
    wakeAt: first.at,
    runner: null,
    lane: first.lane,
    alone: lanes.size === 1 || able.length === 0,
    priority: first.rank,
  }
}
