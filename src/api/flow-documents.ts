import { parse } from 'yaml'
import type { Database } from '../database/pool.ts'

type Plain = Readonly<Record<string, unknown>>

export interface PublishedFlow {
  readonly id: string
  readonly version: number
  /** As it was written: published, it is known to be right. */
  readonly document: Plain
}

const objectOf = (value: unknown): Plain =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Plain) : {}

/** What stands in a flow under a name, by its own names. */
export const partsOf = (flow: PublishedFlow, name: string): ReadonlyMap<string, Plain> =>
  new Map(Object.entries(objectOf(flow.document[name])).map(([id, part]) => [id, objectOf(part)]))

/** What stands in a flow under a name, as a list. */
export const listIn = (flow: PublishedFlow, name: string): readonly Plain[] => {
  const list = flow.document[name]
  return Array.isArray(list) ? list.map(objectOf) : []
}

export const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

/** The flows of a tenant as they are published now. */
export const readPublished = async (database: Database, tenantId: string): Promise<readonly PublishedFlow[]> => {
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'list_flow_documents',
        text: `select f.id, f.current_version as version, v.document from millrace.flow f
               join millrace.flow_version v
                 on v.tenant_id = f.tenant_id and v.flow_id = f.id and v.version = f.current_version
               where f.tenant_id = $1::uuid order by f.id`,
        values: [tenantId],
      },
    ],
  )
  return rows.map((row) => ({
    id: row.id as string,
    version: row.version as number,
    document: objectOf(parse(row.document as string)),
  }))
}
