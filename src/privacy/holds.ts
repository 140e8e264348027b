import type { Audit } from '../audit/audit.ts'
import type { Actor } from '../audit/types.ts'
import type { Clock } from '../base/clock.ts'
import { Fault } from '../base/faults.ts'
import { newId } from '../base/ids.ts'
import { open } from '../base/seal.ts'
import { int8s, texts, uuids } from '../database/arrays.ts'
import type { Database } from '../database/pool.ts'
import type { Keyring } from '../journal/keyring.ts'
import type { Held, Subject } from './types.ts'

/** Evidence that must outlive an erasure: declared before, kept under a key of its own, gone when the hold is released. */
export interface Holds {
  place(asked: {
    readonly tenantId: string
    readonly actor: Actor
    /** What it is for, in words that name nobody. */
    readonly matter: string
    readonly subject: Subject
    readonly keeps: readonly Held[]
  }): Promise<string>
  /** What it kept so far. Throws Fault `not_found`. */
  read(tenantId: string, id: string): Promise<Readonly<Record<string, unknown>>[]>
  release(asked: { readonly tenantId: string; readonly id: string; readonly actor: Actor }): Promise<void>
  list(tenantId: string): Promise<HoldRow[]>
}

export interface HoldRow {
  readonly id: string
  readonly at: number
  readonly matter: string
  readonly keeps: readonly string[]
  readonly releasedAt: number | null
  readonly evidence: number
}

const noHold = (): Fault => new Fault('not_found', { message: 'There is no such hold' })

export const createHolds = (options: {
  readonly database: Database
  readonly keyring: Keyring
  readonly audit: Audit
  readonly clock: Clock
}): Holds => {
  const { database, keyring, audit, clock } = options
  return {
    place: async ({ tenantId, actor, matter, subject, keeps }) => {
      const at = clock.now()
      const id = newId(at)
      const keys = await keyring.tenant(tenantId)
      const { wrapped } = keyring.newScopedKey(keys, 'evidence', id)
      await database.transaction([tenantId], async (tx) => {
        await tx.all([
          {
            name: 'hold_key',
            text: `insert into millrace.sealing_key (tenant_id, id, scope, tenant_key_version, wrapped)
                   values ($1::uuid, $2::uuid, 'evidence', $3::integer, $4)`,
            values: [tenantId, id, keys.wrapVersion, wrapped],
          },
          {
            name: 'hold_place',
            text: `insert into millrace.legal_hold (tenant_id, id, at, actor, matter, keys, leads, keeps)
                   values ($1::uuid, $2::uuid, $3::timestamptz, $4, $5, $6::bigint[], $7::uuid[], $8::text[])`,
            values: [
              tenantId,
              id,
              new Date(at),
              actor.id,
              matter,
              int8s([...subject.keys]),
              uuids([...subject.leads]),
              texts([...keeps]),
            ],
          },
        ])
        const data = { keeps: [...keeps] }
        await audit.recordIn(tx, [{ tenantId, actor, action: 'hold.place', resource: 'hold', resourceId: id, data }])
      })
      return id
    },
    read: async (tenantId, id) => {
      const [keyRows = [], rows = []] = await database.batch(
        [tenantId],
        [
          {
            name: 'hold_key_read',
            text: `select wrapped, tenant_key_version from millrace.sealing_key
                   where tenant_id = $1::uuid and id = $2::uuid and scope = 'evidence'`,
            values: [tenantId, id],
          },
          {
            name: 'hold_evidence',
            text: 'select sealed from millrace.held_evidence where tenant_id = $1::uuid and hold_id = $2::uuid order by lead_id',
            values: [tenantId, id],
          },
        ],
      )
      const row = keyRows[0]
      if (!row) throw noHold()
      const keys = await keyring.tenant(tenantId)
      const version = row.tenant_key_version as number
      const key = keyring.openScopedKey(keys, 'evidence', id, row.wrapped as Buffer, version)
      return rows.map(
        ({ sealed }) => JSON.parse(open(key, sealed as Buffer).toString('utf8')) as Record<string, unknown>,
      )
    },
    release: async ({ tenantId, id, actor }) => {
      await database.transaction([tenantId], async (tx) => {
        const released = await tx.query({
          name: 'hold_release',
          text: `update millrace.legal_hold set released_at = $3::timestamptz
                 where tenant_id = $1::uuid and id = $2::uuid and released_at is null returning id`,
          values: [tenantId, id, new Date(clock.now())],
        })
        if (released.length === 0) throw noHold()
        await tx.all([
          {
            name: 'hold_key_gone',
            text: `delete from millrace.sealing_key where tenant_id = $1::uuid and id = $2::uuid and scope = 'evidence'`,
            values: [tenantId, id],
          },
          {
            name: 'hold_evidence_gone',
            text: 'delete from millrace.held_evidence where tenant_id = $1::uuid and hold_id = $2::uuid',
            values: [tenantId, id],
          },
        ])
        await audit.recordIn(tx, [{ tenantId, actor, action: 'hold.release', resource: 'hold', resourceId: id }])
      })
    },
    list: async (tenantId) => {
      const [rows = []] = await database.batch(
        [tenantId],
        [
          {
            name: 'hold_list',
            text: `select h.id, h.at, h.matter, array_to_string(h.keeps, ',') as keeps, h.released_at,
                     (select count(*) from millrace.held_evidence e
                      where e.tenant_id = h.tenant_id and e.hold_id = h.id)::integer as evidence
                   from millrace.legal_hold h where h.tenant_id = $1::uuid order by h.id desc limit 500`,
            values: [tenantId],
          },
        ],
      )
      return rows.map((row) => ({
        id: row.id as string,
        at: row.at as number,
        matter: row.matter as string,
        keeps: (row.keeps as string).split(','),
        releasedAt: row.released_at as number | null,
        evidence: row.evidence as number,
      }))
    },
  }
}
