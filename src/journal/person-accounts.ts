/** The organisations that persons speak for. */
import { byteas, int4s, timestamps, uuids } from '../database/arrays.ts'
import type { Statement } from '../database/pool.ts'
import type { OfTenant } from './merge-persons.ts'

export interface AccountWrite {
  readonly id: string
  readonly keys: readonly Buffer[]
  /** Name and domain as they came, under the tenant's key. */
  readonly sealed: Buffer
}

/** A lead of a person that is known already names an organisation: the person's, where none is known of it. */
export interface SpeaksWrite {
  readonly personId: string
  readonly leadId: string
  readonly at: number
  readonly account: AccountWrite
}

/** A person's first record, which may name one. */
interface Naming {
  readonly personId: string
  readonly at: number
  readonly account: AccountWrite | null
}

interface Named {
  readonly tenantId: string
  readonly personId: string
  readonly at: number
  readonly account: AccountWrite
}

export const namedBy = (records: readonly OfTenant<Naming>[]): Named[] =>
  records.flatMap(({ tenantId, write: { personId, at, account } }) =>
    account === null ? [] : [{ tenantId, personId, at, account }],
  )

/**
 * Of a person that none is known of, nor of who stands under it. Only such a one is locked, so that who comes at the same
 * moment finds it known.
 */
const OF_NONE = `
  where (
      select true from millrace.person
      where tenant_id = w.tenant_id and id = w.person_id and account_id is null for update
    )
    and not exists (
      select from (
        select account_id from millrace.person
        where tenant_id = w.tenant_id and merged_into between w.person_id and w.person_id order by merged_into offset 0
      ) m where m.account_id is not null
    )`

/** Organisations: the first to name one makes it, whoever comes later finds it. */
export const accountStatements = (
  named: readonly Named[],
  { suffix, where }: { readonly suffix: string; readonly where: string } = { suffix: '', where: '' },
): Statement[] => {
  if (named.length === 0) return []
  const keys = named.flatMap(({ account, ...rest }) =>
    account.keys.map((key, rank) => ({ ...rest, account, key, rank })),
  )
  return [
    {
      name: `append_accounts${suffix}`,
      // Of an organisation's keys the surest that is known already says which it is. Each is looked for by itself, so that
      // no plan depends on how many there were when it was made: joined, all of a tenant's would be walked through.
      text: `
with w as (
  select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bytea[], $5::integer[]) as w(tenant_id, person_id, account_id, key, rank)${where}
), known as materialized (
  select distinct on (w.tenant_id, w.person_id) w.tenant_id, w.person_id, k.account_id
  from w cross join lateral (
    select account_id from millrace.account_key where tenant_id = w.tenant_id and key = w.key limit 1
  ) k
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
      name: `append_account_rows${suffix}`,
      text: `
insert into millrace.account (tenant_id, id, created_at, sealed)
select w.tenant_id, w.id, w.at, w.sealed
from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::bytea[]) as w(tenant_id, id, at, sealed)
cross join lateral (
  select 1 from millrace.account_key where tenant_id = w.tenant_id and account_id = w.id limit 1
) k
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

/** What leads of known persons name: after their persons, which may begin in the same commits. */
export const speaksStatements = (speaks: readonly OfTenant<SpeaksWrite>[]): Statement[] => {
  if (speaks.length === 0) return []
  // The first word counts: of one person in one statement there is one row. In one order everywhere, as they are locked.
  const first = [...new Map([...speaks].reverse().map((each) => [each.tenantId + each.write.personId, each]))]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, each]) => each)
  return [
    ...accountStatements(
      first.map(({ tenantId, write }) => ({ tenantId, ...write })),
      { suffix: '_named_later', where: OF_NONE },
    ),
    {
      name: 'append_speaks',
      // Written as if they were new: found by their key. Joined, all persons of the tenant were walked through.
      text: `
insert into millrace.person as p (tenant_id, id, created_at, test, keys, account_id, account_lead)
select w.tenant_id, w.person_id, m.created_at, m.test, '{}'::bigint[], k.account_id, w.lead_id
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bytea[]) as w(tenant_id, person_id, lead_id, key)
cross join lateral (
  select account_id from millrace.account_key where tenant_id = w.tenant_id and key = w.key limit 1
) k
cross join lateral (
  select created_at, test from millrace.person where tenant_id = w.tenant_id and id = w.person_id limit 1
) m${OF_NONE}
order by w.tenant_id, w.person_id
on conflict (tenant_id, id) do update set account_id = excluded.account_id, account_lead = excluded.account_lead`,
      values: [
        uuids(first.map(({ tenantId }) => tenantId)),
        uuids(first.map(({ write }) => write.personId)),
        uuids(first.map(({ write }) => write.leadId)),
        byteas(first.map(({ write }) => write.account.keys[0] ?? null)),
      ],
    },
  ]
}
