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

export interface LeadLoader {
  load(tenantId: string, leadId: string): Promise<LoadedLead | null>
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

export const createLeadLoader = (options: { readonly database: Database; readonly keyring: Keyring }): LeadLoader => {
  const { database, keyring } = options
  return {
    load: async (tenantId, leadId) => {
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
      const lead = newLead(leadId, tenantId)
      lead.currency = (row.currency as string | null) ?? lead.currency
      const events: StoredEvent[] = []
      for (const segment of segments ?? []) {
        const decoded: LeadEvent[] = decodeSegment(
          {
            leadId,
            at: segment.at as number,
            events: segment.events as string,
            sealed: segment.sealed as Buffer | null,
          },
          key,
        )
        for (const [position, event] of decoded.entries()) {
          evolve(lead, event)
          events.push({ ...event, seq: segment.seq as number, position })
        }
      }
      const mark = work?.[0]
      return {
        lead,
        row: rowOf(row),
        events,
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
      }
    },
  }
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
