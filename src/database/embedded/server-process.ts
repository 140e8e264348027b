/**
 * The server's process, known by the file `postmaster.pid` that it keeps in its folder.
 *
 * Lines of that file: process id, data folder, start time, port, socket folder, listen address, shared memory key,
 * status (`starting`, `stopping`, `ready`, `standby`, padded). Source: src/include/utils/pidfile.h in Postgres.
 */

import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { unavailable } from '../errors.ts'
import type { Binaries } from './binaries.ts'
import { isAlive, workingFolderOf } from './processes.ts'
import type { ServerUser } from './server-user.ts'

export interface Postmaster {
  readonly pid: number
  readonly socketFolder: string
  readonly status: string
}

const LOG_BYTES_MAX = 10_000_000
const POLL_MS = 10
const LOG_TAIL_LINES = 15

const readLines = (folder: string): string[] | undefined => {
  try {
    return readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n')
  } catch {
    return undefined
  }
}

/** A server works in its data folder; another program that was given the id of a dead one does not. */
const worksElsewhere = (pid: number, folder: string): boolean => {
  const workingFolder = workingFolderOf(pid)
  return workingFolder !== undefined && workingFolder !== realpathSync(folder)
}

/** The server that serves this folder, or undefined where none does. */
export const findPostmaster = (folder: string): Postmaster | undefined => {
  const lines = readLines(folder)
  const pid = Number(lines?.[0])
  if (lines === undefined || !Number.isInteger(pid) || pid <= 1) return undefined
  if (!isAlive(pid) || worksElsewhere(pid, folder)) return undefined
  return { pid, socketFolder: (lines[4] ?? '').trim(), status: (lines[7] ?? '').trim() }
}

/** Above any process id that a system gives. */
const NO_PROCESS = 2_147_483_647

/**
 * A dead server's id may be another program's by now (in a container, after each restart): the server then would not
 * start. Only the id is replaced: by the memory key further down it makes sure that no process of the dead one lives.
 */
export const disownStaleFile = (folder: string): void => {
  const lines = readLines(folder)
  const pid = Number(lines?.[0])
  if (lines === undefined || !Number.isInteger(pid) || !isAlive(pid) || !worksElsewhere(pid, folder)) return
  writeFileSync(join(folder, 'postmaster.pid'), [String(NO_PROCESS), ...lines.slice(1)].join('\n'))
}

/** The whole command line a server was started with, as it notes it itself; `undefined` before its first start. */
export const commandOf = (folder: string): string | undefined => {
  try {
    return readFileSync(join(folder, 'postmaster.opts'), 'utf8').trim()
  } catch {
    return undefined
  }
}

/** How Postgres writes `postmaster.opts`. */
export const asCommand = (program: string, options: readonly string[]): string =>
  [program, ...options.map((option) => `"${option}"`)].join(' ')

/** Only what a server needs: our own environment holds secrets. */
export const serverEnvironment = (): Record<string, string> => ({
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
})

export interface Launch {
  readonly binaries: Binaries
  readonly folder: string
  readonly options: readonly string[]
  readonly logFile: string
  readonly user: ServerUser | undefined
}

const openLog = (file: string): number => {
  try {
    if (statSync(file).size > LOG_BYTES_MAX) renameSync(file, `${file}.1`)
  } catch {
    // No log yet.
  }
  return openSync(file, 'a', 0o600)
}

/** Starts the server and gives its process id; it is not yet ready then. Rejects where the program cannot run. */
export const launch = ({ binaries, folder, options, logFile, user }: Launch): Promise<number> =>
  new Promise((resolve, reject) => {
    const log = openLog(logFile)
    // A group of its own: Ctrl-C goes to us, and we end the server when its connections are done.
    const child = spawn(binaries.postgres, options, {
      cwd: folder,
      detached: true,
      stdio: ['ignore', log, log],
      env: serverEnvironment(),
      ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
    })
    closeSync(log)
    child.on('error', (error) => reject(unavailable({ detail: `the embedded server cannot start: ${error.message}` })))
    child.on('spawn', () => {
      child.unref()
      if (child.pid !== undefined) resolve(child.pid)
    })
  })

const logTail = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n')
  } catch {
    return ''
  }
}

export interface Readiness {
  readonly folder: string
  readonly pid: number
  readonly logFile: string
  readonly timeoutMs: number
}

export type Ready = { readonly ready: Postmaster } | { readonly ended: string }

/** Waits until the server takes connections, or has ended: then with the last lines it logged. */
export const waitReady = async ({ folder, pid, logFile, timeoutMs }: Readiness): Promise<Ready> => {
  const deadline = performance.now() + timeoutMs
  while (performance.now() < deadline) {
    const postmaster = findPostmaster(folder)
    if (postmaster?.pid === pid && postmaster.status === 'ready') return { ready: postmaster }
    if (!isAlive(pid)) return { ended: logTail(logFile) }
    await pause(POLL_MS)
  }
  throw unavailable({ detail: `the embedded server was not ready within ${timeoutMs} ms; see ${logFile}` })
}

/** Whether the process had ended in time. */
export const waitEnded = async (pid: number, timeoutMs: number): Promise<boolean> => {
  const deadline = performance.now() + timeoutMs
  while (isAlive(pid)) {
    if (performance.now() > deadline) return false
    await pause(POLL_MS)
  }
  return true
}

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name)
  } catch {
    // Ended already.
  }
}

/** A fast shutdown: open transactions are rolled back, all is written. Where that takes too long, at once. */
export const stopPostmaster = async (pid: number, timeoutMs: number): Promise<void> => {
  signal(pid, 'SIGINT')
  if (await waitEnded(pid, timeoutMs)) return
  signal(pid, 'SIGQUIT')
  if (await waitEnded(pid, timeoutMs)) return
  throw unavailable({ detail: `the embedded server (process ${pid}) does not stop` })
}
