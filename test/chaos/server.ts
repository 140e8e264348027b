/** `./millrace` as a process of its own: started, told to end, or killed without being told. */

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Ward } from './ward.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const READY_MS = 60_000
const STDERR_CHARS_MAX = 200_000

/** The line that `serve --json` prints once. */
export interface Ready {
  readonly ready: true
  readonly url: string
  readonly console_url: string
  readonly flow: string | null
  readonly source: string | null
  readonly source_key: string | null
  readonly submit_url: string | null
  readonly admin: { readonly email: string; readonly password: string } | null
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Running {
  readonly pid: number
  /** Everything it wrote so far. */
  stdout(): string
  /** The last of it. */
  stderr(): string
  signal(name: NodeJS.Signals): void
  /** Resolves when it has ended and both of its streams are read. */
  readonly ended: Promise<Exit>
}

export interface Server extends Running {
  /** Rejects where it ends first, or takes longer than a minute. */
  readonly ready: Promise<Ready>
  /** From its start to its line, ms. */
  readyAfterMs(): number
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
}

export type Environment = Readonly<Record<string, string>>

const collect = (stream: NodeJS.ReadableStream | null, keep: number): (() => string) => {
  let text = ''
  stream?.setEncoding('utf8')
  stream?.on('data', (chunk: string) => {
    text = (text + chunk).slice(-keep)
  })
  return () => text
}

const watch = (child: ChildProcess): Running => {
  const { pid } = child
  if (pid === undefined) throw new Error('./millrace could not be run')
  return {
    pid,
    stdout: collect(child.stdout, Number.POSITIVE_INFINITY),
    stderr: collect(child.stderr, STDERR_CHARS_MAX),
    signal: (name) => {
      child.kill(name)
    },
    ended: once(child, 'close').then(([code, signal]) => ({ code, signal })),
  }
}

/** What a shell would give it, and nothing of the test runner's. */
const environment = (more: Environment): Environment => ({
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  HOME: process.env.HOME ?? '/',
  ...more,
})

/** Runs a verb. */
export const millrace = (ward: Ward, args: readonly string[], env: Environment = {}): Running =>
  watch(ward.spawn({ command: `${ROOT}millrace`, args, cwd: ROOT, env: environment(env) }))

/** Runs a verb to its end. */
export const runMillrace = async (
  ward: Ward,
  args: readonly string[],
  env: Environment = {},
): Promise<Exit & { readonly stdout: string; readonly stderr: string }> => {
  const running = millrace(ward, args, env)
  const exit = await running.ended
  return { ...exit, stdout: running.stdout(), stderr: running.stderr() }
}

export interface Serving {
  readonly dataDir: string
  readonly port: number
  readonly env?: Environment
  /** As the README starts it; signals then go to npm. */
  readonly byNpm?: boolean
}

const firstLine = (running: Running, child: Promise<Exit>): Promise<Ready> =>
  new Promise((resolve, reject) => {
    const look = setInterval(() => {
      const text = running.stdout()
      if (!text.includes('\n')) return
      clearInterval(look)
      clearTimeout(late)
      resolve(JSON.parse(text.slice(0, text.indexOf('\n'))) as Ready)
    }, 5)
    const fail = (what: string): void => {
      clearInterval(look)
      clearTimeout(late)
      reject(new Error(`millrace serve ${what}; the end of its log:\n${running.stderr().slice(-2000)}`))
    }
    const late = setTimeout(() => fail(`was not ready within ${READY_MS} ms`), READY_MS)
    void child.then(({ code, signal }) => fail(`ended (${signal ?? code}) before it was ready`))
  })

export const serve = (ward: Ward, { dataDir, port, env = {}, byNpm = false }: Serving): Server => {
  const startedAt = performance.now()
  const options = ['--json', '--port', String(port), '--data', dataDir]
  const running = byNpm
    ? watch(
        ward.spawn({
          command: 'npm',
          args: ['--silent', 'start', '--', ...options],
          cwd: ROOT,
          env: environment(env),
        }),
      )
    : millrace(ward, ['serve', ...options], env)
  let readyAfterMs = Number.NaN
  const ready = firstLine(running, running.ended).then((line) => {
    readyAfterMs = Math.round(performance.now() - startedAt)
    return line
  })
  // Whoever kills it before it is ready does not wait for this.
  ready.catch(() => undefined)
  return {
    ...running,
    ready,
    readyAfterMs: () => readyAfterMs,
    kill: async () => {
      running.signal('SIGKILL')
      await running.ended
    },
  }
}
