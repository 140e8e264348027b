import { Fault } from '../base/faults.ts'
import type { Database, Statement } from '../database/pool.ts'
import type { JournalReader, LeadRow } from '../journal/types.ts'
import type { Lead } from '../lead/lead.ts'

/** Leads that wait for a person, and who has which. */

export interface Waiting {
  readonly row: LeadRow
  readonly lead: Lead
  readonly queue: string
  readonly note: string | null
  readonly claim: { readonly userId: string; readonly until: number } | null
  /** Whom it was given to. */
  readonly assignee: string | null
}

/** Long enough to read a lead; who goes on reading claims it again. */
export const CLAIM_MS = 120_000
/** More than this many is said as this many. */
const COUNT_MAX = 1_000
/** Of those that were asked for before they were ranked, so many are ranked at once. */
const UNRANKED_MAX = 200
const AT_ONCE = 8

export const countWaiting = async (database: Database, tenantId: string): Promise<number> => {
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'count_waiting',
        text: `select count(*)::integer as n from (
                 select 1 from millrace.review_item where tenant_id = $1::uuid limit $2::integer
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

interface Asking {
  readonly database: Database
  readonly reader: JournalReader
  readonly tenantId: string
  readonly userId: string
  readonly now: number
  readonly queue: string | null
  readonly sort: 'hottest' | 'newest'
  /** Without what others look at now or were given. */
  readonly available: boolean
  readonly limit: number
}

const ORDER = {
  hottest: 'i.score desc nulls last, i.lead_id desc',
  newest: 'i.lead_id desc',
} as const

const OTHERS = `(c.user_id <> $2 or a.user_id <> $2)`

/** Ranked by the database: only what is shown is read from the journal. */
const statements = ({ tenantId, userId, now, queue, sort, available, limit }: Asking): Statement[] => {
  const held = `left join millrace.review_claim c
      on c.tenant_id = i.tenant_id and c.lead_id = i.lead_id and c.until > $3::timestamptz
    left join millrace.lead_assignment a on a.tenant_id = i.tenant_id and a.lead_id = i.lead_id`
  const values = [tenantId, userId, new Date(now)]
  return [
    {
      name: `list_waiting_${sort}${queue === null ? '' : '_of'}${available ? '_free' : ''}`,
      text: `select i.lead_id as id, c.user_id, c.until, a.user_id as assignee
             from millrace.review_item i ${held}
             where i.tenant_id = $1::uuid${queue === null ? '' : ' and i.queue = $5::text'}
               ${available ? `and ${OTHERS} is not true` : 'and $2::text is not null'}
             order by ${ORDER[sort]} limit $4::integer`,
      values: [...values, limit, ...(queue === null ? [] : [queue])],
    },
    {
      name: 'count_taken',
      text: `select count(*)::integer as n from (
               select lead_id from millrace.review_claim
               where tenant_id = $1::uuid and user_id <> $2 and until > $3::timestamptz
               union
               select lead_id from millrace.lead_assignment where tenant_id = $1::uuid and user_id <> $2
             ) o join millrace.review_item i on i.tenant_id = $1::uuid and i.lead_id = o.lead_id`,
      values,
    },
    {
      name: 'count_queues',
      text: `select queue, count(*)::integer as waiting from millrace.review_item
             where tenant_id = $1::uuid group by queue order by 2 desc, 1`,
      values: [tenantId],
    },
  ]
}

/** Ranks leads that were asked for by an earlier version, out of their journals. */
const rankOld = async ({ database, reader, tenantId }: Asking): Promise<void> => {
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'list_unranked',
        text: `select lead_id from millrace.review_item
               where tenant_id = $1::uuid and queue is null order by lead_id desc limit $2::integer`,
        values: [tenantId, UNRANKED_MAX],
      },
    ],
  )
  for (let at = 0; at < rows.length; at += AT_ONCE) {
    const some = rows.slice(at, at + AT_ONCE).map((row) => row.lead_id as string)
    const read = await Promise.all(some.map((id) => reader.read(tenantId, id)))
    await database.batch(
      [tenantId],
      some.map((id, index) => ({
        name: 'rank_review',
        text: `update millrace.review_item set queue = $3::text, score = $4::float8
               where tenant_id = $1::uuid and lead_id = $2::uuid`,
        values: [tenantId, id, askedOf(read[index]?.events ?? []).queue, read[index]?.lead.score ?? null],
      })),
    )
  }
}

export const readWaiting = async (
  asking: Asking,
): Promise<{
  readonly items: readonly Waiting[]
  readonly taken: number
  readonly queues: readonly { readonly queue: string; readonly waiting: number }[]
}> => {
  const { database, reader, tenantId } = asking
  let [rows = [], taken = [], queues = []] = await database.batch([tenantId], statements(asking))
  if (queues.some(({ queue }) => queue === null)) {
    await rankOld(asking)
    ;[rows = [], taken = [], queues = []] = await database.batch([tenantId], statements(asking))
  }
  const items: Waiting[] = []
  for (let at = 0; at < rows.length; at += AT_ONCE) {
    const some = rows.slice(at, at + AT_ONCE)
    const read = await Promise.all(some.map(({ id }) => reader.read(tenantId, id as string)))
    for (const [index, found] of read.entries()) {
      const row = some[index]
      if (found === null || row === undefined) continue
      const claim = row.user_id === null ? null : { userId: row.user_id as string, until: row.until as number }
      const assignee = row.assignee as string | null
      items.push({ row: found.row, lead: found.lead, ...askedOf(found.events), claim, assignee })
    }
  }
  return {
    items,
    taken: (taken[0]?.n as number | undefined) ?? 0,
    queues: queues.map(({ queue, waiting }) => ({
      queue: (queue as string | null) ?? 'default',
      waiting: waiting as number,
    })),
  }
}

/** Takes the lead for this person, or keeps it. Throws Fault `conflict` where another has it or it waits for nobody. */
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
  const [leads = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'find_lead_to_claim',
        text: 'select id from millrace.lead where tenant_id = $1::uuid and id = $2::uuid',
        values: [tenantId, leadId],
      },
    ],
  )
  if (leads.length === 0) throw new Fault('not_found', { message: 'There is no such lead' })
  throw new Fault('conflict', { message: 'This lead does not wait for a decision.' })
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
