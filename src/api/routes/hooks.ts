import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Fault } from '../../base/faults.ts'
import { newId } from '../../base/ids.ts'
import { HookBody, HookList, HookParams, HookSample, HookSampleQuery, HookSummary } from '../contract/hooks.ts'
import { problems } from '../contract/problem.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import { iso } from '../times.ts'

const RAISE_EPOCH = {
  name: 'raise_epoch',
  text: 'update millrace.tenant set config_epoch = config_epoch + 1 where id = $1::uuid',
}

/** Subscriptions of services that start something for each lead: REST hooks, as Zapier and Make know them. */
export const hookRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, clock, keys, trials } = deps
    const tags = ['Hooks']
    const security = [{ login: [] }, { cookie: [] }]

    const summaryOf = (name: string, at: number) => {
      const [, flow = '', destination = '', id = ''] = name.split('/')
      return { id, flow, destination, created_at: iso(at) }
    }

    app.post(
      '/api/v1/hooks',
      {
        config: { access: 'secret.edit' },
        schema: {
          tags,
          security,
          summary: 'Subscribe to a destination',
          description: 'From then on each lead that is delivered there is posted to the address, too.',
          body: HookBody,
          response: { 201: HookSummary, ...problems(400, 401, 403, 404, 406, 413, 415, 422, 500, 503) },
        },
      },
      async (request, reply) => {
        const { tenantId } = sessionOf(request)
        const { flow, destination, target_url: url } = request.body
        await trials.mayTake({ tenantId, flow, destination, url })
        const now = clock.now()
        const name = `hook/${flow}/${destination}/${newId(now)}`
        await database.batch(
          [tenantId],
          [
            {
              name: 'subscribe_hook',
              text: `insert into millrace.secret (tenant_id, name, sealed, updated_at)
                     values ($1::uuid, $2::text, $3::bytea, $4::timestamptz)`,
              values: [tenantId, name, await keys.sealTenant(tenantId, url), new Date(now)],
            },
            { ...RAISE_EPOCH, values: [tenantId] },
          ],
        )
        reply.status(201)
        return summaryOf(name, now)
      },
    )

    app.get(
      '/api/v1/hooks',
      {
        config: { access: 'secret.read' },
        schema: {
          tags,
          security,
          summary: 'List subscriptions',
          response: { 200: HookList, ...problems(401, 403, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const [rows = []] = await database.batch(
          [tenantId],
          [
            {
              name: 'list_hooks',
              text: `select name, updated_at from millrace.secret
                     where tenant_id = $1::uuid and name like 'hook/%' order by name`,
              values: [tenantId],
            },
          ],
        )
        return { items: rows.map((row) => summaryOf(row.name as string, row.updated_at as number)) }
      },
    )

    app.get(
      '/api/v1/hooks/sample',
      {
        config: { access: 'secret.read' },
        schema: {
          tags,
          security,
          summary: 'Show what a subscriber is sent',
          querystring: HookSampleQuery,
          response: { 200: HookSample, ...problems(400, 401, 403, 404, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const payload = await trials.sample({ tenantId, ...request.query })
        const id = '00000000-0000-7000-8000-000000000000'
        return [{ id, lead_id: id, ...payload }]
      },
    )

    app.delete(
      '/api/v1/hooks/:id',
      {
        config: { access: 'secret.edit' },
        schema: {
          tags,
          security,
          summary: 'Unsubscribe',
          params: HookParams,
          response: { 200: HookSummary, ...problems(401, 403, 404, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const [removed = []] = await database.batch(
          [tenantId],
          [
            {
              name: 'unsubscribe_hook',
              text: `delete from millrace.secret
                     where tenant_id = $1::uuid and name like 'hook/%' and split_part(name, '/', 4) = $2
                     returning name, updated_at`,
              values: [tenantId, request.params.id],
            },
            { ...RAISE_EPOCH, values: [tenantId] },
          ],
        )
        const [row] = removed
        if (!row) throw new Fault('not_found', { message: 'There is no such subscription' })
        return summaryOf(row.name as string, row.updated_at as number)
      },
    )
  }
