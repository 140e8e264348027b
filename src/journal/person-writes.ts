/** What a commit says of persons: who is new, what an old one is compared by besides, who turned out to be one. */
import { bools, byteas, int4s, int8s, texts, timestamps, uuids } from '../database/arrays.ts'
import type { Statement } from '../database/pool.ts'
import { type MergeWrite, mergeStatements, type OfTenant } from './merge-persons.ts'
import { type AccountWrite, accountStatements, namedBy, type SpeaksWrite, speaksStatements } from './person-accounts.ts'

/**
 * A key that a person is found by, with its place among the persons found by it. Places are counted up from what was
 * read: where two leads took the same one, the second commit fails and its lead looks again. So a match is decided
 * by what the first one wrote, in however many processes they are.
 */
export interface PersonKey {
  /** Keyed hash. */
  readonly key: bigint
  readonly place: number
}

/** A record of a lead, by which its person is found from now on. */
export interface RecordWrite {
  readonly personId: string
  readonly leadId: string
  /** The person's first record, and so the person itself. */
  readonly isFirst: boolean
  readonly at: number
  readonly test: boolean
  /** Under the lead's key; null: it has nothing to compare. */
  readonly sealed: Buffer | null
  readonly keys: readonly PersonKey[]
  /** Keyed hashes of the organisation it names, the surest first. */
  readonly account: AccountWrite | null
  /** It stands although its lead is rejected. */
  readonly kept: boolean
}

/** What a lead is found and compared by on its own, whomever it was taken for when it came. */
export interface OwnRecord {
  readonly leadId: string
  /** The person it was given to. */
  readonly personId: string
  /** What it says, to be told from what others say: personal data, held and never written. */
  readonly text: string
  /** The same under the lead's key. */
  readonly sealed: Buffer
  /** All that it is to be found by, each with the next place under it. */
  readonly keys: readonly PersonKey[]
}

/**
 * Of these leads, in the order asked. Left out is who has none: no step decided by it whom it belongs to, it holds nothing
 * of a person, it was erased, its journal cannot be read, or it came to nothing and its flow keeps none of those.
 */
export type OwnRecords = (tenantId: string, leads: readonly string[]) => Promise<readonly OwnRecord[]>

/** A person said of two whether they are one. */
export interface LabelWrite {
  readonly leadId: string
  readonly personId: string
  readonly same: boolean
  readonly at: number
  readonly by: string
  /** The level of each group of fields, of the schema of records. */
  readonly codes: readonly number[]
}

export interface PersonWrites {
  readonly records: readonly RecordWrite[]
  readonly merges: readonly MergeWrite[]
  readonly labels: readonly LabelWrite[]
  readonly speaks?: readonly SpeaksWrite[]
}

export const NO_PERSONS: PersonWrites = { records: [], merges: [], labels: [] }

export interface PersonCommit {
  readonly tenantId: string
  /** The lead's first: no person of its id can be there. */
  readonly isNew: boolean
  readonly leadId: string
  readonly persons: PersonWrites
  /** The person that the lead was the first of is found no more, unless others have joined it; nor is another by its record. */
  readonly releasesPerson: boolean
}

/** Of a lead's first commit: no person of its id can be there. */
type OfLead<T> = OfTenant<T> & { readonly isNew: boolean }

type Keyed = Pick<RecordWrite, 'personId' | 'leadId' | 'keys'>

interface KeyRow extends PersonKey {
  readonly tenantId: string
  readonly record: Keyed
}

/** As the index has them. */
const compareKeys = (a: KeyRow, b: KeyRow): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.place - b.place)

/**
 * A place that somebody else took is a violation of their unique index: the lead lost a race, and looks again. In the order
 * of the index, so that of two commits that want the same places one waits for the other.
 */
export const keyStatement = (records: readonly OfTenant<Keyed>[]): Statement[] => {
  const rows: KeyRow[] = []
  for (const { tenantId, write: record } of records)
    for (const { key, place } of record.keys) rows.push({ key, place, tenantId, record })
  if (rows.length === 0) return []
  rows.sort(compareKeys)
  return [
    {
      name: 'append_person_keys',
      text: `
insert into millrace.person_key (tenant_id, person_id, lead_id, key, place)
select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::integer[])`,
      values: [
        uuids(rows.map((row) => row.tenantId)),
        uuids(rows.map(({ record }) => record.personId)),
        uuids(rows.map(({ record }) => record.leadId)),
        int8s(rows.map(({ key }) => key)),
        int4s(rows.map(({ place }) => place)),
      ],
    },
  ]
}

/** As an array of the database. */
export const literal = (keys: readonly PersonKey[]): string => {
  let text = '{'
  for (const { key } of keys) text += text === '{' ? String(key) : `,${key}`
  return `${text}}`
}

const personValues = (first: readonly OfTenant<RecordWrite>[]) => [
  uuids(first.map(({ tenantId }) => tenantId)),
  uuids(first.map(({ write }) => write.personId)),
  timestamps(first.map(({ write }) => write.at)),
  bools(first.map(({ write }) => write.test)),
  texts(first.map(({ write }) => literal(write.keys))),
  byteas(first.map(({ write }) => write.sealed)),
]

/** Persons of new leads that speak for nobody else, as most do: nothing stands in their place, and nothing is looked up. */
const insertNewcomers = (first: readonly OfTenant<RecordWrite>[]): Statement[] =>
  first.length === 0
    ? []
    : [
        {
          name: 'append_persons',
          text: `
insert into millrace.person (tenant_id, id, created_at, test, keys, sealed)
select tenant_id, id, at, test, keys::bigint[], sealed
from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::boolean[], $5::text[], $6::bytea[])
  as w(tenant_id, id, at, test, keys, sealed)`,
          values: personValues(first),
        },
      ]

const insertPersons = (first: readonly OfTenant<RecordWrite>[]): Statement[] =>
  first.length === 0
    ? []
    : [
        {
          name: 'append_begun_persons',
          text: `
insert into millrace.person as p (tenant_id, id, created_at, test, keys, sealed, account_id)
select w.tenant_id, w.id, w.at, w.test, w.keys::bigint[], w.sealed,
       (select k.account_id from millrace.account_key k where k.tenant_id = w.tenant_id and k.key = w.account_key)
from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::boolean[], $5::text[], $6::bytea[], $7::bytea[])
  as w(tenant_id, id, at, test, keys, sealed, account_key)
order by w.tenant_id, w.id
on conflict (tenant_id, id) do update
  set keys = excluded.keys, sealed = excluded.sealed, account_id = coalesce(p.account_id, excluded.account_id)
  where excluded.sealed is not null`,
          values: [...personValues(first), byteas(first.map(({ write }) => write.account?.keys[0] ?? null))],
        },
      ]

const recordStatements = (records: readonly OfLead<RecordWrite>[]): Statement[] => {
  // A lead that began a person by its claims, and is matched after that, begins it once.
  const more: OfTenant<RecordWrite>[] = []
  const begun = new Map<string, OfLead<RecordWrite>>()
  for (const record of records) {
    const { isFirst, sealed, leadId } = record.write
    if (!isFirst) more.push(record)
    else if (sealed !== null || !begun.has(leadId)) begun.set(leadId, record)
  }
  const newcomers: OfTenant<RecordWrite>[] = []
  const others: OfTenant<RecordWrite>[] = []
  for (const first of begun.values()) (first.isNew && first.write.account === null ? newcomers : others).push(first)
  const statements = [...insertNewcomers(newcomers), ...insertPersons(others)]
  if (more.length > 0)
    statements.push({
      name: 'append_person_records',
      text: `
insert into millrace.person_record (tenant_id, person_id, lead_id, keys, sealed)
select w.tenant_id, w.person_id, w.lead_id, w.keys::bigint[], w.sealed
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bytea[])
  as w(tenant_id, person_id, lead_id, keys, sealed)
order by w.tenant_id, w.person_id, w.lead_id
on conflict do nothing`,
      values: [
        uuids(more.map(({ tenantId }) => tenantId)),
        uuids(more.map(({ write }) => write.personId)),
        uuids(more.map(({ write }) => write.leadId)),
        texts(more.map(({ write }) => literal(write.keys))),
        byteas(more.map(({ write }) => write.sealed)),
      ],
    })
  return statements
}

const labelStatements = (labels: readonly OfTenant<LabelWrite>[]): Statement[] =>
  labels.length === 0
    ? []
    : [
        {
          name: 'append_apart',
          text: `
insert into millrace.person_apart (tenant_id, a, b)
select w.tenant_id, least(w.lead_id, w.person_id), greatest(w.lead_id, w.person_id)
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::boolean[]) as w(tenant_id, lead_id, person_id, same)
where not w.same and w.lead_id <> w.person_id
order by 1, 2, 3
on conflict do nothing`,
          values: [
            uuids(labels.map(({ tenantId }) => tenantId)),
            uuids(labels.map(({ write }) => write.leadId)),
            uuids(labels.map(({ write }) => write.personId)),
            bools(labels.map(({ write }) => write.same)),
          ],
        },
        {
          name: 'append_identity_labels',
          text: `
insert into millrace.identity_label (tenant_id, lead_id, person_id, same, at, by, codes)
select w.tenant_id, w.lead_id, w.person_id, w.same, w.at, w.by, w.codes::integer[]
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::boolean[], $5::timestamptz[], $6::text[], $7::text[])
  as w(tenant_id, lead_id, person_id, same, at, by, codes)
order by 1, 2, 3
on conflict do nothing`,
          values: [
            uuids(labels.map(({ tenantId }) => tenantId)),
            uuids(labels.map(({ write }) => write.leadId)),
            uuids(labels.map(({ write }) => write.personId)),
            bools(labels.map(({ write }) => write.same)),
            timestamps(labels.map(({ write }) => write.at)),
            texts(labels.map(({ write }) => write.by)),
            texts(labels.map(({ write }) => `{${write.codes.join(',')}}`)),
          ],
        },
      ]

const releaseStatement = (commits: readonly PersonCommit[]): Statement[] => {
  const released = commits.filter(({ releasesPerson }) => releasesPerson)
  if (released.length === 0) return []
  return [
    {
      name: 'release_persons',
      // A record is emptied as if it were new, and so found by its key: a delete that joins walked through all of a tenant's.
      text: `
with w as (
  select * from unnest($1::uuid[], $2::uuid[]) as w(tenant_id, id)
), begun as materialized (
  select w.id, p.keys
  from w cross join lateral (
    select keys from millrace.person where tenant_id = w.tenant_id and id = w.id limit 1
  ) p
  where (
    select 1 from millrace.lead l where l.tenant_id = w.tenant_id and l.person_id = w.id and l.person_id <> l.id limit 1
  ) is null
), joined as materialized (
  select w.tenant_id, w.id, r.keys, r.person_id
  from w cross join lateral (
    select keys, person_id from millrace.person_record
    where tenant_id = w.tenant_id and lead_id between w.id and w.id order by lead_id
  ) r
), released as materialized (
  select id, keys from begun union all select id, keys from joined
), emptied as (
  insert into millrace.person_record (tenant_id, person_id, lead_id, keys, sealed)
  select tenant_id, person_id, id, '{}'::bigint[], null from joined order by tenant_id, person_id, id
  on conflict (tenant_id, person_id, lead_id) do update set keys = excluded.keys, sealed = excluded.sealed
)
delete from millrace.person_key
where key = any (array(select unnest(keys) from released)) and lead_id = any (array(select id from released))`,
      values: [uuids(released.map((c) => c.tenantId)), uuids(released.map((c) => c.leadId))],
    },
  ]
}

/** In one order of locks: keys, organisations, persons, merges. */
export const personStatements = (commits: readonly PersonCommit[]): Statement[] => {
  const records: OfLead<RecordWrite>[] = []
  const merges: OfTenant<MergeWrite>[] = []
  const labels: OfTenant<LabelWrite>[] = []
  const speaks: OfTenant<SpeaksWrite>[] = []
  for (const { tenantId, isNew, persons } of commits) {
    if (persons === NO_PERSONS) continue
    for (const write of persons.speaks ?? []) speaks.push({ tenantId, write })
    for (const write of persons.records) records.push({ tenantId, isNew, write })
    for (const write of persons.merges) merges.push({ tenantId, write })
    for (const write of persons.labels) labels.push({ tenantId, write })
  }
  return [
    ...keyStatement(records),
    ...releaseStatement(commits),
    ...accountStatements(namedBy(records)),
    ...recordStatements(records),
    ...speaksStatements(speaks),
    ...mergeStatements(merges),
    ...labelStatements(labels),
  ]
}
