import { parse } from 'yaml'
import type { Database } from '../database/pool.ts'

/**
 * The types of a flow version's fields, by name: what of a lead may be shown to whom. A version never changes, so it is
 * read once.
 */
export type FieldTypes = (tenantId: string, flow: string, version: number) => Promise<ReadonlyMap<string, string>>

const VERSIONS_MAX = 200

const typesOf = (text: string): ReadonlyMap<string, string> => {
  const document: unknown = parse(text)
  const fields = (document as { readonly fields?: unknown } | null)?.fields
  if (typeof fields !== 'object' || fields === null) return new Map()
  return new Map(
    Object.entries(fields).map(([name, field]): [string, string] => {
      const type: unknown = typeof field === 'string' ? field : (field as { readonly type?: unknown } | null)?.type
      return [name, typeof type === 'string' ? type : 'string']
    }),
  )
}

export const createFieldTypes = (database: Database): FieldTypes => {
  const known = new Map<string, ReadonlyMap<string, string>>()
  return async (tenantId, flow, version) => {
    const key = `${tenantId}|${flow}|${version}`
    const found = known.get(key)
    if (found) return found
    const [rows] = await database.batch(
      [tenantId],
      [
        {
          name: 'read_flow_text',
          text: `select document from millrace.flow_version
                 where tenant_id = $1::uuid and flow_id = $2::text and version = $3::integer`,
          values: [tenantId, flow, version],
        },
      ],
    )
    const types = typesOf((rows?.[0]?.document as string | undefined) ?? '')
    const [oldest] = known.keys()
    if (known.size >= VERSIONS_MAX && oldest !== undefined) known.delete(oldest)
    known.set(key, types)
    return types
  }
}
