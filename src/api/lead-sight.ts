import type { Static } from 'typebox'
import { reachOf } from '../access/matrix.ts'
import type { LeadFilter, LeadRow, StoredEvent } from '../journal/types.ts'
import type { Json } from '../kit/field.ts'
import type { Lead } from '../lead/lead.ts'
import type { EventList, LeadDetail, LeadPage } from './contract/leads.ts'
import type { FieldTypes } from './field-types.ts'
import { detailOf, eventsOf } from './lead-views.ts'
import { maskField, maskValue, scrubber } from './masking.ts'
import type { Session } from './request.ts'

/** What of a lead a session sees: all of it, all but who it is, or a partner's part. */

type Sighted = Pick<Session, 'role' | 'partner' | 'reach'>

export type Sight = 'personal' | 'masked' | 'source' | 'buyer'

export const sightOf = (session: Sighted, asked: 'shown' | 'masked' | undefined): Sight => {
  const { reach, partner, role } = session
  if (reach === 'own') return partner !== null && 'source' in partner ? 'source' : 'buyer'
  return asked !== 'masked' && reachOf(role, 'lead.read_personal') === 'all' ? 'personal' : 'masked'
}

/** The filter that leaves a partner its own; for others, none. A partner without a part sees nothing. */
export const ownLeads = ({ reach, partner }: Sighted): LeadFilter => {
  if (reach === 'all') return {}
  if (partner === null) return { source: '' }
  return 'source' in partner ? { flow: partner.flow, source: partner.source } : { takenBy: partner.destination }
}

/** What a filter asks for, within what a partner may see: null where the two exclude each other. */
export const withinOwn = (asked: LeadFilter, own: LeadFilter): LeadFilter | null => {
  const clash = (['flow', 'source', 'takenBy'] as const).some(
    (name) => asked[name] !== undefined && own[name] !== undefined && asked[name] !== own[name],
  )
  return clash ? null : { ...asked, ...own }
}

export const isOwn = ({ reach, partner }: Sighted, row: LeadRow, lead: Lead): boolean => {
  if (reach === 'all') return true
  if (partner === null) return false
  if ('source' in partner) return row.flow === partner.flow && row.source === partner.source
  return [...lead.deliveries.values()].some(
    ({ destination, outcome }) => destination === partner.destination && outcome === 'success',
  )
}

type Row = Static<typeof LeadPage>['items'][number]

/** A line of a list: source partners see what they are paid, buyers what they pay. */
export const rowInSight = <R extends Row>(row: R, sight: Sight): R => {
  if (sight === 'source') return { ...row, revenue: null, duplicate_of: null, person_id: null, assignee: null }
  if (sight === 'buyer')
    return {
      ...row,
      price: null,
      revenue: null,
      source: '',
      code: null,
      duplicate_of: null,
      person_id: null,
      assignee: null,
    }
  return row
}

const received = (lead: Lead, destination: string): Json =>
  [...lead.deliveries.values()].find((each) => each.destination === destination && each.outcome === 'success')
    ?.payload ?? null

/** Values of no field, which a reason may have been written with. */
const unseen = ({ extra, appended }: Lead): Readonly<Record<string, Json>> => ({
  ...extra,
  appended: Object.values(appended).map(({ outcome: _, reason: __, ...facts }) => facts),
})

/** That something is known, and how the asking ended; not what. */
const appendedMasked = ({ appended }: Lead): Json =>
  Object.fromEntries(
    Object.entries(appended).map(([enricher, { outcome = null, reason = null, ...facts }]) => [
      enricher,
      { ...(maskValue(facts) as { [fact: string]: Json }), outcome, reason: maskValue(reason) },
    ]),
  )

/** What is known of a lead, as far as this sight goes. */
export const detailInSight = async (asked: {
  readonly sight: Sight
  readonly session: Pick<Session, 'tenantId' | 'partner'>
  readonly row: LeadRow
  readonly lead: Lead
  readonly fieldTypes: FieldTypes
  readonly assignee: string | null
}): Promise<Static<typeof LeadDetail>> => {
  const { sight, session, row, lead, fieldTypes, assignee } = asked
  const whole = { ...detailOf(row, lead, assignee), received: null }
  if (sight === 'personal') return { ...whole, personal: 'shown' }
  const types = await fieldTypes(session.tenantId, row.flow, row.flow_version)
  const scrub = scrubber(lead.fields, unseen(lead), types)
  const masked: Static<typeof LeadDetail> = {
    ...whole,
    personal: 'masked',
    reason: scrub(whole.reason),
    fields: Object.fromEntries(
      Object.entries(lead.fields).map(([name, field]) => [name, maskField(types.get(name) ?? 'string', field)]),
    ),
    extra: maskValue(lead.extra as Json),
    appended: appendedMasked(lead),
    deliveries: whole.deliveries.map((delivery) => ({ ...delivery, reason: scrub(delivery.reason) })),
  }
  if (sight === 'masked') return masked
  const partial = {
    ...rowInSight(masked, sight),
    score: null,
    class: null,
    route: null,
    steps: [],
    appended: {},
    deliveries: [],
    pending: null,
  }
  const { partner } = session
  if (sight === 'source' || partner === null || !('destination' in partner)) return partial
  return {
    ...partial,
    rerun_of: null,
    rerun_as: null,
    fields: {},
    extra: {},
    reason: null,
    field_errors: null,
    received: received(lead, partner.destination),
    deliveries: masked.deliveries.filter(({ destination }) => destination === partner.destination),
  }
}

/** Texts of the sealed halves that are names and codes of ours. */
const OPEN_KEYS: ReadonlySet<string> = new Set(['kind', 'name', 'method', 'currency', 'fp', 'step', 'decision'])

const maskPrivate = (value: Json, scrub: (text: string | null) => string | null): Json => {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return maskValue(value)
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]): [string, Json] => {
      if (typeof inner === 'string' && OPEN_KEYS.has(name)) return [name, inner]
      if (name === 'reason' && typeof inner === 'string') return [name, scrub(inner)]
      return [name, Array.isArray(inner) ? maskValue(inner) : maskPrivate(inner, scrub)]
    }),
  )
}

/** The journal with its sealed halves masked: what was there, without the values. */
export const eventsMasked = async (asked: {
  readonly tenantId: string
  readonly row: LeadRow
  readonly lead: Lead
  readonly events: readonly StoredEvent[]
  readonly fieldTypes: FieldTypes
}): Promise<Static<typeof EventList>['items']> => {
  const { tenantId, row, lead, events, fieldTypes } = asked
  const scrub = scrubber(lead.fields, unseen(lead), await fieldTypes(tenantId, row.flow, row.flow_version))
  return eventsOf(events).map((event) => ({
    ...event,
    private: event.private === null ? null : maskPrivate(event.private as Json, scrub),
  }))
}
