import { reachOf } from '../access/matrix.ts'
import type { Users } from '../access/users.ts'
import { Fault } from '../base/faults.ts'
import { isId } from '../base/ids.ts'
import { uuids } from '../database/arrays.ts'
import type { Database } from '../database/pool.ts'

/** Who works on which lead, as somebody said. It binds nobody: a review is held by its claim. */

const PEOPLE_MAX = 500

/** The assignees of those of these leads that have one. */
export const assigneesOf = async (
  database: Database,
  tenantId: string,
  leads: readonly string[],
): Promise<ReadonlyMap<string, string>> => {
  if (leads.length === 0) return new Map()
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'read_assignees',
        text: `select lead_id, user_id from millrace.lead_assignment
               where tenant_id = $1::uuid and lead_id = any ($2::uuid[])`,
        values: [tenantId, uuids(leads)],
      },
    ],
  )
  return new Map(rows.map((row) => [row.lead_id as string, row.user_id as string]))
}

/** Whoever may work on leads: no partners, nobody who was switched off. */
export const peopleOf = async (users: Users, tenantId: string) => {
  const all = await users.list(tenantId, { after: null, limit: PEOPLE_MAX })
  return all.filter(({ enabled, role }) => enabled && reachOf(role, 'lead.review') === 'all')
}

/** Throws Fault `invalid_request` where nobody of this id may work on leads. */
export const requirePerson = async (users: Users, tenantId: string, userId: string): Promise<void> => {
  const known = isId(userId) && (await peopleOf(users, tenantId)).some(({ id }) => id === userId)
  if (known) return
  const message = 'there is nobody of this id who may work on leads'
  throw new Fault('invalid_request', {
    message: `assignee: ${message}`,
    problems: [{ field: 'assignee', message }],
  })
}

/** Gives leads to somebody, or to nobody; answers which of them there are. Whoever looks on hears of it. */
export const assignLeads = async (asked: {
  readonly database: Database
  readonly tenantId: string
  readonly leads: readonly string[]
  readonly assignee: string | null
  readonly by: string
  readonly now: number
}): Promise<ReadonlySet<string>> => {
  const { database, tenantId, leads, assignee, by, now } = asked
  const [, rows = []] = await database.batch(
    [tenantId],
    [
      assignee === null
        ? {
            name: 'unassign_leads',
            text: `delete from millrace.lead_assignment where tenant_id = $1::uuid and lead_id = any ($2::uuid[])`,
            values: [tenantId, uuids(leads)],
          }
        : {
            name: 'assign_leads',
            text: `insert into millrace.lead_assignment (tenant_id, lead_id, user_id, assigned_by, assigned_at)
                   select l.tenant_id, l.id, $3, $4, $5::timestamptz from millrace.lead l
                   where l.tenant_id = $1::uuid and l.id = any ($2::uuid[]) order by l.id
                   on conflict (tenant_id, lead_id) do update
                     set user_id = excluded.user_id, assigned_by = excluded.assigned_by, assigned_at = excluded.assigned_at`,
            values: [tenantId, uuids(leads), assignee, by, new Date(now)],
          },
      {
        name: 'tell_assigned',
        text: `with there as (
                 select l.id from millrace.lead l where l.tenant_id = $1::uuid and l.id = any ($2::uuid[])
               ), told as (
                 insert into millrace.lead_change (tenant_id, leads)
                 select $1::uuid, array_agg(id) from there having count(*) > 0
               )
               select id from there`,
        values: [tenantId, uuids(leads)],
      },
    ],
  )
  return new Set(rows.map((row) => row.id as string))
}
