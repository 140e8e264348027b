import { Fault } from '../base/faults.ts'
import { keyedHash } from '../base/seal.ts'
import type { Json } from '../kit/field.ts'
import { type GroupRequest, REQUEST_VERSIONS, type Request, type SingleRequest } from '../kit/requests.ts'
import type { Holds, JournaledAnswer } from '../lead/events.ts'
import type { RunnerContext } from './context.ts'
import { sendDelivery } from './deliver.ts'
import { emit, type Journey } from './journey.ts'

/** One run of one step: what it was answered so far and the journal does not hold yet. */
export interface StepRun {
  readonly step: string
  /** ms since 1970: what the step sees as now, on every replay. */
  readonly now: number
  readonly answers: JournaledAnswer[]
  /** The journal has, or is about to have, these from a run before. */
  readonly replayed: Set<string>
  readonly holds: { claims: string[]; caps: { scope: string; from: number; amount: number }[] }
}

export type Asked = { readonly answer: unknown } | { readonly wakeAt: number | null }

const fingerprint = (journey: Journey, request: SingleRequest): string =>
  Buffer.from(
    keyedHash(journey.keys.lookup, `${request.kind}|${JSON.stringify(request.input)}`).slice(0, 24),
    'hex',
  ).toString('base64url')

export const holdsOf = (run: StepRun): Holds | undefined => {
  const { claims, caps } = run.holds
  if (claims.length === 0 && caps.length === 0) return undefined
  return { ...(claims.length > 0 && { claims: [...claims] }), ...(caps.length > 0 && { caps: [...caps] }) }
}

/** Writes into the journal what the step was answered so far: before anything leaves, and before the step is left to wait. */
export const journalStanding = (ctx: RunnerContext, journey: Journey, run: StepRun): void => {
  const at = ctx.clock.now()
  if (journey.lead.standing?.step !== run.step)
    emit(journey, { type: 'step.entered', at, data: { step: run.step, now: run.now }, sealed: null })
  let holds = holdsOf(run)
  for (const answer of run.answers.splice(0)) {
    emit(journey, {
      type: 'request.answered',
      at,
      data: { step: run.step, name: answer.name, kind: answer.kind, ...(holds && { holds }) },
      sealed: { answer },
    })
    holds = undefined
    run.replayed.add(answer.name)
  }
  run.holds.claims.length = 0
  run.holds.caps.length = 0
}

/** A counter's place among all of its tenant's: a value it counts by may be personal, and is hashed. */
const capScope = (
  journey: Journey,
  cap: { readonly id: string; readonly scope: string; readonly by: string | null },
): string => {
  const { lead, flow, keys } = journey
  const by = cap.by === null ? '' : `#${keyedHash(keys.lookup, `cap|${cap.by}`).slice(0, 32)}`
  return `${lead.test ? 'test:' : ''}${flow.id}/${cap.scope}/${cap.id}${by}`
}

const perform = async (
  ctx: RunnerContext,
  journey: Journey,
  run: StepRun,
  request: SingleRequest,
  fp: string,
): Promise<Asked> => {
  const { lead, flow, source, keys, holder } = journey
  switch (request.kind) {
    case 'identity.claim': {
      // A test lead meets only test leads.
      const flowId = lead.test ? `test:${flow.id}` : flow.id
      const where = { flowId, sourceId: source.id, now: run.now }
      const { answer, writes } = await ctx.identity.claim(holder, keys, where, request.input)
      journey.claims.push(...writes)
      for (const { key } of writes) run.holds.claims.push(key.toString('base64url'))
      return { answer }
    }
    case 'suppression.lookup':
      return { answer: await ctx.suppression.lookup(keys, run.now, request.input) }
    case 'cap.reserve': {
      const caps = request.input.caps.map((cap) => ({ ...cap, scope: capScope(journey, cap) }))
      const { answer, writes } = await ctx.caps.reserve(holder, lead.tenantId, { caps })
      journey.caps.push(...writes)
      for (const { scope, from, amount } of writes) run.holds.caps.push({ scope, from, amount })
      return { answer }
    }
    case 'time.wait':
    case 'review.ask': {
      const due = request.kind === 'time.wait' ? request.input.until : null
      if (due !== null && due <= ctx.clock.now()) return { answer: { at: ctx.clock.now() } }
      const open = lead.open.get(request.name)
      if (!open) {
        journalStanding(ctx, journey, run)
        emit(journey, {
          type: 'request.opened',
          at: ctx.clock.now(),
          data: { step: run.step, name: request.name, kind: request.kind, fp, due },
          sealed: { input: request.input as unknown as Json },
        })
      } else if (open.fp !== fp) throw diverged(run.step)
      return { wakeAt: due }
    }
    case 'delivery.send': {
      // The attempt commits before it sends: what this step was answered must be in that commit.
      journalStanding(ctx, journey, run)
      return sendDelivery(ctx, journey, { ...request.input, step: run.step, name: request.name, fp })
    }
  }
}

const diverged = (step: string): Fault =>
  new Fault('replay_diverged', {
    message: `Step ${step} asks something else than it asked before`,
    detail: 'a request has another fingerprint than the journal',
  })

const askOne = async (ctx: RunnerContext, journey: Journey, run: StepRun, request: SingleRequest): Promise<Asked> => {
  const fp = fingerprint(journey, request)
  const standing = journey.lead.standing
  const known = standing?.step === run.step ? standing.answers.get(request.name) : undefined
  if (known) {
    if (known.fp !== fp || known.kind !== request.kind) throw diverged(run.step)
    run.replayed.add(request.name)
    return { answer: known.answer }
  }
  const asked = await perform(ctx, journey, run, request, fp)
  // A delivery's own events hold its answer.
  if ('answer' in asked && request.kind !== 'delivery.send')
    run.answers.push({
      name: request.name,
      kind: request.kind,
      v: REQUEST_VERSIONS[request.kind],
      fp,
      answer: asked.answer as Json,
    })
  return asked
}

const askAll = async (
  ctx: RunnerContext,
  journey: Journey,
  run: StepRun,
  children: readonly SingleRequest[],
): Promise<Asked> => {
  const asked = await Promise.all(children.map((child) => askOne(ctx, journey, run, child)))
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
  if (first) return { answer: first }
  const waits = (await Promise.all(asking)).map(({ asked }) => ('wakeAt' in asked ? asked.wakeAt : null))
  const dates = waits.filter((at) => at !== null)
  return { wakeAt: dates.length > 0 ? Math.min(...dates) : null }
}

/** Performs what a step yields. `wakeAt`: there is no answer yet; null: until a person acts. */
export const askFor = async (ctx: RunnerContext, journey: Journey, run: StepRun, request: Request): Promise<Asked> => {
  if (request.kind === 'all') return askAll(ctx, journey, run, (request as GroupRequest).children)
  if (request.kind === 'race') return askRace(ctx, journey, run, (request as GroupRequest).children)
  return askOne(ctx, journey, run, request as SingleRequest)
}
