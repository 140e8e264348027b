import { API_KEY_MARK, apiKeyHash, apiKeyHint, newApiKey } from '../base/api-key.ts'
import type { Clock } from '../base/clock.ts'
import { Fault } from '../base/faults.ts'
import { newId } from '../base/ids.ts'
import type { Database, Row, Statement } from '../database/pool.ts'
import { SCOPES, type Scope } from './matrix.ts'

/** Keys of machines: made once, shown once, scoped, expiring, exchanged with an overlap. */

export interface ApiKey {
  readonly id: string
  readonly name: string
  readonly hint: string
  readonly scopes: readonly string[]
  readonly flow: string | null
  readonly source: string | null
  readonly enabled: boolean
  readonly createdAt: number
  readonly createdBy: string
  readonly expiresAt: number | null
  readonly lastUsedAt: number | null
  readonly replacedBy: string | null
  readonly version: number
}

/** A key as a request shows it, once it is found. */
export interface KnownKey {
  readonly tenantId: string
  readonly id: string
  readonly scopes: readonly string[]
  readonly requestsMinuteMax: number | null
  readonly corsOrigins: readonly string[]
}

export interface NewKey {
  readonly name: string
  readonly scopes: readonly string[]
  readonly flow: string | null
  readonly source: string | null
  readonly expiresAt: number | null
}

export interface ApiKeys {
  list(tenantId: string, page: { readonly after: string | null; readonly limit: number }): Promise<ApiKey[]>
  read(tenantId: string, id: string): Promise<ApiKey>
  /** The key itself is told this once. */
  make(tenantId: string, asked: NewKey, by: string): Promise<{ readonly key: ApiKey; readonly secret: string }>
  /** A successor; the old key is good for `overlapMs` more. */
  rotate(asked: {
    tenantId: string
    id: string
    overlapMs: number
    by: string
  }): Promise<{ readonly key: ApiKey; readonly secret: string; readonly old: ApiKey }>
  change(asked: {
    tenantId: string
    id: string
    change: { readonly name?: string; readonly enabled?: boolean; readonly expiresAt?: number | null }
    ifVersion: number | null
  }): Promise<ApiKey>
  remove(asked: { tenantId: string; id: string; ifVersion: number | null }): Promise<void>
  /** By the key itself, or by its id where a token stands for it. Null where it is none, switched off or over. */
  find(
    by: ({ readonly secret: string } | { readonly id: string }) & { readonly onRefused: OnKeyRefused },
  ): Promise<KnownKey | null>
  /** Whose key this id names, whatever became of it. */
  ownerOf(id: string): Promise<string | null>
}

/** A key that was shown in vain, and is somebody's. */
export type OnKeyRefused = (refused: {
  readonly tenantId: string
  readonly keyId: string
  readonly why: 'disabled' | 'expired' | 'scope' | 'secret'
}) => void

const COLUMNS = `id, name, hint, scopes, flow_id, source_id, enabled, created_at, created_by, expires_at, last_used_at,
  replaced_by, version`

const keyOf = (row: Row): ApiKey => ({
  id: row.id as string,
  name: row.name as string,
  hint: row.hint as string,
  scopes: row.scopes as string[],
  flow: row.flow_id as string | null,
  source: row.source_id as string | null,
  enabled: row.enabled as boolean,
  createdAt: row.created_at as number,
  createdBy: row.created_by as string,
  expiresAt: row.expires_at as number | null,
  lastUsedAt: row.last_used_at as number | null,
  replacedBy: row.replaced_by as string | null,
  version: row.version as number,
})

const noKey = (): Fault => new Fault('not_found', { message: 'There is no such key.' })
const problem = (field: string, message: string): Fault =>
  new Fault('invalid_request', { message: `${field}: ${message}`, problems: [{ field, message }] })

const arrayOf = (texts: readonly string[]): string => `{${texts.map((text) => JSON.stringify(text)).join(',')}}`

interface Found {
  readonly tenant_id: string
  readonly id: string
  readonly enabled: boolean
  readonly scopes: string[]
  readonly expires_at: number | null
  readonly last_used_at: number | null
  readonly limit_requests_minute: number | null
  readonly cors_origins: string[]
}

/** Last use is kept to the minute. */
export const TOUCH_MS = 60_000

export const createApiKeys = (options: { readonly database: Database; readonly clock: Clock }): ApiKeys => {
  const { database, clock } = options

  /** So that every process looks its keys up anew, at once. */
  const raiseEpoch = (tenantId: string): Statement => ({
    name: 'raise_epoch',
    text: 'update millrace.tenant set config_epoch = config_epoch + 1 where id = $1::uuid',
    values: [tenantId],
  })

  const read: ApiKeys['read'] = async (tenantId, id) => {
    const [rows] = await database.batch(
      [tenantId],
      [
        {
          name: 'read_key',
          text: `select ${COLUMNS} from millrace.source_key where tenant_id = $1::uuid and id = $2::uuid`,
          values: [tenantId, id],
        },
      ],
    )
    const row = rows?.[0]
    if (!row) throw noKey()
    return keyOf(row)
  }

  const insertion = (tenantId: string, id: string, secret: string, asked: NewKey, by: string): Statement => ({
    name: 'make_key',
    text: `insert into millrace.source_key (tenant_id, id, flow_id, source_id, key_hash, hint, created_at, name, scopes,
             expires_at, created_by)
           values ($1::uuid, $2::uuid, $3::text, $4::text, $5::bytea, $6::text, $7::timestamptz, $8::text, $9::text[],
             $10::timestamptz, $11::text)`,
    values: [
      tenantId,
      id,
      asked.flow,
      asked.source,
      apiKeyHash(secret),
      apiKeyHint(secret),
      new Date(clock.now()),
      asked.name,
      arrayOf(asked.scopes),
      asked.expiresAt === null ? null : new Date(asked.expiresAt),
      by,
    ],
  })

  const check = async (tenantId: string, { scopes, flow, source, expiresAt }: NewKey): Promise<void> => {
    const unknown = scopes.find((scope) => !Object.hasOwn(SCOPES, scope))
    if (unknown !== undefined || scopes.length === 0)
      throw problem('scopes', `expected one or more of ${Object.keys(SCOPES).join(', ')}`)
    if (expiresAt !== null && expiresAt <= clock.now()) throw problem('expires_at', 'expected a time to come')
    const submits = scopes.includes('submit' satisfies Scope)
    if (!submits) {
      if (flow !== null || source !== null) throw problem('flow', 'is only of keys with the scope submit')
      return
    }
    if (flow === null || source === null) throw problem('flow', 'expected the flow and source that the key submits to')
    const [rows] = await database.batch(
      [tenantId],
      [
        {
          name: 'find_flow',
          text: 'select id from millrace.flow where tenant_id = $1::uuid and id = $2::text',
          values: [tenantId, flow],
        },
      ],
    )
    if (!rows?.length) throw problem('flow', 'there is no flow of this id')
  }

  const raced = async (tenantId: string, id: string): Promise<never> => {
    await read(tenantId, id)
    throw new Fault('precondition_failed', { message: 'Somebody changed this key since you read it. Read it again.' })
  }

  const lookUp = async (values: [Buffer | null, string | null]): Promise<Found | undefined> => {
    const [found] = await database.definer<Found>({
      name: 'find_key',
      text: 'select * from millrace.find_source_key($1::bytea, $2::uuid)',
      values,
    })
    return found
  }

  return {
    read,

    list: async (tenantId, { after, limit }) => {
      const [rows = []] = await database.batch(
        [tenantId],
        [
          {
            name: 'list_keys',
            text: `select ${COLUMNS} from millrace.source_key
                   where tenant_id = $1::uuid and ($2::uuid is null or id > $2::uuid) order by id limit $3::integer`,
            values: [tenantId, after, limit],
          },
        ],
      )
      return rows.map(keyOf)
    },

    make: async (tenantId, asked, by) => {
      await check(tenantId, asked)
      const secret = newApiKey()
      const id = newId(clock.now())
      await database.batch([tenantId], [insertion(tenantId, id, secret, asked, by)])
      return { key: await read(tenantId, id), secret }
    },

    rotate: async ({ tenantId, id, overlapMs, by }) => {
      const now = clock.now()
      const before = await read(tenantId, id)
      if (before.replacedBy !== null || !before.enabled || (before.expiresAt !== null && before.expiresAt <= now))
        throw new Fault('conflict', {
          message: 'This key has a successor already, or is good no more: make a new one.',
        })
      const secret = newApiKey()
      const next = newId(now)
      const until = Math.min(before.expiresAt ?? Number.POSITIVE_INFINITY, now + overlapMs)
      const made = await database.transaction([tenantId], async (tx) => {
        const changed = await tx.query({
          text: `update millrace.source_key
                 set replaced_by = $3::uuid, expires_at = $4::timestamptz, version = version + 1
                 where tenant_id = $1::uuid and id = $2::uuid and replaced_by is null returning id`,
          values: [tenantId, id, next, new Date(until)],
        })
        if (changed.length === 0) return false
        await tx.query(insertion(tenantId, next, secret, before, by))
        await tx.query(raiseEpoch(tenantId))
        return true
      })
      if (!made) throw new Fault('conflict', { message: 'Somebody else has just exchanged this key.' })
      return { key: await read(tenantId, next), secret, old: await read(tenantId, id) }
    },

    change: async ({ tenantId, id, change, ifVersion }) => {
      const { name = null, enabled = null, expiresAt } = change
      if (expiresAt !== undefined && expiresAt !== null && expiresAt <= clock.now())
        throw problem('expires_at', 'expected a time to come; to end a key now, switch it off')
      const [rows] = await database.batch(
        [tenantId],
        [
          {
            name: 'change_key',
            text: `update millrace.source_key set name = coalesce($4::text, name), enabled = coalesce($5::boolean, enabled),
                     expires_at = case when $6::boolean then $7::timestamptz else expires_at end, version = version + 1
                   where tenant_id = $1::uuid and id = $2::uuid and ($3::integer is null or version = $3::integer)
                   returning ${COLUMNS}`,
            values: [
              tenantId,
              id,
              ifVersion,
              name,
              enabled,
              expiresAt !== undefined,
              expiresAt === undefined || expiresAt === null ? null : new Date(expiresAt),
            ],
          },
          raiseEpoch(tenantId),
        ],
      )
      const row = rows?.[0]
      return row ? keyOf(row) : raced(tenantId, id)
    },

    remove: async ({ tenantId, id, ifVersion }) => {
      const [rows] = await database.batch(
        [tenantId],
        [
          {
            name: 'remove_key',
            text: `delete from millrace.source_key where tenant_id = $1::uuid and id = $2::uuid
                     and ($3::integer is null or version = $3::integer) returning id`,
            values: [tenantId, id, ifVersion],
          },
          raiseEpoch(tenantId),
        ],
      )
      if (!rows?.length) await raced(tenantId, id)
    },

    ownerOf: async (id) => (await lookUp([null, id]))?.tenant_id ?? null,

    find: async (by) => {
      const now = clock.now()
      if ('secret' in by && !by.secret.startsWith(API_KEY_MARK)) return null
      const found = await lookUp('secret' in by ? [apiKeyHash(by.secret), null] : [null, by.id])
      if (!found) return null
      const isOver = found.expires_at !== null && found.expires_at <= now
      if (!found.enabled || isOver) {
        by.onRefused({ tenantId: found.tenant_id, keyId: found.id, why: found.enabled ? 'expired' : 'disabled' })
        return null
      }
      if ((found.last_used_at ?? 0) < now - TOUCH_MS)
        await database.definer({
          name: 'touch_key',
          text: 'select millrace.touch_key($1::uuid, $2::timestamptz)',
          values: [found.id, new Date(now)],
        })
      return {
        tenantId: found.tenant_id,
        id: found.id,
        scopes: found.scopes,
        requestsMinuteMax: found.limit_requests_minute,
        corsOrigins: found.cors_origins,
      }
    },
  }
}
