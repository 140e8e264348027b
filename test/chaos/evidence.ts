/**
 * What stands in the database at the end, read as a superuser, whom row-level security does not bind: the test believes
 * nothing that the program says of itself.
 */

import { join } from 'node:path'
import pg from 'pg'
import { findPostmaster } from '../../src/database/embedded/server-process.ts'

export type DatabaseAddress =
  | { readonly connectionString: string }
  | { readonly host: string; readonly port: number; readonly user: string; readonly database: string }

export interface LeadEvidence {
  readonly id: string
  readonly outcome: string | null
  readonly code: string | null
  readonly closed: boolean
  /** The keyed hash of its email. */
  readonly emailKey: string | null
}

export interface CallEvidence {
  /** The delivery's id: the idempotency key that its calls carry. */
  readonly delivery: string
  readonly started: number
  /** ms since 1970 of its journaled answers with a 2xx, the first; null: none. */
  readonly answeredAt: number | null
}

export interface Evidence {
  readonly leads: ReadonlyMap<string, LeadEvidence>
  readonly calls: ReadonlyMap<string, CallEvidence>
  /** Places taken in all of the flow's caps. */
  readonly capUsed: number
  /** Claims of dedupe rules: one for each accepted lead, where a rule has one key. */
  readonly claims: number
  /** Claims whose lead has no row. */
  readonly claimsWithoutLead: number
  readonly work: number
}

/** The superuser's way into the embedded server of a data folder. */
export const embeddedAddress = (dataDir: string): DatabaseAddress => {
  const found = findPostmaster(join(dataDir, 'postgres'))
  if (found === undefined) throw new Error('the embedded Postgres does not run')
  return { host: found.socketFolder, port: 5432, user: 'postgres', database: 'millrace' }
}

export const withDatabase = async <T>(address: DatabaseAddress, use: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client(address)
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}

/** Leads without an end, and rows of work left over. Parked ones count. */
export const countUnfinished = async (address: DatabaseAddress): Promise<number> =>
  withDatabase(address, async (client) => {
    const { rows } = await client.query<{ count: number }>(
      `select ((select count(*) from millrace.lead where closed_at is null) + (select count(*) from millrace.work))::integer as count`,
    )
    return rows[0]?.count ?? 0
  })

interface LeadRow {
  readonly id: string
  readonly outcome: string | null
  readonly code: string | null
  readonly closed: boolean
  readonly email_key: string | null
}

const CALLS = `
  select data ->> 'delivery' as delivery,
    count(*) filter (where type = 'attempt.started')::integer as started,
    (extract(epoch from min(at) filter (where type = 'attempt.answered' and (data ->> 'status')::integer between 200 and 299)) * 1000)::float8 as answered_at
  from millrace.event e
  where type in ('attempt.started', 'attempt.answered')
    and exists (select from millrace.lead l where l.tenant_id = e.tenant_id and l.id = e.lead_id and l.flow_id = $1)
  group by 1`

export const readEvidence = async (address: DatabaseAddress, flow: string): Promise<Evidence> =>
  withDatabase(address, async (client) => {
    const leads = await client.query<LeadRow>(
      `select id, outcome, code, closed_at is not null as closed, email_key::text from millrace.lead where flow_id = $1`,
      [flow],
    )
    const calls = await client.query<{ delivery: string; started: number; answered_at: number | null }>(CALLS, [flow])
    const { rows } = await client.query<Record<'cap_used' | 'claims' | 'lost_claims' | 'work', number>>(
      `select
         (select coalesce(sum(used), 0)::integer from millrace.cap_usage where scope like $1 || '/%') as cap_used,
         (select count(*)::integer from millrace.claim c join millrace.lead l on l.tenant_id = c.tenant_id and l.id = c.lead_id
            where l.flow_id = $1 and c.fingerprint is null) as claims,
         (select count(*)::integer from millrace.claim c
            where not exists (select from millrace.lead l where l.tenant_id = c.tenant_id and l.id = c.lead_id)) as lost_claims,
         (select count(*)::integer from millrace.work) as work`,
      [flow],
    )
    const counts = rows[0] ?? { cap_used: 0, claims: 0, lost_claims: 0, work: 0 }
    return {
      leads: new Map(leads.rows.map(({ email_key, ...row }) => [row.id, { ...row, emailKey: email_key }])),
      calls: new Map(
        calls.rows.map((row) => [
          row.delivery,
          { delivery: row.delivery, started: row.started, answeredAt: row.answered_at },
        ]),
      ),
      capUsed: counts.cap_used,
      claims: counts.claims,
      claimsWithoutLead: counts.lost_claims,
      work: counts.work,
    }
  })
