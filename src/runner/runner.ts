import { Fault, isFault } from '../base/faults.ts'
import { newId } from '../base/ids.ts'
import { sqlState } from '../database/pool.ts'
import { RunAgain } from '../handlers/holder.ts'
import type { LoadedLead } from '../journal/read.ts'
import type { CompiledFlow, CompiledSource } from '../kit/flow.ts'
import { answerOf } from './answer.ts'
import type { RunnerContext } from './context.ts'
import { drive, park } from './drive.ts'
import { commit, emit, type Journey, settleAll, startJourney } from './journey.ts'
import type { Runner, Submission, SubmissionResult } from './types.ts'

/** How often a lead that lost a race is run again before its source is told to come back. */
const RUNS_MAX = 12

const lostRace = (error: unknown): boolean =>
  error instanceof RunAgain || sqlState(error) === 'MR001' || sqlState(error) === '23505'

interface Arrival {
  readonly journey: Journey
  /** The lead that this submission's idempotency key stands for already. */
  readonly repeats: string | null
}

/** Parses the submission and begins its journal. */
const arrive = async (
  ctx: RunnerContext,
  submission: Submission,
  flow: CompiledFlow,
  source: CompiledSource,
): Promise<Arrival> => {
  const { tenantId } = submission.source
  const keys = await ctx.keyring.tenant(tenantId)
  const { key, wrapped } = ctx.keyring.newLeadKey(keys)
  const journey = startJourney({ id: newId(submission.receivedAt), flow, source, keys, key, wrapped })
  const { values, extra } = source.map(submission.values)

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

  const startedAt = ctx.clock.now()
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
  const fields = flow.parse(values, submission.receivedAt)
  const at = ctx.clock.now()
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

/** What the lead of this idempotency key is told now. */
const answerAgain = async (ctx: RunnerContext, tenantId: string, leadId: string): Promise<SubmissionResult> => {
  const loaded = await ctx.loader.load(tenantId, leadId)
  if (!loaded)
    throw new Fault('database_unavailable', {
      message: 'The lead of this idempotency key is not to be read yet. Try again.',
      retryAfterMs: 1000,
    })
  const { flow, source } = await flowOf(ctx, loaded)
  return answerOf({ lead: loaded.lead, flow, source, now: ctx.clock.now() })
}

const flowOf = async (
  ctx: RunnerContext,
  loaded: LoadedLead,
): Promise<{ flow: CompiledFlow; source: CompiledSource }> => {
  const flow = await ctx.catalog.version(loaded.lead.tenantId, loaded.lead.flow, loaded.lead.flowVersion)
  const source = flow.sources.get(loaded.lead.source)
  if (!source) throw new Fault('revision_missing', { message: `The flow has no source "${loaded.lead.source}"` })
  return { flow, source }
}

const journeyOf = (loaded: LoadedLead, flow: CompiledFlow, source: CompiledSource): Journey => {
  if (!loaded.key) throw new Fault('not_found', { message: 'The lead was erased' })
  const fresh = startJourney({
    id: loaded.lead.id,
    flow,
    source,
    keys: loaded.keys,
    key: loaded.key,
    wrapped: Buffer.alloc(0),
  })
  return { ...fresh, lead: loaded.lead, wrapped: null, seq: loaded.seq, head: loaded.head, work: loaded.work }
}

export const createRunner = (ctx: RunnerContext): Runner => {
  let inFlight = 0
  const onDrained: (() => void)[] = []
  /** Journeys of durable leads running here: a lead is never run twice at once in one process. */
  const running = new Map<string, Promise<void>>()

  /** What sources of leads now running will be told: a repeat of one waits for the same answer. */
  const answering = new Map<string, Promise<SubmissionResult>>()

  const enter = (): void => {
    inFlight += 1
  }
  const leave = (): void => {
    inFlight -= 1
    if (inFlight === 0) for (const wake of onDrained.splice(0)) wake()
  }

  const closed = (journey: Journey): void => {
    const summary = journey.lead.closed
    if (summary) ctx.onClosed?.({ outcome: summary.outcome, code: summary.code, durationMs: summary.duration_ms })
  }

  /** Takes up a lead that has a row; each loss of a race loads it anew. */
  const runDurable = async (tenantId: string, leadId: string, attempts: number): Promise<void> => {
    for (let runs = 1; ; runs += 1) {
      const loaded = await ctx.loader.load(tenantId, leadId)
      if (!loaded || loaded.lead.closed || !loaded.key) return
      const { flow, source } = await flowOf(ctx, loaded)
      const journey = journeyOf(loaded, flow, source)
      try {
        if (attempts > ctx.crashesMax) {
          const last = loaded.lead.steps.length
          park(ctx, journey, {
            code: 'crashed_repeatedly',
            step: source.program[last]?.id ?? null,
            fault: 'crashed_repeatedly',
            detail: null,
          })
          await commit(journey, ctx.appender, ctx.clock, { wakeAt: ctx.never, runner: null })
          return
        }
        await drive(ctx, journey)
        closed(journey)
        return
      } catch (error) {
        settleAll(journey, false)
        if (!lostRace(error) || runs === RUNS_MAX) throw error
      }
    }
  }

  const resume: Runner['resume'] = ({ tenantId, leadId, attempts }) => {
    const known = running.get(leadId)
    if (known) return known
    enter()
    const run = runDurable(tenantId, leadId, attempts)
      .catch((error) => {
        ctx.onDoubt({ tenantId, leadId })
        if (!isFault(error) || error.kind === 'bug')
          ctx.log.error(
            { lead: leadId, code: isFault(error) ? error.code : (sqlState(error) ?? 'internal') },
            'a lead could not be taken up',
          )
      })
      .finally(() => {
        running.delete(leadId)
        leave()
      })
    running.set(leadId, run)
    return run
  }

  /** The rest of a journey whose first part is durable: what goes wrong now is no longer its source's affair. */
  const driveOn = (journey: Journey): Promise<void> => {
    const { tenantId, id: leadId } = journey.lead
    enter()
    const run = drive(ctx, journey)
      .then(() => closed(journey))
      .catch((error) => {
        settleAll(journey, false)
        if (lostRace(error)) return runDurable(tenantId, leadId, 0)
        throw error
      })
      .catch(() => ctx.onDoubt({ tenantId, leadId }))
      .finally(() => {
        running.delete(leadId)
        leave()
      })
    running.set(leadId, run)
    return run
  }

  const answer = (journey: Journey): SubmissionResult =>
    answerOf({ lead: journey.lead, flow: journey.flow, source: journey.source, now: ctx.clock.now() })

  /** Runs until the journey leaves or the source has waited long enough and the lead is durable. */
  const withinTime = async (journey: Journey): Promise<SubmissionResult> => {
    const driving = drive(ctx, journey)
    let timer: NodeJS.Timeout | undefined
    const overdue = new Promise<'overdue'>((resolve) => {
      timer = setTimeout(() => resolve('overdue'), journey.source.answerWithinMs)
    })
    const first = await Promise.race([driving, overdue]).finally(() => clearTimeout(timer))
    if (first !== 'overdue' || journey.seq === 0) {
      await driving
      closed(journey)
      return answer(journey)
    }
    const { tenantId, id: leadId } = journey.lead
    enter()
    driving
      .then(() => closed(journey))
      .catch((error) => (lostRace(error) ? runDurable(tenantId, leadId, 0) : Promise.reject(error)))
      .catch(() => ctx.onDoubt({ tenantId, leadId }))
      .finally(leave)
    return answer(journey)
  }

  const submitOnce = async (
    submission: Submission,
    flow: CompiledFlow,
    source: CompiledSource,
  ): Promise<SubmissionResult> => {
    const { journey, repeats } = await arrive(ctx, submission, flow, source)
    if (repeats !== null) return (await answering.get(repeats)) ?? answerAgain(ctx, submission.source.tenantId, repeats)
    try {
      if (submission.mode === 'async') {
        await commit(journey, ctx.appender, ctx.clock, { wakeAt: journey.lead.receivedAt, runner: ctx.runnerNumber() })
        const told = answer(journey)
        driveOn(journey)
        return told
      }
      const told = withinTime(journey)
      answering.set(journey.lead.id, told)
      told.catch(() => undefined).finally(() => answering.delete(journey.lead.id))
      return await told
    } catch (error) {
      settleAll(journey, false)
      const { tenantId, id: leadId } = journey.lead
      // It may be durable although its commit had no answer, and nobody would take it up.
      if (journey.seq > 0 || !lostRace(error)) ctx.onDoubt({ tenantId, leadId })
      // Durable: its source is not to send it again, whatever broke; the sweeper takes it up.
      if (journey.seq > 0) {
        if (lostRace(error)) await resume({ tenantId, leadId, attempts: 0 })
        const loaded = await ctx.loader.load(tenantId, leadId).catch(() => null)
        return answerOf({ lead: loaded?.lead ?? journey.lead, flow, source, now: ctx.clock.now() })
      }
      throw error
    }
  }

  const submit: Runner['submit'] = async (submission) => {
    if (inFlight >= ctx.leadsInFlightMax)
      throw new Fault('overloaded', {
        message: 'Too many leads are under way. Send it again shortly.',
        retryAfterMs: 1000,
      })
    enter()
    try {
      const flow = await ctx.catalog.current(submission.source.tenantId, submission.source.flowId)
      const source = flow.sources.get(submission.source.sourceId)
      if (!source)
        throw new Fault('not_found', { message: `Flow "${flow.id}" has no source "${submission.source.sourceId}"` })
      if (!source.enabled) throw new Fault('source_disabled', { message: `Source "${source.id}" is disabled` })
      for (let runs = 1; ; runs += 1) {
        try {
          return await submitOnce(submission, flow, source)
        } catch (error) {
          if (!lostRace(error)) throw error
          if (runs === RUNS_MAX)
            throw new Fault('overloaded', {
              message: 'Too many leads want the same place. Send it again shortly.',
              retryAfterMs: 1000,
              cause: error,
            })
        }
      }
    } finally {
      leave()
    }
  }

  const decide: Runner['decide'] = async ({ tenantId, leadId, decision, reason, by }) => {
    for (let tries = 1; ; tries += 1) {
      const loaded = await ctx.loader.load(tenantId, leadId)
      if (!loaded?.key) throw new Fault('not_found', { message: 'There is no such lead' })
      const open = [...loaded.lead.open.values()].find((request) => request.kind === 'review.ask')
      if (!open) throw new Fault('invalid_request', { message: 'This lead does not wait for a decision' })
      const { flow, source } = await flowOf(ctx, loaded)
      const journey = journeyOf(loaded, flow, source)
      emit(journey, {
        type: 'review.decided',
        at: ctx.clock.now(),
        data: { step: open.step, name: open.name, decision, by },
        sealed: { reason },
      })
      try {
        await commit(journey, ctx.appender, ctx.clock, { wakeAt: ctx.clock.now(), runner: ctx.runnerNumber() })
        await driveOn(journey)
        return
      } catch (error) {
        if (!lostRace(error) || tries === RUNS_MAX) throw error
      }
    }
  }

  return {
    submit,
    resume,
    decide,
    inFlight: () => inFlight,
    drained: () =>
      new Promise<void>((resolve) => {
        if (inFlight === 0) resolve()
        else onDrained.push(resolve)
      }),
  }
}
