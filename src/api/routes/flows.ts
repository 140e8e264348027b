import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Fault } from '../../base/faults.ts'
import { decodeText } from '../../ingest/text.ts'
import { FlowBody, FlowDetail, FlowList, FlowParams, FlowPublished, FlowRefused } from '../contract/flows.ts'
import { problems } from '../contract/problem.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import { sendProblem } from '../problems.ts'
import { iso } from '../times.ts'

const YAML = ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml']

const summaryOf = (row: Readonly<Record<string, unknown>>) => ({
  id: row.id as string,
  version: row.current_version as number,
  enabled: row.enabled as boolean,
  published_at: iso(row.published_at as number),
})

export const flowRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, publish } = deps
    const tags = ['Flows']
    const security = [{ login: [] }, { cookie: [] }]

    // A document may be posted as it stands in its file; inside it becomes the same body as one wrapped in JSON.
    app.addContentTypeParser(YAML, { parseAs: 'buffer' }, (_request, body, done) => {
      try {
        done(null, { document: decodeText({ bytes: body as Buffer, charset: null, what: 'body' }) })
      } catch (error) {
        done(error as Error)
      }
    })

    app.get(
      '/api/v1/flows',
      {
        config: { access: 'flow.read' },
        schema: {
          tags,
          security,
          summary: 'List the flows',
          response: { 200: FlowList, ...problems(401, 403, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const [rows = []] = await database.batch(
          [tenantId],
          [
            {
              name: 'list_flows',
              text: `select f.id, f.current_version, f.enabled, v.published_at
                     from millrace.flow f
                     join millrace.flow_version v
                       on v.tenant_id = f.tenant_id and v.flow_id = f.id and v.version = f.current_version
                     where f.tenant_id = $1::uuid
                     order by f.id`,
              values: [tenantId],
            },
          ],
        )
        return { items: rows.map(summaryOf) }
      },
    )

    app.get(
      '/api/v1/flows/:id',
      {
        config: { access: 'flow.read' },
        schema: {
          tags,
          security,
          summary: 'Read a flow and its versions',
          params: FlowParams,
          response: { 200: FlowDetail, ...problems(401, 403, 404, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const values = [tenantId, request.params.id]
        const [flows = [], versions = []] = await database.batch(
          [tenantId],
          [
            {
              name: 'read_flow',
              text: `select f.id, f.current_version, f.enabled, v.published_at, v.document
                     from millrace.flow f
                     join millrace.flow_version v
                       on v.tenant_id = f.tenant_id and v.flow_id = f.id and v.version = f.current_version
                     where f.tenant_id = $1::uuid and f.id = $2::text`,
              values,
            },
            {
              name: 'list_flow_versions',
              text: `select version, published_at, published_by, note from millrace.flow_version
                     where tenant_id = $1::uuid and flow_id = $2::text order by version desc`,
              values,
            },
          ],
        )
        const [flow] = flows
        if (!flow) throw new Fault('not_found', { message: 'There is no flow of this id.' })
        return {
          ...summaryOf(flow),
          document: flow.document as string,
          versions: versions.map((row) => ({
            version: row.version as number,
            published_at: iso(row.published_at as number),
            published_by: row.published_by as string,
            note: row.note as string | null,
          })),
        }
      },
    )

    app.post(
      '/api/v1/flows',
      {
        config: { access: 'flow.edit', audit: { action: 'flow.publish', resource: 'flow' } },
        schema: {
          tags,
          security,
          summary: 'Publish a flow',
          description: 'As JSON with the text of the document, or the document itself as application/yaml.',
          consumes: ['application/json', 'application/yaml'],
          body: FlowBody,
          response: { 201: FlowPublished, 422: FlowRefused, ...problems(400, 401, 403, 406, 409, 413, 415, 500, 503) },
        },
      },
      async (request, reply) => {
        const { tenantId, userId } = sessionOf(request)
        const { document: text, note = null, base_version: base = null } = request.body
        const onFlow = (flow: string): void => {
          request.auditData = { flow }
        }
        const {
          flow,
          version,
          problems: found,
          keys,
        } = await publish({ tenantId, text, by: userId, note, base, onFlow })
        if (version === null) {
          const count = found.length === 1 ? '1 problem' : `${found.length} problems`
          const fault = new Fault('flow_invalid', { message: `The flow has ${count}; nothing was published.` })
          return sendProblem(fault, request, reply, { problems: found })
        }
        reply.code(201).header('location', `${deps.settings.publicUrl ?? ''}/api/v1/flows/${encodeURIComponent(flow)}`)
        return { flow, version, source_keys: [...keys] }
      },
    )
  }
