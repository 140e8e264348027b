import { Fault } from '../base/faults.ts'
import { newId } from '../base/ids.ts'
import { put } from '../base/own.ts'
import type { Json, Parsed } from '../kit/field.ts'
import type { CompiledFlow, CompiledSource, MappedInput } from '../kit/flow.ts'
import { type TestScript, testAddress, testScript } from '../kit/test-leads.ts'
import { textOf } from '../kit/values.ts'
import type { RunnerContext } from './context.ts'
import { hidingOf } from './hide.ts'
import { emit, type Journey, lookupColumn, startJourney } from './journey.ts'
import type { Rerun, Submission } from './types.ts'

export interface Arrival {
  readonly journey: Journey
  /** The lead that this submission's idempotency key stands for already. */
  readonly repeats: string | null
}

const isOneOf = (erased: ReadonlySet<bigint>, journey: Journey, fields: Readonly<Record<string, Parsed>>): boolean =>
  journey.flow.fields.some(({ name, type: { type } }) => {
    if (type !== 'email' && type !== 'phone') return false
    const normal = fields[name]?.normal
    return typeof normal === 'string' && normal !== '' && erased.has(lookupColumn(journey.keys, type, normal))
  })

/** The first two events: that it came, and from whom. */
const begin = (
  journey: Journey,
  submission: Submission,
  {
    test,
    script,
    authenticatedAt,
    sealed,
  }: {
    readonly test: boolean
    readonly script: TestScript | null
    readonly authenticatedAt: number
    readonly sealed: {
      readonly submission: string | null
      readonly ip: string | null
      readonly user_agent: string | null
    }
  },
): void => {
  const { flow, source } = journey
  emit(journey, {
    type: 'lead.received',
    at: submission.receivedAt,
    data: {
      flow: flow.id,
      flow_version: flow.version,
      source: source.id,
      format: submission.format,
      mode: submission.mode,
      test,
      ...(script !== null && { script }),
      bytes: submission.raw.length,
      ...(submission.rerun && { rerun_of: submission.rerun.of }),
    },
    sealed,
  })
  journey.lead.currency = flow.currency
  emit(journey, {
    type: 'source.authenticated',
    at: authenticatedAt,
    data: { source: source.id, method: submission.source.method, key: submission.source.keyId },
    sealed: null,
  })
}

/** The journey of a submission that must not be: it tells that one came, and keeps nothing of it, not even a key. */
const turnAway = (journey: Journey, submission: Submission, at: number): Arrival => {
  journey.wrapped = null
  begin(journey, submission, {
    test: submission.test,
    script: null,
    authenticatedAt: at,
    sealed: { submission: null, ip: null, user_agent: null },
  })
  emit(journey, { type: 'person.blocked', at, data: { code: 'erased' }, sealed: null })
  return { journey, repeats: null }
}

/**
 * The submission as it is kept: as it came, unless it holds a value that is not kept. Then what was read of it is written
 * anew without that value: a sender has many ways to write one.
 */
const keptOf = ({ hiding }: Journey, { raw, values }: Submission): string =>
  hiding === null ? raw : JSON.stringify(hiding.value(values as Json))

/** Whether it is a test, and what it is to come to: said in its values, its address, or by an address of ours. */
const testOf = (
  submission: Submission,
  flow: CompiledFlow,
  fields: Readonly<Record<string, Parsed>>,
): { readonly test: boolean; readonly script: TestScript | null } => {
  for (const { name, type } of flow.fields) {
    if (type.type !== 'email') continue
    const found = testAddress(fields[name]?.normal ?? undefined)
    if (found) return { test: true, script: found.script }
  }
  const { test } = submission
  return { test, script: test ? (submission.script ?? testScript(submission.values.test)) : null }
}

/** Values that go by the flow's names. */
const mappedOf = (flow: CompiledFlow, given: Submission['values']): MappedInput => {
  const values: Record<string, Json> = {}
  const extra: Record<string, Json> = {}
  const names = new Set(flow.fields.map(({ name }) => name))
  for (const [name, value] of Object.entries(given)) put(names.has(name) ? values : extra, name, value)
  return { values, extra }
}

/** What was mended in the lead that is run again stands, as far as the flow still has the field. */
const mend = (journey: Journey, { values, by }: NonNullable<Rerun['mended']>, at: number): void => {
  const names = journey.flow.fields.map(({ name }) => name).filter((name) => Object.hasOwn(values, name))
  if (names.length === 0) return
  const parsed = journey.flow.parse(values, at)
  const fields = Object.fromEntries(names.flatMap((name) => (parsed[name] ? [[name, parsed[name]]] : [])))
  emit(journey, { type: 'lead.rectified', at, data: { fields: names, by }, sealed: { fields } })
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
  const { rerun } = submission
  const id = rerun?.as ?? newId(submission.receivedAt)
  const { key, wrapped } = ctx.keyring.newLeadKey(keys, id)
  const journey = startJourney({ id, flow, source, keys, key, wrapped })
  const startedAt = ctx.clock.now()
  // Before anything is held: what throws here leaves nothing behind.
  const { values, extra } = rerun?.isMapped ? mappedOf(flow, submission.values) : source.map(submission.values)
  const fields = flow.parse(values, submission.receivedAt, { source, extra })
  if (flow.notKept.length > 0) journey.hiding = hidingOf(flow.notKept, values, fields)
  const at = ctx.clock.now()
  const { test, script } = testOf(submission, flow, fields)
  const erased = await ctx.blocks.erased(tenantId)
  if (erased && isOneOf(erased, journey, fields)) return turnAway(journey, submission, at)

  // As text whatever it is: a sender may write a list or an object there, which has no text of its own.
  const own = source.ownId === null ? '' : textOf(source.ownId(submission.values))
  const idempotency = submission.idempotencyKey ?? (own === '' ? null : `id:${own}`)
  if (idempotency !== null) {
    const claim = await ctx.identity.claimIdempotency(journey.submissionHolder, keys, {
      flowId: test ? `test:${flow.id}` : flow.id,
      sourceId: source.id,
      key: idempotency,
      body: submission.raw,
      now: submission.receivedAt,
    })
    if (!claim.held) {
      if (!claim.same)
        throw new Fault('idempotency_key_reused', {
          message:
            submission.idempotencyKey === null
              ? `The id in "${source.idField}" came before, with another body: lead ${claim.leadId}`
              : `This idempotency key was used with another body: lead ${claim.leadId}`,
        })
      return { journey, repeats: claim.leadId }
    }
    journey.claims.push(...claim.writes)
  }

  begin(journey, submission, {
    test,
    script,
    authenticatedAt: startedAt,
    sealed: { submission: keptOf(journey, submission), ip: submission.ip, user_agent: submission.userAgent },
  })
  emit(journey, {
    type: 'lead.mapped',
    at,
    data: {
      fields: Object.keys(values).length,
      invalid: Object.keys(fields).filter((name) => fields[name]?.valid === false && Object.hasOwn(values, name)),
      unmapped: Object.keys(extra).length,
      ms: Math.max(0, at - startedAt),
    },
    sealed: { fields, extra },
  })
  if (rerun?.mended) mend(journey, rerun.mended, at)
  return { journey, repeats: null }
}
