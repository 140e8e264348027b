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
        text: `select id, coalesce(merged_into, id) as root from millrace.person
               where tenant_id = $1::uuid and id = any ($2::uuid[])`,
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
        text: `
with members as materialized (
  select id, coalesce(merged_into, id) as root from millrace.person
  where tenant_id = $1::uuid and (id = any ($2::uuid[]) or merged_into = any ($2::uuid[]))
)
select 1 from members a
join millrace.person_apart x on x.tenant_id = $1::uuid and x.a = a.id
join members b on b.id = x.b
where a.root <> b.root
limit 1`,
        values: [tenantId, `{${roots.join(',')}}`],
      },
    ],
  )
  return (rows?.length ?? 0) > 0
}
