import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { SourceList } from '../contract/console.ts'
import { problems } from '../contract/problem.ts'
import type { ApiDeps } from '../deps.ts'
import { listIn, readPublished, textOf } from '../flow-documents.ts'
import { sessionOf } from '../guard.ts'
import { iso } from '../times.ts'

export const sourceRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, settings } = deps
    app.get(
      '/api/v1/sources',
      {
        config: { access: 'source.read', partners: true },
        schema: {
          tags: ['Flows'],
          security: [{ login: [] }, { cookie: [] }],
          summary: 'List the sources of all flows',
          description: 'A partner is told of its own alone.',
          response: { 200: SourceList, ...problems(401, 403, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId, reach, partner } = sessionOf(request)
        const isOwn = (flow: string, source: string): boolean =>
          partner !== null && 'source' in partner && partner.flow === flow && partner.source === source
        const flows = await readPublished(database, tenantId)
        const [keys = []] = await database.batch(
          [tenantId],
          [
            {
              name: 'list_source_keys',
              text: `select flow_id, source_id, hint, enabled, created_at from millrace.source_key
                     where tenant_id = $1::uuid order by id`,
              values: [tenantId],
            },
          ],
        )
        const items = flows.flatMap((flow) =>
          listIn(flow, 'sources').map((source) => {
            const id = String(source.id)
            return {
              flow: flow.id,
              id,
              name: textOf(source.name) ?? id,
              enabled: source.enabled !== false && source.enabled !== 'false',
              adapter: textOf(source.adapter),
              price: source.price ?? null,
              submit_url: `${settings.publicUrl ?? ''}/flows/${flow.id}/sources/${id}/submit`,
              keys: keys
                .filter((key) => key.flow_id === flow.id && key.source_id === id)
                .map((key) => ({
                  hint: key.hint as string,
                  enabled: key.enabled as boolean,
                  created_at: iso(key.created_at as number),
                })),
            }
          }),
        )
        return { items: reach === 'all' ? items : items.filter(({ flow, id }) => isOwn(flow, id)) }
      },
    )
  }
