import { Fault } from '../base/faults.ts'
import { keyedTag } from '../base/seal.ts'
import { after, type Soon } from '../base/soon.ts'
import { type Ahead, readAhead } from '../handlers/ahead.ts'
import { capScope } from '../handlers/cap-scope.ts'
import { hookName } from '../handlers/secrets.ts'
import type { ClaimWrite } from '../journal/append.ts'
import type { CapWrite } from '../journal/append-caps.ts'
import type { ConsentWrite } from '../journal/append-consents.ts'
import type { EntryWrite } from '../journal/append-lists.ts'
import type { PersonWrites } from '../journal/person-writes.ts'
import type { Json } from '../kit/field.ts'
import {
  type GroupRequest,
  REQUEST_VERSIONS,
  type Request,
  type RequestInput,
  type SingleRequest,
} from '../kit/requests.ts'
import type { HeldPlace, Holds, JournaledAnswer } from '../lead/events.ts'
import type { RunnerContext } from './context.ts'
import { sendDelivery } from './deliver.ts'
import { fetchFacts } from './fetch-facts.ts'
import { emit, type Journey } from './journey.ts'
import { noteAsked } from './replayed.ts'
import { judgeTerms } from './terms.ts'
import { scripted } from './test-script.ts'
import { viewOf } from './view.ts'

/** One run of one step: what it was answered so far and the journal does not hold yet. */
export interface StepRun {
  readonly step: string
  /** ms since 1970: when this run of it began. */
  readonly startedAt: number
  /** ms since 1970: what the step sees as now, on every replay. */
  readonly now: number
  readonly answers: Answered[]
  /** Of a step taken up again: the names its journal knows, and those it has asked again so far; null for any other. */
  readonly known: ReadonlySet<string> | null
  readonly asked: Set<string> | null
  /** What its answers hold: goes into the same commit as they. */
  claims: ClaimWrite[]
  caps: CapWrite[]
  entries: EntryWrite[]
  readonly consents: ConsentWrite[]
  persons: PersonWrites[]
}

/** A request of this run and its answer. */
export interface Answered {
  readonly request: SingleRequest
  readonly answer: Json
}

export type Asked = { readonly answer: unknown } | { readonly wakeAt: number | null }

/** 64 bits: compared with one other, in one lead. */
const FINGERPRINT_DIGITS = 16

const fingerprint = (journey: Journey, request: SingleRequest): string =>
  keyedTag(journey.keys.lookup, `${request.kind}|${JSON.stringify(request.input)}`).slice(0, FINGERPRINT_DIGITS)

/**
 * Hands what the step holds over to the next commit, and says it for the event that must be in it: written without its
 * event, it would be taken a second time after a crash.
 */
export const handOver = (journey: Journey, run: StepRun): Holds | undefined => {
  const { claims, caps, persons } = run
  if (run.entries.length > 0) journey.entries.push(...run.entries.splice(0))
  if (run.consents.length > 0) journey.consents.push(...run.consents.splice(0))
  if (claims.length === 0 && caps.length === 0 && persons.length === 0) return undefined
  run.claims = []
  run.caps = []
  run.persons = []
  journey.persons.push(...persons)
  journey.claims.push(...claims)
  journey.caps.push(...caps)
  journey.settling.push(...journey.holder.settlements.splice(0))
  const kept = claims.filter((claim) => claim.kept.rejected)
  return {
    ...(claims.length > 0 && { claims: claims.map(({ key }) => key.toString('base64url')) }),
    ...(kept.length > 0 && { kept: kept.map(({ key }) => key.toString('base64url')) }),
    ...(persons.some(({ records }) => records.some(({ isFirst, kept }) => isFirst && !kept)) && {
      person: true as const,
    }),
    ...(persons.some(({ records }) => records.some(({ isFirst, kept }) => !isFirst && !kept)) && {
      record: true as const,
    }),
    ...(caps.length > 0 && { caps: caps.map(({ max: _, since: __, ...place }): HeldPlace => place) }),
  }
}

/** Writes into the journal what the step was answered so far: before anything leaves, and before the step is left to wait. */
export const journalStanding = (ctx: RunnerContext, journey: Journey, run: StepRun): void => {
  const at = ctx.clock.now()
  if (journey.lead.standing?.step !== run.step)
    emit(journey, { type: 'step.entered', at, data: { step: run.step, now: run.now }, sealed: null })
  let holds = handOver(journey, run)
  for (const { request, answer } of run.answers.splice(0)) {
    const { name, kind } = request
    const fp = fingerprint(journey, request)
    emit(journey, {
      type: 'request.answered',
      at,
      data: { step: run.step, name, kind, ...(holds && { holds }) },
      sealed: { answer: { name, kind, v: REQUEST_VERSIONS[kind], fp, answer } },
    })
    holds = undefined
  }
}

/**
 * What a step was answered that ends in the run that asked. It is never asked again, so its requests need no fingerprint:
 * hashing them would cost a lead as much as looking up its duplicates.
 */
export const answersOf = (run: StepRun): JournaledAnswer[] =>
  run.answers.map(({ request: { name, kind }, answer }) => ({ name, kind, v: REQUEST_VERSIONS[kind], fp: '', answer }))

/** What the coming steps will look up, read once for all of them; a lead taken up again reads step by step. */
const aheadOf = (ctx: RunnerContext, journey: Journey, run: StepRun): Soon<Ahead | null> => {
  if (journey.seq > 0) return null
  if (journey.ahead) return journey.ahead
  const { lead, flow, source, keys } = journey
  const view = viewOf({ lead, flow, source, now: run.now })
  const requests: SingleRequest[] = []
  for (const step of source.program.slice(lead.steps.length)) {
    if (!step.foresee || ctx.stepsOff.has(step.type) || (step.when && !step.when.holds(view))) continue
    const request = step.foresee(view)
    if (request) requests.push(request)
  }
  const where = { test: lead.test, flowId: flow.id, sourceId: source.id }
  const { lookUp, lists, persons } = ctx
  const turn = ctx.identity.turn()
  const reading = readAhead({ lookUp, lists, persons, keys, where, turn, requests }).then((ahead) => {
    journey.ahead = ahead
    return ahead
  })
  journey.ahead = reading
  return reading
}

const scopeOf = (journey: Journey, cap: Parameters<typeof capScope>[0]['cap']): string =>
  capScope({ flow: journey.flow.id, test: journey.lead.test, lookup: journey.keys.lookup, cap })

/** Counted from when the step began: of several destinations asked in turn, the first alone waits. */
const waitsUntil = (ctx: RunnerContext, run: StepRun, input: RequestInput<'delivery.send'>): number | null => {
  if (input.priority === undefined && input.delayMs === undefined) return null
  const delayMs = input.delayMs ?? ctx.priorityDelaysMs[input.priority ?? 'emergency']
  return delayMs === 0 ? null : run.now + delayMs
}

const perform = (ctx: RunnerContext, journey: Journey, run: StepRun, request: SingleRequest): Soon<Asked> => {
  const { lead, flow, source, keys, holder } = journey
  const known = scripted(lead, run.now, request)
  if (known) return known
  switch (request.kind) {
    case 'identity.claim': {
      const where = { test: lead.test, flowId: flow.id, sourceId: source.id, now: run.now }
      const claimed = after(aheadOf(ctx, journey, run), (ahead) =>
        ctx.identity.claim(holder, keys, where, request.input, ahead),
      )
      return after(claimed, ({ answer, writes }) => {
        run.claims.push(...writes)
        if (answer.held && request.input.person && lead.person === null && !lead.holds.person)
          run.persons.push(ctx.persons.bare(lead))
        return { answer }
      })
    }
    case 'identity.match': {
      const { id, test, person, receivedAt } = lead
      const own = { id, key: journey.key, test, person, receivedAt, now: run.now }
      const matched = after(aheadOf(ctx, journey, run), (ahead) =>
        ctx.persons.match(holder, keys, own, request.input, ahead),
      )
      return after(matched, ({ answer, writes }) => {
        run.persons.push(writes)
        return { answer }
      })
    }
    case 'identity.settle': {
      const settled = ctx.persons.settle(lead.tenantId, { id: lead.id, now: run.now }, request.input)
      return settled.then(({ answer, writes }) => {
        run.persons.push(writes)
        return { answer }
      })
    }
    case 'suppression.lookup': {
      const found = after(aheadOf(ctx, journey, run), (ahead) =>
        ctx.suppression.lookup(keys, run.now, request.input, ahead),
      )
      return after(found, (answer) => ({ answer }))
    }
    case 'list.change': {
      const changed = ctx.listChanges.change({
        holder,
        settlements: journey.submissionHolder.settlements,
        keys,
        test: lead.test,
        now: run.now,
        input: request.input,
      })
      return changed.then(({ answer, writes }) => {
        run.entries.push(...writes)
        return { answer }
      })
    }
    case 'consent.record': {
      const { answer, writes } = ctx.consent.record(keys, { id: lead.id, now: run.now }, request.input)
      // A test lead is nobody's word.
      if (!lead.test) run.consents.push(...writes)
      return { answer }
    }
    case 'consent.check':
      return after(ctx.consent.check(keys, request.input), (answer) => ({ answer }))
    case 'cap.reserve': {
      const caps = request.input.caps.map((cap) => ({ ...cap, scope: scopeOf(journey, cap) }))
      const { delivery } = request.input
      const asked = { caps, ...(delivery !== undefined && { delivery: `${run.step}/${delivery}` }) }
      return after(ctx.caps.reserve(holder, lead.tenantId, asked), ({ answer, writes }) => {
        run.caps.push(...writes)
        return { answer }
      })
    }
    case 'turn.take': {
      const { turns, among } = request.input
      // Other destinations or weights count from nought: a new one would otherwise be owed all the turns it missed.
      const set = keyedTag(keys.lookup, `turns|${JSON.stringify(among)}`).slice(0, FINGERPRINT_DIGITS)
      const candidates = among.map(({ to, weight }) => ({
        to,
        weight,
        scope: scopeOf(journey, { id: to, scope: `${turns}/turns/${set}`, by: null }),
      }))
      return after(ctx.caps.takeTurn(holder, lead.tenantId, candidates), ({ answer, writes }) => {
        run.caps.push(...writes)
        return { answer }
      })
    }
    case 'hooks.list': {
      const prefix = hookName(flow.id, request.input.destination, '')
      return ctx.secrets.names(keys, prefix).then((hooks) => ({ answer: { hooks } }))
    }
    case 'time.wait':
    case 'review.ask': {
      const due = request.kind === 'time.wait' ? request.input.until : null
      const fp = fingerprint(journey, request)
      const open = lead.open.get(request.name)
      if (open && open.fp !== fp) throw diverged(run.step)
      if (due !== null && due <= ctx.clock.now()) return { answer: { at: ctx.clock.now() } }
      if (!open) {
        journalStanding(ctx, journey, run)
        emit(journey, {
          type: 'request.opened',
          at: ctx.clock.now(),
          data: { step: run.step, name: request.name, kind: request.kind, fp, due },
          sealed: { input: request.input as unknown as Json },
        })
      }
      return { wakeAt: due }
    }
    case 'facts.fetch': {
      // As for a delivery: what this step was answered must be in the commit before the call.
      journalStanding(ctx, journey, run)
      const { name, input } = request
      return fetchFacts(ctx, journey, { step: run.step, name, fp: fingerprint(journey, request), ...input })
    }
    case 'delivery.send': {
      // The attempt commits before it sends: what this step was answered must be in that commit.
      journalStanding(ctx, journey, run)
      return sendDelivery(ctx, journey, {
        ...request.input,
        step: run.step,
        name: request.name,
        notBefore: waitsUntil(ctx, run, request.input),
        fp: fingerprint(journey, request),
        judge: () => judgeTerms(ctx, journey, run, { destination: request.input.destination, name: request.name }),
        holds: (places) => {
          run.caps.push(...places)
          return handOver(journey, run)
        },
      })
    }
  }
}

const diverged = (step: string): Fault =>
  new Fault('replay_diverged', {
    message: `Step ${step} asks something else than it asked before`,
    detail: 'a request has another fingerprint than the journal',
  })

/** What the journal or this run knows of a request of this name already. */
const knownAnswer = (journey: Journey, run: StepRun, request: SingleRequest): Asked | null => {
  const { standing } = journey.lead
  const journaled = standing?.step === run.step ? standing.answers.get(request.name) : undefined
  if (journaled) {
    if (journaled.fp !== fingerprint(journey, request) || journaled.kind !== request.kind) throw diverged(run.step)
    return { answer: journaled.answer }
  }
  for (const before of run.answers) {
    if (before.request.name !== request.name) continue
    if (fingerprint(journey, before.request) !== fingerprint(journey, request)) throw diverged(run.step)
    return { answer: before.answer }
  }
  return null
}

const askOne = (ctx: RunnerContext, journey: Journey, run: StepRun, request: SingleRequest): Soon<Asked> => {
  const known = knownAnswer(journey, run, request)
  if (known) return known
  const performed = perform(ctx, journey, run, request)
  // A delivery's own events hold its answer.
  if (request.kind === 'delivery.send') return performed
  return after(performed, (asked) => {
    if ('answer' in asked) run.answers.push({ request, answer: asked.answer as Json })
    return asked
  })
}

/** All answers, or what the first to fail threw, but not before the last has ended: none goes on unseen. */
export const everyOne = async <T>(parts: readonly Soon<T>[]): Promise<T[]> => {
  const ended = await Promise.allSettled(parts)
  return ended.map((part) => {
    if (part.status === 'rejected') throw part.reason
    return part.value
  })
}

const askAll = async (
  ctx: RunnerContext,
  journey: Journey,
  run: StepRun,
  children: readonly SingleRequest[],
): Promise<Asked> => {
  const asked = await everyOne(children.map(async (child) => askOne(ctx, journey, run, child)))
  const answers: Record<string, unknown> = {}
  let open = false
  let wakeAt: number | null = null
  for (const [index, one] of asked.entries()) {
    const name = children[index]?.name ?? ''
    if ('answer' in one) answers[name] = one.answer
    else {
      open = true
      if (one.wakeAt !== null) wakeAt = wakeAt === null ? one.wakeAt : Math.min(wakeAt, one.wakeAt)
    }
  }
  return open ? { wakeAt } : { answer: answers }
}

const askRace = async (
  ctx: RunnerContext,
  journey: Journey,
  run: StepRun,
  children: readonly SingleRequest[],
): Promise<Asked> => {
  const standing = journey.lead.standing
  for (const name of standing?.step === run.step ? standing.answers.keys() : []) {
    const child = children.find((one) => one.name === name)
    if (child) return { answer: { name, ...(await askOne(ctx, journey, run, child)) } }
  }
  const asking = children.map(async (child) => ({ child, asked: await askOne(ctx, journey, run, child) }))
  const first = await Promise.any(
    asking.map(async (each) => {
      const { child, asked } = await each
      if (!('answer' in asked)) throw asked
      return { name: child.name, answer: asked.answer }
    }),
  ).catch(() => null)
  journey.detached.push(...asking)
  // What a loser was answered or holds belongs to this step; only deliveries tell of themselves, and may go on beyond it.
  await Promise.allSettled(asking.filter((_, index) => children[index]?.kind !== 'delivery.send'))
  if (first) return { answer: first }
  const waits = (await everyOne(asking)).map(({ asked }) => ('wakeAt' in asked ? asked.wakeAt : null))
  const dates = waits.filter((at) => at !== null)
  return { wakeAt: dates.length > 0 ? Math.min(...dates) : null }
}

/** Performs what a step yields. `wakeAt`: there is no answer yet; null: until a person acts. */
export const askFor = (ctx: RunnerContext, journey: Journey, run: StepRun, request: Request): Soon<Asked> => {
  if (request.kind !== 'all' && request.kind !== 'race') {
    const single = request as SingleRequest
    if (run.known) noteAsked(run, [single])
    return askOne(ctx, journey, run, single)
  }
  const { children } = request as GroupRequest
  noteAsked(run, children)
  return request.kind === 'all' ? askAll(ctx, journey, run, children) : askRace(ctx, journey, run, children)
}
