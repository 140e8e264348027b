import type { FastifyInstance } from 'fastify'
import { Fault } from '../../base/faults.ts'
import type { Config } from '../../config.ts'
import type { Demo } from '../../demo.ts'
import type { House } from '../../house.ts'

export interface ServeOptions {
  readonly config: Config
  readonly json: boolean
  readonly output: NodeJS.WritableStream
  readonly openHouse: () => Promise<House>
  readonly createApp: (house: House, isDraining: () => boolean) => Promise<FastifyInstance>
  readonly ensureDemo: (house: House, url: string) => Promise<Demo | null>
  /** Resolves when somebody wants the server to end. */
  readonly ended: Promise<string>
}

/** Journeys under way get so long to come to an end; what is left then is taken up at the next start. */
const DRAIN_MS = 10_000
/** Between looks for connections that became idle while closing. */
const IDLE_MS = 50

const curl = (url: string, demo: Demo): string =>
  [
    `curl -sS ${url}/flows/${demo.flow}/sources/${demo.source}/submit \\`,
    `  -H 'Authorization: Bearer ${demo.sourceKey}' -H 'Content-Type: application/json' \\`,
    `  -d '{"first_name":"Ada","last_name":"Lovelace","email":"ada@example.com","phone":"(512) 555-0142","state":"TX","postal_code":"78701","urgency":"today"}'`,
  ].join('\n')

const banner = (url: string, demo: Demo | null): string => {
  const lines = ['', 'Millrace is ready.', '', `  Console   ${url}/`, `  API docs  ${url}/docs`]
  if (demo) {
    lines.push(
      `  Login     ${demo.admin.email}  ${demo.admin.password}`,
      `  Source    ${demo.flow}/${demo.source}  key ${demo.sourceKey}`,
      '',
      'Send a lead:',
      '',
      curl(url, demo),
    )
  }
  return `${lines.join('\n')}\n\n`
}

const readyLine = (url: string, demo: Demo | null): string =>
  `${JSON.stringify({
    ready: true,
    url,
    console_url: `${url}/`,
    flow: demo?.flow ?? null,
    source: demo?.source ?? null,
    source_key: demo?.sourceKey ?? null,
    submit_url: demo ? `${url}/flows/${demo.flow}/sources/${demo.source}/submit` : null,
    admin: demo?.admin ?? null,
  })}\n`

/** Where this server can be reached from its own machine: host and port. */
export const ownAddress = ({ host, port }: Pick<Config, 'host' | 'port'>): string => {
  const reached = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `${reached.includes(':') ? `[${reached}]` : reached}:${port}`
}

/** Why nobody can listen there, in words. */
export const unheard = (error: unknown, { host, port }: Config): unknown => {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE')
    return new Fault('setting_invalid', {
      message: `Port ${port} on ${host} is taken. Stop what listens there, or choose another: --port 8081`,
    })
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return new Fault('setting_invalid', { message: `HOST: there is no address "${host}" (${code}).` })
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL')
    return new Fault('setting_invalid', { message: `Cannot listen on ${host}:${port} (${code}).` })
  return error
}

const listen = async (app: FastifyInstance, config: Config): Promise<string> => {
  try {
    await app.listen({ host: config.host, port: config.port })
  } catch (error) {
    throw unheard(error, config)
  }
  const address = app.server.address()
  const port = typeof address === 'object' && address ? address.port : config.port
  return `http://${ownAddress({ host: config.host, port })}`
}

/**
 * Answers what is under way, takes nothing new. A connection that was busy when the closing began is idle once it is
 * answered, and its client would keep it for as long as it likes: such are closed as they become idle.
 */
const closeApp = async (app: FastifyInstance): Promise<void> => {
  const idle = setInterval(() => app.server.closeIdleConnections(), IDLE_MS)
  try {
    await app.close()
  } finally {
    clearInterval(idle)
  }
}

/** All that goes on without anybody asking: what is due, and the keeping of the house. Every server does it but one that only answers. */
const startWork = (house: House): void => {
  house.sweeper.start()
  house.jobs.start()
  house.upkeep.start()
  house.batchRounds.start()
  house.privacy.keeper.start()
  house.figures.start()
  if (house.config.webhooks) house.feed.sender.start()
  house.feed.alerts.start()
}

/** Serves until told to end. Returns the exit code. */
export const runServe = async (options: ServeOptions): Promise<number> => {
  const { config, json, output } = options
  let draining = false
  const house = await options.openHouse()
  let app: FastifyInstance | null = null
  try {
    if (config.role === 'worker') {
      startWork(house)
      output.write(
        json ? `${JSON.stringify({ ready: true, role: 'worker' })}\n` : '\nMillrace works on what is due.\n\n',
      )
    } else {
      app = await options.createApp(house, () => draining)
      const url = await listen(app, config)
      const demo = await options.ensureDemo(house, url)
      if (config.role === 'all') startWork(house)
      output.write(json ? readyLine(url, demo) : banner(url, demo))
    }
    const signal = await options.ended
    if (!json) output.write(`${signal}: finishing what is under way\n`)
  } finally {
    draining = true
    if (app) await closeApp(app)
    await house.close(DRAIN_MS)
  }
  return 0
}
