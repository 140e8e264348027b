import { Fault, isFault } from '../base/faults.ts'
import { createRegister } from '../base/register.ts'
import { isOutcomeUnknown, isTimedOut, sqlState } from '../database/pool.ts'
import { RunAgain } from '../handlers/holder.ts'
import type { LoadedLead } from '../journal/read.ts'
import type { CompiledFlow, CompiledSource } from '../kit/flow.ts'
import { answerOf } from './answer.ts'
import { arrive } from './arrive.ts'
import type { RunnerContext } from './context.ts'
import { drive, park } from './drive.ts'
import { commit, commitSoFar, emit, giveBack, type Journey, startJourney } from './journey.ts'
import { rescue } from './rescue.ts'
import type { Runner, Submission, SubmissionResult } from './types.ts'

/** How often a lead that lost a race is run again before its source is told to come back. */
const RUNS_MAX = 12

/** What a source that has waited long enough waits on top of it, for what is known by then to be written. */
const WRITE_WITHIN_MS = 500

const unlessLate = <T>(promise: Promise<T>, ms: number): Promise<T | 'late'> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms, 'late')
    promise.then(
      (value) => {
        clearTimeout(timer)
        resolve(value)
      },
      (error) => {
        clearTimeout(timer)
        reject(error)
      },
    )
  })

export const lostRace = (error: unknown): boolean =>
  error instanceof RunAgain || ['MR001', 'MR002', '23505'].includes(sqlState(error) ?? '')

/** What the lead of this idempotency key is told now. */
const answerAgain = async (ctx: RunnerContext, tenantId: string, leadId: string): Promise<SubmissionResult> => {
  const loaded = await ctx.loader.load(tenantId, leadId)
  if (!loaded)
    throw new Fault('database_unavailable', {
      message: 'The lead of this idempotency key is not to be read yet. Try again.',
      retryAfterMs: 1000,
    })
  const { flow, source } = await flowOf(ctx, loaded)
  return answerOf({ lead: loaded.lead, flow, source, now: ctx.clock.now(), durable: true })
}

export const flowOf = async (
  ctx: RunnerContext,
  loaded: LoadedLead,
): Promise<{ flow: CompiledFlow; source: CompiledSource }> => {
  const flow = await ctx.catalog.version(loaded.lead.tenantId, loaded.lead.flow, loaded.lead.flowVersion)
  const source = flow.sources.get(loaded.lead.source)
  if (!source) throw new Fault('revision_missing', { message: `The flow has no source "${loaded.lead.source}"` })
  return { flow, source }
}

export const journeyOf = (loaded: LoadedLead, flow: CompiledFlow, source: CompiledSource): Journey => {
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
  /** Journeys running here: a lead is never run twice at once in one process. */
  const running = createRegister<string, Promise<unknown>>()
  /** What sources of leads now running will be told: a repeat of one waits for the same answer. */
  const answering = createRegister<string, Promise<SubmissionResult>>()
  /** Journeys left over because the database was away: what their destinations answered is written when it is back. */
  const leftOver = new Map<string, Journey>()

  const enter = (): void => {
    inFlight += 1
  }
  const leave = (): void => {
    inFlight -= 1
    if (inFlight === 0) for (const wake of onDrained.splice(0)) wake()
  }

  /** Nothing more comes of this journey: what it holds is free, and what it knows of a cap may be old. */
  const abandon = (journey: Journey, error: unknown): void => {
    giveBack(journey)
    if (sqlState(error) === 'MR001') ctx.caps.forget(journey.lead.tenantId, journey.lead.holds.caps)
  }

  /** A time-out counts: it may be this lead that takes so long, and it would be run again for ever. */
  const doubt = (tenantId: string, leadId: string, error: unknown): void => {
    const away = isFault(error) && error.code === 'database_unavailable' && !isTimedOut(error)
    ctx.onDoubt({ tenantId, leadId, away })
  }

  const keep = (journey: Journey): void => {
    leftOver.set(journey.lead.id, journey)
    // Those that another process took up meanwhile are never asked for here.
    const [oldest] = leftOver.keys()
    if (leftOver.size > ctx.leadsInFlightMax && oldest !== undefined) leftOver.delete(oldest)
  }

  /**
   * Takes up a lead that has a row and stands under this process's number; each loss of a race loads it anew.
   * Another number: somebody else has it now, or will once this process's old number is known to be dead.
   */
  const runDurable = async (tenantId: string, leadId: string, attempts: number, lost?: Journey): Promise<void> => {
    let before = lost ?? leftOver.get(leadId)
    leftOver.delete(leadId)
    for (let runs = 1; ; runs += 1) {
      const loaded = await ctx.loader.load(tenantId, leadId)
      if (!loaded || loaded.lead.closed || !loaded.key) return
      if (loaded.work?.runner !== ctx.runnerNumber()) return
      const { flow, source } = await flowOf(ctx, loaded)
      const journey = journeyOf(loaded, flow, source)
      if (before) rescue(before, journey)
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
        return
      } catch (error) {
        abandon(journey, error)
        if (!lostRace(error) || runs === RUNS_MAX) {
          keep(journey)
          throw error
        }
        before = journey
      }
    }
  }

  /** Runs under the lead's name until it ends; what goes wrong is no longer its source's affair. */
  const hold = (tenantId: string, leadId: string, work: Promise<void>): Promise<void> => {
    enter()
    const run = work
      .catch((error) => {
        doubt(tenantId, leadId, error)
        if (!isFault(error) || error.kind === 'bug')
          ctx.log.error(
            { lead: leadId, code: isFault(error) ? error.code : (sqlState(error) ?? 'internal') },
            'a lead could not be taken up',
          )
      })
      .finally(() => {
        if (running.get(leadId) === run) running.delete(leadId)
        leave()
      })
    running.set(leadId, run)
    return run
  }

  const resume: Runner['resume'] = async ({ tenantId, leadId, attempts }) => {
    // Put down so lately that its run here has not heard yet that this is durable: it is taken up once that has ended.
    // Left to it, the lead would stand under this process's number with nobody at it.
    for (let known = running.get(leadId); known; known = running.get(leadId)) await known.catch(() => undefined)
    await hold(tenantId, leadId, runDurable(tenantId, leadId, attempts))
  }

  /** The rest of a journey whose first part is durable. */
  const driveOn = (journey: Journey, driving = drive(ctx, journey)): Promise<void> => {
    const { tenantId, id: leadId } = journey.lead
    const work = driving.then(
      () => undefined,
      (error) => {
        abandon(journey, error)
        if (lostRace(error)) return runDurable(tenantId, leadId, 0, journey)
        keep(journey)
        throw error
      },
    )
    return hold(tenantId, leadId, work)
  }

  /** What its source is told of a lead, of which not all may be written. */
  const answer = (journey: Journey): SubmissionResult =>
    answerOf({
      lead: journey.lead,
      flow: journey.flow,
      source: journey.source,
      now: ctx.clock.now(),
      durable: journey.broken === undefined && journey.events.length === 0 && journey.committing === null,
    })

  /** Runs until the journey leaves or the source has waited long enough and the lead is durable. */
  const withinTime = async (journey: Journey): Promise<SubmissionResult> => {
    const { id: leadId } = journey.lead
    const driving = drive(ctx, journey)
    running.set(leadId, driving)
    try {
      const first = await unlessLate(driving, journey.source.answerWithinMs)
      if (first !== 'late') return answer(journey)
      if (journey.seq === 0) {
        await driving
        return answer(journey)
      }
    } finally {
      if (running.get(leadId) === driving) running.delete(leadId)
    }
    void driveOn(journey, driving)
    // What destinations have answered so far is written first: told, it must not be forgotten.
    const writing = commitSoFar(journey, ctx.appender, ctx.clock).catch(() => undefined)
    await unlessLate(writing, WRITE_WITHIN_MS)
    return answer(journey)
  }

  /** Durable: its source is not to send it again, whatever broke. */
  const afterFailure = async (journey: Journey, error: unknown): Promise<SubmissionResult> => {
    abandon(journey, error)
    const { tenantId, id: leadId } = journey.lead
    if (journey.seq === 0) {
      // It may be durable although its commit had no answer, and nobody would take it up.
      if (isOutcomeUnknown(error)) doubt(tenantId, leadId, error)
      throw error
    }
    if (lostRace(error)) await hold(tenantId, leadId, runDurable(tenantId, leadId, 0, journey))
    else {
      keep(journey)
      doubt(tenantId, leadId, error)
    }
    const loaded = await ctx.loader.load(tenantId, leadId).catch(() => null)
    if (!loaded) return answer(journey)
    return answerOf({ ...journey, lead: loaded.lead, now: ctx.clock.now(), durable: true })
  }

  const submitOnce = async (
    submission: Submission,
    flow: CompiledFlow,
    source: CompiledSource,
  ): Promise<SubmissionResult> => {
    const { journey, repeats } = await arrive(ctx, submission, flow, source)
    if (repeats !== null) return (await answering.get(repeats)) ?? answerAgain(ctx, submission.source.tenantId, repeats)
    // Turned away at the door: one commit ends it, and nothing of it could be taken up again.
    if (submission.mode === 'async' && journey.lead.verdict === null) {
      try {
        await commit(journey, ctx.appender, ctx.clock, { wakeAt: journey.lead.receivedAt, runner: ctx.runnerNumber() })
      } catch (error) {
        return afterFailure(journey, error)
      }
      const told = answer(journey)
      void driveOn(journey)
      return told
    }
    const told = withinTime(journey).catch((error) => afterFailure(journey, error))
    answering.set(journey.lead.id, told)
    try {
      return await told
    } finally {
      answering.delete(journey.lead.id)
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
      if (!open) throw new Fault('conflict', { message: 'This lead does not wait for a decision.' })
      const { flow, source } = await flowOf(ctx, loaded)
      const journey = journeyOf(loaded, flow, source)
      // Who runs the lead meets the conflict, loads it anew and goes on from the decision; it may be in the air with a call.
      const own = ctx.runnerNumber()
      const here = running.get(leadId)
      const elsewhere = loaded.work !== null && loaded.work.runner !== null && loaded.work.runner !== own
      emit(journey, {
        type: 'review.decided',
        at: ctx.clock.now(),
        data: { step: open.step, name: open.name, decision, by },
        sealed: { reason },
      })
      try {
        const mark = here || elsewhere ? loaded.work : { wakeAt: ctx.clock.now(), runner: own }
        await commit(journey, ctx.appender, ctx.clock, mark)
        if (here) await here.catch(() => undefined)
        else if (!elsewhere) await driveOn(journey)
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
