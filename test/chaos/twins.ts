/**
 * One person fifty times at the same moment, over three processes on one database: letter for letter, and one typing
 * error apart. One is the first, the others know it, and why.
 */

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { startInstalled } from '../support/installed-postgres.ts'
import { programsOf } from './at-once.ts'
import { createClient, type Sent } from './client.ts'
import { type DatabaseAddress, withDatabase } from './evidence.ts'
import { type Findings, noFindings } from './findings.ts'
import type { Random } from './random.ts'
import { openStanding, type Standing, waitFinished } from './standing.ts'
import { freePort, type Ward } from './ward.ts'

const TWINS = 50
const PROCESSES = 3
const FINISH_MS = 30_000
const TRIES_MAX = 30

const flowOf = (flow: string, step: string): string => `
flow: ${flow}
country: US
fields: { first_name: first_name, last_name: last_name, email: email, phone: phone, postal_code: postal_code }
sources: [ { id: web } ]
steps:
  - ${step}
`

const FLOWS = {
  exact: 'dedupe: { id: once, on: [[email], [phone]], duplicate: reject }',
  fuzzy: 'match: { duplicate: reject, review_threshold: 0.95 }',
} as const

type Person = Readonly<Record<'first_name' | 'last_name' | 'email' | 'phone' | 'postal_code', string>>

const charOf = (random: Random, chars: string): string => chars.charAt(random.between(0, chars.length - 1))

const wordOf = (random: Random, syllables: number): string =>
  Array.from({ length: syllables }, () => charOf(random, 'bdfgklmnprstvz') + charOf(random, 'aeiou')).join('')

const digitsOf = (random: Random, count: number): string =>
  Array.from({ length: count }, () => String(random.between(0, 9))).join('')

const personOf = (random: Random): Person => ({
  first_name: wordOf(random, 3),
  last_name: wordOf(random, 4),
  email: `${wordOf(random, 4)}.${wordOf(random, 3)}@example.com`,
  phone: `512${random.between(2, 9)}${digitsOf(random, 6)}`,
  postal_code: `7${digitsOf(random, 4)}`,
})

const FIELDS = ['first_name', 'last_name', 'email', 'phone'] as const

/** One letter or digit is another, two neighbours are exchanged, or one is left out; in one field. */
const mistyped = (random: Random, person: Person): Person => {
  const field = random.pick(FIELDS)
  const text = person[field]
  const at = random.between(3, 5)
  const char = text.charAt(at)
  const [before, after] = [text.slice(0, at), text.slice(at + 1)]
  const other = /\d/.test(char)
    ? String((Number(char) + random.between(1, 9)) % 10)
    : charOf(random, 'bdfgklmnprstvzaeiou')
  const wrong =
    field === 'phone'
      ? before + other + after
      : random.pick([before + other + after, before + after, before + after.charAt(0) + char + after.slice(1)])
  return { ...person, [field]: wrong }
}

interface Told {
  readonly status: number
  readonly id: string
  readonly duplicateOf: string | null
}

/** Whoever is put off comes again, as it was told to. */
const submit = async (
  client: ReturnType<typeof createClient>,
  door: { readonly url: string; readonly key: string },
  person: Person,
): Promise<Sent> => {
  for (let tries = 1; ; tries += 1) {
    const sent = await client.submit({ ...door, body: JSON.stringify(person) })
    if (sent.told !== 'later' || tries === TRIES_MAX) return sent
    await new Promise((resolve) => setTimeout(resolve, sent.afterMs))
  }
}

/** Of the leads that a round turned away: how many say which band, with which probability and weight. */
const explained = (address: DatabaseAddress, ids: readonly string[]): Promise<number> =>
  withDatabase(address, async (client) => {
    const { rows } = await client.query<{ count: number }>(
      `select count(*)::integer as count from millrace.event
       where lead_id = any ($1::uuid[]) and type = 'match.checked' and data -> 'note' ->> 'band' = 'same'
         and (data -> 'note' ->> 'probability')::numeric >= 0.95 and data -> 'note' ->> 'weight' is not null`,
      [ids],
    )
    return rows[0]?.count ?? 0
  })

const judgeRound = (findings: Findings, name: string, all: readonly Sent[]): readonly Told[] => {
  const told = all.flatMap((sent): Told[] =>
    sent.told === 'answer'
      ? [{ status: sent.answer.status, id: sent.answer.leadId, duplicateOf: sent.answer.duplicateOf }]
      : [],
  )
  const first = told.filter(({ status }) => status === 201)
  const others = told.filter(({ status, duplicateOf }) => status === 409 && duplicateOf === first[0]?.id)
  findings.acknowledged += told.length
  findings.doubled += Math.max(0, first.length - 1)
  if (first.length !== 1 || others.length !== TWINS - 1)
    findings.problems.push(
      `${name}: of ${all.length} twins ${first.length} were the first, and ${others.length} named it: ${all
        .map((sent) => (sent.told === 'answer' ? sent.answer.status : sent.told))
        .join(' ')}`,
    )
  return told
}

export const twins = async (ward: Ward, random: Random, rounds: number): Promise<Findings> => {
  const findings = noFindings()
  const folder = ward.folder('twins')
  const port = await freePort()
  const server = await startInstalled({ programs: programsOf(), folder, port })
  const env = { DATABASE_URL: server.url, MILLRACE_MASTER_KEY: randomBytes(32).toString('base64') }
  const database: DatabaseAddress = { host: join(folder, 'data'), port, user: 'postgres', database: 'leads' }
  const doors: Standing[] = []
  const client = createClient(TWINS * 2)
  try {
    for (let n = 0; n < PROCESSES; n += 1) {
      const standing = await openStanding(ward, { name: `twins-${n}`, env })
      doors.push(standing)
      await standing.start()
    }
    const [first] = doors as [Standing]
    const readiness = await Promise.all(doors.map((standing) => standing.server().ready))
    const keys = {
      exact: await first.publish('exact', flowOf('exact', FLOWS.exact)),
      fuzzy: await first.publish('fuzzy', flowOf('fuzzy', FLOWS.fuzzy)),
    }
    const crowd = (flow: keyof typeof FLOWS, persons: readonly Person[]): Promise<Sent[]> =>
      Promise.all(
        persons.map((person, n) => {
          const url = `${readiness[n % PROCESSES]?.url}/flows/${flow}/sources/web/submit`
          return submit(client, { url, key: keys[flow] }, person)
        }),
      )
    let explanations = 0
    for (let round = 1; round <= rounds; round += 1) {
      const person = personOf(random)
      const same = Array.from({ length: TWINS }, () => person)
      judgeRound(findings, `round ${round}, equal`, await crowd('exact', same))
      // Half of them are right, so that neither kind is always the first.
      const nearly = same.map((_, n) => (n % 2 === 0 ? person : mistyped(random, person)))
      const told = judgeRound(findings, `round ${round}, a typing error apart`, await crowd('fuzzy', nearly))
      const turned = told.filter(({ status }) => status === 409).map(({ id }) => id)
      const said = await explained(database, turned)
      explanations += said
      if (said !== turned.length)
        findings.problems.push(`round ${round}: ${said} of ${turned.length} matches are explained in their journals`)
    }
    findings.figures.rounds = rounds
    findings.figures.explanations = explanations
    findings.unfinished += await waitFinished(database, FINISH_MS)
    for (const standing of doors) await standing.stop()
  } finally {
    await client.close()
    for (const standing of doors) await standing.close()
    await server.stop()
  }
  return findings
}
