import { execFileSync } from 'node:child_process'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'

export interface MachineFacts {
  readonly cpus: number
  readonly cpuModel: string
  readonly memoryBytes: number
  readonly kernel: string
  readonly node: string
  readonly postgres: string
  /** Short; `unknown` outside of a repository. */
  readonly commit: string
  /** Whether files of the program differ from the commit. */
  readonly changed: boolean
  /** Processes that wanted a core in the minute before the run: above nought, others were at work. */
  readonly loadBefore: number
}

const git = (...words: string[]): string | null => {
  try {
    const cwd = fileURLToPath(new URL('..', import.meta.url))
    return execFileSync('git', words, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return null
  }
}

export const readMachine = (postgres: string): MachineFacts => ({
  cpus: cpus().length,
  cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
  memoryBytes: totalmem(),
  kernel: release(),
  node: process.versions.node,
  postgres,
  commit: git('rev-parse', '--short', 'HEAD') ?? 'unknown',
  changed: (git('status', '--porcelain', '--', 'src', 'migrations', 'bench/servers', 'bench/load') ?? '') !== '',
  loadBefore: loadavg()[0] ?? 0,
})
