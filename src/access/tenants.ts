import type { Clock } from '../base/clock.ts'
import { Fault } from '../base/faults.ts'
import { type Database, type Row, type Statement, sqlState } from '../database/pool.ts'

/** Tenants: made, limited, suspended, deleted. */

export interface TenantLimits {
  /** Null: no limit. */
  readonly leadsMonth: number | null
  readonly requestsMinute: number | null
  readonly sourceRequestsMinute: number | null
  readonly destinations: number | null
  readonly storageBytes: number | null
}

export interface Tenant {
  readonly id: string
  readonly slug: string
  readonly name: string
  readonly enabled: boolean
  readonly createdAt: number
  readonly deletedAt: number | null
  readonly version: number
  readonly limits: TenantLimits
  readonly corsOrigins: readonly string[]
  readonly usage: { readonly leadsThisMonth: number; readonly storageBytes: number | null }
}

export interface TenantChange {
  readonly name?: string
  readonly enabled?: boolean
  readonly limits?: Partial<TenantLimits>
  readonly corsOrigins?: readonly string[]
}

export interface Tenants {
  list(): Promise<Tenant[]>
  /** By id or slug. Throws Fault `not_found`. */
  read(which: string): Promise<Tenant>
  /** With keys of its own, in one transaction. `id` is a new one. */
  make(asked: { id: string; slug: string; name: string; limits: Partial<TenantLimits>; by: string }): Promise<Tenant>
  change(asked: { id: string; change: TenantChange; ifVersion: number | null }): Promise<Tenant>
  /** Destroys its keys at once; its rows go after. Throws Fault `conflict` where it was not suspended first. */
  remove(id: string): Promise<void>
  /** Removes rows of a deleted tenant; how many there were, 0 when it is gone. */
  purge(id: string): Promise<number>
}

const SLUG = /^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$/
const ORIGIN = /^https?:\/\/[a-z0-9.-]+(?::\d{1,5})?$/
const PURGED_AT_ONCE = 1_000

const LIMIT_COLUMNS: Readonly<Record<keyof TenantLimits, string>> = {
  leadsMonth: 'limit_leads_month',
  requestsMinute: 'limit_requests_minute',
  sourceRequestsMinute: 'limit_source_requests_minute',
  destinations: 'limit_destinations',
  storageBytes: 'limit_storage_bytes',
}

const problem = (field: string, message: string): Fault =>
  new Fault('invalid_request', { message: `${field}: ${message}`, problems: [{ field, message }] })

const tenantOf = (row: Row, leadsThisMonth: number): Tenant => ({
  id: row.id as string,
  slug: row.slug as string,
  name: row.name as string,
  enabled: row.enabled as boolean,
  createdAt: row.created_at as number,
  deletedAt: row.deleted_at as number | null,
  version: row.version as number,
  limits: {
    leadsMonth: row.limit_leads_month as number | null,
    requestsMinute: row.limit_requests_minute as number | null,
    sourceRequestsMinute: row.limit_source_requests_minute as number | null,
    destinations: row.limit_destinations as number | null,
    storageBytes: row.limit_storage_bytes as number | null,
  },
  corsOrigins: row.cors_origins as string[],
  usage: { leadsThisMonth, storageBytes: row.storage_bytes as number | null },
})

export const createTenants = (options: {
  readonly database: Database
  readonly clock: Clock
  /** Statements that make a new tenant's keys. */
  readonly makeKeys: (tenantId: string, at: number) => Promise<readonly Statement[]>
}): Tenants => {
  const { database, clock, makeKeys } = options

  const rows = (): Promise<Row[]> =>
    database.definer({ name: 'list_tenants', text: 'select * from millrace.list_tenants()' })

  const usedThisMonth = async (id: string): Promise<number> => {
    const [row] = await database.definer<{ used: number }>({
      name: 'quota_used',
      text: 'select millrace.quota_used($1::text, $2::timestamptz) as used',
      values: [`leads:${id}`, new Date(clock.now())],
    })
    return row?.used ?? 0
  }

  const read: Tenants['read'] = async (which) => {
    const row = (await rows()).find(({ id, slug }) => id === which || slug === which)
    if (!row) throw new Fault('not_found', { message: 'There is no such tenant.' })
    return tenantOf(row, await usedThisMonth(row.id as string))
  }

  const checked = (limits: Partial<TenantLimits>): [string, number | null][] =>
    Object.entries(limits).map(([name, value]) => {
      if (value !== null && (!Number.isSafeInteger(value) || value < 0))
        throw problem(`limits.${name}`, 'expected a whole number, or null for none')
      return [LIMIT_COLUMNS[name as keyof TenantLimits], value]
    })

  return {
    list: async () =>
      Promise.all((await rows()).map(async (row) => tenantOf(row, await usedThisMonth(row.id as string)))),
    read,

    make: async ({ id, slug, name, limits, by }) => {
      if (!SLUG.test(slug)) throw problem('slug', 'expected 3 to 40 small letters, digits and hyphens')
      const now = clock.now()
      const columns = checked(limits)
      const places = columns.map(([column]) => `, ${column}`).join('')
      const values = columns.map((_column, at) => `, $${at + 6}::bigint`).join('')
      try {
        await database.transaction([id], async (tx) => {
          await tx.query({
            text: `insert into millrace.tenant (id, slug, name, created_at, created_by${places})
                   values ($1::uuid, $2, $3, $4::timestamptz, $5${values})`,
            values: [id, slug, name, new Date(now), by, ...columns.map(([, value]) => value)],
          })
          for (const statement of await makeKeys(id, now)) await tx.query(statement)
        })
      } catch (error) {
        if (sqlState(error) === '23505')
          throw new Fault('conflict', { message: `There is a tenant "${slug}" already.`, cause: error })
        throw error
      }
      return read(id)
    },

    change: async ({ id, change, ifVersion }) => {
      const { name, enabled, corsOrigins } = change
      const wrong = corsOrigins?.find((origin) => !ORIGIN.test(origin))
      if (wrong !== undefined) throw problem('cors_origins', 'expected origins such as https://www.example.com')
      const sets: [string, string | number | boolean | null][] = [
        ...(name === undefined ? [] : [['name = ?::text', name] as [string, string]]),
        ...(enabled === undefined ? [] : [['enabled = ?::boolean', enabled] as [string, boolean]]),
        ...(corsOrigins === undefined
          ? []
          : [
              ['cors_origins = ?::text[]', `{${corsOrigins.map((each) => JSON.stringify(each)).join(',')}}`] as [
                string,
                string,
              ],
            ]),
        ...checked(change.limits ?? {}).map(([column, value]): [string, number | null] => [
          `${column} = ?::bigint`,
          value,
        ]),
      ]
      const [changed] = await database.batch(
        [id],
        [
          {
            text: `update millrace.tenant set version = version + 1, config_epoch = config_epoch + 1${sets
              .map(([set], at) => `, ${set.replace('?', `$${at + 3}`)}`)
              .join('')}
                   where id = $1::uuid and deleted_at is null and ($2::integer is null or version = $2::integer) returning id`,
            values: [id, ifVersion, ...sets.map(([, value]) => value)],
          },
        ],
      )
      const after = await read(id)
      if (!changed?.length)
        throw new Fault('precondition_failed', {
          message: 'Somebody changed this tenant since you read it. Read it again.',
        })
      return after
    },

    remove: async (id) => {
      const [row] = await database.definer<{ deleted: boolean }>({
        name: 'delete_tenant',
        text: 'select millrace.delete_tenant($1::uuid, $2::timestamptz) as deleted',
        values: [id, new Date(clock.now())],
      })
      if (!row?.deleted)
        throw new Fault('conflict', {
          message: 'A tenant is suspended before it is deleted: it takes nothing in then.',
        })
    },

    purge: async (id) => {
      const [row] = await database.definer<{ gone: number }>({
        name: 'purge_tenant',
        text: 'select millrace.purge_tenant($1::uuid, $2::integer) as gone',
        values: [id, PURGED_AT_ONCE],
      })
      return row?.gone ?? 0
    },
  }
}
