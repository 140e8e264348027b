import { Fault } from '../base/faults.ts'
import { newId } from '../base/ids.ts'
import type { CompiledFlow, CompiledSource } from '../kit/flow.ts'
import type { RunnerContext } from './context.ts'
import { emit, type Journey, startJourney } from './journey.ts'
import type { Submission } from './types.ts'

export interface Arrival {
  readonly journey: Journey
  /** The lead that this submission's idempotency key stands for already. */
  readonly repeats: string | null
}

/** Parses the submission and begins its journal. */
export const arrive = async (
  ctx: RunnerContext,
  submission: Submission,
  flow: CompiledFlow,
  source: CompiledSource,
): Promise<Arrival> => {
  const { tenantId } = submission.source
  const keys = await ctx.keyring.tenant(tenantId)
  const id = newId(submission.receivedAt)
  const { key, wrapped } = ctx.keyring.newLeadKey(keys, id)
  const journey = startJourney({ id, flow, source, keys, key, wrapped })
  const startedAt = ctx.clock.now()
  // Before anything is held: what throws here leaves nothing behind.
  const { values, extra } = source.map(submission.values)
  const fields = flow.parse(values, submission.receivedAt, { source, extra })
  const at = ctx.clock.now()

  const own = source.idField === null ? undefined : submission.values[source.idField]
  const idempotency =
    submission.idempotencyKey ?? (own === undefined || own === null || own === '' ? null : `id:${String(own)}`)
  if (idempotency !== null) {
    const claim = await ctx.identity.claimIdempotency(journey.submissionHolder, keys, {
      flowId: submission.test ? `test:${flow.id}` : flow.id,
      sourceId: source.id,
      key: idempotency,
      body: submission.raw,
      now: submission.receivedAt,
    })
    if (!claim.held) {
      if (!claim.same)
        throw new Fault('idempotency_key_reused', {
          message: `This idempotency key was used with another body: lead ${claim.leadId}`,
        })
      return { journey, repeats: claim.leadId }
    }
    journey.claims.push(...claim.writes)
  }

  emit(journey, {
    type: 'lead.received',
    at: submission.receivedAt,
    data: {
      flow: flow.id,
      flow_version: flow.version,
      source: source.id,
      format: submission.format,
      mode: submission.mode,
      test: submission.test,
      bytes: submission.raw.length,
    },
    sealed: { submission: submission.raw, ip: submission.ip, user_agent: submission.userAgent },
  })
  journey.lead.currency = flow.currency
  emit(journey, {
    type: 'source.authenticated',
    at: startedAt,
    data: { source: source.id, method: submission.source.method, key: submission.source.keyId },
    sealed: null,
  })
  emit(journey, {
    type: 'lead.mapped',
    at,
    data: {
      fields: Object.keys(values).length,
      invalid: Object.keys(fields).filter((name) => values[name] !== undefined && fields[name]?.valid === false),
      unmapped: Object.keys(extra).length,
      ms: Math.max(0, at - startedAt),
    },
    sealed: { fields, extra },
  })
  return { journey, repeats: null }
}
