import type { FaultCode } from '../base/faults.ts'
import { open } from '../base/seal.ts'
import { batchOf } from '../kit/batch.ts'
import type { AttemptResult } from '../kit/destination.ts'
import type { CompiledDestination } from '../kit/flow.ts'
import type { Delivery } from '../lead/deliveries.ts'
import type { RunnerContext } from './context.ts'
import { emit, type Journey } from './journey.ts'

/** A file is written soon after its window ends; a lead looks for its line so long after that. */
const LOOK_MS = 3_000
const LOOK_AGAIN_MS = 10_000

/**
 * What became of a delivery that leaves with others. Null: it waits, and was put down until there may be something to
 * see. It is asked for by its lead's own journey, so that the file and the journal never disagree.
 */
export const batchedResult = async (
  ctx: RunnerContext,
  journey: Journey,
  delivery: Delivery,
  destination: CompiledDestination,
  attempt: number,
): Promise<AttemptResult | null> => {
  const { tenantId, id: leadId, flow: flowId } = journey.lead
  const now = ctx.clock.now()
  const hold = (until: number): null => {
    emit(journey, {
      type: 'delivery.held',
      at: now,
      data: { delivery: delivery.id, why: 'batch', next_at: until },
      sealed: null,
    })
    return null
  }
  const known = await ctx.batches.find(tenantId, delivery.id)
  // What an earlier attempt came to says nothing of this one: it waits for a batch anew.
  if (known === null || known.attempt < attempt) {
    const dueAt = batchOf(destination)?.nextAt(destination.settings as never, now) ?? now
    await ctx.batches.add({
      tenantId,
      flowId,
      leadId,
      destination: destination.id,
      delivery: delivery.id,
      attempt,
      dueAt,
    })
    return hold(dueAt + LOOK_MS)
  }
  const { file } = known
  if (file === null || file.state === 'writing') return hold(Math.max(known.dueAt + LOOK_MS, now + LOOK_AGAIN_MS))
  if (known.result !== null) return JSON.parse(open(journey.key, known.result).toString('utf8')) as AttemptResult
  if (file.state === 'failed')
    return {
      outcome: 'error',
      reason: `The batch ${file.name} could not be delivered`,
      code: (file.code ?? 'destination.unavailable') as FaultCode,
      retryAfterMs: null,
    }
  if (file.line === 0)
    return {
      outcome: 'failure',
      reason: 'Not sent: the person was erased or opted out before the batch was sent',
      code: 'person_blocked',
    }
  return { outcome: 'success', reference: `${file.name}#${file.line ?? 0}`, price: null, reason: null }
}
