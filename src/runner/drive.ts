import { describeError } from '../base/described-error.ts'
import { Fault, isFault } from '../base/faults.ts'
import { isZero, zeroMoney } from '../base/money.ts'
import type { Soon } from '../base/soon.ts'
import { RunAgain, settle } from '../handlers/holder.ts'
import type { CompiledStep } from '../kit/flow.ts'
import type { Asking, Request } from '../kit/requests.ts'
import type { LeadView, StepResult } from '../kit/step.ts'
import type { Outcome, PendingCode, RejectionCode } from '../lead/codes.ts'
import { type Delivery, isDone, revenueOf } from '../lead/deliveries.ts'
import type { LeadEvent, StepEnded, StepEndedSealed } from '../lead/events.ts'
import { type Asked, answersOf, askFor, everyOne, handOver, journalStanding, type StepRun } from './ask.ts'
import type { RunnerContext } from './context.ts'
import { attemptDelivery } from './deliver.ts'
import { commit, emit, type Journey } from './journey.ts'
import { markOf } from './mark.ts'
import { checkReplayed, namesKnown } from './replayed.ts'
import { concludeTest } from './test-script.ts'
import { viewOf } from './view.ts'

/** How a journey left this process: closed, or standing until an instant, or until a person acts (null). */
export type Stay = { readonly closed: true } | { readonly closed: false; readonly wakeAt: number | null }

const outcomeOf = (result: StepResult): Outcome =>
  result.kind === 'next' ? result.outcome : result.kind === 'stop' ? 'success' : 'failure'

const endStep = (ctx: RunnerContext, journey: Journey, step: CompiledStep, run: StepRun, result: StepResult): void => {
  const at = ctx.clock.now()
  const set = result.kind === 'reject' ? undefined : result.set
  const holds = handOver(journey, run)
  // Built member by member: it is done a dozen times a lead, and spreading conditions would cost as much as the rest.
  const data: { -readonly [K in keyof StepEnded]: StepEnded[K] } = { step: step.id, outcome: outcomeOf(result) }
  if (at > run.startedAt) data.ms = at - run.startedAt
  if (result.kind === 'reject') data.code = result.code
  if (result.kind === 'stop') data.stop = true
  if (result.person !== undefined) data.person = result.person
  if (result.rule !== undefined) data.rule = result.rule
  if (result.note !== undefined) data.note = result.note
  if (set?.score !== undefined) data.score = set.score
  if (set?.class !== undefined) data.class = set.class
  if (set?.route !== undefined) data.route = set.route
  if (set?.price !== undefined) data.price = set.price
  if (set?.arm !== undefined) data.arm = set.arm
  if (holds) data.holds = holds
  const sealed: { -readonly [K in keyof StepEndedSealed]: StepEndedSealed[K] } = {}
  if (result.kind === 'reject') {
    sealed.reason = result.reason
    if (result.fieldErrors) sealed.field_errors = result.fieldErrors
  }
  if (result.duplicateOf !== undefined) sealed.duplicate_of = result.duplicateOf
  if (result.saw !== undefined) sealed.saw = result.saw
  if (set?.fields) sealed.fields = set.fields
  if (set?.appended) sealed.appended = set.appended
  if (run.answers.length > 0) sealed.answers = answersOf(run)
  emit(journey, { type: step.event, at, data, sealed } as LeadEvent)
}

/** Answers what the program asks until it ends or must be left. It leaves this turn only where an answer has to be waited for. */
const answerAll = (
  ctx: RunnerContext,
  journey: Journey,
  run: StepRun,
  program: Asking<StepResult>,
  from: IteratorResult<Request, StepResult>,
): Soon<StepResult | Stay> => {
  let turn = from
  while (!turn.done) {
    const asked = askFor(ctx, journey, run, turn.value)
    if (asked instanceof Promise)
      return asked.then((known) => {
        const left = leaving(ctx, journey, run, known)
        return left ?? answerAll(ctx, journey, run, program, program.next((known as { answer: unknown }).answer))
      })
    const left = leaving(ctx, journey, run, asked)
    if (left) return left
    turn = program.next((asked as { answer: unknown }).answer)
  }
  return turn.value
}

/** A request without an answer yet: the step is left, to be taken up again. */
const leaving = (ctx: RunnerContext, journey: Journey, run: StepRun, asked: Asked): Stay | null => {
  if ('answer' in asked) return null
  journalStanding(ctx, journey, run)
  return { closed: false, wakeAt: asked.wakeAt }
}

const newRun = (journey: Journey, step: CompiledStep, startedAt: number): StepRun => {
  const standing = journey.lead.standing?.step === step.id ? journey.lead.standing : null
  return {
    step: step.id,
    startedAt,
    now: standing?.now ?? startedAt,
    answers: [],
    known: standing && namesKnown(journey, step.id),
    asked: standing && new Set(),
    claims: [],
    caps: [],
    entries: [],
    consents: [],
    persons: [],
  }
}

/** Where the step is not to run: why. */
const skipped = (ctx: RunnerContext, step: CompiledStep, view: LeadView): StepResult | null => {
  const off = ctx.stepsOff.get(step.type)
  if (off !== undefined) return { kind: 'next', outcome: 'skip', rule: `${off}=false` }
  if (step.when && !step.when.holds(view))
    return { kind: 'next', outcome: 'skip', rule: step.when.text, saw: step.when.saw(view) }
  return null
}

/** A step threw where it was not known to: what makes the lead be run again passes on. */
const failed = (
  ctx: RunnerContext,
  journey: Journey,
  step: CompiledStep,
  run: StepRun,
  error: unknown,
): Stay | null => {
  if (error instanceof RunAgain || journey.broken !== undefined) throw error
  if (isFault(error) && error.code === 'database_unavailable') throw error
  return onFault(ctx, journey, step, run, error)
}

const ended = (
  ctx: RunnerContext,
  journey: Journey,
  step: CompiledStep,
  run: StepRun,
  result: StepResult | Stay,
): Stay | null => {
  if ('closed' in result) return result
  checkReplayed(run)
  endStep(ctx, journey, step, run, result)
  return null
}

/** Null: the step has ended. */
const runStep = (ctx: RunnerContext, journey: Journey, step: CompiledStep): Soon<Stay | null> => {
  const run = newRun(journey, step, ctx.clock.now())
  try {
    const view = viewOf({ lead: journey.lead, flow: journey.flow, source: journey.source, now: run.now })
    const skip = run.known === null ? skipped(ctx, step, view) : null
    if (skip) {
      endStep(ctx, journey, step, run, skip)
      return null
    }
    const program = step.run(view)
    const result = answerAll(ctx, journey, run, program, program.next())
    // Most steps end in the turn they began: functions made for those that do not would be left over by each.
    if (result instanceof Promise) return endsLater(ctx, journey, step, run, result)
    return ended(ctx, journey, step, run, result)
  } catch (error) {
    return failed(ctx, journey, step, run, error)
  }
}

const endsLater = (
  ctx: RunnerContext,
  journey: Journey,
  step: CompiledStep,
  run: StepRun,
  result: Promise<StepResult | Stay>,
): Promise<Stay | null> =>
  result.then((known) => ended(ctx, journey, step, run, known)).catch((error) => failed(ctx, journey, step, run, error))

/** A step threw: somebody must mend it, or the flow's author said what happens then. */
const onFault = (
  ctx: RunnerContext,
  journey: Journey,
  step: CompiledStep,
  run: StepRun | null,
  error: unknown,
): Stay | null => {
  const fault = isFault(error) ? error : new Fault('internal', { message: 'A step failed', cause: error })
  ctx.log.error(
    {
      lead: journey.lead.id,
      flow: journey.flow.id,
      step: step.id,
      code: fault.code,
      detail: fault.detail,
      ...(!isFault(error) && { errors: describeError(error) }),
    },
    'a step threw',
  )
  if (run && step.onError !== 'park' && fault.code !== 'replay_diverged') {
    const holds = handOver(journey, run)
    emit(journey, {
      type: step.event,
      at: ctx.clock.now(),
      data: {
        step: step.id,
        outcome: 'error',
        ...(step.onError === 'stop' && { code: 'processing_failed' }),
        rule: fault.code,
        ...(holds && { holds }),
      },
      sealed: { reason: fault.message, ...(run.answers.length > 0 && { answers: answersOf(run) }) },
    } as LeadEvent)
    return null
  }
  // What it was answered stands, and is not asked again when it is taken up.
  if (run && run.answers.length > 0) journalStanding(ctx, journey, run)
  const code: PendingCode = fault.code === 'replay_diverged' ? 'replay_diverged' : 'processing_fault'
  if (journey.lead.parked?.code !== code || journey.lead.parked.fault !== fault.code)
    park(ctx, journey, { code, step: step.id, fault: fault.code, detail: fault.message })
  return { closed: false, wakeAt: null }
}

export const park = (
  ctx: RunnerContext,
  journey: Journey,
  why: {
    readonly code: PendingCode
    readonly step: string | null
    readonly fault: string | null
    readonly detail: string | null
  },
): void =>
  emit(journey, {
    type: 'lead.parked',
    at: ctx.clock.now(),
    data: { code: why.code, step: why.step, fault: why.fault },
    sealed: { detail: why.detail },
  })

/**
 * A lead that came to nothing leaves nothing to be found by, unless its rule says so. Its own person stays, alone: what is
 * not written yet is written without its keys.
 */
const releasePerson = (journey: Journey): void => {
  const { holds } = journey.lead
  const isPending = journey.persons.some(({ records }) => records.some(({ isFirst }) => isFirst))
  journey.persons = journey.persons.map((writes) => ({
    ...writes,
    records: writes.records.flatMap((record) =>
      record.kept ? [record] : record.isFirst ? [{ ...record, keys: [] }] : [],
    ),
    speaks: [],
  }))
  journey.releasesPerson = (holds.person && !isPending) || (holds.record && journey.seq > 0)
}

/** Gives back what a lead holds that came to nothing. What was never written needs no giving back. */
const release = (ctx: RunnerContext, journey: Journey): void => {
  const { lead } = journey
  const pendingClaims = new Set(journey.claims.map((claim) => claim.key.toString('base64url')))
  const pendingCaps = [...journey.caps]
  journey.claims = journey.claims.filter((claim) => claim.kept.rejected)
  journey.caps = []
  settle(journey.holder.settlements, false)
  settle(journey.settling, false)
  const claims = lead.holds.claims.filter((key) => !pendingClaims.has(key))
  const caps = lead.holds.caps.filter((cap) => {
    const at = pendingCaps.findIndex(
      (pending) => pending.scope === cap.scope && pending.from === cap.from && pending.part === cap.part,
    )
    if (at >= 0) pendingCaps.splice(at, 1)
    return at < 0
  })
  releasePerson(journey)
  const { person } = lead.holds
  if (lead.holds.claims.length + lead.holds.caps.length === 0 && !person && !journey.releasesPerson) return
  journey.releasedClaims = claims.map((key) => Buffer.from(key, 'base64url'))
  journey.releasedCaps = caps
  emit(journey, {
    type: 'lead.released',
    at: ctx.clock.now(),
    data: { claims: lead.holds.claims.length, reservations: lead.holds.caps.length },
    sealed: null,
  })
}

const close = (ctx: RunnerContext, journey: Journey): void => {
  const { lead } = journey
  const deliveries = [...lead.deliveries.values()]
  const successful = deliveries.filter((delivery) => delivery.outcome === 'success').length
  const wholly = deliveries.length > 0 && successful === 0
  const failed = lead.verdict === 'rejected' || wholly
  const code: RejectionCode | null = lead.verdict === 'rejected' ? lead.code : wholly ? 'delivery_failed' : null
  const reason =
    lead.verdict === 'rejected'
      ? lead.reason
      : wholly
        ? `No destination took the lead: ${deliveries.map((d) => `${journey.flow.destinations.get(d.destination)?.name ?? d.destination}: ${d.reason ?? d.code ?? 'failed'}`).join('; ')}`
        : null
  if (failed) release(ctx, journey)
  const at = ctx.clock.now()
  // Its source was told of no price, and what it held was given back: a delivery sent again does not change that.
  const unpaid = failed || lead.test || (lead.reopened !== null && lead.reopened !== 'success')
  const price = unpaid ? zeroMoney(lead.currency) : (lead.price ?? zeroMoney(lead.currency))
  emit(journey, {
    type: 'source.closed',
    at,
    data: {
      type: 'source',
      outcome: code === 'processing_failed' ? 'error' : failed ? 'failure' : 'success',
      code,
      lead_id: lead.id,
      price: isZero(price) ? '0' : price.amount,
      revenue: lead.test ? '0' : revenueOf(lead).amount,
      currency: lead.currency,
      duration_ms: Math.max(0, at - lead.receivedAt),
      steps_completed: lead.steps.filter((step) => step.outcome !== 'skip').length,
      enhancements: Object.keys(lead.appended).length,
      deliveries: { attempted: deliveries.length, successful, failed: deliveries.length - successful },
    },
    sealed: { reason },
  })
}

/** Runs what is left of the program. Null: it has returned. */
const runProgram = (ctx: RunnerContext, journey: Journey): Soon<Stay | null> => {
  const { lead } = journey
  const { program } = journey.source
  while (lead.verdict === null) {
    const step = program[lead.steps.length]
    if (!step) {
      concludeTest(ctx, journey)
      return null
    }
    const before = lead.steps.at(-1)
    if (before && program[lead.steps.length - 1]?.id !== before.id)
      return onFault(
        ctx,
        journey,
        step,
        null,
        new Fault('replay_diverged', { message: 'The journal tells of other steps than the flow has' }),
      )
    const running = runStep(ctx, journey, step)
    if (running instanceof Promise) return running.then((stay) => stay ?? runProgram(ctx, journey))
    if (running) return running
  }
  return null
}

const NONE_OPEN: readonly Delivery[] = []

const openDeliveries = ({ lead: { deliveries } }: Journey): readonly Delivery[] =>
  deliveries.size === 0 ? NONE_OPEN : [...deliveries.values()].filter((delivery) => !isDone(delivery))

/** Attempts of deliveries whose step has gone on, as far as they are due. */
const runDetached = async (ctx: RunnerContext, journey: Journey): Promise<void> => {
  const standing = journey.lead.standing?.step
  const detached = openDeliveries(journey).filter((delivery) => delivery.step !== standing)
  await everyOne(detached.map((delivery) => attemptDelivery(ctx, journey, delivery)))
}

/**
 * Takes a lead as far as it goes now, and leaves it durable: closed, or with the mark of when it goes on.
 * Throws RunAgain or a conflict where the lead must be loaded anew, a Fault where the database is away.
 */
export const drive = async (ctx: RunnerContext, journey: Journey): Promise<Stay> => {
  if (journey.lead.deliveries.size > 0) await runDetached(ctx, journey)
  let stay: Stay | null
  try {
    stay = await runProgram(ctx, journey)
  } finally {
    // Also where it threw: what was sent is heard of before the lead is loaded anew.
    if (journey.detached.length > 0) await Promise.allSettled(journey.detached.splice(0))
  }
  const open = openDeliveries(journey)
  if (stay === null && open.length === 0) {
    close(ctx, journey)
    await commit(journey, ctx.appender, ctx.clock, null)
    return { closed: true }
  }
  const mark = markOf(ctx, journey, stay && !stay.closed ? stay.wakeAt : null)
  await commit(journey, ctx.appender, ctx.clock, mark)
  ctx.onDue(mark.wakeAt)
  return { closed: false, wakeAt: mark.wakeAt === ctx.never ? null : mark.wakeAt }
}
