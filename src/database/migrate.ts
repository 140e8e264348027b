/**
 * Brings a database to this program's tables: plain SQL files, forward only, each applied once in its own transaction.
 *
 * Not by a migration library: it would split files at comments that read like its markers and keep no digest of what was
 * applied. `millrace.migration` holds name, time and digest of each file. Refused are a file that changed after
 * it was applied, a gap in the numbers, and a database ahead of the program; but a file whose first line is
 * `-- expands` only adds, and the program of the version before may go on beside it.
 *
 * Runs as the role that connects; it owns the tables.
 */

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { Fault } from '../base/faults.ts'
import { translate } from './errors.ts'
import type { Connection } from './statement.ts'
import { unreached } from './unreached.ts'

export interface MigrateOptions {
  readonly connection: Connection
  /** Milliseconds since 1970, noted beside each file. */
  readonly now: number
  /** Folder of the files; the program's own where left out. */
  readonly folder?: string
  /** Only look: refuse as `migrate` would, and say which files are missing. */
  readonly check?: boolean
  /** Called by a restore, which alone may touch a database that is half restored. */
  readonly restoring?: boolean
  /** Apply these and no more: what a backup was made with. */
  readonly upTo?: readonly { readonly name: string; readonly sha256: string }[]
}

export interface MigrateResult {
  /** Names applied in this call, or with `check` the names that a call would apply. */
  readonly pending: readonly string[]
}

interface Migration {
  readonly name: string
  readonly sql: string
  readonly digest: string
  readonly expands: boolean
}

interface Applied {
  readonly name: string
  readonly sha256: string
  readonly expands: boolean
}

const FOLDER = fileURLToPath(new URL('../../migrations', import.meta.url))
const NAME = /^\d{6}_[a-z0-9_]+\.sql$/

/** Any number will do, as long as all programs that migrate take the same one. */
const LOCK = 4_183_270_115

const APPLICATION_ROLE = 'millrace_app'
const ROLE_TRIES = 5

const readMigrations = (folder: string): Migration[] => {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort()
  return names.map((name, index) => {
    const number = Number(name.slice(0, 6))
    if (!NAME.test(name) || number !== index + 1) {
      const expected = String(index + 1).padStart(6, '0')
      throw new Fault('setting_invalid', {
        message: `migrations/${name}: expected a file named ${expected}_….sql here`,
      })
    }
    const sql = readFileSync(join(folder, name), 'utf8')
    const digest = createHash('sha256').update(sql).digest('hex')
    return { name, sql, digest, expands: /^-- expands\r?\n/.test(sql) }
  })
}

const PREPARE = `
  create schema if not exists millrace;
  create table if not exists millrace.migration (
    name text primary key,
    at timestamptz not null,
    sha256 text not null,
    expands boolean not null default false
  );
`

/** Where we may not create roles, an administrator has made this one and granted it to us. */
const PREPARE_ROLE = `
do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = '${APPLICATION_ROLE}') then
    create role ${APPLICATION_ROLE} nologin nosuperuser nobypassrls;
  end if;
  if not pg_catalog.pg_has_role(current_user, '${APPLICATION_ROLE}', 'member') then
    execute format('grant ${APPLICATION_ROLE} to %I', current_user);
  end if;
end $$`

const roleFault = (): Fault =>
  new Fault('setting_invalid', {
    message:
      `DATABASE_URL: its user can neither create the role ${APPLICATION_ROLE} nor use it. As an administrator, run: ` +
      `CREATE ROLE ${APPLICATION_ROLE} NOLOGIN; GRANT ${APPLICATION_ROLE} TO <that user>;`,
  })

/** Roles belong to the whole server: another database of it may be migrating at this moment, so a clash is tried again. */
const prepareRole = async (client: pg.Client): Promise<void> => {
  for (let tries = 1; ; tries += 1) {
    try {
      await client.query(PREPARE_ROLE)
      return
    } catch (error) {
      const { code } = error as { code?: string }
      if (code === '42501') throw roleFault()
      if (tries === ROLE_TRIES || !['42710', '23505', 'XX000'].includes(code ?? '')) throw error
    }
  }
}

const pendingOf = (files: readonly Migration[], applied: readonly Applied[]): Migration[] => {
  for (const [index, { name, sha256, expands }] of applied.entries()) {
    const file = files[index]
    if (file === undefined && expands) continue
    if (file?.name !== name) {
      throw new Fault('setting_invalid', {
        message:
          `The database has the migration ${name}, which this Millrace does not know: it was migrated by a newer one. ` +
          'Start that version, or newer.',
      })
    }
    if (file.digest !== sha256) {
      throw new Fault('setting_invalid', {
        message: `migrations/${name} was changed after it had been applied. Restore it, and put the change in a new file.`,
      })
    }
  }
  return files.slice(applied.length)
}

/** A restore keeps its notes in a schema of its own until it has ended: see src/backup/restore.ts. */
const refuseHalfRestored = async (client: pg.Client): Promise<void> => {
  const { rows } = await client.query(`select to_regclass('millrace_restore.chunk') is not null as begun`)
  if (rows[0]?.begun === true)
    throw new Fault('setting_invalid', {
      message: 'This database is half restored from a backup: run the same restore again, and it goes on.',
    })
}

/** The files that a backup was made with. */
const upToBackup = (files: readonly Migration[], wanted: NonNullable<MigrateOptions['upTo']>): readonly Migration[] => {
  for (const [index, { name, sha256 }] of wanted.entries()) {
    if (files[index]?.name !== name || files[index]?.digest !== sha256)
      throw new Fault('setting_invalid', {
        message: `The backup was made by another Millrace, with the migration ${name}: restore it with that version, or newer.`,
      })
  }
  return files.slice(0, wanted.length)
}

const apply = async (client: pg.Client, { name, sql, digest, expands }: Migration, now: number): Promise<void> => {
  await client.query('begin')
  try {
    await client.query(sql)
    await client.query(
      `insert into millrace.migration (name, at, sha256, expands)
       values ($1, to_timestamp($2::float8 / 1000), $3, $4)`,
      [name, now, digest, expands],
    )
    const { command } = await client.query('commit')
    if (command !== 'COMMIT') throw new Error(`the server answered COMMIT with ${command}`)
  } catch (error) {
    await client.query('rollback').catch(() => {})
    const { message, position } = error as { message: string; position?: string }
    const line = position === undefined ? '' : `:${sql.slice(0, Number(position)).split('\n').length}`
    throw new Fault('internal', {
      message: `migrations/${name}${line}: ${message}`,
      detail: `migrations/${name}${line}`,
      cause: error,
    })
  }
}

/**
 * Several programs may call this at once: one works, the others wait for it. Throws a Fault `setting_invalid` where the
 * database and the files do not fit, `internal` where a file fails (nothing of it stays), `database_unavailable`.
 */
export const migrate = async (options: MigrateOptions): Promise<MigrateResult> => {
  const { connection, now, folder = FOLDER, check = false } = options
  const all = readMigrations(folder)
  const files = options.upTo ? upToBackup(all, options.upTo) : all
  const client = new pg.Client({ ...connection, application_name: 'millrace migrate', connectionTimeoutMillis: 10_000 })
  // A lost connection is also thrown as an event; the query under way rejects with it.
  client.on('error', () => {})
  const orSay = (error: unknown): never => {
    throw unreached(error, connection)
  }
  try {
    await client.connect().catch(orSay)
    await client.query('select pg_advisory_lock($1)', [LOCK])
    if (!options.restoring) await refuseHalfRestored(client)
    const exists = await client.query(`select to_regclass('millrace.migration') is not null as found`)
    if (!check) {
      await prepareRole(client)
      await client.query(PREPARE).catch(orSay)
    }
    const applied =
      check && exists.rows[0]?.found !== true
        ? []
        : (await client.query<Applied>('select name, sha256, expands from millrace.migration order by name')).rows
    const pending = pendingOf(files, applied)
    if (!check) {
      for (const file of pending) await apply(client, file, now)
    }
    return { pending: pending.map(({ name }) => name) }
  } catch (error) {
    throw translate(error)
  } finally {
    await client.end().catch(() => {})
  }
}
