import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { createGunzip } from 'node:zlib'
import pg from 'pg'
import { Fault } from '../base/faults.ts'
import { copyIn } from '../database/copy.ts'
import { migrate } from '../database/migrate.ts'
import type { Connection } from '../database/pool.ts'
import { type Chunk, checkFiles, type Manifest, rowsOf, type TableBackup } from './manifest.ts'
import { copyInText, fingerprint, qualified, SAME_TEXT } from './tables.ts'

/**
 * A backup put back: the tables as its migrations made them, each file loaded in a transaction of its own and counted,
 * then brought up to date. Broken off, it goes on where it stood; until it has ended, no server starts on this database.
 */
export interface RestoreProgress {
  readonly what: 'checking' | 'loading' | 'verifying'
  readonly rows: number
  readonly of: number
}

export interface RestoreOptions {
  /** As the owner of the database. */
  readonly connection: Connection
  readonly folder: string
  readonly manifest: Manifest
  /** Throw away what the database holds. */
  readonly overwrite: boolean
  readonly now: number
  readonly onProgress: (progress: RestoreProgress) => void
}

/** Notes what is loaded, in a schema of its own; there while a restore is under way. */
const NOTES = 'millrace_restore'
const MONTH_MS = 31 * 86_400_000

const nameOf = (manifest: Manifest): string => `${manifest.taken_at} ${rowsOf(manifest)}`

const firstRow = async <T extends object>(
  client: pg.Client,
  text: string,
  values: unknown[] = [],
): Promise<T | undefined> => (await client.query<T>(text, values)).rows[0]

/** Whether a restore of this very backup was begun here. Throws Fault `setting_invalid` where the database is in use. */
const checkTarget = async (client: pg.Client, { manifest, overwrite }: RestoreOptions): Promise<boolean> => {
  const running = await firstRow<{ count: string }>(
    client,
    `select count(*) from pg_locks where locktype = 'advisory' and classid = 7117 and granted
       and database = (select oid from pg_database where datname = current_database())`,
  )
  if (Number(running?.count ?? 0) > 0)
    throw new Fault('setting_invalid', { message: 'A Millrace is running on this database: stop it first' })
  const begun = await firstRow<{ there: boolean }>(client, `select to_regclass('${NOTES}.chunk') is not null as there`)
  if (begun?.there) {
    const begunWith = await firstRow<{ backup: string }>(client, `select backup from ${NOTES}.run`)
    if (begunWith?.backup === nameOf(manifest)) return true
    // Broken off before anything was loaded: from the beginning.
    if (overwrite || begunWith === undefined) return false
    throw new Fault('setting_invalid', {
      message: 'Another backup is half restored here: finish that one, or add --overwrite',
    })
  }
  const there = await firstRow<{ there: boolean }>(client, `select to_regclass('millrace.tenant') is not null as there`)
  if (!there?.there || overwrite) return false
  const filled = await firstRow<{ filled: boolean }>(client, 'select exists (select from millrace.tenant) as filled')
  if (filled?.filled)
    throw new Fault('setting_invalid', {
      message:
        'The database is not empty. Restore into an empty one, or add --overwrite: it throws away all that is there',
    })
  return false
}

const prepare = async (client: pg.Client, options: RestoreOptions): Promise<void> => {
  const { connection, manifest, now } = options
  await client.query(`drop schema if exists ${NOTES} cascade`)
  await client.query('drop schema if exists millrace cascade')
  await migrate({ connection, now, restoring: true, upTo: manifest.migrations })
  await client.query(`create schema ${NOTES}`)
  await client.query(`create table ${NOTES}.run (backup text not null)`)
  await client.query(`create table ${NOTES}.chunk (file text primary key)`)
  // What migrations fill in is in the backup as well; what triggers would note, too.
  await client.query(`truncate ${manifest.tables.map(({ name }) => qualified(name)).join(', ')} cascade`)
  for (const table of manifest.tables) {
    await client.query(`alter table ${qualified(table.name)} disable trigger user`)
    // COPY takes no table that row-level security binds its owner to.
    if (table.secured) await client.query(`alter table ${qualified(table.name)} no force row level security`)
  }
  // Last: a restore that finds this goes on with loading.
  await client.query(`insert into ${NOTES}.run values ($1)`, [nameOf(manifest)])
}

/** What a UUIDv7 says of when it was made. */
const msOf = (id: string): number => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)

/** Monthly partitions for all leads that are there: one made later would find its rows elsewhere. */
const makePartitions = async (client: pg.Client, manifest: Manifest): Promise<void> => {
  const first = await firstRow<{ id: string }>(client, 'select id from millrace.lead order by id limit 1')
  const until = Date.parse(manifest.taken_at)
  const from = Math.min(until, first ? msOf(first.id) : until)
  const months = Math.ceil((until - from) / MONTH_MS) + 4
  await client.query('select millrace.ensure_partitions($1::date, $2::integer)', [
    new Date(from).toISOString().slice(0, 10),
    months,
  ])
}

const load = async (client: pg.Client, folder: string, table: TableBackup, chunk: Chunk): Promise<void> => {
  await client.query('begin')
  try {
    const bytes = createReadStream(join(folder, chunk.file)).pipe(createGunzip())
    const rows = await copyIn(client, copyInText(table), bytes)
    if (rows !== chunk.rows)
      throw new Fault('internal', {
        message: `${chunk.file} holds ${rows} rows, where its list says ${chunk.rows}`,
      })
    await client.query(`insert into ${NOTES}.chunk values ($1)`, [chunk.file])
    await client.query('commit')
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  }
}

const verify = async (client: pg.Client, options: RestoreOptions): Promise<void> => {
  const { manifest, onProgress } = options
  let rows = 0
  const of = rowsOf(manifest)
  for (const table of manifest.tables) {
    for (const chunk of table.chunks) {
      const print = await fingerprint(client, table, chunk)
      if (print.rows !== chunk.rows || print.sum !== chunk.sum)
        throw new Fault('internal', { message: `Table ${table.name} is not what was backed up: ${chunk.file}` })
      rows += chunk.rows
      onProgress({ what: 'verifying', rows, of })
    }
  }
}

const finish = async (client: pg.Client, { connection, manifest, now }: RestoreOptions): Promise<void> => {
  for (const table of manifest.tables) {
    await client.query(`alter table ${qualified(table.name)} enable trigger user`)
    if (table.secured) await client.query(`alter table ${qualified(table.name)} force row level security`)
  }
  for (const { name, value } of manifest.sequences)
    await client.query('select setval($1::regclass, $2::bigint)', [`millrace.${name}`, value])
  await migrate({ connection, now, restoring: true })
  await client.query(`drop schema ${NOTES} cascade`)
  await client.query('analyze')
}

/** Resolves with the rows loaded, those of an earlier run included. Throws Fault `setting_invalid` or `internal`. */
export const restoreBackup = async (options: RestoreOptions): Promise<number> => {
  const { connection, folder, manifest, onProgress } = options
  const of = rowsOf(manifest)
  let rows = 0
  const flaw = await checkFiles(folder, manifest, (chunk) => {
    rows += chunk.rows
    onProgress({ what: 'checking', rows, of })
  })
  if (flaw)
    throw new Fault('setting_invalid', { message: `${join(folder, flaw.file)} is ${flaw.what}: nothing was restored` })
  const client = new pg.Client({ ...connection, application_name: 'millrace restore', keepAlive: true })
  client.on('error', () => undefined)
  await client.connect()
  try {
    await client.query(SAME_TEXT)
    if (!(await checkTarget(client, options))) await prepare(client, options)
    const { rows: loaded } = await client.query<{ file: string }>(`select file from ${NOTES}.chunk`)
    const known = new Set(loaded.map(({ file }) => file))
    rows = 0
    for (const table of manifest.tables) {
      if (table.name === 'segment') await makePartitions(client, manifest)
      for (const chunk of table.chunks) {
        if (!known.has(chunk.file)) await load(client, folder, table, chunk)
        rows += chunk.rows
        onProgress({ what: 'loading', rows, of })
      }
    }
    await verify(client, options)
    await finish(client, options)
    return rows
  } finally {
    await client.end().catch(() => undefined)
  }
}
