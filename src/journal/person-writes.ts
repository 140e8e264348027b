/** What a commit says of persons: who is new, what an old one is compared by besides, who turned out to be one. */
import { bools, byteas, int4s, int8s, texts, timestamps, uuids } from '../database/arrays.ts'
import type { Statement } from '../database/pool.ts'

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

export interface AccountWrite {
  readonly id: string
  readonly keys: readonly Buffer[]
  /** Name and domain as they came, under the tenant's key. */
  readonly sealed: Buffer
}

/** Persons that are one: `gone`, and who stands under it, stand under `keep` from now on. */
export interface MergeWrite {
  /** Of the event that tells of it. */
  readonly id: string
  readonly keep: string
  readonly gone: string
  readonly at: number
  readonly by: string
  readonly leadId: string | null
}

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
}

export const NO_PERSONS: PersonWrites = { records: [], merges: [], labels: [] }

export interface PersonCommit {
  readonly tenantId: string
  /** The lead's first: no person of its id can be there. */
  readonly isNew: boolean
  readonly leadId: string
  readonly persons: PersonWrites
  /** The person that the lead was the first of is found no more, unless others have joined it. */
  readonly releasesPerson: boolean
}

type Of<T> = T & { readonly tenantId: string; readonly isNew?: boolean }

/** A place that somebody else took is a violation of their unique index: the lead lost a race, and looks again. */
const keyStatement = (records: readonly Of<RecordWrite>[]): Statement[] => {
  const keys = records.flatMap((record) => record.keys.map((key) => ({ ...key, record })))
  if (keys.length === 0) return []
  return [
    {
      name: 'append_person_keys',
      text: `
insert into millrace.person_key (tenant_id, person_id, lead_id, key, place)
select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::integer[])
  as w(tenant_id, person_id, lead_id, key, place)
order by tenant_id, key, place`,
      values: [
        uuids(keys.map((k) => k.record.tenantId)),
        uuids(keys.map((k) => k.record.personId)),
        uuids(keys.map((k) => k.record.leadId)),
        int8s(keys.map((k) => k.key)),
        int4s(keys.map((k) => k.place)),
      ],
    },
  ]
}

/** Organisations: the first to name one makes it, whoever comes later finds it. */
const accountStatements = (records: readonly Of<RecordWrite>[]): Statement[] => {
  const named = records.flatMap(({ tenantId, personId, at, account }) =>
    account === null ? [] : [{ tenantId, personId, at, account }],
  )
  if (named.length === 0) return []
  const keys = named.flatMap(({ account, ...rest }) =>
    account.keys.map((key, rank) => ({ ...rest, account, key, rank })),
  )
  return [
    {
      name: 'append_accounts',
      // Of an organisation's keys the surest that is known already says which it is.
      text: `
with w as (
  select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bytea[], $5::integer[]) as w(tenant_id, person_id, account_id, key, rank)
), known as materialized (
  select distinct on (w.tenant_id, w.person_id) w.tenant_id, w.person_id, k.account_id
  from w join millrace.account_key k on k.tenant_id = w.tenant_id and k.key = w.key
  order by w.tenant_id, w.person_id, w.rank
), chosen as materialized (
  select distinct on (w.tenant_id, w.key) w.tenant_id, w.key, coalesce(n.account_id, w.account_id) as account_id
  from w left join known n on n.tenant_id = w.tenant_id and n.person_id = w.person_id
  order by w.tenant_id, w.key, w.account_id
)
insert into millrace.account_key (tenant_id, key, account_id)
select tenant_id, key, account_id from chosen order by tenant_id, key
on conflict do nothing`,
      values: [
        uuids(keys.map((k) => k.tenantId)),
        uuids(keys.map((k) => k.personId)),
        uuids(keys.map((k) => k.account.id)),
        byteas(keys.map((k) => k.key)),
        int4s(keys.map((k) => k.rank)),
      ],
    },
    {
      name: 'append_account_rows',
      text: `
insert into millrace.account (tenant_id, id, created_at, sealed)
select w.tenant_id, w.id, w.at, w.sealed
from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::bytea[]) as w(tenant_id, id, at, sealed)
where exists (select from millrace.account_key k where k.tenant_id = w.tenant_id and k.account_id = w.id)
order by w.tenant_id, w.id
on conflict do nothing`,
      values: [
        uuids(named.map((n) => n.tenantId)),
        uuids(named.map((n) => n.account.id)),
        timestamps(named.map((n) => n.at)),
        byteas(named.map((n) => n.account.sealed)),
      ],
    },
  ]
}

const literal = (keys: readonly PersonKey[]): string => `{${keys.map(({ key }) => key).join(',')}}`

const insertPersons = (name: string, first: readonly Of<RecordWrite>[], onConflict: string): Statement[] =>
  first.length === 0
    ? []
    : [
        {
          name,
          text: `
insert into millrace.person as p (tenant_id, id, created_at, test, keys, sealed, account_id)
select w.tenant_id, w.id, w.at, w.test, w.keys::bigint[], w.sealed,
       case when w.account_key is null then null else
         (select k.account_id from millrace.account_key k where k.tenant_id = w.tenant_id and k.key = w.account_key) end
from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::boolean[], $5::text[], $6::bytea[], $7::bytea[])
  as w(tenant_id, id, at, test, keys, sealed, account_key)
order by w.tenant_id, w.id
${onConflict}`,
          values: [
            uuids(first.map((r) => r.tenantId)),
            uuids(first.map((r) => r.personId)),
            timestamps(first.map((r) => r.at)),
            bools(first.map((r) => r.test)),
            texts(first.map((r) => literal(r.keys))),
            byteas(first.map((r) => r.sealed)),
            byteas(first.map((r) => r.account?.keys[0] ?? null)),
          ],
        },
      ]

const recordStatements = (records: readonly Of<RecordWrite>[]): Statement[] => {
  // A lead that began a person by its claims, and is matched after that, begins it once.
  const more = records.filter(({ isFirst }) => !isFirst)
  const statements: Statement[] = []
  const begun = new Map<string, Of<RecordWrite>>()
  for (const record of records)
    if (record.isFirst && (record.sealed !== null || !begun.has(record.leadId))) begun.set(record.leadId, record)
  const first = [...begun.values()]
  statements.push(
    ...insertPersons(
      'append_persons',
      first.filter(({ isNew }) => isNew === true),
      '',
    ),
    ...insertPersons(
      'append_begun_persons',
      first.filter(({ isNew }) => isNew !== true),
      `on conflict (tenant_id, id) do update
  set keys = excluded.keys, sealed = excluded.sealed, account_id = coalesce(p.account_id, excluded.account_id)
  where excluded.sealed is not null`,
    ),
  )
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
        uuids(more.map((r) => r.tenantId)),
        uuids(more.map((r) => r.personId)),
        uuids(more.map((r) => r.leadId)),
        texts(more.map((r) => literal(r.keys))),
        byteas(more.map((r) => r.sealed)),
      ],
    })
  return statements
}

/**
 * Puts persons under others. Both sides must stand by themselves still; who lost a race reads them anew. The event keeps
 * who stood under whom before, so that it can be taken back whole.
 */
export const mergeStatements = (merges: readonly Of<MergeWrite>[]): Statement[] => {
  if (merges.length === 0) return []
  const persons = new Map(
    merges.flatMap(({ tenantId, keep, gone }) => [keep, gone].map((id) => [`${tenantId}${id}`, { tenantId, id }])),
  )
  const all = [...persons.values()]
  return [
    {
      name: 'lock_persons',
      text: `
with locked as (
  select p.id from millrace.person p
  join unnest($1::uuid[], $2::uuid[]) as w(tenant_id, id) on w.tenant_id = p.tenant_id and w.id = p.id
  where p.merged_into is null
  order by p.tenant_id, p.id
  for update of p
)
select millrace.must('person', (select count(*) from locked), $3::bigint)`,
      values: [uuids(all.map((p) => p.tenantId)), uuids(all.map((p) => p.id)), all.length],
    },
    {
      name: 'append_person_merges',
      text: `
with w as (
  select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::text[], $7::uuid[])
    as w(tenant_id, id, keep, gone, at, by, lead_id)
), moved as (
  update millrace.person p set merged_into = w.keep
  from w where p.tenant_id = w.tenant_id and (p.id = w.gone or p.merged_into = w.gone)
  returning p.tenant_id, w.id as event_id, p.id
)
insert into millrace.person_event (tenant_id, id, person_id, other, at, type, by, lead_id, persons)
select w.tenant_id, w.id, w.keep, w.gone, w.at, 'merged', w.by, w.lead_id,
       (select array_agg(m.id order by m.id) from moved m where m.event_id = w.id)
from w`,
      values: [
        uuids(merges.map((m) => m.tenantId)),
        uuids(merges.map((m) => m.id)),
        uuids(merges.map((m) => m.keep)),
        uuids(merges.map((m) => m.gone)),
        timestamps(merges.map((m) => m.at)),
        texts(merges.map((m) => m.by)),
        uuids(merges.map((m) => m.leadId)),
      ],
    },
  ]
}

const labelStatements = (labels: readonly Of<LabelWrite>[]): Statement[] =>
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
            uuids(labels.map((l) => l.tenantId)),
            uuids(labels.map((l) => l.leadId)),
            uuids(labels.map((l) => l.personId)),
            bools(labels.map((l) => l.same)),
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
            uuids(labels.map((l) => l.tenantId)),
            uuids(labels.map((l) => l.leadId)),
            uuids(labels.map((l) => l.personId)),
            bools(labels.map((l) => l.same)),
            timestamps(labels.map((l) => l.at)),
            texts(labels.map((l) => l.by)),
            texts(labels.map((l) => `{${l.codes.join(',')}}`)),
          ],
        },
      ]

const releaseStatement = (commits: readonly PersonCommit[]): Statement[] => {
  const released = commits.filter(({ releasesPerson }) => releasesPerson)
  if (released.length === 0) return []
  return [
    {
      name: 'release_persons',
      text: `
delete from millrace.person_key k
using unnest($1::uuid[], $2::uuid[]) as w(tenant_id, id), millrace.person p
where p.tenant_id = w.tenant_id and p.id = w.id
  and not exists (select from millrace.lead l where l.tenant_id = p.tenant_id and l.person_id = p.id and l.id <> p.id)
  and k.tenant_id = p.tenant_id and k.key = any (p.keys) and k.lead_id = p.id`,
      values: [uuids(released.map((c) => c.tenantId)), uuids(released.map((c) => c.leadId))],
    },
  ]
}

/** In one order of locks: keys, organisations, persons, merges. */
export const personStatements = (commits: readonly PersonCommit[]): Statement[] => {
  const all = <T>(pick: (writes: PersonWrites) => readonly T[]): Of<T>[] =>
    commits.flatMap(({ tenantId, isNew, persons }) => pick(persons).map((write) => ({ ...write, tenantId, isNew })))
  const records = all(({ records: own }) => own)
  return [
    ...keyStatement(records),
    ...releaseStatement(commits),
    ...accountStatements(records),
    ...recordStatements(records),
    ...mergeStatements(all(({ merges }) => merges)),
    ...labelStatements(all(({ labels }) => labels)),
  ]
}
