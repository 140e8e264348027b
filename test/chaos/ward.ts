/**
 * What must not outlive us: the folders made here, and every process that works in them.
 *
 * A server killed with SIGKILL leaves its Postgres behind, on purpose; nobody but us will end that one. Processes are
 * found by their working folder, which no other program's lies within, and are ended by their ids.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, sep } from 'node:path'
import { isAlive } from '../../src/database/embedded/processes.ts'
import { until } from './until.ts'

export interface Spawning {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly user?: { readonly uid: number; readonly gid: number } | undefined
}

export interface Ward {
  /** A new folder's path, in the folder that `end` removes. */
  folder(name: string): string
  spawn(spawning: Spawning): ChildProcess
  /** Ends every process started here or left in a folder of ours, and removes the folders. */
  end(): Promise<void>
}

const PREFIX = 'millrace-chaos-'
const END_MS = 20_000

const workingFolder = (pid: number): string | null => {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return null
  }
}

/** Ids of the processes that work within a folder. Empty where there is no /proc. */
export const processesIn = (folder: string): number[] => {
  let names: string[]
  try {
    names = readdirSync('/proc')
  } catch {
    return []
  }
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && isAlive(pid))
    .filter((pid) => {
      const at = workingFolder(pid)?.replace(/ \(deleted\)$/, '')
      return at !== undefined && (at === folder || at.startsWith(folder + sep))
    })
}

const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Ended already.
  }
}

/** Those that are ended may just have started others: looks until none is left. */
const endAllIn = (folder: string): Promise<true> =>
  until(
    () => {
      const left = processesIn(folder)
      for (const pid of left) kill(pid)
      return left.length === 0
    },
    { withinMs: END_MS, missing: () => `processes in ${folder} do not end: ${processesIn(folder).join(', ')}` },
  )

/** A run that was killed could not clear up after itself. */
const endAbandoned = async (): Promise<void> => {
  for (const name of readdirSync(tmpdir())) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]
    if (owner === undefined || isAlive(Number(owner))) continue
    await endAllIn(join(tmpdir(), name))
    rmSync(join(tmpdir(), name), { recursive: true, force: true })
  }
}

export const openWard = async (): Promise<Ward> => {
  await endAbandoned()
  const base = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`))
  // As root, Postgres runs as another user, who must pass through.
  chmodSync(base, 0o711)
  const children = new Set<ChildProcess>()
  const killAll = (): void => {
    for (const { pid } of children) if (pid !== undefined) kill(pid)
    for (const pid of processesIn(base)) kill(pid)
  }
  process.on('exit', killAll)
  return {
    folder: (name) => {
      const folder = join(base, name)
      mkdirSync(folder, { recursive: true, mode: 0o711 })
      return folder
    },
    spawn: ({ command, args, cwd, env, user }) => {
      const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], ...user })
      children.add(child)
      child.once('exit', () => children.delete(child))
      return child
    },
    end: async () => {
      for (const { pid } of children) if (pid !== undefined) kill(pid)
      await until(() => children.size === 0, { withinMs: END_MS, missing: () => 'servers do not end' })
      await endAllIn(base)
      rmSync(base, { recursive: true, force: true })
      process.off('exit', killAll)
    },
  }
}

/** A port of 127.0.0.1 that nobody listens on at this moment. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
