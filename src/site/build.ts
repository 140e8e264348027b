import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { setPriority } from 'node:os'
import { join } from 'node:path'
import { inputsDigest } from './inputs.ts'

/**
 * The console, built when there is no build of what it is made of now. A build stands in `dist/<digest>`, is made
 * beside it and moved into place whole, so that nobody ever serves half of one. Several processes may want the same
 * build: one makes it, named by a lock that holds its process id; the others wait for the folder to appear.
 */

/** Behind the leads: the machine is theirs. */
const NICENESS = 10
const LOOK_MS = 500
/** Builds kept beside the newest: pages that are open still load parts of theirs. */
const KEPT = 2
const STDERR_CHARS_MAX = 4_000

export interface Build {
  /** Resolves with the folder of the build, or null where it was stopped; rejects with what went wrong. */
  readonly done: Promise<string | null>
  stop(): Promise<void>
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Takes the lock, or says that another living process has it. */
const lock = (file: string): boolean => {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const owner = Number(readFileSync(file, 'utf8'))
  if (owner !== process.pid && isAlive(owner)) return false
  rmSync(file, { force: true })
  return lock(file)
}

const clearOld = (dist: string, current: string): void => {
  const builds = readdirSync(dist)
    .filter((name) => /^[0-9a-f]+$/.test(name) && name !== current)
    .map((name) => ({ name, at: statSync(join(dist, name)).mtimeMs }))
    .sort((a, b) => b.at - a.at)
  for (const { name } of builds.slice(KEPT)) rmSync(join(dist, name), { recursive: true, force: true })
}

/** Builds the console below `root`, or finds it built. */
export const buildConsole = (root: string): Build => {
  const dist = join(root, 'dist')
  const digest = inputsDigest(root)
  const folder = join(dist, digest)
  let stopped = false
  let child: ReturnType<typeof spawn> | null = null
  let look: NodeJS.Timeout | undefined
  let wake: (() => void) | undefined

  const make = async (lockFile: string): Promise<string | null> => {
    const fresh = join(dist, `new-${digest}`)
    try {
      const vite = join(createRequire(join(root, 'package.json')).resolve('vite/package.json'), '..', 'bin', 'vite.js')
      const made = spawn(process.execPath, [vite, 'build', '--outDir', fresh, '--emptyOutDir', '--logLevel', 'error'], {
        cwd: root,
        env: { NODE_ENV: 'production' },
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      child = made
      if (made.pid !== undefined) setPriority(made.pid, NICENESS)
      let said = ''
      made.stderr.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-STDERR_CHARS_MAX)
      })
      const code = await new Promise<number | null>((resolve, reject) => {
        made.once('error', reject)
        made.once('close', resolve)
      })
      if (stopped) return null
      if (code !== 0) throw new Error(`the console did not build: ${said.trim()}`)
      rmSync(folder, { recursive: true, force: true })
      renameSync(fresh, folder)
      clearOld(dist, digest)
      return folder
    } finally {
      child = null
      rmSync(fresh, { recursive: true, force: true })
      rmSync(lockFile, { force: true })
    }
  }

  const run = async (): Promise<string | null> => {
    const lockFile = join(dist, `${digest}.lock`)
    while (!stopped) {
      if (existsSync(join(folder, 'index.html'))) return folder
      mkdirSync(dist, { recursive: true })
      if (lock(lockFile)) return make(lockFile)
      await new Promise<void>((resolve) => {
        wake = resolve
        look = setTimeout(resolve, LOOK_MS)
      })
    }
    return null
  }

  const done = run()
  return {
    done,
    stop: async () => {
      stopped = true
      clearTimeout(look)
      wake?.()
      child?.kill('SIGKILL')
      await done.catch(() => undefined)
    },
  }
}
