import type { Clock } from '../base/clock.ts'
import { gather } from '../base/coalesce.ts'
import { Fault, isFault } from '../base/faults.ts'
import { open, seal } from '../base/seal.ts'
import { byteas, int4s, int8s, texts, timestamps, uuids } from '../database/arrays.ts'
import { type Database, type Row, sqlState, type Tx } from '../database/pool.ts'
import { type Keyring, openUnderTenant, type TenantKeys } from '../journal/keyring.ts'
import type { Json } from '../kit/field.ts'
import { auditHash, FIRST_AUDIT_HEAD } from './chain.ts'
import type { AuditEntry, AuditFilter, StoredAuditEntry } from './types.ts'

/**
 * What people and keys did, chained. `record` resolves when the entry is durable: whoever shows personal data, or says
 * that something was changed, waits for it first.
 */
export interface Audit {
  record(entry: AuditEntry): Promise<void>
  /** The same inside a transaction of the caller's, so that a change and its entry stand or fall together. */
  recordIn(tx: Tx, entries: readonly AuditEntry[]): Promise<void>
  /** Newest first; `before` is the number the last page ended with. */
  list(
    tenantId: string,
    filter: AuditFilter,
    page: { readonly before: number | null; readonly limit: number },
  ): Promise<StoredAuditEntry[]>
}

const ROWS_MAX = 200
const TRIES = 5

const objectOf = (text: string): Readonly<Record<string, Json>> => JSON.parse(text) as Record<string, Json>

/** Under the tenant's audit key; what is older than that key, under the wrapping key of its time. */
const opened = (keys: TenantKeys, { sealed, sealed_by: by }: Row): Readonly<Record<string, Json>> | null => {
  if (sealed === null) return null
  const bytes = sealed as Buffer
  if (by === null) return objectOf(openUnderTenant(keys, bytes).toString('utf8'))
  const { audit } = keys
  if (audit === null || by !== audit.version)
    throw new Fault('internal', { message: 'Internal error', detail: `a tenant has no audit key of version ${by}` })
  return objectOf(open(audit.key, bytes).toString('utf8'))
}

const storedOf = (tenantId: string, row: Row, keys: TenantKeys): StoredAuditEntry => ({
  tenantId,
  seq: row.seq as number,
  at: row.at as number,
  actor: { kind: row.actor_kind as AuditEntry['actor']['kind'], id: row.actor as string },
  action: row.action as string,
  resource: row.resource as string,
  resourceId: row.resource_id as string | null,
  data: objectOf(row.data as string),
  personal: opened(keys, row),
})

export const createAudit = (options: {
  readonly database: Database
  readonly keyring: Keyring
  readonly clock: Clock
}): Audit => {
  const { database, keyring, clock } = options

  const recordIn: Audit['recordIn'] = async (tx, entries) => {
    if (entries.length === 0) return
    // In one order everywhere, so that two transactions never wait for each other's tenants.
    const tenants = [...new Set(entries.map((entry) => entry.tenantId))].sort()
    // Only of those that have something to seal: the keys of a tenant that this transaction makes are not to be had yet.
    const sealing = [...new Set(entries.flatMap(({ tenantId, personal }) => (personal ? [tenantId] : [])))]
    const keys = new Map(await Promise.all(sealing.map(async (id) => [id, await keyring.tenant(id)] as const)))
    await tx.query({
      name: 'audit_heads_made',
      text: `insert into millrace.audit_head (tenant_id, seq, head)
             select w.id, 0, $2::bytea from unnest($1::uuid[]) as w(id) order by 1 on conflict do nothing`,
      values: [uuids(tenants), FIRST_AUDIT_HEAD],
    })
    const heads = await tx.query<{ tenant_id: string; seq: number; head: Buffer }>({
      name: 'audit_heads',
      text: `select tenant_id, seq, head from millrace.audit_head
             where tenant_id = any ($1::uuid[]) order by tenant_id for update`,
      values: [uuids(tenants)],
    })
    const ends = new Map(heads.map((row) => [row.tenant_id, { seq: row.seq, head: row.head }]))
    const at = clock.now()
    const rows = entries.map((entry) => {
      const end = ends.get(entry.tenantId) ?? { seq: 0, head: FIRST_AUDIT_HEAD }
      const sealing = entry.personal && keys.get(entry.tenantId)
      const by = sealing?.audit ?? null
      const row = {
        tenantId: entry.tenantId,
        seq: end.seq + 1,
        at,
        actorKind: entry.actor.kind,
        actor: entry.actor.id,
        action: entry.action,
        resource: entry.resource,
        resourceId: entry.resourceId,
        data: JSON.stringify(entry.data ?? {}),
        sealed: sealing ? seal(by?.key ?? sealing.wrap, JSON.stringify(entry.personal)) : null,
      }
      const hash = auditHash(end.head, row)
      ends.set(entry.tenantId, { seq: row.seq, head: hash })
      return { ...row, hash, sealedBy: sealing && by ? by.version : null }
    })
    await tx.all([
      {
        name: 'audit_entries',
        text: `insert into millrace.audit_entry
                 (tenant_id, seq, at, actor_kind, actor, action, resource, resource_id, data, sealed, hash, sealed_by)
               select * from unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::text[], $5::text[], $6::text[],
                 $7::text[], $8::text[], $9::text[], $10::bytea[], $11::bytea[], $12::integer[])`,
        values: [
          uuids(rows.map((row) => row.tenantId)),
          int8s(rows.map((row) => row.seq)),
          timestamps(rows.map((row) => row.at)),
          texts(rows.map((row) => row.actorKind)),
          texts(rows.map((row) => row.actor)),
          texts(rows.map((row) => row.action)),
          texts(rows.map((row) => row.resource)),
          texts(rows.map((row) => row.resourceId)),
          texts(rows.map((row) => row.data)),
          byteas(rows.map((row) => row.sealed)),
          byteas(rows.map((row) => row.hash)),
          int4s(rows.map((row) => row.sealedBy)),
        ],
      },
      {
        name: 'audit_heads_moved',
        text: `update millrace.audit_head h set seq = w.seq, head = w.head
               from unnest($1::uuid[], $2::bigint[], $3::bytea[]) as w(tenant_id, seq, head)
               where h.tenant_id = w.tenant_id`,
        values: [
          uuids(tenants),
          int8s(tenants.map((id) => ends.get(id)?.seq ?? 0)),
          byteas(tenants.map((id) => ends.get(id)?.head ?? FIRST_AUDIT_HEAD)),
        ],
      },
    ])
  }

  const run = async (entries: readonly AuditEntry[]): Promise<readonly undefined[]> => {
    const tenants = [...new Set(entries.map((entry) => entry.tenantId))]
    for (let tries = 1; ; tries += 1) {
      try {
        await database.transaction(tenants, (tx) => recordIn(tx, entries))
        return entries.map(() => undefined)
      } catch (error) {
        const passing = sqlState(error) === '40P01' || sqlState(error) === '40001'
        if (!passing || tries === TRIES) throw error
      }
    }
  }
  const record = gather<AuditEntry, undefined>({ run, rowsMax: ROWS_MAX, concurrency: 1, whole: isFault })

  return {
    record: (entry) => record(entry),
    recordIn,
    list: async (tenantId, filter, page) => {
      const keys = await keyring.tenant(tenantId)
      const [rows] = await database.batch(
        [tenantId],
        [
          {
            name: 'audit_list',
            text: `select seq, at, actor_kind, actor, action, resource, resource_id, data, sealed, sealed_by
                   from millrace.audit_entry
                   where tenant_id = $1::uuid and ($2::bigint is null or seq < $2::bigint)
                     and ($3::text is null or actor = $3::text) and ($4::text is null or action = $4::text)
                     and ($5::text is null or resource = $5::text) and ($6::text is null or resource_id = $6::text)
                     and ($7::timestamptz is null or at >= $7::timestamptz)
                     and ($8::timestamptz is null or at < $8::timestamptz)
                   order by seq desc limit $9::integer`,
            values: [
              tenantId,
              page.before,
              filter.actor ?? null,
              filter.action ?? null,
              filter.resource ?? null,
              filter.resourceId ?? null,
              filter.from === undefined ? null : new Date(filter.from),
              filter.to === undefined ? null : new Date(filter.to),
              page.limit,
            ],
          },
        ],
      )
      return (rows ?? []).map((row) => storedOf(tenantId, row, keys))
    },
  }
}
