import { Fault, type FaultCode, isFault } from '../base/faults.ts'
import { keyedHash } from '../base/seal.ts'
import type { Lane } from '../delivery/lane.ts'
import { factKey } from '../handlers/facts.ts'
import type { AttemptResult, Captured, DeliveryInput } from '../kit/destination.ts'
import type { Json } from '../kit/field.ts'
import type { CompiledEnricher } from '../kit/flow.ts'
import type { FactsAnswer } from '../kit/requests.ts'
import type { Fetching } from '../lead/fetches.ts'
import type { RunnerContext } from './context.ts'
import { isBereft } from './hide.ts'
import { commit, emit, type Journey } from './journey.ts'
import { blockOf, noteBlock } from './person-fence.ts'
import { faultResult, type Progress, runCalls, seenOf } from './run-calls.ts'
import { sequelOf } from './sequel.ts'

/**
 * An enricher is asked, attempt by attempt, as a delivery is sent: the start of each call is committed before it leaves,
 * what nobody knows the fate of is asked again only where a repeat does no harm, and what may pass is tried again.
 * What outlasts its tries is thrown: the step's `on_error` says what becomes of the lead.
 */

export interface FactsAsked {
  readonly step: string
  readonly name: string
  readonly fp: string
  readonly enricher: string
  readonly payload: { readonly [key: string]: Json }
}

type Fetched = { readonly answer: FactsAnswer } | { readonly wakeAt: number | null }

/** An enricher that knew nothing may have learnt of it by tomorrow. */
const NOTHING_FRESH_MS = 86_400_000
/** What an enricher that was told something of a lead may have to hear of it later. */
const ACTS = ['erase', 'revoke', 'restrict', 'rectify'] as const
/** Where an enricher has no place for another call, or all calls are stopped. */
const AGAIN_MS = 250
const STOPPED_MS = 5_000

const typed = (journey: Journey, { facts }: CompiledEnricher, found: Captured): Readonly<Record<string, Json>> => {
  const { flow, lead } = journey
  const context = { country: flow.country, now: lead.receivedAt, fields: lead.fields }
  return Object.fromEntries(
    facts.map(({ name, type }) => {
      const text = Object.hasOwn(found, name) ? found[name] : undefined
      return [name, text === undefined ? null : type.parse(text, context).normal]
    }),
  )
}

/** The same at every attempt: what an enricher that heeds it knows a repeat by. */
const inquiryId = ({ keys, lead }: Journey, { step, name }: FactsAsked): string => {
  const hex = keyedHash(keys.lookup, `enrichment|${lead.id}|${step}|${name}`)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

const laneOf = ({ lead, flow }: Journey, enricher: string): Lane => ({
  tenantId: lead.tenantId,
  flowId: flow.id,
  destination: enricher,
})

/**
 * Another attempt later, or the end: thrown. One that does not accept our credentials is paused as a destination is, and
 * asked for no other lead until a person resumes it.
 */
const failed = async (
  ctx: RunnerContext,
  journey: Journey,
  asked: FactsAsked & { readonly destination: CompiledEnricher['destination']; readonly since: number },
  result: { readonly code: FaultCode; readonly reason: string; readonly retryAfterMs: number | null },
  attempt: number,
  request?: Json,
): Promise<Fetched> => {
  const { step, name, fp, destination, since } = asked
  const failures = (journey.lead.standing?.fetches.get(name)?.failures ?? 0) + 1
  const most = destination.attemptsMax ?? ctx.deliveries.attemptsMax
  const { nextAt, pause } = sequelOf(ctx, {
    destination,
    delivery: { attemptsBefore: 0, tries: most, since, refusals: 0 },
    attempt: failures,
    code: result.code,
    retryAfterMs: result.retryAfterMs,
  })
  if (pause) await ctx.gate.pauseByHouse(laneOf(journey, asked.enricher), result.code)
  emit(journey, {
    type: 'enrichment.failed',
    at: ctx.clock.now(),
    data: { step, name, fp, attempt, code: result.code, next_at: nextAt },
    sealed: { reason: result.reason, ...(request !== undefined && { request }) },
  })
  if (nextAt !== null) return { wakeAt: nextAt }
  throw new Fault(result.code, { message: result.reason, detail: `enricher ${asked.enricher}` })
}

const NOT_KEPT_ANY_MORE = (): Fault =>
  new Fault('value_not_kept', { message: 'It needs a value that is not kept: nothing was asked' })

/** Null: nothing stands in the way of a call. */
const hindered = async (
  ctx: RunnerContext,
  journey: Journey,
  asked: FactsAsked,
): Promise<{ readonly answer: FactsAnswer } | null> => {
  const blocked = await blockOf(ctx, journey, { channels: [] })
  if (blocked === null || blocked.outcome !== 'failure') {
    if (isBereft(journey.flow, asked)) throw NOT_KEPT_ANY_MORE()
    return null
  }
  return { answer: { outcome: 'failure', reason: blocked.reason, facts: {}, since: null, key: null } }
}

/** A call that was started and never answered, by a process that is gone. */
const isLost = ({ inFlight }: Fetching): boolean => inFlight !== null && inFlight.answers.length <= inFlight.started

export const fetchFacts = async (ctx: RunnerContext, journey: Journey, asked: FactsAsked): Promise<Fetched> => {
  const { lead, keys, flow } = journey
  const enricher = flow.enrichers.get(asked.enricher)
  if (!enricher) throw new Fault('destination_missing', { message: `The flow has no enricher "${asked.enricher}"` })
  if (lead.test)
    return {
      answer: { outcome: 'success', reason: null, facts: { ...enricher.sample }, since: null, key: null },
    }
  const { freshForMs } = enricher
  const fetching = lead.standing?.fetches.get(asked.name)
  if (fetching && fetching.fp !== asked.fp) {
    // Of a lead taken up again without the values that are not kept, the step cannot ask what it asked.
    if (flow.notKept.length > 0) throw NOT_KEPT_ANY_MORE()
    throw new Fault('replay_diverged', { message: `Step ${asked.step} asks something else than it asked before` })
  }
  const key = freshForMs === null ? null : factKey(keys, enricher, asked.payload)
  const told = key?.toString('base64url') ?? null
  // What was answered before a crash is read on, whatever others have found since.
  if (key !== null && !fetching?.inFlight?.answers.length) {
    const known = await ctx.facts.known(keys, key, ctx.clock.now())
    if (known) return { answer: { ...known, key: told } }
  }
  const asking = { ...asked, enricher, key }
  const turn = key === null || fetching !== undefined ? null : ctx.facts.turn(keys, key)
  if (key === null || turn === null) return fetchAnew(ctx, journey, asking)
  if ('others' in turn) {
    // Durable, as who asks is by its first call: its source is answered in time, and nobody waits for what it holds.
    await commit(journey, ctx.appender, ctx.clock, { wakeAt: lead.receivedAt, runner: ctx.runnerNumber() })
    await turn.others
    const known = await ctx.facts.known(keys, key, ctx.clock.now())
    // Where the first was told nothing, each asks for itself: nobody queues behind an enricher that is away.
    return known ? { answer: { ...known, key: told } } : fetchAnew(ctx, journey, asking)
  }
  try {
    return await fetchAnew(ctx, journey, asking)
  } finally {
    turn.done()
  }
}

const fetchAnew = async (
  ctx: RunnerContext,
  journey: Journey,
  asking: Omit<FactsAsked, 'enricher'> & { readonly enricher: CompiledEnricher; readonly key: Buffer | null },
): Promise<Fetched> => {
  const { lead, keys } = journey
  const { enricher, key } = asking
  const asked: FactsAsked = { ...asking, enricher: enricher.id }
  const { destination, freshForMs } = enricher
  const fetching = lead.standing?.fetches.get(asked.name)
  const told = key?.toString('base64url') ?? null
  const since = lead.standing?.now ?? lead.receivedAt
  const place = { ...asked, destination, since }
  const lost = fetching !== undefined && isLost(fetching)
  if (lost && destination.type.repeat(destination.settings as never) === 'unsafe') {
    const reason = 'The process ended while the call was under way: nobody knows whether it was answered'
    const result = { code: 'destination.unknown_outcome', reason, retryAfterMs: null } as const
    return failed(ctx, journey, place, result, fetching.attempt)
  }
  const interrupted = lost ? null : (fetching?.inFlight ?? null)
  if (interrupted === null && (fetching?.nextAt ?? 0) > ctx.clock.now()) return { wakeAt: fetching?.nextAt ?? null }
  const attempt = interrupted?.attempt ?? (fetching?.attempt ?? 0) + 1
  const stop = await hindered(ctx, journey, asked)
  if (stop) return stop

  const pass = await ctx.gate.admit(laneOf(journey, enricher.id), destination.policy)
  if (!pass.admitted) {
    if (!pass.all && (pass.why === 'paused' || pass.why === 'breaker')) {
      const reason =
        pass.why === 'paused' ? 'It is paused: nothing was asked' : 'Its breaker is open: nothing was asked'
      return failed(ctx, journey, place, { code: 'destination.unavailable', reason, retryAfterMs: null }, attempt)
    }
    return { wakeAt: Math.max(pass.until ?? 0, ctx.clock.now() + (pass.all ? STOPPED_MS : AGAIN_MS)) }
  }
  const input: DeliveryInput = {
    deliveryId: inquiryId(journey, asked),
    leadId: lead.id,
    attempt,
    payload: asked.payload,
    now: interrupted?.startedAt ?? ctx.clock.now(),
  }
  const { step, name, fp } = asked
  const isToldOn = ACTS.some((act) => {
    const { deliveryId, now } = input
    const told = { act, requestId: '', leadId: lead.id, deliveryId, reference: null, now }
    return (destination.type.forget?.(told, destination.settings as never) ?? null) !== null
  })
  const progress: Progress = { sending: undefined, called: false }
  const beganAt = ctx.clock.now()
  let result: AttemptResult
  try {
    const program = destination.type.enriches?.ask ?? destination.type.deliver
    result = await runCalls(ctx, journey, {
      program: program(input, destination.settings as never, destination.tools),
      destination,
      timeoutMs: destination.timeoutMs ?? ctx.enrichmentTimeoutMs,
      answered: interrupted?.answers ?? [],
      progress,
      started: (call) => ({
        type: 'enrichment.started',
        at: call === 0 ? input.now : ctx.clock.now(),
        data: {
          step,
          name,
          enricher: enricher.id,
          fp,
          attempt,
          call,
          runner: ctx.runnerNumber(),
          ...(told !== null && { key: told }),
          ...(isToldOn && { inquiry: input.deliveryId }),
        },
        sealed: null,
      }),
      heard: (call, sealed, { status, ms }) => ({
        type: 'enrichment.answered',
        at: ctx.clock.now(),
        data: { step, name, attempt, call, status, ms },
        sealed,
      }),
    })
  } catch (error) {
    if (error === journey.broken) {
      pass.end({ is: 'void' })
      noteBlock(ctx, journey, error)
      throw error
    }
    if (!isFault(error)) ctx.log.error({ lead: lead.id, enricher: enricher.id }, 'an enricher threw')
    result = faultResult(error)
  }
  pass.end(seenOf(result, ctx.clock.now() - beganAt, progress.called))
  if (result.outcome === 'error') return failed(ctx, journey, place, result, attempt, progress.sending)
  const facts = typed(journey, enricher, result.captured ?? {})
  const said = { outcome: result.outcome, reason: result.reason, facts }
  if (key !== null && freshForMs !== null) {
    const now = ctx.clock.now()
    const fresh = result.outcome === 'success' ? freshForMs : Math.min(freshForMs, NOTHING_FRESH_MS)
    // Not kept, it is asked for again: no lead waits or fails for that.
    await ctx.facts
      .keep(keys, { leadId: lead.id, key, said, now, until: now + fresh })
      .catch(() => ctx.log.warn({ lead: lead.id, enricher: enricher.id }, 'what an enricher said could not be kept'))
  }
  return { answer: { ...said, since: null, key: told } }
}
