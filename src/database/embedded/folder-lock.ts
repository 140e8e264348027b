/**
 * One Millrace to a data folder. The holder's process id stands in a file; whoever finds a dead one takes it over.
 *
 * Looking and taking happen under a guard, a folder that only one process can make, so that two that start together
 * do not both take over. A guard is held for well under a second; one much older was left by a crash.
 */

import { mkdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Fault } from '../../base/faults.ts'
import { identityOf, isAlive } from './processes.ts'

export interface FolderLock {
  release(): void
}

interface Holder {
  readonly pid: number
  readonly identity: string
}

const GUARD_STALE_MS = 10_000
const GUARD_TRIES = 200
const GUARD_PAUSE_MS = 25

const readHolder = (file: string): Holder | undefined => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder
  } catch {
    return undefined
  }
}

const enter = async (guard: string): Promise<void> => {
  for (let tries = 0; tries < GUARD_TRIES; tries += 1) {
    try {
      mkdirSync(guard)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    try {
      if (Date.now() - statSync(guard).mtimeMs > GUARD_STALE_MS) rmdirSync(guard)
    } catch {
      // Gone in the meantime.
    }
    await pause(GUARD_PAUSE_MS)
  }
  throw new Fault('setting_invalid', { message: `${guard} does not go away. Remove that folder and start again.` })
}

const isHeldBy = (holder: Holder | undefined): holder is Holder =>
  holder !== undefined && isAlive(holder.pid) && identityOf(holder.pid) === holder.identity

/** Takes what a file stands for. Throws a Fault `setting_invalid` with what `taken` says of the process that has it. */
export const lockFile = async (asked: {
  readonly file: string
  readonly taken: (pid: number) => string
}): Promise<FolderLock> => {
  const { file, taken } = asked
  const guard = `${file}.guard`
  const self: Holder = { pid: process.pid, identity: identityOf(process.pid) }
  await enter(guard)
  try {
    const holder = readHolder(file)
    if (isHeldBy(holder)) throw new Fault('setting_invalid', { message: taken(holder.pid) })
    writeFileSync(file, JSON.stringify(self), { mode: 0o600 })
  } finally {
    rmdirSync(guard)
  }
  return {
    release: () => {
      const holder = readHolder(file)
      if (holder?.pid === self.pid && holder.identity === self.identity) rmSync(file, { force: true })
    },
  }
}

/** Whether a living Millrace holds the folder. */
export const isFolderHeld = (dataDir: string): boolean => isHeldBy(readHolder(join(dataDir, 'millrace.pid')))

/** Throws a Fault `setting_invalid` naming the process that holds the folder. */
export const lockFolder = (dataDir: string): Promise<FolderLock> =>
  lockFile({
    file: join(dataDir, 'millrace.pid'),
    taken: (pid) =>
      `The data folder ${dataDir} is in use by another Millrace (process ${pid}). ` +
      'Stop that one, give this one another folder with MILLRACE_DATA, or point both at one DATABASE_URL.',
  })
