/** The leads that a tenant has taken in, as records of persons, in the order they came. */
import type { Database } from '../../database/pool.ts'
import { parseFlow } from '../../flow/parse.ts'
import { type PersonRecord, rowOf } from '../../identity/intake.ts'
import type { Keyring } from '../../journal/keyring.ts'
import { decodeSegment } from '../../journal/segment.ts'
import type { Registries } from '../../kit/flow.ts'
import { recordFields, recordOf } from '../../kit/person-record.ts'
import type { LeadView } from '../../kit/step.ts'

export interface StoredLead {
  readonly id: string
  /** In the order of RECORD_ROLES. */
  readonly row: readonly string[]
}

export interface StoredLeadsAsked {
  readonly database: Database
  readonly keyring: Keyring
  readonly registries: Registries
  readonly tenantId: string
  /** Of one flow; undefined: of all. */
  readonly flow: string | undefined
  /** Up to this one; null: all that there are. */
  readonly last: string | null
  /** Only those after this one; left out: from the first. */
  readonly after?: string | null
}

const PAGE = 500
const FIRST = '00000000-0000-0000-0000-000000000000'
const LAST = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

const WHERE = `l.tenant_id = $1::uuid and not l.test and l.wrapped_key is not null
  and ($2::text is null or l.flow_id = $2::text) and l.id <= $3::uuid`

/** How many there are, and the last of them; null where there is none. */
export const countStored = async (
  asked: StoredLeadsAsked,
): Promise<{ readonly count: number; readonly last: string } | null> => {
  const { database, tenantId, flow, last } = asked
  const [rows] = await database.batch(
    [tenantId],
    [
      {
        text: `select (select count(*)::integer from millrace.lead l where ${WHERE}) as count, l.id as last
               from millrace.lead l where ${WHERE} order by l.id desc limit 1`,
        values: [tenantId, flow ?? null, last ?? LAST],
      },
    ],
  )
  const row = rows?.[0]
  return row ? { count: row.count as number, last: row.last as string } : null
}

/** The one after which so many are left, the newest; null where there are no more than those. */
export const beforeNewest = async (asked: StoredLeadsAsked, count: number): Promise<string | null> => {
  const { database, tenantId, flow, last } = asked
  const [rows] = await database.batch(
    [tenantId],
    [
      {
        text: `select l.id from millrace.lead l where ${WHERE} order by l.id desc offset $4::bigint limit 1`,
        values: [tenantId, flow ?? null, last ?? LAST, count],
      },
    ],
  )
  return (rows?.[0]?.id as string | undefined) ?? null
}

/** The fields of each version of a flow: which hold what of a person. */
const kindsReader = ({ database, registries, tenantId }: StoredLeadsAsked) => {
  const known = new Map<string, ReadonlyMap<string, string>>()
  return async (flow: string, version: number): Promise<ReadonlyMap<string, string>> => {
    const name = `${flow}@${version}`
    const before = known.get(name)
    if (before) return before
    const [rows] = await database.batch(
      [tenantId],
      [
        {
          text: `select document from millrace.flow_version
                 where tenant_id = $1::uuid and flow_id = $2 and version = $3::integer`,
          values: [tenantId, flow, version],
        },
      ],
    )
    const { document } = parseFlow((rows?.[0]?.document as string | undefined) ?? '', registries)
    const types = new Map(document.fields.map((field) => [field.name, field.type]))
    const match = document.steps.find(({ type }) => type === 'match')
    const kinds = recordFields(types, (match?.config.fields ?? {}) as Readonly<Record<string, string>>)
    known.set(name, kinds)
    return kinds
  }
}

/** Reads them page by page. A lead that was erased, or holds nothing of a person, is left out. */
export async function* storedLeads(asked: StoredLeadsAsked): AsyncGenerator<readonly StoredLead[]> {
  const { database, keyring, tenantId, flow, last } = asked
  const keys = await keyring.tenant(tenantId)
  const kindsOf = kindsReader(asked)
  for (let after = asked.after ?? FIRST; ; ) {
    const [rows = []] = await database.batch(
      [tenantId],
      [
        {
          name: 'stored_leads',
          text: `select l.id, l.flow_id, l.flow_version, l.wrapped_key, l.key_version, s.at, s.events, s.sealed
                 from millrace.lead l
                 join millrace.segment s on s.tenant_id = l.tenant_id and s.lead_id = l.id and s.seq = 1
                 where ${WHERE} and l.id > $4::uuid order by l.id limit ${PAGE}`,
          values: [tenantId, flow ?? null, last ?? LAST, after],
        },
      ],
    )
    const leads: StoredLead[] = []
    for (const row of rows) {
      after = row.id as string
      const key = keyring.openLeadKey(keys, after, row.wrapped_key as Buffer, row.key_version as number)
      const events = decodeSegment(
        {
          leadId: after,
          at: row.at as number,
          events: row.events as string,
          sealed: row.sealed as Buffer | null,
        },
        key,
      )
      const mapped = events.find((event) => event.type === 'lead.mapped')
      if (!mapped?.sealed) continue
      const kinds = await kindsOf(row.flow_id as string, row.flow_version as number)
      const record = recordOf({ fields: mapped.sealed.fields } as LeadView, kinds)
      if (Object.keys(record).length > 0) leads.push({ id: after, row: rowOf(record as PersonRecord) })
    }
    if (rows.length === 0) return
    yield leads
  }
}
