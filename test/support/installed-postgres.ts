/**
 * A Postgres as a system's packages bring it, on a folder and port of its own: what `DATABASE_URL` points to in
 * production. Debian keeps the programs of each version in /usr/lib/postgresql/<version>/bin.
 */

import { execFileSync } from 'node:child_process'
import { chownSync, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { launch, serverEnvironment, stopPostmaster, waitReady } from '../../src/database/embedded/server-process.ts'
import { serverUser } from '../../src/database/embedded/server-user.ts'

const PROGRAMS = '/usr/lib/postgresql'
const VERSION_MIN = 15
const READY_MS = 60_000
const STOP_MS = 20_000

/** The folder of the newest version's programs, or null where none is installed that we support. */
export const findInstalled = (): { readonly version: number; readonly programs: string } | null => {
  const versions = existsSync(PROGRAMS) ? readdirSync(PROGRAMS).map(Number) : []
  const [version] = versions
    .filter((each) => each >= VERSION_MIN && existsSync(join(PROGRAMS, String(each), 'bin', 'initdb')))
    .sort((a, b) => b - a)
  return version === undefined ? null : { version, programs: join(PROGRAMS, String(version), 'bin') }
}

export interface InstalledServer {
  /** As the owner of the database: no superuser, who may create roles. */
  readonly url: string
  readonly password: string
  /** Ended in the middle of whatever it does, and started again. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** `folder` is empty, and others may pass through it. */
export const startInstalled = async (options: {
  readonly programs: string
  readonly folder: string
  readonly port: number
}): Promise<InstalledServer> => {
  const { programs, folder, port } = options
  const user = serverUser(folder)
  if (user !== undefined) chownSync(folder, user.uid, user.gid)
  const data = join(folder, 'data')
  execFileSync(
    join(programs, 'initdb'),
    [
      '-D',
      data,
      '-U',
      'postgres',
      '-E',
      'UTF8',
      '--locale=C',
      '--no-sync',
      '--auth-local=trust',
      '--auth-host=scram-sha-256',
    ],
    {
      cwd: folder,
      env: serverEnvironment(),
      stdio: ['ignore', 'ignore', 'inherit'],
      ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
    },
  )
  const begin = async (): Promise<number> => {
    const pid = await launch({
      binaries: {
        postgres: join(programs, 'postgres'),
        initdb: join(programs, 'initdb'),
        root: programs,
        packageVersion: '',
      },
      folder: data,
      options: ['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-k', data, '-c', 'fsync=off'],
      logFile: join(folder, 'log'),
      user,
    })
    const outcome = await waitReady({ folder: data, pid, logFile: join(folder, 'log'), timeoutMs: READY_MS })
    if ('ended' in outcome) throw new Error(`the installed Postgres ended while starting:\n${outcome.ended}`)
    return pid
  }
  let pid = await begin()
  const client = new pg.Client({ host: data, port, user: 'postgres', database: 'postgres' })
  await client.connect()
  const password = 'not a word: 100%'
  await client.query(`create role leads login createrole password ${pg.escapeLiteral(password)}`)
  await client.query('create database leads owner leads')
  await client.end()
  return {
    url: `postgresql://leads:${encodeURIComponent(password)}@127.0.0.1:${port}/leads`,
    password,
    restart: async () => {
      await stopPostmaster(pid, STOP_MS)
      pid = await begin()
    },
    stop: () => stopPostmaster(pid, STOP_MS),
  }
}
