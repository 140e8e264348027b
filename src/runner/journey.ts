import type { KeyObject } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { Soon } from '../base/soon.ts'
import type { Ahead } from '../handlers/ahead.ts'
import { createHolder, type Holder, type Settlement, settle } from '../handlers/holder.ts'
import { lookupColumn } from '../handlers/look-up-column.ts'
import type { Appender, ClaimWrite, LeadColumns, LeadCommit } from '../journal/append.ts'
import type { CapWrite } from '../journal/append-caps.ts'
import type { ConsentWrite } from '../journal/append-consents.ts'
import type { EntryWrite } from '../journal/append-lists.ts'
import type { ReviewWrite } from '../journal/append-reviews.ts'
import type { TenantKeys } from '../journal/keyring.ts'
import { NO_PERSONS, type PersonWrites } from '../journal/person-writes.ts'
import { encodeSegment, FIRST_HEAD } from '../journal/segment.ts'
import type { WorkMark } from '../journal/work-statements.ts'
import type { CompiledFlow, CompiledSource } from '../kit/flow.ts'
import { RANK_USUAL } from '../kit/priorities.ts'
import type { HeldPlace, LeadEvent } from '../lead/events.ts'
import { evolve, type Lead, newLead } from '../lead/lead.ts'
import { summaryOf } from '../lead/summary.ts'
import { changedDeliveries } from './delivery-rows.ts'
import type { Hiding } from './hide.ts'

/** One lead on its way in this process: its state, what is not yet committed, and its place in the chain. */
export interface Journey {
  readonly lead: Lead
  readonly flow: CompiledFlow
  readonly source: CompiledSource
  readonly keys: TenantKeys
  readonly key: KeyObject
  /** What the program holds: given back at once where the lead is turned away. */
  readonly holder: Holder
  /** What the submission holds, its idempotency key, whatever becomes of the lead. */
  readonly submissionHolder: Holder
  /** With a lead that has no row yet: its key as it will be stored. */
  wrapped: Buffer | null
  /** Segments committed. */
  seq: number
  head: Buffer
  /** Events not yet committed, and what they say the lead holds. After a failed commit: all that it did not write. */
  events: LeadEvent[]
  claims: ClaimWrite[]
  caps: CapWrite[]
  entries: EntryWrite[]
  /** What persons consented to. */
  consents: ConsentWrite[]
  /** How `claims` and `caps` are settled with their commit. */
  settling: Settlement[]
  persons: PersonWrites[]
  releasesPerson: boolean
  releasedClaims: Buffer[]
  releasedCaps: HeldPlace[]
  /** The row in `work` as it now stands in the database, or null where there is none. */
  work: WorkMark | null
  /** The commit under way: one at a time a lead. */
  committing: Promise<void> | null
  /** What the coming steps will look up, once it was asked for. */
  ahead: Soon<Ahead> | null
  /** What a step left under way when it went on: awaited before the journey leaves this process. */
  detached: Promise<unknown>[]
  /** What is taken out of all that is written; null: nothing is. */
  hiding: Hiding | null
  /** Set by the first failed commit: nothing more is written from here. */
  broken: unknown
}

export const startJourney = (options: {
  readonly id: string
  readonly flow: CompiledFlow
  readonly source: CompiledSource
  readonly keys: TenantKeys
  readonly key: KeyObject
  readonly wrapped: Buffer
}): Journey => ({
  lead: newLead(options.id, options.keys.tenantId),
  flow: options.flow,
  source: options.source,
  keys: options.keys,
  key: options.key,
  wrapped: options.wrapped,
  holder: createHolder(options.id),
  submissionHolder: createHolder(options.id),
  seq: 0,
  head: FIRST_HEAD,
  events: [],
  claims: [],
  caps: [],
  entries: [],
  consents: [],
  settling: [],
  persons: [],
  releasesPerson: false,
  releasedClaims: [],
  releasedCaps: [],
  work: null,
  committing: null,
  ahead: null,
  detached: [],
  hiding: null,
  broken: undefined,
})

export const emit = (journey: Journey, event: LeadEvent): void => {
  evolve(journey.lead, event)
  journey.events.push(journey.hiding === null ? event : journey.hiding.event(event))
}

const normalText = (journey: Pick<Journey, 'lead' | 'flow'>, type: string): string | null => {
  for (const field of journey.flow.fields) {
    if (field.type.type !== type) continue
    const value = journey.lead.fields[field.name]?.normal
    if (typeof value === 'string' && value !== '') return value
  }
  return null
}

/** What its person is known by: keyed hashes of email and phone. */
export const personKeys = (journey: Pick<Journey, 'lead' | 'flow' | 'keys'>): bigint[] =>
  (['email', 'phone'] as const).flatMap((kind) => {
    const normal = normalText(journey, kind)
    return normal === null ? [] : [lookupColumn(journey.keys, kind, normal)]
  })

const columnsOf = (journey: Journey): LeadColumns => {
  const { lead, keys } = journey
  const email = normalText(journey, 'email')
  const phone = normalText(journey, 'phone')
  return {
    ...summaryOf(lead),
    duplicateOf: lead.duplicateOf,
    personId: lead.person,
    emailKey: email === null ? null : lookupColumn(keys, 'email', email),
    phoneKey: phone === null ? null : lookupColumn(keys, 'phone', phone),
  }
}

const joined = (all: readonly PersonWrites[]): PersonWrites =>
  all.length < 2
    ? (all[0] ?? NO_PERSONS)
    : {
        records: all.flatMap(({ records }) => records),
        merges: all.flatMap(({ merges }) => merges),
        labels: all.flatMap(({ labels }) => labels),
        speaks: all.flatMap(({ speaks = [] }) => speaks),
      }

/** Being passed on at all, and everything. */
export const REACHED: readonly string[] = ['all', 'share']

/** What the calls that follow this commit will reach the person by; null where none follows. */
const fenceOf = (journey: Journey): readonly string[] | null => {
  let channels: string[] | null = null
  for (const event of journey.events) {
    if (event.type === 'enrichment.started') channels ??= [...REACHED]
    if (event.type !== 'attempt.started') continue
    const to = journey.lead.deliveries.get(event.data.delivery)?.destination ?? ''
    channels = [...(channels ?? REACHED), ...(journey.flow.destinations.get(to)?.channels ?? [])]
  }
  return channels
}

/** What it is ranked by while it waits; null where this commit does not begin to wait for a person. */
const reviewOf = (journey: Journey): ReviewWrite | null => {
  if (journey.lead.status !== 'pending_review') return null
  for (const { type, data, sealed } of journey.events) {
    if (type !== 'request.opened' || data.kind !== 'review.ask') continue
    const { queue } = sealed.input as { readonly queue?: unknown }
    return { queue: typeof queue === 'string' ? queue : 'default', score: journey.lead.score }
  }
  return null
}

const write = async (journey: Journey, appender: Appender, clock: Clock, work: WorkMark | null): Promise<void> => {
  const { lead, keys } = journey
  const segment = encodeSegment({
    tenantId: lead.tenantId,
    leadId: lead.id,
    previous: journey.head,
    seq: journey.seq + 1,
    at: clock.now(),
    events: journey.events,
    key: journey.key,
  })
  const unchanged = work !== null && sameMark(journey.work, work)
  const commit: LeadCommit = {
    tenantId: lead.tenantId,
    leadId: lead.id,
    isNew: journey.seq === 0,
    segment,
    events: journey.events,
    columns: columnsOf(journey),
    key: journey.wrapped ? { wrapped: journey.wrapped, tenantKeyVersion: keys.wrapVersion } : null,
    claims: journey.claims,
    caps: journey.caps,
    entries: journey.entries,
    consents: journey.consents,
    fence: fenceOf(journey),
    persons: joined(journey.persons),
    releasesPerson: journey.releasesPerson,
    releasedClaims: journey.releasedClaims,
    releasedCaps: journey.releasedCaps,
    work: unchanged ? 'keep' : work,
    deliveries: changedDeliveries(journey),
    review: reviewOf(journey),
  }
  const { events, settling } = journey
  settling.push(...journey.submissionHolder.settlements.splice(0))
  journey.events = []
  journey.claims = []
  journey.caps = []
  journey.entries = []
  journey.consents = []
  journey.settling = []
  journey.persons = []
  journey.releasesPerson = false
  journey.releasedClaims = []
  journey.releasedCaps = []
  try {
    await appender.append(commit)
  } catch (error) {
    journey.broken = error
    journey.events = [...events, ...journey.events]
    settle(settling, false)
    giveBack(journey)
    throw error
  }
  journey.seq = segment.seq
  journey.head = segment.hash
  journey.wrapped = null
  journey.work = work
  settle(settling, true)
}

/** Gives back all that the lead holds in memory. */
export const giveBack = (journey: Journey): void => {
  settle(journey.holder.settlements, false)
  settle(journey.settling, false)
  settle(journey.submissionHolder.settlements, false)
}

/**
 * Makes everything emitted so far durable, with the mark that says who takes the lead up again and when.
 * Several parts of one lead may ask at once: they are written in one go, or one after the other.
 */
export const commit = async (
  journey: Journey,
  appender: Appender,
  clock: Clock,
  work: WorkMark | null,
): Promise<void> => {
  // Also where nothing is left to write: another of those who waited may have taken it along, and is not done yet.
  while (journey.committing) await journey.committing
  if (journey.broken !== undefined) throw journey.broken
  if (journey.events.length === 0 && sameMark(journey.work, work)) return
  const writing = write(journey, appender, clock, work)
  journey.committing = writing
  try {
    await writing
  } finally {
    journey.committing = null
  }
}

/** Makes durable what was emitted so far of a journey that goes on, under the mark it has. */
export const commitSoFar = async (journey: Journey, appender: Appender, clock: Clock): Promise<void> => {
  while (journey.committing) await journey.committing
  if (journey.events.length > 0 && journey.work !== null) await commit(journey, appender, clock, journey.work)
}

const sameMark = (a: WorkMark | null, b: WorkMark | null): boolean =>
  a === b ||
  (a !== null &&
    b !== null &&
    a.wakeAt === b.wakeAt &&
    a.runner === b.runner &&
    (a.lane ?? '') === (b.lane ?? '') &&
    (a.alone ?? true) === (b.alone ?? true) &&
    (a.priority ?? RANK_USUAL) === (b.priority ?? RANK_USUAL))

export { lookupColumn } from '../handlers/look-up-column.ts'
