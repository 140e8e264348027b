import { sign, verify } from 'node:crypto'
import type { Database } from '../database/pool.ts'
import { anchorKey } from '../journal/anchors.ts'
import type { Keyring } from '../journal/keyring.ts'
import { auditHash, FIRST_AUDIT_HEAD } from './chain.ts'

/** What is wrong with a tenant's audit, at its first place. */
export interface AuditBreach {
  readonly tenantId: string
  readonly seq: number
  readonly what: 'changed' | 'missing' | 'tail_removed' | 'head_differs' | 'signature'
}

const PAGE = 2_000

const signedText = (tenantId: string, seq: number, head: Uint8Array): Buffer =>
  Buffer.from(`millrace audit 1|${tenantId}|${seq}|${Buffer.from(head).toString('hex')}`)

/** Signs the present end of a tenant's chain, unless it is signed already. */
export const anchorAudit = async (options: {
  readonly database: Database
  readonly keyring: Keyring
  readonly tenantId: string
  readonly now: number
}): Promise<void> => {
  const { database, keyring, tenantId, now } = options
  const [heads] = await database.batch(
    [tenantId],
    [
      {
        name: 'audit_unsigned_head',
        text: `select h.seq, h.head from millrace.audit_head h where h.tenant_id = $1::uuid and h.seq > 0
               and not exists (select from millrace.audit_anchor a where a.tenant_id = h.tenant_id and a.seq = h.seq)`,
        values: [tenantId],
      },
    ],
  )
  const head = heads?.[0]
  if (!head) return
  const seq = head.seq as number
  const hash = head.head as Buffer
  await database.batch(
    [tenantId],
    [
      {
        name: 'audit_anchor_put',
        text: `insert into millrace.audit_anchor (tenant_id, seq, head, signature, made_at)
               values ($1::uuid, $2::bigint, $3, $4, $5::timestamptz) on conflict do nothing`,
        values: [
          tenantId,
          seq,
          hash,
          sign(null, signedText(tenantId, seq, hash), anchorKey(keyring).secret),
          new Date(now),
        ],
      },
    ],
  )
}

/**
 * Walks a tenant's audit from its beginning, or from the signed place before what retention let go, to its end.
 */
export const verifyAudit = async (options: {
  readonly database: Database
  readonly keyring: Keyring
  readonly tenantId: string
}): Promise<{ readonly entries: number; readonly breach: AuditBreach | null }> => {
  const { database, keyring, tenantId } = options
  const { public: key } = anchorKey(keyring)
  let entries = 0
  const breach = (what: AuditBreach['what'], seq: number) => ({ entries, breach: { tenantId, seq, what } })
  const [anchorRows, heads, firsts] = await database.batch(
    [tenantId],
    [
      {
        name: 'audit_anchors',
        text: 'select seq, head, signature from millrace.audit_anchor where tenant_id = $1::uuid order by seq',
        values: [tenantId],
      },
      {
        name: 'audit_head',
        text: 'select seq from millrace.audit_head where tenant_id = $1::uuid',
        values: [tenantId],
      },
      {
        name: 'audit_first',
        text: 'select seq from millrace.audit_entry where tenant_id = $1::uuid order by seq limit 1',
        values: [tenantId],
      },
    ],
  )
  const anchors = new Map<number, Buffer>()
  for (const row of anchorRows ?? []) {
    const seq = row.seq as number
    if (!verify(null, signedText(tenantId, seq, row.head as Buffer), key, row.signature as Buffer))
      return breach('signature', seq)
    anchors.set(seq, row.head as Buffer)
  }
  const first = (firsts?.[0]?.seq as number | undefined) ?? ((heads?.[0]?.seq as number | undefined) ?? 0) + 1
  let seq = first - 1
  let head: Buffer = FIRST_AUDIT_HEAD
  if (seq > 0) {
    const signed = anchors.get(seq)
    if (!signed) return breach('missing', 1)
    head = signed
  }
  /** The chain's end as it was when its last page was read: entries come while it is walked. */
  let end: { readonly seq: number; readonly head: Buffer } | null
  for (;;) {
    const [page = []] = await database.batch(
      [tenantId],
      [
        {
          name: 'audit_walk',
          text: `select h.seq as end_seq, h.head as end_head, e.*
                 from (select $1::uuid as tenant_id) t
                 left join millrace.audit_head h on h.tenant_id = t.tenant_id
                 left join lateral (
                   select seq, at, actor_kind, actor, action, resource, resource_id, data, sealed, hash
                   from millrace.audit_entry where tenant_id = t.tenant_id and seq > $2::bigint order by seq limit ${PAGE}
                 ) e on true
                 order by e.seq`,
          values: [tenantId, seq],
        },
      ],
    )
    const [{ end_seq: endSeq, end_head: endHead } = { end_seq: null, end_head: null }] = page
    end = endSeq === null ? null : { seq: endSeq as number, head: endHead as Buffer }
    const rows = page.filter((row) => row.seq !== null)
    for (const row of rows) {
      if (row.seq !== seq + 1) return breach('missing', seq + 1)
      seq += 1
      const hash = auditHash(head, {
        tenantId,
        seq,
        at: row.at as number,
        actorKind: row.actor_kind as string,
        actor: row.actor as string,
        action: row.action as string,
        resource: row.resource as string,
        resourceId: row.resource_id as string | null,
        data: row.data as string,
        sealed: row.sealed as Buffer | null,
      })
      if (!hash.equals(row.hash as Buffer)) return breach('changed', seq)
      const signed = anchors.get(seq)
      if (signed && !signed.equals(hash)) return breach('head_differs', seq)
      head = hash
      entries += 1
    }
    if (rows.length < PAGE) break
  }
  const last = Math.max(end?.seq ?? 0, ...anchors.keys())
  if (seq < last) return breach('tail_removed', seq + 1)
  // The row that keeps the end is made before the first entry is, and never taken away.
  if (seq > 0 && (end?.seq !== seq || !head.equals(end.head))) return breach('head_differs', seq)
  return { entries, breach: null }
}
