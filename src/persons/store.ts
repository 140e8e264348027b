import type { Database, Row } from '../database/pool.ts'
import type { JournalReader } from '../journal/types.ts'
import { MEMBERS } from './members.ts'
import { type Contribution, DEFAULT_SURVIVORSHIP, type Survivorship } from './survivorship.ts'

/** A person that stands by itself. */
export interface PersonRow {
  readonly id: string
  readonly accountId: string | null
  readonly createdAt: number
  readonly test: boolean
  /** Persons that turned out to be this one. */
  readonly merged: readonly string[]
  readonly leads: number
}

export interface PersonLead {
  readonly id: string
  /** The person it was given to when it came. */
  readonly person: string
  readonly flow: string
  readonly source: string
  readonly status: string
  readonly outcome: string | null
  readonly code: string | null
  readonly duplicateOf: string | null
  readonly receivedAt: number
  readonly erased: boolean
}

export interface PersonEvent {
  readonly id: string
  readonly person: string
  readonly type: 'merged' | 'unmerged' | 'split' | 'kept_apart'
  readonly at: number
  readonly by: string
  readonly leadId: string | null
  readonly persons: readonly string[]
  readonly undoes: string | null
}

export interface AccountRow {
  readonly id: string
  readonly createdAt: number
  /** Name and domain. */
  readonly sealed: Buffer
  /** How many speak for it. */
  readonly persons: number
}

export interface PersonStore {
  /** The person as it stands now: asked for one that turned out to be another, that other. Null: there is none. */
  find(tenantId: string, id: string): Promise<PersonRow | null>
  list(
    tenantId: string,
    page: { readonly before: string | null; readonly limit: number; readonly account: string | null },
  ): Promise<readonly PersonRow[]>
  /** The persons that leads belong to, as they stand now, each once, newest first. */
  ofLeads(tenantId: string, leads: readonly string[]): Promise<readonly PersonRow[]>
  /** Newest first. */
  leads(
    tenantId: string,
    id: string,
    page: { readonly before: string | null; readonly limit: number },
  ): Promise<readonly PersonLead[]>
  events(tenantId: string, id: string): Promise<readonly PersonEvent[]>
  /** What its newest leads say of it. */
  contributions(tenantId: string, id: string, max: number): Promise<readonly Contribution[]>
  survivorship(tenantId: string): Promise<Survivorship>
  setSurvivorship(tenantId: string, rules: Survivorship, at: number): Promise<void>
  /** Null: there is no such account. */
  account(tenantId: string, id: string): Promise<AccountRow | null>
  /** Newest first. */
  accounts(
    tenantId: string,
    page: { readonly before: string | null; readonly limit: number },
  ): Promise<readonly AccountRow[]>
}

/** The leads of a person `m`, each once: its first, which is found by its own id, and those that came to it. */
const leadsOf = (tenant: string): string => `
  select l.* from millrace.lead l where l.tenant_id = ${tenant} and l.id = m.id and l.person_id = m.id
  union all
  select l.* from millrace.lead l where l.tenant_id = ${tenant} and l.person_id = m.id and l.person_id <> l.id`

/**
 * Who stands under a person `p`, and what speaks for an organisation, is asked for as a range, which only the index that
 * begins so has in order. Were they given as equal, a plan made while there were few persons walked through all of a
 * tenant's (docs/decisions/0010).
 */
const under = (columns: string): string => `
  select ${columns} from millrace.person
  where tenant_id = p.tenant_id and merged_into between p.id and p.id order by merged_into`

/** The organisation of a person `p`: its own, else the first that one of those under it speaks for. */
const SPEAKS_FOR = `coalesce(p.account_id, (
  select m.account_id from (${under('id, account_id')} offset 0) m where m.account_id is not null order by m.id limit 1))`

const COUNTED = `p.id, p.created_at, p.test, ${SPEAKS_FOR} as account_id,
  coalesce((select array_agg(m.id order by m.id) from (${under('id')}) m), '{}') as merged,
  (select count(*)::integer from (
     select p.id union all (${under('id')})
   ) m(id) cross join lateral (${leadsOf('p.tenant_id')}) l) as leads`

/** Those that stand by themselves and speak for an organisation. */
const speakersOf = (tenant: string, account: string): string => `
  (select distinct coalesce(s.merged_into, s.id) as id from (
     select id, merged_into from millrace.person
     where tenant_id = ${tenant} and account_id between ${account} and ${account} order by account_id
   ) s) r
  cross join lateral (
    select * from millrace.person where tenant_id = ${tenant} and id = r.id limit 1
  ) p
  where ${SPEAKS_FOR} = ${account}`

const ACCOUNT = `a.id, a.created_at, a.sealed,
  (select count(*)::integer from ${speakersOf('a.tenant_id', 'a.id')}) as persons`

/** Beyond every id there is: a page that begins at none begins here. */
const LAST = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

const accountOf = (row: Row): AccountRow => ({
  id: row.id as string,
  createdAt: row.created_at as number,
  sealed: row.sealed as Buffer,
  persons: row.persons as number,
})

const personOf = (row: Row): PersonRow => ({
  id: row.id as string,
  accountId: row.account_id as string | null,
  createdAt: row.created_at as number,
  test: row.test as boolean,
  merged: row.merged as string[],
  leads: row.leads as number,
})

const leadOf = (row: Row): PersonLead => ({
  id: row.id as string,
  person: row.person_id as string,
  flow: row.flow_id as string,
  source: row.source_id as string,
  status: row.status as string,
  outcome: row.outcome as string | null,
  code: row.code as string | null,
  duplicateOf: row.duplicate_of as string | null,
  receivedAt: row.received_at as number,
  erased: row.erased as boolean,
})

const eventOf = (row: Row): PersonEvent => ({
  id: row.id as string,
  person: row.person_id as string,
  type: row.type as PersonEvent['type'],
  at: row.at as number,
  by: row.by as string,
  leadId: row.lead_id as string | null,
  persons: row.persons as string[],
  undoes: row.undoes as string | null,
})

export const createPersonStore = (options: {
  readonly database: Database
  readonly reader: Pick<JournalReader, 'read'>
}): PersonStore => {
  const { database, reader } = options
  const one = async (
    tenantId: string,
    name: string,
    text: string,
    values: readonly (string | number | null)[],
  ): Promise<Row[]> => {
    const [rows] = await database.batch([tenantId], [{ name, text, values: [tenantId, ...values] }])
    return rows ?? []
  }

  const leads: PersonStore['leads'] = async (tenantId, id, { before, limit }) => {
    const rows = await one(
      tenantId,
      'person_leads_read',
      `with members as materialized (${MEMBERS})
       select l.id, l.person_id, l.flow_id, l.source_id, l.status, l.outcome, l.code, l.duplicate_of, l.received_at,
              l.wrapped_key is null as erased
       from members m cross join lateral (${leadsOf('$1::uuid')}) l
       where $3::uuid is null or l.id < $3::uuid
       order by l.id desc limit $4::integer`,
      [id, before, limit],
    )
    return rows.map(leadOf)
  }

  return {
    find: async (tenantId, id) => {
      const [row] = await one(
        tenantId,
        'find_person',
        `with root as materialized (
           select coalesce(a.merged_into, a.id) as id from unnest(array[$2::uuid]) as w(id)
           cross join lateral (
             select id, merged_into from millrace.person where tenant_id = $1::uuid and id = w.id limit 1
           ) a
         )
         select ${COUNTED} from root r
         cross join lateral (select * from millrace.person where tenant_id = $1::uuid and id = r.id limit 1) p`,
        [id],
      )
      return row ? personOf(row) : null
    },
    list: async (tenantId, { before, limit, account }) => {
      const from = before ?? LAST
      const rows =
        account === null
          ? await one(
              tenantId,
              'list_persons',
              `select ${COUNTED} from millrace.person p
               where p.tenant_id = $1::uuid and p.merged_into is null and p.id < $2::uuid
               order by p.id desc limit $3::integer`,
              [from, limit],
            )
          : await one(
              tenantId,
              'list_persons_of_account',
              `select ${COUNTED} from ${speakersOf('$1::uuid', '$4::uuid')} and p.id < $2::uuid
               order by p.id desc limit $3::integer`,
              [from, limit, account],
            )
      return rows.map(personOf)
    },
    ofLeads: async (tenantId, ids) => {
      const rows = await one(
        tenantId,
        'persons_of_leads',
        `with roots as materialized (
           select distinct coalesce(a.merged_into, a.id) as id
           from unnest($2::uuid[]) as w(id)
           cross join lateral (
             select person_id from millrace.lead where tenant_id = $1::uuid and id = w.id limit 1
           ) l
           cross join lateral (
             select id, merged_into from millrace.person where tenant_id = $1::uuid and id = l.person_id limit 1
           ) a
         )
         select ${COUNTED} from roots r
         cross join lateral (select * from millrace.person where tenant_id = $1::uuid and id = r.id limit 1) p
         order by p.id desc`,
        [`{${ids.join(',')}}`],
      )
      return rows.map(personOf)
    },
    leads,
    events: async (tenantId, id) => {
      const rows = await one(
        tenantId,
        'events_of_person',
        `with members as materialized (${MEMBERS})
         select distinct e.id, e.person_id, e.type, e.at, e.by, e.lead_id, e.persons, e.undoes
         from members m cross join lateral (
           (select * from millrace.person_event
            where tenant_id = $1::uuid and person_id between m.id and m.id order by person_id)
           union all
           (select * from millrace.person_event
            where tenant_id = $1::uuid and other between m.id and m.id order by other)
         ) e
         order by e.at desc, e.id desc limit 500`,
        [id],
      )
      return rows.map(eventOf)
    },
    contributions: async (tenantId, id, max) => {
      const found = await leads(tenantId, id, { before: null, limit: max })
      const said: Contribution[] = []
      for (const { id: leadId, erased } of found) {
        if (erased) continue
        const loaded = await reader.read(tenantId, leadId)
        if (!loaded) continue
        const { flow, flowVersion, source, receivedAt, fields } = loaded.lead
        said.push({ leadId, flow, flowVersion, source, receivedAt, fields })
      }
      return said
    },
    survivorship: async (tenantId) => {
      const [row] = await one(
        tenantId,
        'read_survivorship',
        'select rules from millrace.person_rules where tenant_id = $1::uuid',
        [],
      )
      return row ? (row.rules as Survivorship) : DEFAULT_SURVIVORSHIP
    },
    setSurvivorship: async (tenantId, rules, at) => {
      await database.batch(
        [tenantId],
        [
          {
            name: 'put_survivorship',
            text: `insert into millrace.person_rules (tenant_id, rules, updated_at)
                   values ($1::uuid, $2::jsonb, $3::timestamptz)
                   on conflict (tenant_id) do update set rules = excluded.rules, updated_at = excluded.updated_at`,
            values: [tenantId, JSON.stringify(rules), new Date(at)],
          },
        ],
      )
    },
    account: async (tenantId, id) => {
      const [row] = await one(
        tenantId,
        'find_account',
        `select ${ACCOUNT} from millrace.account a where a.tenant_id = $1::uuid and a.id = $2::uuid`,
        [id],
      )
      return row ? accountOf(row) : null
    },
    accounts: async (tenantId, { before, limit }) => {
      const rows = await one(
        tenantId,
        'list_accounts',
        `select ${ACCOUNT} from millrace.account a
         where a.tenant_id = $1::uuid and a.id < $2::uuid
         order by a.id desc limit $3::integer`,
        [before ?? LAST, limit],
      )
      return rows.map(accountOf)
    },
  }
}
