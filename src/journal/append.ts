import { gather } from '../base/coalesce.ts'
import { isFault } from '../base/faults.ts'
import { bools, byteas, int4s, int8s, texts, timestamps, uuids } from '../database/arrays.ts'
import { type Database, type Statement, sqlState } from '../database/pool.ts'
import type { HeldPlace, LeadEvent } from '../lead/events.ts'
import type { LeadSummary } from '../lead/summary.ts'
import { type CapUsage, type CapWrite, capStatements, usageOf } from './append-caps.ts'
import { type ConsentWrite, consentStatements, fenceStatement } from './append-consents.ts'
import { type DeliveryColumns, deliveryStatements } from './append-deliveries.ts'
import { type EntryWrite, listStatements } from './append-lists.ts'
import { type ReviewWrite, reviewStatements } from './append-reviews.ts'
import { type Listeners, learnAll, toldOf, toldStatement } from './append-told.ts'
import { type PersonWrites, personStatements } from './person-writes.ts'
import type { Segment } from './segment.ts'
import { type WorkMark, workStatements } from './work-statements.ts'

/** The columns of a lead's row, as they are after the commit. */
export interface LeadColumns extends LeadSummary {
  readonly duplicateOf: string | null
  readonly personId: string | null
  readonly emailKey: bigint | null
  readonly phoneKey: bigint | null
}

export interface ClaimWrite {
  readonly key: Buffer
  readonly at: number
  /** A claim older than this has lapsed and may be taken, ms; null: never. */
  readonly staleBefore: number | null
  /** A row of the key may stand already, lapsed or void; else a row that stands is a race lost. */
  readonly replaces: boolean
  readonly fingerprint: Buffer | null
  /** Stands although its lead is rejected, or erased. */
  readonly kept: { readonly rejected: boolean; readonly erased: boolean }
}

/** Everything one commit of one lead writes: all of it, or nothing. */
export interface LeadCommit {
  readonly tenantId: string
  readonly leadId: string
  readonly isNew: boolean
  readonly segment: Segment
  /** Those of the segment. */
  readonly events: readonly LeadEvent[]
  readonly columns: LeadColumns
  /** With a new lead: its wrapped key. */
  readonly key: { readonly wrapped: Buffer; readonly tenantKeyVersion: number } | null
  readonly claims: readonly ClaimWrite[]
  readonly caps: readonly CapWrite[]
  /** What it changes in lists. */
  readonly entries: readonly EntryWrite[]
  readonly consents?: readonly ConsentWrite[]
  /** A call follows this commit: not where its person is not to be reached (SqlError MR002). */
  readonly fence?: readonly string[] | null
  /** Given back. */
  readonly releasedClaims: readonly Buffer[]
  readonly persons: PersonWrites
  /** The person that it was the first of is found no more. */
  readonly releasesPerson: boolean
  readonly releasedCaps: readonly HeldPlace[]
  /** `keep` where the row already stands as it must; null: the journey is finished. */
  readonly work: WorkMark | 'keep' | null
  /** Deliveries that ended an attempt, were held or decided about. */
  readonly deliveries: readonly DeliveryColumns[]
  /** It begins to wait for a person. */
  readonly review?: ReviewWrite | null
}

export interface Appender {
  /** Resolves when the commit is durable. Rejects with a SqlError MR001 where it lost a race, a Fault where the database is away. */
  append(commit: LeadCommit): Promise<void>
  pending(): number
}

/** The year 9999, as far as the database's driver reads: a person must act. */
export const NEVER_MS = Date.UTC(9999, 0, 1)

const col = <T>(commits: readonly LeadCommit[], pick: (commit: LeadCommit) => T): T[] => commits.map(pick)

const leadValues = (commits: readonly LeadCommit[]) => [
  uuids(col(commits, (c) => c.tenantId)),
  uuids(col(commits, (c) => c.leadId)),
  timestamps(col(commits, (c) => c.columns.receivedAt)),
  timestamps(col(commits, (c) => c.columns.closedAt)),
  uuids(col(commits, (c) => c.columns.duplicateOf)),
  int8s(col(commits, (c) => c.columns.emailKey)),
  int8s(col(commits, (c) => c.columns.phoneKey)),
  int4s(col(commits, (c) => c.columns.flowVersion)),
  int4s(col(commits, (c) => c.segment.seq)),
  int4s(col(commits, (c) => c.columns.durationMs)),
  bools(col(commits, (c) => c.columns.test)),
  texts(col(commits, (c) => c.columns.flow)),
  texts(col(commits, (c) => c.columns.source)),
  texts(col(commits, (c) => c.columns.status)),
  texts(col(commits, (c) => c.columns.outcome)),
  texts(col(commits, (c) => c.columns.code)),
  texts(col(commits, (c) => c.columns.price)),
  texts(col(commits, (c) => c.columns.revenue)),
  texts(col(commits, (c) => c.columns.currency)),
  byteas(col(commits, (c) => c.segment.hash)),
  uuids(col(commits, (c) => c.columns.personId)),
]

const LEAD_COLUMNS = `tenant_id, id, received_at, closed_at, duplicate_of, email_key, phone_key, flow_version, seq,
  duration_ms, test, flow_id, source_id, status, outcome, code, price, revenue, currency, head, person_id`

/**
 * Side by side in a select's own list each array is read as it goes. Behind `from`, each would first be laid out whole,
 * and two dozen of them cost a third of what writing the leads costs.
 */
const LEAD_LISTS = `unnest($1::uuid[]), unnest($2::uuid[]), unnest($3::timestamptz[]), unnest($4::timestamptz[]),
  unnest($5::uuid[]), unnest($6::bigint[]), unnest($7::bigint[]), unnest($8::integer[]), unnest($9::integer[]),
  unnest($10::integer[]), unnest($11::boolean[]), unnest($12::text[]), unnest($13::text[]), unnest($14::text[]),
  unnest($15::text[]), unnest($16::text[]), unnest($17::text[])::numeric, unnest($18::text[])::numeric,
  unnest($19::text[]), unnest($20::bytea[]), unnest($21::uuid[])`

interface ClaimRow {
  readonly commit: LeadCommit
  readonly claim: ClaimWrite
}

const claimValues = (rows: readonly ClaimRow[]) => [
  uuids(rows.map((c) => c.commit.tenantId)),
  uuids(rows.map((c) => c.commit.leadId)),
  timestamps(rows.map((c) => c.claim.at)),
  byteas(rows.map((c) => c.claim.key)),
  byteas(rows.map((c) => c.claim.fingerprint)),
  bools(rows.map((c) => c.claim.kept.erased)),
]

/**
 * Claims of keys that nobody was seen to hold are inserted as they are: asking for a conflict first costs as much as
 * the row. Who took one meanwhile makes the insert fail, as a race that was lost.
 */
const claimStatements = (commits: readonly LeadCommit[]): Statement[] => {
  const fresh: ClaimRow[] = []
  const replacing: ClaimRow[] = []
  for (const commit of commits)
    for (const claim of commit.claims) (claim.replaces ? replacing : fresh).push({ commit, claim })
  const statements: Statement[] = []
  if (fresh.length > 0)
    statements.push({
      name: 'append_claims',
      text: `
insert into millrace.claim (tenant_id, lead_id, at, key, fingerprint, kept)
select unnest($1::uuid[]), unnest($2::uuid[]), unnest($3::timestamptz[]), unnest($4::bytea[]) as key, unnest($5::bytea[]),
  unnest($6::boolean[]) order by key`,
      values: claimValues(fresh),
    })
  if (replacing.length > 0)
    statements.push({
      name: 'append_replacing_claims',
      text: `
with w as (
  select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::bytea[], $5::bytea[], $6::boolean[], $7::timestamptz[])
    as w(tenant_id, lead_id, at, key, fingerprint, kept, stale_before)
), written as (
  insert into millrace.claim as c (tenant_id, lead_id, at, key, fingerprint, kept)
  select tenant_id, lead_id, at, key, fingerprint, kept from w order by key
  on conflict (key) do update
    set lead_id = excluded.lead_id, at = excluded.at, fingerprint = excluded.fingerprint, kept = excluded.kept
    where c.at < (select w.stale_before from w where w.key = c.key)
  returning 1
)
select millrace.must('claim', n, $8::bigint) from (select count(*) as n from written) w where n <> $8::bigint`,
      values: [...claimValues(replacing), timestamps(replacing.map((c) => c.claim.staleBefore)), replacing.length],
    })
  return statements
}

const releaseStatement = (commits: readonly LeadCommit[]): Statement | null => {
  const released = commits.flatMap((commit) => commit.releasedClaims.map((key) => ({ commit, key })))
  if (released.length === 0) return null
  return {
    name: 'release_claims',
    text: `delete from millrace.claim c using unnest($1::uuid[], $2::uuid[], $3::bytea[]) as w(tenant_id, lead_id, key)
           where c.tenant_id = w.tenant_id and c.key = w.key and c.lead_id = w.lead_id`,
    values: [
      uuids(released.map((r) => r.commit.tenantId)),
      uuids(released.map((r) => r.commit.leadId)),
      byteas(released.map((r) => r.key)),
    ],
  }
}

const newLeadStatements = (commits: readonly LeadCommit[]): Statement[] => {
  if (commits.length === 0) return []
  return [
    {
      name: 'append_new_leads',
      text: `
insert into millrace.lead (${LEAD_COLUMNS}, key_version, wrapped_key)
select ${LEAD_LISTS}, unnest($22::integer[]), unnest($23::bytea[])`,
      values: [
        ...leadValues(commits),
        int4s(col(commits, (c) => c.key?.tenantKeyVersion ?? 0)),
        byteas(col(commits, (c) => c.key?.wrapped ?? null)),
      ],
    },
  ]
}

/** Where all went well nothing of plpgsql is begun: its first call in a transaction costs as much as three rows. */
const changedLeadStatements = (commits: readonly LeadCommit[]): Statement[] => {
  if (commits.length === 0) return []
  return [
    {
      name: 'append_changed_leads',
      text: `
with written as (
  update millrace.lead l
  set closed_at = w.closed_at, duplicate_of = w.duplicate_of, email_key = w.email_key, phone_key = w.phone_key,
      seq = w.seq, duration_ms = w.duration_ms, status = w.status, outcome = w.outcome, code = w.code,
      price = w.price, revenue = w.revenue, currency = w.currency, head = w.head,
      person_id = coalesce(l.person_id, w.person_id)
  from (select ${LEAD_LISTS}) as w(${LEAD_COLUMNS})
  where l.tenant_id = w.tenant_id and l.id = w.id and l.seq = w.seq - 1
  returning 1
)
select millrace.must('lead', n, $22::bigint) from (select count(*) as n from written) w where n <> $22::bigint`,
      values: [...leadValues(commits), commits.length],
    },
  ]
}

const segmentStatement = (commits: readonly LeadCommit[]): Statement => ({
  name: 'append_segments',
  text: `insert into millrace.segment (tenant_id, lead_id, at, seq, hash, events, sealed)
         select unnest($1::uuid[]), unnest($2::uuid[]), unnest($3::timestamptz[]), unnest($4::integer[]), unnest($5::bytea[]),
           unnest($6::text[]), unnest($7::bytea[])`,
  values: [
    uuids(col(commits, (c) => c.tenantId)),
    uuids(col(commits, (c) => c.leadId)),
    timestamps(col(commits, (c) => c.segment.at)),
    int4s(col(commits, (c) => c.segment.seq)),
    byteas(col(commits, (c) => c.segment.hash)),
    texts(col(commits, (c) => c.segment.events)),
    byteas(col(commits, (c) => c.segment.sealed)),
  ],
})

/**
 * The statements of one gathered commit, in one order of locks: claims, persons, lists, leads, segments, deliveries,
 * work, caps. A cap's row is wanted by every commit of its flow: locked last, it is held for the end of one alone.
 */
export const commitStatements = (
  commits: readonly LeadCommit[],
): { statements: Statement[]; caps: readonly number[] } => {
  const sorted = [...commits].sort((a, b) => (a.leadId < b.leadId ? -1 : 1))
  const statements: Statement[] = []
  statements.push(...claimStatements(sorted))
  const release = releaseStatement(sorted)
  if (release) statements.push(release)
  statements.push(...personStatements(sorted))
  statements.push(...listStatements(sorted))
  statements.push(...newLeadStatements(sorted.filter((c) => c.isNew)))
  statements.push(...changedLeadStatements(sorted.filter((c) => !c.isNew)))
  statements.push(segmentStatement(sorted))
  statements.push(...deliveryStatements(sorted))
  statements.push(...workStatements(sorted))
  statements.push(...reviewStatements(sorted))
  statements.push(...consentStatements(sorted), ...fenceStatement(sorted))
  const first = statements.length
  const counters = capStatements(sorted)
  const caps = counters.map((_, index) => first + index)
  statements.push(...counters)
  return { statements, caps }
}

/** Transient conflicts between gathers (deadlock, serialization): the same statements pass when tried again. */
const DEADLOCK_TRIES = 3
const isTransient = (error: unknown): boolean => sqlState(error) === '40P01' || sqlState(error) === '40001'

export const createAppender = (options: {
  readonly database: Database
  readonly rowsMax: number
  readonly onUsage: (usage: CapUsage) => void
  readonly onGather?: (rows: number) => void
  /** Who is told of what is written; left out: nobody. */
  readonly listeners?: Listeners
}): Appender => {
  const { database, rowsMax, onUsage, onGather, listeners } = options
  const run = async (commits: readonly LeadCommit[]): Promise<readonly undefined[]> => {
    onGather?.(commits.length)
    const tenants = [...new Set(commits.map((commit) => commit.tenantId))]
    const { statements, caps } = commitStatements(commits)
    if (listeners) await learnAll(listeners, tenants)
    const told = listeners ? toldOf(commits, listeners) : []
    if (told.length > 0) statements.push(toldStatement(told))
    for (let tries = 1; ; tries += 1) {
      try {
        const results = await database.batch(tenants, statements)
        for (const at of caps) for (const row of results[at] ?? []) onUsage(usageOf(row))
        if (told.length > 0) listeners?.onOwed()
        return commits.map(() => undefined)
      } catch (error) {
        if (!isTransient(error) || tries === DEADLOCK_TRIES) throw error
      }
    }
  }
  const gathered = gather<LeadCommit, undefined>({
    run,
    rowsMax,
    bytesMax: 8 * 1024 * 1024,
    sizeOf: (commit) => commit.segment.events.length + (commit.segment.sealed?.length ?? 0),
    concurrency: 2,
    whole: (error) => isFault(error),
  })
  return { append: (commit) => gathered(commit), pending: gathered.pending }
}
