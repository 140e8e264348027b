/** Leads that turn out to be another's than the person they were taken for. */
import { Fault } from '../base/faults.ts'
import { newId } from '../base/ids.ts'
import { byteas, texts, uuids } from '../database/arrays.ts'
import type { Database, Statement, Tx } from '../database/pool.ts'
import { keyStatement, literal, type OwnRecord, type OwnRecords, type PersonKey } from '../journal/person-writes.ts'
import { type Changed, type Changing, keepApart, noPerson, rootsIn, wrong } from './changing.ts'
import { MEMBERS } from './members.ts'

export interface Splitting extends Changing {
  readonly leads: readonly string[]
}

/** What those that leave, and those that stay, are found and compared by on their own. */
interface Prepared {
  readonly leaving: readonly OwnRecord[]
  readonly staying: readonly OwnRecord[]
}

/** What a lead adds to what its person is found and compared by. */
interface Added {
  readonly record: OwnRecord
  readonly personId: string
  readonly keys: readonly PersonKey[]
}

interface Leaving {
  readonly id: string
  readonly person_id: string
  readonly root: string
  readonly test: boolean
  readonly received_at: number
}

/** Of those that stay, the newest: what older ones say besides, a later lead says again. */
const STAYING_MAX = 100
/** A person is compared by so many records. */
const RECORDS_MAX = 8

/** Moves the leads with what they are found by already, and the organisation that one of them named. The keys moved. */
const move = async (
  tx: Tx,
  tenantId: string,
  first: Leaving,
  leaving: readonly Leaving[],
): Promise<ReadonlySet<bigint>> => {
  const ids = uuids(leaving.map(({ id }) => id))
  const [spoken] = await tx.query<{ id: string; account_id: string; account_lead: string }>({
    text: `select id, account_id, account_lead from millrace.person
           where tenant_id = $1::uuid and id = any ($2::uuid[]) and account_lead = any ($3::uuid[])
           order by id limit 1 for update`,
    values: [tenantId, uuids(leaving.map((lead) => lead.person_id)), ids],
  })
  if (spoken)
    await tx.query({
      text: `update millrace.person set account_id = null, account_lead = null
             where tenant_id = $1::uuid and id = $2::uuid`,
      values: [tenantId, spoken.id],
    })
  await tx.query({
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
  })
  const moved = await tx.query<{ key: string }>({
    text: `update millrace.person_key k set person_id = $2::uuid
           from millrace.person_record r
           where r.tenant_id = $1::uuid and r.lead_id = any ($3::uuid[])
             and k.tenant_id = r.tenant_id and k.key = any (r.keys) and k.lead_id = r.lead_id
           returning k.key::text as key`,
    values: [tenantId, first.id, ids],
  })
  await tx.all([
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
  ])
  return new Set(moved.map(({ key }) => BigInt(key)))
}

/** What those that leave are found by besides what they took along: the keys by which they were taken for the other. */
const takenBy = (personId: string, leaving: readonly OwnRecord[], moved: ReadonlySet<bigint>): Added[] => {
  const taken = new Set(moved)
  const said = new Set<string>()
  return leaving.flatMap((record) => {
    const keys = record.keys.filter(({ key }) => !taken.has(key))
    if (keys.length === 0 && (said.has(record.text) || said.size >= RECORDS_MAX)) return []
    for (const { key } of keys) taken.add(key)
    said.add(record.text)
    return [{ record, personId, keys }]
  })
}

/** What those that stay are found by no longer, since it left with the others. */
const keptBy = (staying: readonly OwnRecord[], moved: ReadonlySet<bigint>): Added[] => {
  const gone = new Set(moved)
  return staying.flatMap((record) => {
    const keys = record.keys.filter(({ key }) => gone.has(key))
    if (keys.length === 0) return []
    for (const { key } of keys) gone.delete(key)
    return [{ record, personId: record.personId, keys }]
  })
}

/** One that was erased meanwhile, or given to another, adds nothing. */
const add = async (tx: Tx, tenantId: string, added: readonly Added[]): Promise<void> => {
  if (added.length === 0) return
  const standing = await tx.query<{ id: string; person_id: string }>({
    text: `select id, person_id from millrace.lead
           where tenant_id = $1::uuid and id = any ($2::uuid[]) and wrapped_key is not null order by id for update`,
    values: [tenantId, uuids(added.map(({ record }) => record.leadId))],
  })
  const personOf = new Map(standing.map(({ id, person_id }) => [id, person_id]))
  const writes = added.filter(({ record, personId }) => personOf.get(record.leadId) === personId)
  const parts = (of: readonly Added[]) => [
    uuids(of.map(() => tenantId)),
    uuids(of.map(({ personId }) => personId)),
    uuids(of.map(({ record }) => record.leadId)),
    texts(of.map(({ keys }) => literal(keys))),
    byteas(of.map(({ record }) => record.sealed)),
  ]
  const isFirst = ({ record, personId }: Added): boolean => record.leadId === personId
  const statements: Statement[] = keyStatement(
    writes.map(({ record, personId, keys }) => ({ tenantId, write: { personId, leadId: record.leadId, keys } })),
  )
  statements.push(
    {
      text: `update millrace.person p set keys = p.keys || w.keys::bigint[], sealed = coalesce(p.sealed, w.sealed)
             from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bytea[])
               as w(tenant_id, id, lead_id, keys, sealed)
             where p.tenant_id = w.tenant_id and p.id = w.id`,
      values: parts(writes.filter(isFirst)),
    },
    {
      text: `insert into millrace.person_record as r (tenant_id, person_id, lead_id, keys, sealed)
             select w.tenant_id, w.person_id, w.lead_id, w.keys::bigint[], w.sealed
             from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bytea[])
               as w(tenant_id, person_id, lead_id, keys, sealed)
             order by w.tenant_id, w.person_id, w.lead_id
             on conflict (tenant_id, person_id, lead_id) do update
               set keys = r.keys || excluded.keys, sealed = coalesce(r.sealed, excluded.sealed)`,
      values: parts(writes.filter((write) => !isFirst(write))),
    },
  )
  await tx.all(statements)
}

export const createSplit = (options: { readonly database: Database; readonly ownRecords: OwnRecords }) => {
  const { database, ownRecords } = options

  /** Those that stay, where some of those that leave take keys along by which the others were found as well. */
  const stayingOf = ({ tenantId, person, leads }: Splitting): Promise<readonly string[]> =>
    database.transaction([tenantId], async (tx) => {
      const root = (await rootsIn(tx, tenantId, [person])).get(person)
      if (root === undefined) return []
      const rows = await tx.query<{ id: string }>({
        name: 'read_staying_leads',
        text: `with members as materialized (${MEMBERS}), taking as materialized (
                 select 1 from unnest($3::uuid[]) as w(id) cross join lateral (
                   select keys from millrace.person_record
                   where tenant_id = $1::uuid and lead_id between w.id and w.id order by lead_id
                 ) r where r.keys <> '{}' limit 1
               )
               select l.id from taking cross join members m cross join lateral (
                 (select id from millrace.lead where tenant_id = $1::uuid and id = m.id and person_id = m.id limit 1)
                 union all
                 (select id from millrace.lead
                  where tenant_id = $1::uuid and person_id = m.id and person_id <> id)
               ) l
               where not l.id = any ($3::uuid[])
               order by l.id desc limit ${STAYING_MAX}`,
        values: [tenantId, root, uuids(leads)],
      })
      return rows.map(({ id }) => id)
    })

  return {
    /** Read before anything is locked: it opens leads one by one. */
    prepare: async (asked: Splitting): Promise<Prepared> => ({
      leaving: await ownRecords(asked.tenantId, [...new Set(asked.leads)].sort()),
      staying: await ownRecords(asked.tenantId, await stayingOf(asked)),
    }),

    apply: async (tx: Tx, asked: Splitting, prepared: Prepared): Promise<Changed> => {
      const { tenantId, person, leads, by, at } = asked
      const found = await tx.query<Leaving>({
        text: `select l.id, l.person_id, coalesce(p.merged_into, p.id) as root, l.test, l.received_at
               from millrace.lead l join millrace.person p on p.tenant_id = l.tenant_id and p.id = l.person_id
               where l.tenant_id = $1::uuid and l.id = any ($2::uuid[]) order by l.id for update of l`,
        values: [tenantId, uuids(leads)],
      })
      const root = (await rootsIn(tx, tenantId, [person])).get(person)
      if (root === undefined) throw noPerson()
      if (found.length !== new Set(leads).size || found.some((lead) => lead.root !== root))
        throw new Fault('not_found', { message: 'Some of these are no leads of this person' })
      const founders = found.filter((lead) => lead.id === lead.person_id)
      if (founders.length > 0)
        throw wrong(
          `Lead ${founders[0]?.id} is the first of its person and cannot leave it: split off the others, or take the merge back that brought it here`,
        )
      const [first] = found as [Leaving]
      const moved = await move(tx, tenantId, first, found)
      await add(tx, tenantId, takenBy(first.id, prepared.leaving, moved))
      await add(tx, tenantId, keptBy(prepared.staying, moved))
      const id = newId(at)
      await tx.query({
        text: `insert into millrace.person_event (tenant_id, id, person_id, other, at, type, by, persons)
               values ($1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::timestamptz, 'split', $6, array[$4::uuid])`,
        values: [tenantId, id, root, first.id, new Date(at), by],
      })
      await keepApart(tx, tenantId, root, first.id)
      return { person: root, other: first.id, events: [id] }
    },
  }
}
