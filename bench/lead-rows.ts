/** The rows that one lead of (c) left, to be written again for others. */
import type { BenchDatabase } from './database.ts'

/** Bytes in base64. */
export interface LeadRows {
  readonly tenantId: string
  readonly flow: string
  readonly source: string
  readonly events: string
  readonly sealed: string
  readonly hash: string
  readonly wrappedKey: string
  readonly claims: number
  readonly capScope: string
  /** ms since 1970 */
  readonly capFrom: number
}

/** Throws where the database does not hold exactly one lead, in one segment. */
export const readLeadRows = (database: BenchDatabase, name: string): Promise<LeadRows> =>
  database.use(name, async (client) => {
    const { rows } = await client.query<LeadRows>(
      `select l.tenant_id as "tenantId", l.flow_id as flow, l.source_id as source, s.events,
              encode(s.sealed, 'base64') as sealed, encode(s.hash, 'base64') as hash,
              encode(l.wrapped_key, 'base64') as "wrappedKey", (select count(*)::integer from millrace.claim) as claims,
              c.scope as "capScope", (extract(epoch from c.window_start) * 1000)::float8 as "capFrom"
       from millrace.lead l
       join millrace.segment s on s.tenant_id = l.tenant_id and s.lead_id = l.id
       join millrace.cap_usage c on c.tenant_id = l.tenant_id`,
    )
    const [only] = rows
    if (only === undefined || rows.length > 1)
      throw new Error(`the rows of one lead were expected, and there are ${rows.length}`)
    return only
  })
