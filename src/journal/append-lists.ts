import { bools, byteas, texts, timestamps, uuids } from '../database/arrays.ts'
import type { Statement } from '../database/pool.ts'

/** A change that a lead makes to a list, written with its commit. */
export type EntryWrite =
  | {
      readonly do: 'add'
      readonly list: string
      readonly key: Buffer
      readonly at: number
      readonly expiresAt: number | null
      /** Fails the commit where a live entry stands there, added since `staleBefore` (null: ever). */
      readonly onlyNew: boolean
      readonly staleBefore: number | null
    }
  | { readonly do: 'remove'; readonly list: string; readonly key: Buffer }

interface Changing {
  readonly tenantId: string
  readonly entries: readonly EntryWrite[]
}

type Added = Extract<EntryWrite, { do: 'add' }> & { readonly tenantId: string }

const nameOf = (tenantId: string, { list, key }: EntryWrite): string => `${tenantId}|${key.toString('latin1')}|${list}`

/** The lists' changes of a gathered commit: each entry once, as the last of its leads left it. */
export const listStatements = (commits: readonly Changing[]): Statement[] => {
  const last = new Map<string, EntryWrite & { readonly tenantId: string }>()
  for (const { tenantId, entries } of commits)
    for (const entry of entries) {
      const name = nameOf(tenantId, entry)
      const before = last.get(name)
      // What must be new stays so, whoever adds it again in the same commit.
      const onlyNew = before?.do === 'add' && entry.do === 'add' && before.onlyNew
      last.set(name, { ...entry, tenantId, ...(onlyNew && { onlyNew }) })
    }
  if (last.size === 0) return []
  const sorted = [...last.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry)
  const added = sorted.filter((entry): entry is Added => entry.do === 'add')
  const removed = sorted.filter((entry) => entry.do === 'remove')
  const statements: Statement[] = []
  if (added.length > 0)
    statements.push({
      name: 'append_entries',
      text: `
with w as (
  select * from unnest($1::uuid[], $2::text[], $3::bytea[], $4::timestamptz[], $5::timestamptz[], $6::boolean[], $7::timestamptz[])
    as w(tenant_id, list_id, key, added_at, expires_at, only_new, stale_before)
), written as (
  insert into millrace.suppression_entry as e (tenant_id, list_id, key, added_at, expires_at)
  select tenant_id, list_id, key, added_at, expires_at from w order by tenant_id, key, list_id
  on conflict (tenant_id, key, list_id) do update set added_at = excluded.added_at, expires_at = excluded.expires_at
    where e.expires_at <= excluded.added_at or exists (
      select from w where w.tenant_id = e.tenant_id and w.key = e.key and w.list_id = e.list_id
        and (not w.only_new or e.added_at < w.stale_before))
  returning e.tenant_id, e.list_id, e.xmax = 0 as is_new
), counted as (
  update millrace.suppression_list l set entries = l.entries + n.added
  from (select tenant_id, list_id, count(*) as added from written where is_new group by 1, 2) n
  where l.tenant_id = n.tenant_id and l.id = n.list_id
)
select millrace.must('list', (select count(*) from written), $8::bigint)`,
      values: [
        uuids(added.map((e) => e.tenantId)),
        texts(added.map((e) => e.list)),
        byteas(added.map((e) => e.key)),
        timestamps(added.map((e) => e.at)),
        timestamps(added.map((e) => e.expiresAt)),
        bools(added.map((e) => e.onlyNew)),
        timestamps(added.map((e) => e.staleBefore)),
        added.length,
      ],
    })
  if (removed.length > 0)
    statements.push({
      name: 'remove_entries_of_leads',
      text: `
with gone as (
  delete from millrace.suppression_entry e using unnest($1::uuid[], $2::text[], $3::bytea[]) as w(tenant_id, list_id, key)
  where e.tenant_id = w.tenant_id and e.key = w.key and e.list_id = w.list_id
  returning e.tenant_id, e.list_id
)
update millrace.suppression_list l set entries = l.entries - n.gone
from (select tenant_id, list_id, count(*) as gone from gone group by 1, 2) n
where l.tenant_id = n.tenant_id and l.id = n.list_id`,
      values: [
        uuids(removed.map((e) => e.tenantId)),
        texts(removed.map((e) => e.list)),
        byteas(removed.map((e) => e.key)),
      ],
    })
  return statements
}
