import type { KeyObject } from 'node:crypto'
import { uuids } from '../database/arrays.ts'
import type { Database, Row } from '../database/pool.ts'
import type { LeadEvent } from '../lead/events.ts'
import { evolve, type Lead, newLead } from '../lead/lead.ts'
import type { Keyring, TenantKeys } from './keyring.ts'
import { createLeadList, ROW } from './lead-list.ts'
import { decodeSegment, FIRST_HEAD } from './segment.ts'
import type { JournalReader, LeadRow, StoredEvent } from './types.ts'
import type { WorkMark } from './work-statements.ts'

/** A lead as its journal tells it, ready to be taken up again. */
export interface LoadedLead {
  readonly lead: Lead
  readonly row: LeadRow
  readonly events: readonly StoredEvent[]
  readonly keys: TenantKeys
  /** Null once the lead is erased. */
  readonly key: KeyObject | null
  readonly seq: number
  readonly head: Buffer
  readonly work: (WorkMark & { readonly attempts: number }) | null
}

/** A lead as far as its journal can be read. */
export interface SalvagedLead extends LoadedLead {
  /** What the first segment that could not be read failed with; null: all could be. */
  readonly failure: unknown
  /** What stands sealed somewhere does not open with the lead's key. */
  readonly sealedLost: boolean
  /** Of the segments there are, the last. */
  readonly lastSeq: number
}

export interface LeadLoader {
  /** Throws where its journal cannot be read. */
  load(tenantId: string, leadId: string): Promise<LoadedLead | null>
  /** What of its journal can be read, segment by segment; what its row says stands in for what cannot. */
  salvage(tenantId: string, leadId: string): Promise<SalvagedLead | null>
}

interface StoredSegment {
  readonly leadId: string
  readonly seq: number
  readonly at: number
  readonly events: string
  readonly sealed: Buffer | null
}

/** A lead before any of its segments is read. */
interface StoredLead extends Omit<LoadedLead, 'events'> {
  readonly segments: readonly StoredSegment[]
}

const rowOf = (row: Row): LeadRow => ({
  id: row.id as string,
  flow: row.flow_id as string,
  flow_version: row.flow_version as number,
  source: row.source_id as string,
  status: row.status as string,
  outcome: row.outcome as string | null,
  code: row.code as string | null,
  price: row.price as number | null,
  revenue: row.revenue as number | null,
  currency: row.currency as string | null,
  duration_ms: row.duration_ms as number | null,
  test: row.test as boolean,
  duplicate_of: row.duplicate_of as string | null,
  person_id: row.person_id as string | null,
  received_at: row.received_at as number,
  closed_at: row.closed_at as number | null,
})

/** A lead as its row knows it, before its events say more. */
export const leadOfRow = (row: LeadRow, tenantId: string): Lead => {
  const lead = newLead(row.id, tenantId)
  lead.flow = row.flow
  lead.flowVersion = row.flow_version
  lead.source = row.source
  lead.test = row.test
  lead.receivedAt = row.received_at
  lead.currency = row.currency ?? lead.currency
  return lead
}

export const createLeadLoader = (options: { readonly database: Database; readonly keyring: Keyring }): LeadLoader => {
  const { database, keyring } = options

  const stored = async (tenantId: string, leadId: string): Promise<StoredLead | null> => {
    const [leads, segments, work] = await database.batch(
      [tenantId],
      [
        {
          name: 'load_lead',
          text: `select ${ROW}, l.seq, l.head, l.wrapped_key, l.key_version from millrace.lead l where l.tenant_id = $1::uuid and l.id = $2::uuid`,
          values: [tenantId, leadId],
        },
        {
          name: 'load_segments',
          text: `select seq, at, events, sealed from millrace.segment where tenant_id = $1::uuid and lead_id = $2::uuid order by seq`,
          values: [tenantId, leadId],
        },
        {
          name: 'load_work',
          text: 'select wake_at, runner, attempts, lane, alone, priority from millrace.work where tenant_id = $1::uuid and lead_id = $2::uuid',
          values: [tenantId, leadId],
        },
      ],
    )
    const row = leads?.[0]
    if (!row) return null
    const version = row.key_version as number
    let keys = await keyring.tenant(tenantId)
    if (version > keys.wrapVersion) {
      // Another process has rotated the tenant's key since.
      await keyring.refresh(tenantId)
      keys = await keyring.tenant(tenantId)
    }
    const wrapped = row.wrapped_key as Buffer | null
    const key = wrapped ? keyring.openLeadKey(keys, leadId, wrapped, version) : null
    const mark = work?.[0]
    const known = rowOf(row)
    return {
      lead: leadOfRow(known, tenantId),
      row: known,
      keys,
      key,
      seq: row.seq as number,
      head: (row.head as Buffer | null) ?? FIRST_HEAD,
      work: mark
        ? {
            wakeAt: mark.wake_at as number,
            runner: mark.runner as number | null,
            attempts: mark.attempts as number,
            lane: mark.lane as string,
            alone: mark.alone as boolean,
            priority: mark.priority as number,
          }
        : null,
      segments: (segments ?? []).map((segment) => ({ leadId, ...segment }) as StoredSegment),
    }
  }

  return {
    load: async (tenantId, leadId) => {
      const found = await stored(tenantId, leadId)
      if (found === null) return null
      const { segments, ...loaded } = found
      const events: StoredEvent[] = []
      for (const segment of segments) {
        for (const [position, event] of decodeSegment(segment, loaded.key).entries()) {
          evolve(loaded.lead, event)
          events.push({ ...event, seq: segment.seq, position })
        }
      }
      return { ...loaded, events }
    },
    salvage: async (tenantId, leadId) => {
      const found = await stored(tenantId, leadId)
      return found && salvaged(found)
    },
  }
}

/** The plain halves alone, where what is sealed does not open; null where nothing can be read. */
const halvesOf = (
  segment: StoredSegment,
  key: KeyObject | null,
): { readonly events: readonly LeadEvent[] | null; readonly sealedLost: boolean; readonly failure: unknown } => {
  try {
    return { events: decodeSegment(segment, key), sealedLost: false, failure: null }
  } catch (failure) {
    try {
      return { events: decodeSegment(segment, null), sealedLost: true, failure }
    } catch {
      return { events: null, sealedLost: false, failure }
    }
  }
}

const salvaged = ({ segments, ...loaded }: StoredLead): SalvagedLead => {
  const { lead, key } = loaded
  const events: StoredEvent[] = []
  let failure: unknown = null
  let sealedLost = false
  for (const segment of segments) {
    const halves = halvesOf(segment, key)
    failure ??= halves.failure
    sealedLost ||= halves.sealedLost
    for (const [position, event] of (halves.events ?? []).entries()) {
      try {
        evolve(lead, event)
        if (Number.isFinite(event.at)) events.push({ ...event, seq: segment.seq, position })
      } catch (error) {
        // It is none of ours, or of something whose beginning cannot be read.
        failure ??= error
      }
    }
  }
  return { ...loaded, events, failure, sealedLost, lastSeq: segments.at(-1)?.seq ?? 0 }
}

export const createJournalReader = (options: {
  readonly database: Database
  readonly keyring: Keyring
  readonly loader: LeadLoader
  readonly lookupColumn: (keys: TenantKeys, kind: 'email' | 'phone', normal: string) => bigint
}): JournalReader => {
  const { database, keyring, loader, lookupColumn } = options

  const listed = createLeadList(database)

  return {
    list: async (tenantId, filter, page) => (await listed(tenantId, filter, page)).map(rowOf),
    rows: async (tenantId, ids) => {
      const [rows] = await database.batch(
        [tenantId],
        [
          {
            name: 'read_lead_rows',
            text: `select ${ROW} from millrace.lead l
                   where l.tenant_id = $1::uuid and l.id = any ($2::uuid[]) order by l.id desc`,
            values: [tenantId, uuids(ids)],
          },
        ],
      )
      return (rows ?? []).map(rowOf)
    },
    search: async (tenantId, by, page) => {
      const keys = await keyring.tenant(tenantId)
      const keyOf = (type: 'email' | 'phone'): string | null => {
        const value = by[type]
        return value === undefined ? null : String(lookupColumn(keys, type, value))
      }
      const [rows] = await database.batch(
        [tenantId],
        [
          {
            name: 'search_leads',
            // One way after the other: no index answers an OR here, and all leads would be walked through, newest first.
            text: `select ${ROW} from (
                     select id from millrace.lead
                     where tenant_id = $1::uuid and email_key = $4::bigint and ($2::uuid is null or id < $2::uuid)
                     union
                     select id from millrace.lead
                     where tenant_id = $1::uuid and phone_key = $5::bigint and ($2::uuid is null or id < $2::uuid)
                     order by id desc limit $3::integer
                   ) f cross join lateral (
                     select * from millrace.lead where tenant_id = $1::uuid and id = f.id limit 1
                   ) l order by l.id desc`,
            values: [tenantId, page.before, page.limit, keyOf('email'), keyOf('phone')],
          },
        ],
      )
      return (rows ?? []).map(rowOf)
    },
    read: async (tenantId, leadId) => {
      const loaded = await loader.load(tenantId, leadId)
      return loaded && { row: loaded.row, lead: loaded.lead, events: loaded.events }
    },
  }
}
