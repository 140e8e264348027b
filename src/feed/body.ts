import { type LoadedLead, leadOfRow } from '../journal/read.ts'
import type { StoredEvent } from '../journal/types.ts'
import type { Json } from '../kit/field.ts'
import { revenueOf } from '../lead/deliveries.ts'
import type { LeadEvent } from '../lead/events.ts'
import { evolve, type Lead } from '../lead/lead.ts'

/** What is told of an event: made of the journal, as the lead stood when it happened. */

type Told = { readonly [name: string]: Json }

const leadOf = (lead: Lead): Told => ({
  id: lead.id,
  flow: lead.flow,
  flow_version: lead.flowVersion,
  source: lead.source,
  test: lead.test,
  status: lead.status,
  outcome: lead.closed?.outcome ?? null,
  code: lead.closed?.code ?? lead.parked?.code ?? lead.code,
  reason: lead.reason,
  price: lead.closed?.price ?? lead.price?.amount ?? null,
  revenue: lead.closed?.revenue ?? revenueOf(lead).amount,
  currency: lead.currency,
  received_at: new Date(lead.receivedAt).toISOString(),
})

/** What the event itself says besides. */
const besides = (lead: Lead, event: LeadEvent): Told => {
  switch (event.type) {
    case 'attempt.ended':
    case 'delivery.decided':
    case 'delivery.refused': {
      const delivery = lead.deliveries.get(event.data.delivery)
      return {
        delivery: {
          id: event.data.delivery,
          destination: delivery?.destination ?? null,
          attempts: delivery?.attempts ?? 0,
          code: delivery?.code ?? null,
          reason: delivery?.reason ?? null,
          reference: delivery?.reference ?? null,
          revenue: delivery?.revenue?.amount ?? null,
          next_at: delivery?.nextAt ? new Date(delivery.nextAt).toISOString() : null,
        },
      }
    }
    case 'request.opened': {
      const input = (event.sealed?.input ?? {}) as { readonly queue?: Json; readonly note?: Json }
      return { review: { step: event.data.step, queue: input.queue ?? null, note: input.note ?? null } }
    }
    case 'review.decided':
      return {
        review: { step: event.data.step, decision: event.data.decision, reason: event.sealed?.reason ?? null },
      }
    case 'lead.parked':
      return { parked: { code: event.data.code, step: event.data.step, fault: event.data.fault } }
    case 'lead.rectified':
      return { rectified: [...event.data.fields] }
    default:
      return {}
  }
}

const upTo = (loaded: LoadedLead, last: StoredEvent): Lead => {
  const lead = leadOfRow(loaded.row, loaded.lead.tenantId)
  for (const event of loaded.events) {
    evolve(lead, event)
    if (event === last) break
  }
  return lead
}

/** In their normal forms; what came and could not be read is null. */
const fieldsOf = (lead: Lead): Told =>
  Object.fromEntries(Object.entries(lead.fields).map(([name, field]) => [name, field.normal as Json]))

/** Null where the journal no longer has the event. */
export const bodyOf = (
  loaded: LoadedLead,
  asked: {
    readonly type: string
    readonly at: number
    readonly seq: number
    readonly position: number
    readonly withFields: boolean
  },
): string | null => {
  const event = loaded.events.find(({ seq, position }) => seq === asked.seq && position === asked.position)
  if (!event) return null
  const lead = upTo(loaded, event)
  const shown = leadOf(lead)
  const data = {
    // Reasons may quote what was sent: without the fields they stay out too.
    lead: asked.withFields ? { ...shown, fields: fieldsOf(lead) } : { ...shown, reason: undefined },
    ...(asked.withFields ? besides(lead, event) : withoutWords(besides(lead, event))),
  }
  return JSON.stringify({ type: asked.type, timestamp: new Date(asked.at).toISOString(), data })
}

const WORDS = new Set(['reason', 'note', 'reference'])

const withoutWords = (told: Told): Told =>
  Object.fromEntries(
    Object.entries(told).map(([name, value]) => [
      name,
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).filter(([inner]) => !WORDS.has(inner)))
        : value,
    ]),
  )
