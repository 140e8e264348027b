import { Fault } from '../base/faults.ts'
import type { Database } from '../database/pool.ts'
import type { JournalReader, LeadRow } from '../journal/types.ts'
import type { Lead } from '../lead/lead.ts'

/** Leads that wait for a person, and who has which. */

export interface Waiting {
  readonly row: LeadRow
  readonly lead: Lead
  readonly queue: string
  readonly note: string | null
  readonly claim: { readonly userId: string; readonly until: number } | null
}

/** Long enough to read a lead; who goes on reading claims it again. */
export const CLAIM_MS = 120_000
/** More than this many is said as this many. */
const COUNT_MAX = 1_000
/** The newest so many are looked through for the hottest. */
const LOOK_MAX = 100
const AT_ONCE = 8

export const countWaiting = async (database: Database, tenantId: string): Promise<number> => {
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'count_waiting',
        text: `select count(*)::integer as n from (
                 select 1 from millrace.lead where tenant_id = $1::uuid and status = 'pending_review' limit $2::integer
               ) w`,
        values: [tenantId, COUNT_MAX],
      },
    ],
  )
  return (rows[0]?.n as number | undefined) ?? 0
}

/** What the step asked of the person: the queue and the note. */
const askedOf = (events: readonly { type: string; data: unknown; sealed?: unknown }[]) => {
  const asked = events.findLast(
    ({ type, data }) => type === 'request.opened' && (data as { kind?: string }).kind === 'review.ask',
  )
  const input = (asked?.sealed as { input?: { queue?: string; note?: string | null } } | null)?.input
  return { queue: input?.queue ?? 'default', note: input?.note ?? null }
}

export const readWaiting = async (options: {
  readonly database: Database
  readonly reader: JournalReader
  readonly tenantId: string
  readonly now: number
}): Promise<Waiting[]> => {
  const { database, reader, tenantId, now } = options
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'list_waiting',
        text: `select l.id, c.user_id, c.until from millrace.lead l
               left join millrace.review_claim c
                 on c.tenant_id = l.tenant_id and c.lead_id = l.id and c.until > $2::timestamptz
               where l.tenant_id = $1::uuid and l.status = 'pending_review'
               order by l.id desc limit $3::integer`,
        values: [tenantId, new Date(now), LOOK_MAX],
      },
    ],
  )
  const waiting: Waiting[] = []
  for (let at = 0; at < rows.length; at += AT_ONCE) {
    const some = rows.slice(at, at + AT_ONCE)
    const read = await Promise.all(some.map(({ id }) => reader.read(tenantId, id as string)))
    for (const [index, found] of read.entries()) {
      const row = some[index]
      if (found === null || row === undefined) continue
      const claim = row.user_id === null ? null : { userId: row.user_id as string, until: row.until as number }
      waiting.push({ row: found.row, lead: found.lead, ...askedOf(found.events), claim })
    }
  }
  return waiting.sort((a, b) => (b.lead.score ?? 0) - (a.lead.score ?? 0) || (a.row.id < b.row.id ? 1 : -1))
}

/** Takes the lead for this person, or keeps it. Throws Fault `conflict` where another has it. */
export const claimReview = async (options: {
  readonly database: Database
  readonly tenantId: string
  readonly leadId: string
  readonly userId: string
  readonly now: number
}): Promise<number> => {
  const { database, tenantId, leadId, userId, now } = options
  const until = now + CLAIM_MS
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'claim_review',
        text: `insert into millrace.review_claim as c (tenant_id, lead_id, user_id, until)
               select l.tenant_id, l.id, $3, $4::timestamptz from millrace.lead l
               where l.tenant_id = $1::uuid and l.id = $2::uuid and l.status = 'pending_review'
               on conflict (tenant_id, lead_id) do update set user_id = excluded.user_id, until = excluded.until
                 where c.user_id = excluded.user_id or c.until <= $5::timestamptz
               returning c.until`,
        values: [tenantId, leadId, userId, new Date(until), new Date(now)],
      },
    ],
  )
  if (rows.length > 0) return until
  await refuseClaimed(options)
  throw new Fault('invalid_request', { message: 'This lead does not wait for a decision' })
}

/** Throws Fault `conflict` where somebody else has the lead now. */
export const refuseClaimed = async (options: {
  readonly database: Database
  readonly tenantId: string
  readonly leadId: string
  readonly userId: string
  readonly now: number
}): Promise<void> => {
  const { database, tenantId, leadId, userId, now } = options
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'read_claim',
        text: `select user_id from millrace.review_claim
               where tenant_id = $1::uuid and lead_id = $2::uuid and until > $3::timestamptz and user_id <> $4`,
        values: [tenantId, leadId, new Date(now), userId],
      },
    ],
  )
  if (rows.length > 0) throw new Fault('conflict', { message: 'Somebody else looks at this lead just now.' })
}

export const releaseReview = async (options: {
  readonly database: Database
  readonly tenantId: string
  readonly leadId: string
  readonly userId: string
}): Promise<void> => {
  const { database, tenantId, leadId, userId } = options
  await database.batch(
    [tenantId],
    [
      {
        name: 'release_review',
        text: `delete from millrace.review_claim where tenant_id = $1::uuid and lead_id = $2::uuid and user_id = $3`,
        values: [tenantId, leadId, userId],
      },
    ],
  )
}
