import { Fault } from '../base/faults.ts'
import { newId } from '../base/ids.ts'
import type { LoadedLead } from '../journal/read.ts'
import type { WorkMark } from '../journal/work-statements.ts'
import type { Json } from '../kit/field.ts'
import type { Delivery } from '../lead/deliveries.ts'
import type { DeliveryDecision } from '../lead/events.ts'
import type { Lead } from '../lead/lead.ts'
import type { RunnerContext } from './context.ts'
import { stateOf } from './delivery-rows.ts'
import { commit, emit, type Journey } from './journey.ts'
import { emitEnd } from './put-down.ts'
import { flowOf, journeyOf, lostRace } from './runner.ts'

/** What a person writes into a lead's journal from outside its run. */
export interface Amendments {
  /**
   * Decides about a delivery that stands still. Throws Fault `not_found`, or `invalid_request` where it is not one that
   * can be decided about so.
   */
  decideDelivery(asked: {
    readonly tenantId: string
    readonly leadId: string
    readonly deliveryId: string
    readonly decision: DeliveryDecision
    readonly by: string
    readonly reason: string | null
    /** What the destination calls the lead, where it has it. */
    readonly reference?: string | null
    /** Sent in place of what was sent before. */
    readonly payload?: { readonly [key: string]: Json } | null
    /** When it is sent again, ms since 1970; now where this is left out. */
    readonly at?: number
  }): Promise<{ readonly state: string }>
  /**
   * Mends what is known of a person. Rules and deliveries that come after see the new values; the journal keeps what was
   * there before. Throws Fault `not_found`, or `invalid_request` for a field that the flow does not have.
   */
  rectify(asked: {
    readonly tenantId: string
    readonly leadId: string
    readonly values: Readonly<Record<string, Json>>
    readonly by: string
    /** Only while its journey goes on; else Fault `conflict`. */
    readonly unfinished?: boolean
  }): Promise<readonly string[]>
  /**
   * Lets a lead that was turned away be run again as another, whose id is given: the same one however often it is asked.
   * From then on no delivery of this one is sent again. Throws Fault `not_found`, or `conflict` for a lead that goes on,
   * was accepted, or of which somebody has or may have received something; `source_disabled`.
   */
  rerun(asked: {
    readonly tenantId: string
    readonly leadId: string
    readonly flow: string
    readonly source: string
    readonly by: string
    readonly reason: string | null
  }): Promise<string>
  /** Lets a lead that a fault has parked go on. Throws Fault `not_found` or `invalid_request`. */
  resumeLead(asked: {
    readonly tenantId: string
    readonly leadId: string
    readonly by: string
    readonly reason: string | null
  }): Promise<void>
}

/** Whoever runs the lead meanwhile is met at the commit; each time it is loaded anew. */
const TRIES_MAX = 12

const refuse = (message: string): never => {
  throw new Fault('invalid_request', { message })
}

const refuseFields = (message: string, names: readonly string[], said: (name: string) => string): never => {
  throw new Fault('invalid_request', {
    message,
    problems: names.map((field) => ({ field, message: said(field) })),
  })
}

const checkDecision = (delivery: Delivery, decision: DeliveryDecision, edited: boolean): void => {
  const state = stateOf(delivery)
  switch (decision) {
    case 'delivered':
    case 'not_delivered':
      if (state !== 'unknown')
        refuse('What became of this delivery is known: only one of unknown outcome can be settled so.')
      return
    case 'discard':
      if (state !== 'dead') refuse('This delivery is no dead letter: only a dead letter can be discarded.')
      return
    case 'send_again':
      if (state !== 'dead' && state !== 'unknown' && state !== 'discarded' && state !== 'refused' && state !== 'passed')
        refuse('This delivery is not over: only one that failed, or whose outcome is unknown, can be sent again.')
      if (edited && state === 'unknown')
        refuse('It may have arrived as it was: say whether it did before it is sent in another form.')
  }
}

/** Nobody has received anything of it, and nobody will. */
const MAY_BE_RUN_AGAIN: ReadonlySet<string> = new Set(['dead', 'refused', 'discarded', 'passed'])

const requireOver = (lead: Lead): void => {
  const no = (message: string): never => {
    throw new Fault('conflict', { message })
  }
  if (lead.closed === null) no('The journey of this lead has not ended: what stands still is taken up instead.')
  if (lead.closed?.outcome === 'success') no('This lead was accepted: it is not run again.')
  const had = [...lead.deliveries.values()].find(
    (delivery) => delivery.inDoubt || !MAY_BE_RUN_AGAIN.has(stateOf(delivery)),
  )
  if (had) no(`${had.destination} has this lead, or may have it: run again, it would be delivered twice.`)
}

export const createAmendments = (ctx: RunnerContext, newKey: () => string): Amendments => {
  /** Emits what `change` says and commits it under the mark it gives, against whoever else writes. */
  const amend = async <T>(
    asked: { readonly tenantId: string; readonly leadId: string },
    change: (journey: Journey, loaded: LoadedLead) => { readonly mark: WorkMark | null; readonly value: T },
  ): Promise<T> => {
    for (let tries = 1; ; tries += 1) {
      const loaded = await ctx.loader.load(asked.tenantId, asked.leadId)
      if (!loaded?.key) throw new Fault('not_found', { message: 'There is no such lead' })
      const { flow, source } = await flowOf(ctx, loaded)
      const journey = journeyOf(loaded, flow, source)
      const { mark, value } = change(journey, loaded)
      // Who runs it meets the conflict at its next commit, and goes on from what stands here.
      const isRun = loaded.work !== null && loaded.work.runner !== null
      const kept = isRun ? loaded.work : mark
      try {
        await commit(journey, ctx.appender, ctx.clock, kept)
        if (kept !== null) ctx.onDue(kept.wakeAt)
        return value
      } catch (error) {
        if (!lostRace(error) || tries === TRIES_MAX) throw error
      }
    }
  }

  return {
    decideDelivery: (asked) =>
      amend(asked, (journey, loaded) => {
        const { lead } = journey
        const delivery = lead.deliveries.get(asked.deliveryId)
        if (!delivery) throw new Fault('not_found', { message: 'This lead has no such delivery' })
        const payload = asked.payload ?? null
        checkDecision(delivery, asked.decision, payload !== null)
        const now = ctx.clock.now()
        const again = asked.decision === 'send_again'
        if (again && lead.rerunAs !== null)
          refuse(`This lead was run again as lead ${lead.rerunAs}: what is to be sent is sent there.`)
        if (again && lead.closed)
          emit(journey, { type: 'lead.reopened', at: now, data: { by: asked.by }, sealed: null })
        emitEnd(journey, delivery, {
          type: 'delivery.decided',
          at: now,
          data: {
            delivery: delivery.id,
            decision: asked.decision,
            by: asked.by,
            next_at: again ? (asked.at ?? now) : null,
            // Of one that may have arrived as it was, the key stays: who goes by keys does not take it twice.
            key: again && payload !== null && !delivery.inDoubt ? newKey() : null,
            // It has the lead, at the price that was agreed before it was sent: none came back that says otherwise.
            ...(asked.decision === 'delivered' && delivery.price !== null && { revenue: delivery.price }),
          },
          sealed: { reason: asked.reason, reference: asked.reference ?? null, payload },
        })
        const value = { state: stateOf(delivery) }
        if (lead.closed) return { mark: null, value }
        // It may close the lead, or be held: whoever takes the lead up sees to that.
        const at = again ? (asked.at ?? now) : now
        const known = loaded.work?.lane === '' ? loaded.work.wakeAt : at
        return { mark: { wakeAt: Math.min(at, known), runner: null }, value }
      }),
    rectify: (asked) =>
      amend(asked, (journey, loaded) => {
        const { flow, lead } = journey
        if (asked.unfinished && lead.closed)
          throw new Fault('conflict', { message: 'The journey of this lead has ended: nothing would see the change.' })
        const names = Object.keys(asked.values)
        const types = new Map(flow.fields.map((field) => [field.name, field.type.type]))
        const unknown = names.filter((name) => !types.has(name))
        if (unknown.length > 0)
          refuseFields(`The flow has no field ${unknown.join(', ')}`, unknown, () => 'the flow has no such field')
        const reviewed = [...lead.open.values()].some(({ kind }) => kind === 'review.ask')
        if (lead.standing !== null && !reviewed)
          refuse('The lead is in the middle of a step: mend it when that has ended.')
        const now = ctx.clock.now()
        const parsed = flow.parse(asked.values, now)
        const fields = Object.fromEntries(names.flatMap((name) => (parsed[name] ? [[name, parsed[name]]] : [])))
        const wrong = names.filter((name) => fields[name]?.valid !== true)
        if (wrong.length > 0)
          refuseFields(`Not valid: ${wrong.join(', ')}`, wrong, (name) => `is not valid: expected ${types.get(name)}`)
        emit(journey, { type: 'lead.rectified', at: now, data: { fields: names, by: asked.by }, sealed: { fields } })
        return { mark: loaded.work, value: names }
      }),
    rerun: async (asked) => {
      // Nothing is promised that could not come in.
      const flow = await ctx.catalog.current(asked.tenantId, asked.flow)
      const source = flow.sources.get(asked.source)
      if (source?.enabled !== true)
        throw new Fault('source_disabled', {
          message: `Flow "${flow.id}" takes nothing in from source "${asked.source}" now`,
        })
      return amend(asked, (journey, loaded) => {
        const { lead } = journey
        if (lead.rerunAs !== null) return { mark: null, value: lead.rerunAs }
        requireOver(lead)
        const now = ctx.clock.now()
        const as = newId(now)
        const data = { lead: as, by: asked.by }
        emit(journey, { type: 'lead.rerun', at: now, data, sealed: { reason: asked.reason } })
        return { mark: loaded.work, value: as }
      })
    },
    resumeLead: (asked) =>
      amend(asked, (journey) => {
        if (!journey.lead.parked) refuse('This lead does not stand still for a fault.')
        const now = ctx.clock.now()
        emit(journey, {
          type: 'lead.resumed',
          at: now,
          data: { by: asked.by },
          sealed: { reason: asked.reason },
        })
        return { mark: { wakeAt: now, runner: null }, value: undefined }
      }),
  }
}
