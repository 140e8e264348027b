import { sign } from 'node:crypto'
import { createWriteStream, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import pg from 'pg'
import { Fault } from '../base/faults.ts'
import { copyOut } from '../database/copy.ts'
import type { Connection } from '../database/pool.ts'
import type { SigningKey } from '../journal/anchors.ts'
import {
  type Chunk,
  digestOf,
  MANIFEST,
  type Manifest,
  PROGRESS,
  type SignedManifest,
  signedText,
  type TableBackup,
  writeWhole,
} from './manifest.ts'
import {
  copyOutText,
  endOfStretch,
  fingerprint,
  qualified,
  readTables,
  SAME_TEXT,
  type Stretch,
  type Table,
} from './tables.ts'

/**
 * A backup by our own means: everything as it stood at one moment, read in one transaction while all runs on.
 *
 * It lies in files of some thousands of rows. A run that was broken off goes on with a moment of its own: each file
 * there is has the fingerprint of its rows, and is read again only where they have changed since. So the whole is of
 * one moment, however often it was interrupted. What is sealed stays sealed, and the master key is not in it.
 */
export interface BackupProgress {
  readonly table: string
  readonly rows: number
  readonly of: number
}

export interface BackupDone {
  readonly manifest: Manifest
  /** Files that an earlier run had written and that were still right. */
  readonly reused: number
}

const ROWS = 10_000
const APPLICATION_ROLE = 'millrace_app'

interface Known {
  readonly tables: Record<string, Chunk[]>
}

const readProgress = (folder: string): Known => {
  try {
    return JSON.parse(readFileSync(join(folder, PROGRESS), 'utf8')) as Known
  } catch {
    return { tables: {} }
  }
}

/** Reads tenants' tables as the application does, which row-level security lets see all tenants that are named. */
const readAs = async (client: pg.Client, table: Table): Promise<void> => {
  await client.query(table.secured && !table.ownersOnly ? `set local role ${APPLICATION_ROLE}` : 'reset role')
}

const begin = async (client: pg.Client): Promise<void> => {
  await client.query(SAME_TEXT)
  await client.query('begin isolation level repeatable read read only')
  await client.query(
    `select set_config('millrace.tenants', coalesce((select array_agg(id)::text from millrace.tenant), '{}'), true)`,
  )
}

const writeChunk = async (
  client: pg.Client,
  options: { readonly folder: string; readonly table: Table; readonly stretch: Stretch; readonly file: string },
): Promise<Chunk> => {
  const { folder, table, stretch, file } = options
  const print = await fingerprint(client, table, stretch)
  const path = join(folder, file)
  const draft = `${path}.part`
  rmSync(draft, { force: true })
  await pipeline(
    Readable.from(copyOut(client, copyOutText(table, stretch)), { objectMode: false }),
    createGzip({ level: 1 }),
    createWriteStream(draft, { mode: 0o600, flush: true }),
  )
  renameSync(draft, path)
  return { ...stretch, ...print, file, ...(await digestOf(path)) }
}

/** Takes, or goes on with, a backup into a folder. Throws Fault `setting_invalid` where a finished one lies there. */
export const takeBackup = async (options: {
  readonly connection: Connection
  readonly folder: string
  readonly key: SigningKey
  readonly now: number
  readonly onProgress: (progress: BackupProgress) => void
  /** Rows of a file; some thousands where left out. */
  readonly rowsEach?: number
}): Promise<BackupDone> => {
  const { connection, folder, key, now, onProgress, rowsEach = ROWS } = options
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (existsSync(join(folder, MANIFEST)))
    throw new Fault('setting_invalid', {
      message: `${folder} holds a finished backup: give another folder, or take it away`,
    })
  const known = readProgress(folder)
  const client = new pg.Client({ ...connection, application_name: 'millrace backup', keepAlive: true })
  client.on('error', () => undefined)
  await client.connect()
  try {
    await begin(client)
    const tables = await readTables(client)
    const { rows: estimates } = await client.query<{ rows: string }>(
      `select coalesce(sum(greatest(reltuples, 0)), 0)::bigint as rows from pg_class
       where relnamespace = 'millrace'::regnamespace and relkind = 'r'`,
    )
    const of = Number(estimates[0]?.rows ?? 0)
    let rows = 0
    let reused = 0
    const done: Record<string, Chunk[]> = {}
    const written: TableBackup[] = []
    for (const table of tables) {
      await readAs(client, table)
      const chunks: Chunk[] = []
      done[table.name] = chunks
      const before = known.tables[table.name] ?? []
      for (let from: readonly string[] | null = null; ; ) {
        const number = chunks.length
        const old: Chunk | undefined = before[number]
        const follows: boolean = old !== undefined && JSON.stringify(old.from) === JSON.stringify(from)
        const to: readonly string[] | null =
          follows && old && old.to !== null ? old.to : await endOfStretch(client, table, from, rowsEach)
        const stretch: Stretch = { from, to }
        const file = `${table.name}.${String(number).padStart(5, '0')}.copy.gz`
        let chunk: Chunk | undefined
        if (old && follows && JSON.stringify(old.to) === JSON.stringify(to) && existsSync(join(folder, old.file))) {
          const print = await fingerprint(client, table, stretch)
          if (print.rows === old.rows && print.sum === old.sum) {
            const { sha256 } = await digestOf(join(folder, old.file))
            if (sha256 === old.sha256) chunk = old
          }
        }
        if (chunk) reused += 1
        else chunk = await writeChunk(client, { folder, table, stretch, file })
        chunks.push(chunk)
        rows += chunk.rows
        writeWhole(join(folder, PROGRESS), JSON.stringify({ tables: { ...known.tables, ...done } }))
        onProgress({ table: table.name, rows, of: Math.max(of, rows) })
        if (to === null) break
        from = to
      }
      written.push({ ...table, chunks })
    }
    await client.query('reset role')
    const manifest = await describe(client, written, now)
    const signed: SignedManifest = {
      manifest,
      signature: sign(null, signedText(manifest), key.secret).toString('base64'),
    }
    writeWhole(join(folder, MANIFEST), `${JSON.stringify(signed, null, 1)}\n`)
    rmSync(join(folder, PROGRESS), { force: true })
    return { manifest, reused }
  } finally {
    await client.end().catch(() => undefined)
  }
}

const describe = async (client: pg.Client, tables: readonly TableBackup[], now: number): Promise<Manifest> => {
  const { rows: migrations } = await client.query<{ name: string; sha256: string }>(
    'select name, sha256 from millrace.migration order by name',
  )
  const { rows: names } = await client.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'millrace'::regnamespace and relkind = 'S'`,
  )
  const sequences: { name: string; value: string }[] = []
  for (const { name } of names) {
    const { rows } = await client.query<{ value: string }>(`select last_value::text as value from ${qualified(name)}`)
    sequences.push({ name, value: rows[0]?.value ?? '1' })
  }
  await client.query(`set local role ${APPLICATION_ROLE}`)
  const { rows: masters } = await client.query<{ master: string }>(
    `select distinct master from (select master from millrace.tenant_key union select master from millrace.installation_key) m
     where master is not null order by master`,
  )
  const { rows: server } = await client.query<{ version: string }>(
    `select current_setting('server_version') as version`,
  )
  return {
    format: 1,
    taken_at: new Date(now).toISOString(),
    server: server[0]?.version ?? '',
    migrations,
    master_keys: masters.map(({ master }) => master),
    sequences,
    tables,
  }
}
