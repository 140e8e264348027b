/** A server that is killed and started again on one folder and one port, and what senders know of it. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient } from './client.ts'
import { countUnfinished, type DatabaseAddress, embeddedAddress } from './evidence.ts'
import type { Target } from './senders.ts'
import { type Environment, type Ready, runMillrace, type Server, serve } from './server.ts'
import { until } from './until.ts'
import { freePort, processesIn, type Ward } from './ward.ts'

export interface Standing {
  readonly dataDir: string
  readonly target: Target
  /** The process of the moment. */
  server(): Server
  /** Resolves when it is, or is again. */
  ready(): Promise<Ready>
  /** Starts it and waits until it is ready. */
  start(): Promise<Ready>
  /** Starts it and does not wait. */
  launch(): Server
  /** SIGKILL, at this moment. Its Postgres lives on. */
  kill(): Promise<void>
  /** SIGTERM; rejects where it does not end with 0 in time, or leaves a process. */
  stop(): Promise<void>
  /** Publishes a flow and gives the key of its one source. */
  publish(flow: string, text: string): Promise<string>
  /** Senders go to this flow. */
  aim(flow: string, key: string): void
  database(): DatabaseAddress
  /** Reads leads as the demo's user. */
  reader(): Promise<(path: string) => Promise<{ readonly status: number; readonly body: unknown }>>
  close(): Promise<void>
}

/** Retries come soon, so that a test needs no minute for one; nobody is limited in rate. */
const SETTINGS: Environment = {
  RETRY_DELAY: '0.2',
  MAX_RETRIES: '50',
  RATE_LIMIT_MAX: '1000000000',
  LOG_LEVEL: 'warn',
  OUTBOUND_ALLOW: '127.0.0.1',
}
const STOP_MS = 30_000

export const openStanding = async (
  ward: Ward,
  options: { readonly name: string; readonly env?: Environment; readonly dataDir?: string },
): Promise<Standing> => {
  const dataDir = options.dataDir ?? ward.folder(options.name)
  const port = await freePort()
  const env = { ...SETTINGS, ...options.env }
  const client = createClient(16)
  let server: Server | null = null
  let lastReady: Ready | null = null
  let aimed: { flow: string; key: string } | null = null
  let isUp = false
  let up = Promise.withResolvers<Ready>()

  const current = (): Server => {
    if (server === null) throw new Error('no server was started')
    return server
  }
  const launch = (): Server => {
    const started = serve(ward, { dataDir, port, env })
    server = started
    started.ready.then(
      (ready) => {
        if (server !== started) return
        lastReady = ready
        isUp = true
        up.resolve(ready)
      },
      () => undefined,
    )
    return started
  }
  const down = (): void => {
    // Whoever waits already goes on waiting for the same.
    if (isUp) up = Promise.withResolvers<Ready>()
    isUp = false
  }

  return {
    dataDir,
    target: {
      address: async () => {
        const { url } = await up.promise
        if (aimed === null) throw new Error('aim at a flow first')
        return { url: `${url}/flows/${aimed.flow}/sources/web/submit`, key: aimed.key }
      },
    },
    server: current,
    ready: () => up.promise,
    launch,
    start: () => launch().ready,
    kill: async () => {
      down()
      await current().kill()
    },
    stop: async () => {
      const ending = current()
      down()
      ending.signal('SIGTERM')
      const { code, signal } = await until(() => Promise.race([ending.ended, null]), {
        withinMs: STOP_MS,
        missing: () => `the server does not end on SIGTERM; the end of its log:\n${ending.stderr().slice(-2000)}`,
      })
      if (code !== 0) throw new Error(`the server ended with ${signal ?? code}:\n${ending.stderr().slice(-2000)}`)
      const left = processesIn(dataDir)
      if (left.length > 0) throw new Error(`the server left processes: ${left.join(', ')}`)
    },
    publish: async (flow, text) => {
      const file = join(dataDir, `${flow}.yaml`)
      writeFileSync(file, text)
      const { code, stdout, stderr } = await runMillrace(
        ward,
        ['flow', 'publish', file, '--json', '--data', dataDir],
        env,
      )
      if (code !== 0) throw new Error(`flow publish ended with ${code}: ${stdout}${stderr}`)
      const { keys } = JSON.parse(stdout) as { keys: { source: string; key: string }[] }
      const [first] = keys
      if (first === undefined) throw new Error('flow publish gave no key')
      return first.key
    },
    aim: (flow, key) => {
      aimed = { flow, key }
    },
    database: () => embeddedAddress(dataDir),
    reader: async () => {
      const admin = lastReady?.admin
      if (!lastReady || !admin) throw new Error('the server names no login')
      return client.reader({ url: lastReady.url, ...admin })
    },
    close: () => client.close(),
  }
}

/** Waits until no lead is unfinished; gives how many still are where that takes too long. */
export const waitFinished = async (address: DatabaseAddress, withinMs: number): Promise<number> => {
  let left = 0
  await until(
    async () => {
      left = await countUnfinished(address)
      return left === 0
    },
    { withinMs, missing: () => `${left} leads do not come to an end` },
  ).catch(() => undefined)
  return left
}
