import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Fault } from '../../base/faults.ts'
import {
  DraftBody,
  DraftChecked,
  FlowParams,
  FlowPublished,
  FlowRefused,
  FlowVersion,
  FlowVersionParams,
  RollbackBody,
} from '../contract/flows.ts'
import { problems } from '../contract/problem.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import { sendProblem } from '../problems.ts'
import { iso } from '../times.ts'

/** Drafts, and the versions of a flow that were published. */
export const flowVersionRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, publish, check } = deps
    const same = { tags: ['Flows'], security: [{ login: [] }, { cookie: [] }] }

    const versionOf = async (tenantId: string, flow: string, version: number) => {
      const [rows = []] = await database.batch(
        [tenantId],
        [
          {
            name: 'read_flow_version',
            text: `select document, published_at, published_by, note from millrace.flow_version
                   where tenant_id = $1::uuid and flow_id = $2 and version = $3::integer`,
            values: [tenantId, flow, version],
          },
        ],
      )
      const [row] = rows
      if (!row) throw new Fault('not_found', { message: 'There is no such version of this flow.' })
      return row
    }

    app.post(
      '/api/v1/flows/check',
      {
        config: { access: 'flow.read', audit: false },
        schema: {
          ...same,
          summary: 'Check a draft',
          description: 'Everything wrong with it, with line and column. Nothing is kept.',
          body: DraftBody,
          response: { 200: DraftChecked, ...problems(400, 401, 403, 406, 413, 415, 500, 503) },
        },
      },
      async (request) => ({ problems: [...check(request.body.document)] }),
    )

    app.get(
      '/api/v1/flows/:id/versions/:version',
      {
        config: { access: 'flow.read' },
        schema: {
          ...same,
          summary: 'Read a version of a flow',
          params: FlowVersionParams,
          response: { 200: FlowVersion, ...problems(400, 401, 403, 404, 406, 500, 503) },
        },
      },
      async (request) => {
        const { id: flow, version } = request.params
        const row = await versionOf(sessionOf(request).tenantId, flow, version)
        return {
          flow,
          version,
          document: row.document as string,
          published_at: iso(row.published_at as number),
          published_by: row.published_by as string,
          note: row.note as string | null,
        }
      },
    )

    app.post(
      '/api/v1/flows/:id/rollback',
      {
        config: { access: 'flow.edit', audit: { action: 'flow.rollback', resource: 'flow' } },
        schema: {
          ...same,
          summary: 'Publish an earlier version again',
          description: 'As a new version: what was published is never changed. Leads under way keep theirs.',
          params: FlowParams,
          body: RollbackBody,
          response: { 201: FlowPublished, 422: FlowRefused, ...problems(400, 401, 403, 404, 406, 413, 415, 500, 503) },
        },
      },
      async (request, reply) => {
        const { tenantId, userId } = sessionOf(request)
        const { version: of, note } = request.body
        const { document } = await versionOf(tenantId, request.params.id, of)
        request.auditData = { of }
        const published = await publish({
          tenantId,
          text: document as string,
          by: userId,
          note: note ?? `Back to version ${of}`,
        })
        if (published.version === null) {
          const fault = new Fault('flow_invalid', {
            message: `Version ${of} is no longer a right flow; nothing was published.`,
          })
          return sendProblem(fault, request, reply, { problems: published.problems })
        }
        reply.code(201)
        return { flow: published.flow, version: published.version, source_keys: [...published.keys] }
      },
    )
  }
