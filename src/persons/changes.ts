import { Fault } from '../base/faults.ts'
import { newId } from '../base/ids.ts'
import { uuids } from '../database/arrays.ts'
import { type Database, type Row, sqlState, type Tx } from '../database/pool.ts'
import { mergeStatements } from '../journal/merge-persons.ts'
import { MEMBERS } from './members.ts'

/**
 * What people decide about persons. Each change is an event beside those of leads, which stay as they are: a lead's
 * journal tells whom it was taken for when it came. Each can be taken back: a merge by its event, a split by merging.
 */
export interface PersonChanges {
  /** Makes them one: the oldest stands for all. */
  merge(asked: Changing & { readonly persons: readonly string[] }): Promise<Changed>
  /** Takes a merge back: who came under a person by it stands by itself again, and nothing joins them by itself. */
  unmerge(asked: Changing & { readonly event: string }): Promise<Changed>
  /** Leads that are another person's: the oldest of them begins it. */
  split(asked: Changing & { readonly leads: readonly string[] }): Promise<Changed>
}

export interface Changing {
  readonly tenantId: string
  readonly person: string
  readonly by: string
  /** ms since 1970 */
  readonly at: number
}

export interface Changed {
  /** The person as it stands now, and who stands apart by this change. */
  readonly person: string
  readonly other: string | null
  readonly events: readonly string[]
}

const TRIES = 5

const noPerson = (): Fault => new Fault('not_found', { message: 'There is no such person' })
const wrong = (message: string): Fault => new Fault('invalid_request', { message })

const rootsIn = async (tx: Tx, tenantId: string, ids: readonly string[]): Promise<Map<string, string>> => {
  const rows = await tx.query<{ id: string; root: string }>({
    name: 'read_roots',
    text: `select p.id, coalesce(p.merged_into, p.id) as root from unnest($2::uuid[]) as w(id)
           cross join lateral (
             select id, merged_into from millrace.person where tenant_id = $1::uuid and id = w.id limit 1
           ) p`,
    values: [tenantId, uuids(ids)],
  })
  return new Map(rows.map(({ id, root }) => [id, root]))
}

const keepApart = (tx: Tx, tenantId: string, a: string, b: string): Promise<Row[]> =>
  tx.query({
    text: `insert into millrace.person_apart (tenant_id, a, b)
           values ($1::uuid, least($2::uuid, $3::uuid), greatest($2::uuid, $3::uuid)) on conflict do nothing`,
    values: [tenantId, a, b],
  })

export const createPersonChanges = (options: { readonly database: Database }): PersonChanges => {
  const { database } = options

  /** Again, where somebody else changed the same persons meanwhile. */
  const retried = async <T>(tenantId: string, change: (tx: Tx) => Promise<T>): Promise<T> => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await database.transaction([tenantId], change)
      } catch (error) {
        const state = sqlState(error)
        if (tries === TRIES || (state !== 'MR001' && state !== '40P01' && state !== '40001')) throw error
      }
    }
  }

  return {
    merge: ({ tenantId, person, persons, by, at }) =>
      retried(tenantId, async (tx) => {
        const asked = [person, ...persons]
        const roots = await rootsIn(tx, tenantId, asked)
        if (asked.some((id) => !roots.has(id))) throw noPerson()
        const [keep, ...gone] = [...new Set(roots.values())].sort() as [string, ...string[]]
        if (gone.length === 0) throw wrong('They are one person already')
        const merges = gone.map((other) => ({
          tenantId,
          write: { id: newId(at), keep, gone: other, at, by, leadId: null },
        }))
        await tx.all(mergeStatements(merges))
        // Who merges them says that they are not two.
        const apart = await tx.query<{ a: string; b: string }>({
          name: 'find_apart_within',
          text: `with members as materialized (${MEMBERS})
                 select x.a, x.b from members m cross join lateral (
                   select a, b from millrace.person_apart
                   where tenant_id = $1::uuid and a between m.id and m.id order by a
                 ) x where x.b in (select id from members)`,
          values: [tenantId, keep],
        })
        for (const { a, b } of apart)
          await tx.query({
            name: 'join_persons',
            text: 'delete from millrace.person_apart where tenant_id = $1::uuid and a = $2::uuid and b = $3::uuid',
            values: [tenantId, a, b],
          })
        return { person: keep, other: null, events: merges.map(({ write }) => write.id) }
      }),

    unmerge: ({ tenantId, person, event, by, at }) =>
      retried(tenantId, async (tx) => {
        const [merge] = await tx.query<{ person_id: string; other: string; persons: string[]; undone: boolean }>({
          text: `select e.person_id, e.other, e.persons,
                        exists (select from millrace.person_event u
                                where u.tenant_id = e.tenant_id and u.undoes = e.id) as undone
                 from millrace.person_event e
                 where e.tenant_id = $1::uuid and e.id = $2::uuid and e.type = 'merged'`,
          values: [tenantId, event],
        })
        const roots = merge && (await rootsIn(tx, tenantId, [person, merge.person_id, merge.other]))
        if (!merge || roots?.get(person) !== roots?.get(merge.person_id))
          throw new Fault('not_found', { message: 'This person has no such merge' })
        const root = roots?.get(merge.other)
        if (merge.undone || root !== roots?.get(merge.person_id)) throw wrong('This merge was taken back already')
        const { other, persons } = merge
        const id = newId(at)
        // Those that came with it then and are still under the same person leave with it.
        const moved = await tx.query<{ id: string }>({
          text: `with locked as (
                   select id from millrace.person
                   where tenant_id = $1::uuid and id = any ($2::uuid[]) and merged_into = $4::uuid
                   order by id for update
                 )
                 update millrace.person p set merged_into = nullif($3::uuid, p.id)
                 from locked where p.tenant_id = $1::uuid and p.id = locked.id
                 returning p.id`,
          values: [tenantId, uuids(persons), other, root as string],
        })
        if (!moved.some((row) => row.id === other)) throw wrong('This merge was taken back already')
        await keepApart(tx, tenantId, merge.person_id, other)
        await tx.query({
          text: `insert into millrace.person_event (tenant_id, id, person_id, other, at, type, by, persons, undoes)
                 values ($1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::timestamptz, 'unmerged', $6, $7::uuid[], $8::uuid)`,
          values: [
            tenantId,
            id,
            merge.person_id,
            other,
            new Date(at),
            by,
            uuids(moved.map((row) => row.id).sort()),
            event,
          ],
        })
        return { person: root as string, other, events: [id] }
      }),

    split: ({ tenantId, person, leads, by, at }) =>
      retried(tenantId, async (tx) => {
        const found = await tx.query<{
          id: string
          person_id: string
          root: string
          test: boolean
          received_at: number
        }>({
          text: `select l.id, l.person_id, coalesce(p.merged_into, p.id) as root, l.test, l.received_at
                 from millrace.lead l join millrace.person p on p.tenant_id = l.tenant_id and p.id = l.person_id
                 where l.tenant_id = $1::uuid and l.id = any ($2::uuid[]) order by l.id for update of l`,
          values: [tenantId, uuids(leads)],
        })
        const roots = await rootsIn(tx, tenantId, [person])
        const root = roots.get(person)
        if (root === undefined) throw noPerson()
        if (found.length !== new Set(leads).size || found.some((lead) => lead.root !== root))
          throw new Fault('not_found', { message: 'Some of these are no leads of this person' })
        const founders = found.filter((lead) => lead.id === lead.person_id)
        if (founders.length > 0)
          throw wrong(
            `Lead ${founders[0]?.id} is the first of its person and cannot leave it: split off the others, or take the merge back that brought it here`,
          )
        const [first] = found as [(typeof found)[number]]
        const ids = uuids(found.map((lead) => lead.id))
        const id = newId(at)
        // The organisation that one of them named goes with them.
        const [spoken] = await tx.query<{ id: string; account_id: string; account_lead: string }>({
          text: `select id, account_id, account_lead from millrace.person
                 where tenant_id = $1::uuid and id = any ($2::uuid[]) and account_lead = any ($3::uuid[])
                 order by id limit 1 for update`,
          values: [tenantId, uuids(found.map((lead) => lead.person_id)), ids],
        })
        if (spoken)
          await tx.query({
            text: `update millrace.person set account_id = null, account_lead = null
                   where tenant_id = $1::uuid and id = $2::uuid`,
            values: [tenantId, spoken.id],
          })
        await tx.all([
          {
            text: `insert into millrace.person as p
                     (tenant_id, id, created_at, test, keys, sealed, account_id, account_lead)
                   select $1::uuid, $2::uuid, $3::timestamptz, $4::boolean, coalesce(r.keys, '{}'), r.sealed, $5::uuid, $6::uuid
                   from (select 1) one
                   left join millrace.person_record r on r.tenant_id = $1::uuid and r.lead_id = $2::uuid
                   on conflict (tenant_id, id) do update
                     set keys = excluded.keys, sealed = excluded.sealed, merged_into = null,
                         account_id = coalesce(p.account_id, excluded.account_id),
                         account_lead = case when p.account_id is null then excluded.account_lead else p.account_lead end`,
            values: [
              tenantId,
              first.id,
              new Date(first.received_at),
              first.test,
              spoken?.account_id ?? null,
              spoken?.account_lead ?? null,
            ],
          },
          {
            text: `update millrace.person_key k set person_id = $2::uuid
                   from millrace.person_record r
                   where r.tenant_id = $1::uuid and r.lead_id = any ($3::uuid[])
                     and k.tenant_id = r.tenant_id and k.key = any (r.keys) and k.lead_id = r.lead_id`,
            values: [tenantId, first.id, ids],
          },
          {
            text: 'delete from millrace.person_record where tenant_id = $1::uuid and lead_id = $2::uuid',
            values: [tenantId, first.id],
          },
          {
            text: `update millrace.person_record set person_id = $2::uuid
                   where tenant_id = $1::uuid and lead_id = any ($3::uuid[])`,
            values: [tenantId, first.id, ids],
          },
          {
            text: 'update millrace.lead set person_id = $2::uuid where tenant_id = $1::uuid and id = any ($3::uuid[])',
            values: [tenantId, first.id, ids],
          },
          {
            text: `insert into millrace.person_event (tenant_id, id, person_id, other, at, type, by, persons)
                   values ($1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::timestamptz, 'split', $6, array[$4::uuid])`,
            values: [tenantId, id, root, first.id, new Date(at), by],
          },
        ])
        await keepApart(tx, tenantId, root, first.id)
        return { person: root, other: first.id, events: [id] }
      }),
  }
}
