import type { Database } from '../database/pool.ts'

/** Of each person, the one it stands under: itself, unless it turned out to be another. */
export const rootsOf = async (
  database: Database,
  tenantId: string,
  persons: readonly string[],
): Promise<ReadonlyMap<string, string>> => {
  const [rows] = await database.batch(
    [tenantId],
    [
      {
        name: 'find_roots',
        text: `select p.id, coalesce(p.merged_into, p.id) as root from unnest($2::uuid[]) as w(id)
               cross join lateral (
                 select id, merged_into from millrace.person where tenant_id = $1::uuid and id = w.id limit 1
               ) p`,
        values: [tenantId, `{${persons.join(',')}}`],
      },
    ],
  )
  return new Map((rows ?? []).map((row) => [row.id as string, row.root as string]))
}

/** Whether somebody said of two of these persons, or of those that stand under them, that they are two. */
export const areApart = async (database: Database, tenantId: string, roots: readonly string[]): Promise<boolean> => {
  const [rows] = await database.batch(
    [tenantId],
    [
      {
        name: 'find_apart',
        // One way after the other: no index answers an OR here, and all persons of the tenant would be walked through.
        text: `
with members as materialized (
  select p.id, coalesce(p.merged_into, p.id) as root from unnest($2::uuid[]) as w(id)
  cross join lateral (
    (select id, merged_into from millrace.person where tenant_id = $1::uuid and id = w.id)
    union all
    (select id, merged_into from millrace.person
     where tenant_id = $1::uuid and merged_into between w.id and w.id order by merged_into)
  ) p
)
select 1 from members m
cross join lateral (
  select b from millrace.person_apart where tenant_id = $1::uuid and a between m.id and m.id order by a
) x
join members o on o.id = x.b
where m.root <> o.root
limit 1`,
        values: [tenantId, `{${roots.join(',')}}`],
      },
    ],
  )
  return (rows?.length ?? 0) > 0
}
