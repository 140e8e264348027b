import { Fault } from '../base/faults.ts'
import { newId } from '../base/ids.ts'
import { uuids } from '../database/arrays.ts'
import { type Database, sqlState, type Tx } from '../database/pool.ts'
import { mergeStatements } from '../journal/merge-persons.ts'
import type { OwnRecords } from '../journal/person-writes.ts'
import { type Changed, type Changing, keepApart, noPerson, rootsIn, wrong } from './changing.ts'
import { MEMBERS } from './members.ts'
import { createSplit, type Splitting } from './split.ts'

/**
 * What people decide about persons. Each change is an event beside those of leads, which stay as they are: a lead's
 * journal tells whom it was taken for when it came. Each can be taken back: a merge by its event, a split by merging.
 */
export interface PersonChanges {
  /** Makes them one: the oldest stands for all. */
  merge(asked: Changing & { readonly persons: readonly string[] }): Promise<Changed>
  /** Takes a merge back: who came under a person by it stands by itself again, and nothing joins them by itself. */
  unmerge(asked: Changing & { readonly event: string }): Promise<Changed>
  /** Leads that are another person's: the oldest of them begins it, and both persons are found by what their leads say. */
  split(asked: Splitting): Promise<Changed>
}

const TRIES = 5

/** Somebody else changed the same persons meanwhile, or took a place under a key that was free when it was looked for. */
const OVERTAKEN: ReadonlySet<string | undefined> = new Set(['MR001', '40P01', '40001', '23505'])

const again = async <T>(change: () => Promise<T>): Promise<T> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await change()
    } catch (error) {
      if (tries === TRIES || !OVERTAKEN.has(sqlState(error))) throw error
    }
  }
}

export const createPersonChanges = (options: {
  readonly database: Database
  readonly ownRecords: OwnRecords
}): PersonChanges => {
  const { database } = options
  const split = createSplit(options)

  const retried = async <T>(tenantId: string, change: (tx: Tx) => Promise<T>): Promise<T> =>
    again(() => database.transaction([tenantId], change))

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

    split: (asked) =>
      again(async () => {
        const prepared = await split.prepare(asked)
        return database.transaction([asked.tenantId], (tx) => split.apply(tx, asked, prepared))
      }),
  }
}
