import { Fault } from '../base/faults.ts'
import { newKeyBytes, open, seal } from '../base/seal.ts'
import { byteas, int4s, texts, uuids } from '../database/arrays.ts'
import type { Database, Row } from '../database/pool.ts'
import type { Value } from '../database/statement.ts'
import { type Keyring, type MasterKeys, openUnderTenant, type TenantKeys } from '../journal/keyring.ts'

/**
 * Exchanging keys while everything runs.
 *
 * A tenant's: a new version is made, what is new is wrapped under it at once, and what there is follows in pages. Both
 * versions open all the while, so it may be broken off anywhere and done again. The journal is not touched: only the
 * keys of leads are wrapped anew, not what they seal.
 *
 * The master's: each key it wraps is unwrapped and wrapped by the new one. It may be broken off and done again.
 */
export interface Progress {
  readonly what: string
  readonly done: number
  readonly of: number
}

const PAGE = 1_000
const LEADS_PAGE = 2_000
const FIRST_ID = '00000000-0000-0000-0000-000000000000'

/** Rows of these may be as large as an answer of the API. */
const SEALED_PAGE = 100

interface SealedColumn {
  readonly table: string
  readonly column: string
  /** What names a row among its tenant's: a column, or an expression where that takes two. */
  readonly id: string
  readonly type: 'uuid' | 'text' | 'bytea'
}

/**
 * Columns sealed under the tenant's own key. The audit's are not among them: its chain covers what they hold, so they
 * have a key that is not exchanged (docs/decisions/0071).
 */
export const SEALED_COLUMNS: readonly SealedColumn[] = [
  { table: 'secret', column: 'sealed', id: 'name', type: 'text' },
  { table: 'login', column: 'sealed', id: 'id', type: 'uuid' },
  { table: 'login', column: 'totp', id: 'id', type: 'uuid' },
  { table: 'login_session', column: 'sealed', id: 'id', type: 'uuid' },
  { table: 'idempotency', column: 'sealed', id: 'key', type: 'bytea' },
  { table: 'sso_provider', column: 'client_secret', id: 'tenant_id', type: 'uuid' },
  { table: 'account', column: 'sealed', id: 'id', type: 'uuid' },
  { table: 'access_token', column: 'sealed', id: 'name', type: 'bytea' },
  { table: 'fact', column: 'sealed', id: 'key', type: 'bytea' },
  { table: 'recipient_notice', column: 'sealed', id: 'id', type: 'uuid' },
  { table: 'hold', column: 'reason', id: "scope || '/' || name", type: 'text' },
  { table: 'replay_run', column: 'reason', id: 'id', type: 'uuid' },
]

export interface Rotating {
  readonly database: Database
  readonly keyring: Keyring
  readonly master: MasterKeys
  readonly tenantId: string
  readonly now: number
  readonly onProgress?: (progress: Progress) => void
}

/** Of all there is to go through; not asked for where nobody looks on. */
const countOf = async (
  { database, tenantId, onProgress }: Rotating,
  text: string,
  values: readonly Value[] = [],
): Promise<number> => {
  if (!onProgress) return 0
  const [rows] = await database.batch([tenantId], [{ text, values: [tenantId, ...values] }])
  return Number(rows?.[0]?.count ?? 0)
}

const rewrapLeads = async (rotating: Rotating, keys: TenantKeys): Promise<number> => {
  const { database, keyring, tenantId, onProgress } = rotating
  const of = await countOf(rotating, 'select count(*) from millrace.lead where tenant_id = $1::uuid')
  let seen = 0
  let done = 0
  let after = FIRST_ID
  for (;;) {
    const [all = []] = await database.batch(
      [tenantId],
      [
        {
          name: 'leads_to_rewrap',
          // Page by page whatever they are under: to look for the last few would go through all the others at once.
          text: `select id, key_version, case when key_version <> $2::integer then wrapped_key end as wrapped_key
                 from millrace.lead where tenant_id = $1::uuid and id > $3::uuid order by id limit ${LEADS_PAGE}`,
          values: [tenantId, keys.wrapVersion, after],
        },
      ],
    )
    const last = all.at(-1)
    if (!last) return done
    after = last.id as string
    seen += all.length
    const rows = all.filter((row) => row.wrapped_key !== null)
    if (rows.length === 0) {
      onProgress?.({ what: 'keys of leads', done: seen, of: Math.max(of, seen) })
      continue
    }
    const wrapped = rows.map((row) =>
      keyring.rewrap(keys, 'lead', row.id as string, row.wrapped_key as Buffer, row.key_version as number),
    )
    // One erased or rewrapped meanwhile no longer has the version it was read with.
    await database.batch(
      [tenantId],
      [
        {
          name: 'rewrap_leads',
          text: `update millrace.lead l set wrapped_key = w.wrapped, key_version = $5::integer
                 from unnest($2::uuid[], $3::bytea[], $4::integer[]) as w(id, wrapped, version)
                 where l.tenant_id = $1::uuid and l.id = w.id and l.key_version = w.version and l.wrapped_key is not null`,
          values: [
            tenantId,
            uuids(rows.map((row) => row.id as string)),
            byteas(wrapped),
            int4s(rows.map((row) => row.key_version as number)),
            keys.wrapVersion,
          ],
        },
      ],
    )
    done += rows.length
    onProgress?.({ what: 'keys of leads', done: seen, of: Math.max(of, seen) })
  }
}

const rewrapScoped = async (rotating: Rotating, keys: TenantKeys): Promise<number> => {
  const { database, keyring, tenantId, onProgress } = rotating
  const stale = 'tenant_id = $1::uuid and tenant_key_version <> $2::integer'
  const of = await countOf(rotating, `select count(*) from millrace.sealing_key where ${stale}`, [keys.wrapVersion])
  let done = 0
  for (;;) {
    const [rows = []] = await database.batch(
      [tenantId],
      [
        {
          name: 'scoped_to_rewrap',
          text: `select id, scope, tenant_key_version, wrapped from millrace.sealing_key where ${stale} limit ${PAGE}`,
          values: [tenantId, keys.wrapVersion],
        },
      ],
    )
    if (rows.length === 0) return done
    const rewrapped = (row: Row): Buffer =>
      keyring.rewrap(
        keys,
        row.scope as 'person' | 'evidence',
        row.id as string,
        row.wrapped as Buffer,
        row.tenant_key_version as number,
      )
    for (const row of rows)
      await database.batch(
        [tenantId],
        [
          {
            name: 'rewrap_scoped',
            text: `update millrace.sealing_key set wrapped = $4, tenant_key_version = $5::integer
                   where tenant_id = $1::uuid and id = $2::uuid and scope = $3 and tenant_key_version = $6::integer`,
            values: [
              tenantId,
              row.id as string,
              row.scope as string,
              rewrapped(row),
              keys.wrapVersion,
              row.tenant_key_version as number,
            ],
          },
        ],
      )
    done += rows.length
    onProgress?.({ what: 'keys of evidence and persons', done, of: Math.max(of, done) })
  }
}

const idsOf = (type: SealedColumn['type'], rows: readonly Row[]): Buffer =>
  type === 'bytea'
    ? byteas(rows.map((row) => row.id as Buffer))
    : (type === 'uuid' ? uuids : texts)(rows.map((row) => row.id as string))

/** Under the newest already. */
const opens = (keys: TenantKeys, sealed: Buffer): boolean => {
  try {
    open(keys.wrap, sealed)
    return true
  } catch {
    return false
  }
}

const resealColumn = async (
  { database, tenantId }: Rotating,
  keys: TenantKeys,
  { table, column, id, type }: SealedColumn,
  onPage: (rows: number) => void,
): Promise<number> => {
  let after: Value = null
  let resealed = 0
  for (;;) {
    const [rows = []] = await database.batch(
      [tenantId],
      [
        {
          text: `select ${id} as id, ${column} as sealed from millrace.${table}
                 where tenant_id = $1::uuid and ${column} is not null and ($2::${type} is null or ${id} > $2::${type})
                 order by ${id} limit ${SEALED_PAGE}`,
          values: [tenantId, after],
        },
      ],
    )
    const last = rows.at(-1)
    if (!last) return resealed
    after = last.id as Value
    onPage(rows.length)
    const older = rows.filter((row) => !opens(keys, row.sealed as Buffer))
    if (older.length === 0) continue
    resealed += older.length
    const before = older.map((row) => row.sealed as Buffer)
    // One written anew meanwhile is under the newest already, and is not what was read.
    await database.batch(
      [tenantId],
      [
        {
          text: `update millrace.${table} t set ${column} = w.becomes
                 from unnest($2::${type}[], $3::bytea[], $4::bytea[]) as w(of_row, was, becomes)
                 where t.tenant_id = $1::uuid and ${id} = w.of_row and t.${column} = w.was`,
          values: [
            tenantId,
            idsOf(type, older),
            byteas(before),
            byteas(before.map((sealed) => seal(keys.wrap, openUnderTenant(keys, sealed)))),
          ],
        },
      ],
    )
  }
}

const reseal = async (rotating: Rotating, keys: TenantKeys): Promise<number> => {
  const { onProgress } = rotating
  const count = SEALED_COLUMNS.map(
    ({ table, column }) =>
      `(select count(*) from millrace.${table} where tenant_id = $1::uuid and ${column} is not null)`,
  ).join(' + ')
  const of = await countOf(rotating, `select ${count} as count`)
  let seen = 0
  let resealed = 0
  for (const column of SEALED_COLUMNS)
    resealed += await resealColumn(rotating, keys, column, (rows) => {
      seen += rows
      onProgress?.({ what: 'secrets, logins and what else is the tenant’s', done: seen, of: Math.max(of, seen) })
    })
  return resealed
}

export interface Rotated {
  readonly version: number
  readonly leads: number
  readonly scoped: number
  readonly sealed: number
}

/**
 * Under what this process holds, where it could not read the newest (a master key's service is away), everything would be
 * wrapped under an older one.
 */
const newestKeys = async ({ database, keyring, tenantId }: Rotating): Promise<TenantKeys> => {
  await keyring.refresh(tenantId)
  const keys = await keyring.tenant(tenantId)
  const [rows] = await database.batch(
    [tenantId],
    [
      {
        name: 'newest_wrap_key',
        text: `select max(version) as version from millrace.tenant_key where tenant_id = $1::uuid and purpose = 'wrap'`,
        values: [tenantId],
      },
    ],
  )
  const newest = rows?.[0]?.version as number
  if (keys.wrapVersion !== newest)
    throw new Fault('overloaded', {
      message: `The newest key of the tenant (version ${newest}) could not be read yet, so nothing was wrapped. Try again.`,
      retryAfterMs: 1_000,
    })
  return keys
}

/**
 * Makes a new version of a tenant's key, unless `onlyFinish`, and wraps everything under the newest. Throws Fault
 * `overloaded` where that cannot be read now.
 */
export const rotateTenant = async (rotating: Rotating & { readonly onlyFinish?: boolean }): Promise<Rotated> => {
  const { database, keyring, master, tenantId, now } = rotating
  const before = await keyring.tenant(tenantId)
  if (!rotating.onlyFinish)
    await database.batch(
      [tenantId],
      [
        {
          name: 'new_wrap_key',
          text: `insert into millrace.tenant_key (tenant_id, purpose, version, wrapped, created_at, master)
                 values ($1::uuid, 'wrap', $2::integer, $3, $4::timestamptz, $5)`,
          values: [tenantId, before.wrapVersion + 1, await master.wrap(newKeyBytes()), new Date(now), master.current()],
        },
        {
          name: 'raise_epoch',
          text: 'update millrace.tenant set config_epoch = config_epoch + 1 where id = $1::uuid',
          values: [tenantId],
        },
      ],
    )
  const keys = await newestKeys(rotating)
  const sealed = await reseal(rotating, keys)
  const scoped = await rewrapScoped(rotating, keys)
  const leads = await rewrapLeads(rotating, keys)
  return { version: keys.wrapVersion, leads, scoped, sealed }
}

/** Wraps by the present master key what another one wraps. Gives how many keys that were. */
export const rotateMaster = async (options: {
  readonly database: Database
  readonly master: MasterKeys
  readonly tenants: readonly string[]
  /** Wrap also what the present key wraps already: the key inside a service has a new version. */
  readonly all: boolean
  readonly onProgress?: (progress: Progress) => void
}): Promise<number> => {
  const { database, master, tenants, all, onProgress } = options
  const present = master.current()
  let changed = 0
  for (const [index, tenantId] of tenants.entries()) {
    const [rows = []] = await database.batch(
      [tenantId],
      [
        {
          name: 'keys_to_rewrap',
          text: 'select purpose, version, wrapped, master from millrace.tenant_key where tenant_id = $1::uuid',
          values: [tenantId],
        },
      ],
    )
    for (const row of rows) {
      if (!all && row.master === present) continue
      const wrapped = await master.wrap(await master.unwrap(row.wrapped as Buffer, row.master as string | null))
      await database.batch(
        [tenantId],
        [
          {
            name: 'rewrap_tenant_key',
            text: `update millrace.tenant_key set wrapped = $4, master = $5
                   where tenant_id = $1::uuid and purpose = $2 and version = $3::integer and wrapped = $6`,
            values: [tenantId, row.purpose as string, row.version as number, wrapped, present, row.wrapped as Buffer],
          },
        ],
      )
      changed += 1
    }
    onProgress?.({ what: 'tenants', done: index + 1, of: tenants.length })
  }
  const roots = await database.definer<{ purpose: string; wrapped: Buffer; master: string }>({
    name: 'installation_keys',
    text: 'select purpose, wrapped, master from millrace.installation_key',
  })
  for (const row of roots) {
    if (!all && row.master === present) continue
    await database.definer({
      name: 'rewrap_installation_key',
      text: 'update millrace.installation_key set wrapped = $2, master = $3 where purpose = $1 and wrapped = $4',
      values: [row.purpose, await master.wrap(await master.unwrap(row.wrapped, row.master)), present, row.wrapped],
    })
    changed += 1
  }
  return changed
}
