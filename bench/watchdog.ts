/**
 * Sees to it that a run leaves nothing behind even where it is killed: told of every process and of the folder, it waits
 * for the run's end of the pipe to close. After an ordinary end there is nothing left for it to do.
 */
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface Watchdog {
  /** Something to end. */
  watch(pid: number): void
  /** It has ended by itself. */
  forget(pid: number): void
  /** All has been seen to. */
  dismiss(): void
}

type Order = { readonly watch: number } | { readonly forget: number } | { readonly dismiss: true }

const END_MS = 30_000
const LOOK_MS = 100

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Postgres, too, ends quickly and in order: its clients are ended first, and that is what it waits for. */
const endAll = async (pids: ReadonlySet<number>): Promise<void> => {
  const signal = (name: NodeJS.Signals): void => {
    for (const pid of pids) if (isAlive(pid)) process.kill(pid, name)
  }
  signal('SIGTERM')
  const until = Date.now() + END_MS
  while ([...pids].some(isAlive) && Date.now() < until) await new Promise((again) => setTimeout(again, LOOK_MS))
  signal('SIGKILL')
}

const guard = async (folder: string): Promise<void> => {
  const pids = new Set<number>()
  for await (const line of createInterface({ input: process.stdin })) {
    const order = JSON.parse(line) as Order
    if ('dismiss' in order) return
    if ('watch' in order) pids.add(order.watch)
    else pids.delete(order.forget)
  }
  await endAll(pids)
  rmSync(folder, { recursive: true, force: true })
}

/** In a session of its own: what is sent to the run's whole group does not reach it. */
export const startWatchdog = (folder: string): Watchdog => {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  child.unref()
  const tell = (order: Order): void => {
    child.stdin.write(`${JSON.stringify(order)}\n`)
  }
  return {
    watch: (pid) => tell({ watch: pid }),
    forget: (pid) => tell({ forget: pid }),
    dismiss: () => {
      tell({ dismiss: true })
      child.stdin.end()
    },
  }
}

if (import.meta.main) await guard(process.argv[2] ?? '')
