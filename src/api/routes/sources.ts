import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { parse } from 'yaml'
import { SourceList } from '../contract/console.ts'
import { problems } from '../contract/problem.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import { iso } from '../times.ts'

interface WrittenSource {
  readonly id?: unknown
  readonly name?: unknown
  readonly enabled?: unknown
  readonly adapter?: unknown
  readonly price?: unknown
}

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

/** Sources as the published documents say them: published, they are known to be right. */
const sourcesOf = (document: string): WrittenSource[] => {
  const { sources } = (parse(document) ?? {}) as { readonly sources?: unknown }
  return Array.isArray(sources) ? (sources as WrittenSource[]) : []
}

export const sourceRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, settings } = deps
    app.get(
      '/api/v1/sources',
      {
        config: { access: 'source.read' },
        schema: {
          tags: ['Flows'],
          security: [{ login: [] }, { cookie: [] }],
          summary: 'List the sources of all flows',
          response: { 200: SourceList, ...problems(401, 403, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const [flows = [], keys = []] = await database.batch(
          [tenantId],
          [
            {
              name: 'list_flow_documents',
              text: `select f.id, v.document from millrace.flow f
                     join millrace.flow_version v
                       on v.tenant_id = f.tenant_id and v.flow_id = f.id and v.version = f.current_version
                     where f.tenant_id = $1::uuid order by f.id`,
              values: [tenantId],
            },
            {
              name: 'list_source_keys',
              text: `select flow_id, source_id, hint, enabled, created_at from millrace.source_key
                     where tenant_id = $1::uuid order by id`,
              values: [tenantId],
            },
          ],
        )
        const items = flows.flatMap((row) =>
          sourcesOf(row.document as string).map((source) => {
            const id = String(source.id)
            return {
              flow: row.id as string,
              id,
              name: text(source.name) ?? id,
              enabled: source.enabled !== false && source.enabled !== 'false',
              adapter: text(source.adapter),
              price: source.price ?? null,
              submit_url: `${settings.publicUrl ?? ''}/flows/${row.id}/sources/${id}/submit`,
              keys: keys
                .filter((key) => key.flow_id === row.id && key.source_id === id)
                .map((key) => ({
                  hint: key.hint as string,
                  enabled: key.enabled as boolean,
                  created_at: iso(key.created_at as number),
                })),
            }
          }),
        )
        return { items }
      },
    )
  }
