/** The processes of a run: started, waited for, and ended whatever happens. */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { LoadReply } from './load/main.ts'
import type { RoundOrder, RoundResult } from './load/round.ts'
import type { Watchdog } from './watchdog.ts'

export interface Server {
  readonly name: string
  readonly pid: number
  /** Its ready line. */
  readonly ready: Readonly<Record<string, unknown>>
  readonly url: URL
  stop(): Promise<void>
}

export interface ServerOptions {
  readonly name: string
  /** After the program's own name: flags of Node, the script, its words. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** Takes what it writes to its standard error. */
  readonly logFile: string
}

export interface Children {
  startServer(options: ServerOptions): Promise<Server>
  /** Runs a program to its end; gives its output or throws with its errors. */
  run(options: ServerOptions): Promise<string>
  /** Rejects where the generator breaks off. */
  load(order: RoundOrder): Promise<RoundResult>
  stopAll(): Promise<void>
}

const READY_MS = 60_000
const STOP_MS = 20_000
const LOG_CHARS_MAX = 2_000

const ended = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once('exit', () => resolve()))

const stop = async (child: ChildProcess): Promise<void> => {
  const gone = ended(child)
  child.kill('SIGTERM')
  const kill = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  await gone
  clearTimeout(kill)
}

const tail = (logFile: string): string => readFileSync(logFile, 'utf8').slice(-LOG_CHARS_MAX)

export const createChildren = (watchdog: Watchdog): Children => {
  const running = new Set<ChildProcess>()
  let generator: ChildProcess | null = null

  const keep = (child: ChildProcess): void => {
    const { pid } = child
    running.add(child)
    if (pid !== undefined) watchdog.watch(pid)
    child.on('exit', () => {
      running.delete(child)
      if (pid !== undefined) watchdog.forget(pid)
    })
  }

  const launch = (options: ServerOptions): ChildProcess => {
    const log = openSync(options.logFile, 'a')
    // What the shell has set for Millrace must not change what is measured.
    const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/', NODE_ENV: 'production', ...options.env }
    const child = spawn(process.execPath, options.args, { cwd: options.cwd, env, stdio: ['pipe', 'pipe', log] })
    closeSync(log)
    keep(child)
    return child
  }

  const startServer: Children['startServer'] = async (options) => {
    const { name, logFile } = options
    const child = launch(options)
    const { stdout } = child
    if (child.pid === undefined || stdout === null) throw new Error(`${name} could not be started`)
    const ready = await new Promise<Record<string, unknown>>((resolve, reject) => {
      const fail = (why: string) => () => {
        clearTimeout(timer)
        reject(new Error(`${name} ${why}: ${tail(logFile)}`))
      }
      const timer = setTimeout(() => fail('was not ready in time')(), READY_MS)
      child.once('exit', fail('ended while starting'))
      createInterface({ input: stdout }).on('line', (line) => {
        if (!line.startsWith('{')) return
        clearTimeout(timer)
        resolve(JSON.parse(line) as Record<string, unknown>)
      })
    })
    return { name, pid: child.pid, ready, url: new URL(String(ready.url)), stop: () => stop(child) }
  }

  const run: Children['run'] = async (options) => {
    const child = launch(options)
    let output = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    const code = await new Promise((resolve) => child.once('close', resolve))
    if (code !== 0) throw new Error(`${options.name} ended with ${code}: ${output}${tail(options.logFile)}`)
    return output
  }

  const startGenerator = (): ChildProcess => {
    const child = fork(new URL('./load/main.ts', import.meta.url), { execArgv: [], stdio: 'inherit' })
    keep(child)
    return child
  }

  const load: Children['load'] = (order) => {
    generator ??= startGenerator()
    const child = generator
    return new Promise((resolve, reject) => {
      const onExit = () => reject(new Error('the load generator ended'))
      child.once('exit', onExit)
      child.once('message', (reply: LoadReply) => {
        child.off('exit', onExit)
        if ('error' in reply) reject(new Error(reply.error))
        else resolve(reply.result)
      })
      child.send(order)
    })
  }

  return {
    startServer,
    run,
    load,
    stopAll: async () => {
      await Promise.all([...running].map(stop))
    },
  }
}
