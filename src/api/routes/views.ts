import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Fault } from '../../base/faults.ts'
import { isId, newId } from '../../base/ids.ts'
import type { Row } from '../../database/pool.ts'
import { Branding, BrandingBody, View, ViewBody, ViewList, ViewParams } from '../contract/console.ts'
import { problems } from '../contract/problem.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import { iso } from '../times.ts'

const VIEWS_MAX = 50

const viewOf = (row: Row) => ({
  id: row.id as string,
  name: row.name as string,
  filter: (typeof row.filter === 'string' ? JSON.parse(row.filter) : row.filter) as object,
  created_at: iso(row.created_at as number),
})

/** What people keep for themselves, and what the console looks like for a tenant. */
export const viewRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, clock } = deps
    const same = { tags: ['Console'], security: [{ login: [] }, { cookie: [] }] }

    app.get(
      '/api/v1/views',
      {
        config: { access: 'session' },
        schema: {
          ...same,
          summary: 'List your saved views of leads',
          response: { 200: ViewList, ...problems(401, 403, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId, userId } = sessionOf(request)
        const [rows = []] = await database.batch(
          [tenantId],
          [
            {
              name: 'list_views',
              text: `select id, name, filter::text as filter, created_at from millrace.saved_view
                     where tenant_id = $1::uuid and user_id = $2 order by id`,
              values: [tenantId, userId],
            },
          ],
        )
        return { items: rows.map(viewOf) }
      },
    )

    app.post(
      '/api/v1/views',
      {
        config: { access: 'session', audit: { action: 'view.save', resource: 'view' } },
        schema: {
          ...same,
          summary: 'Save a view of leads',
          body: ViewBody,
          response: { 201: View, ...problems(400, 401, 403, 406, 413, 415, 500, 503) },
        },
      },
      async (request, reply) => {
        const { tenantId, userId } = sessionOf(request)
        const { name, filter } = request.body
        const id = newId(clock.now())
        const [rows = []] = await database.batch(
          [tenantId],
          [
            {
              name: 'save_view',
              text: `insert into millrace.saved_view (tenant_id, id, user_id, name, filter, created_at)
                     select $1::uuid, $2::uuid, $3, $4, $5::jsonb, $6::timestamptz
                     where (select count(*) from millrace.saved_view where tenant_id = $1::uuid and user_id = $3) < $7
                     returning id, name, filter::text as filter, created_at`,
              values: [tenantId, id, userId, name, JSON.stringify(filter), new Date(clock.now()), VIEWS_MAX],
            },
          ],
        )
        const [row] = rows
        if (!row) throw new Fault('invalid_request', { message: `You have ${VIEWS_MAX} views: remove one first.` })
        reply.code(201)
        return viewOf(row)
      },
    )

    app.delete(
      '/api/v1/views/:id',
      {
        config: { access: 'session', audit: { action: 'view.remove', resource: 'view' } },
        schema: {
          ...same,
          summary: 'Remove a saved view',
          params: ViewParams,
          response: { 204: {}, ...problems(401, 403, 404, 406, 500, 503) },
        },
      },
      async (request, reply) => {
        const { tenantId, userId } = sessionOf(request)
        const { id } = request.params
        const [rows = []] = isId(id)
          ? await database.batch(
              [tenantId],
              [
                {
                  name: 'remove_view',
                  text: `delete from millrace.saved_view where tenant_id = $1::uuid and id = $2::uuid and user_id = $3
                         returning id`,
                  values: [tenantId, id, userId],
                },
              ],
            )
          : []
        if (rows.length === 0) throw new Fault('not_found', { message: 'You have no such view' })
        return reply.code(204).send()
      },
    )

    app.get(
      '/api/v1/branding',
      {
        config: { access: 'session' },
        schema: {
          ...same,
          summary: 'Read name, colour and logo of the console',
          response: { 200: Branding, ...problems(401, 403, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const [rows = []] = await database.batch(
          [tenantId],
          [
            {
              name: 'read_branding',
              text: 'select name, color, logo from millrace.branding where tenant_id = $1::uuid',
              values: [tenantId],
            },
          ],
        )
        const [row] = rows
        return {
          name: (row?.name as string | undefined) ?? null,
          color: (row?.color as string | undefined) ?? null,
          logo: (row?.logo as string | undefined) ?? null,
        }
      },
    )

    app.put(
      '/api/v1/branding',
      {
        config: { access: 'settings.edit', audit: { action: 'branding.set', resource: 'branding' } },
        schema: {
          ...same,
          summary: 'Set name, colour and logo of the console',
          body: BrandingBody,
          response: { 200: Branding, ...problems(400, 401, 403, 406, 413, 415, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const { name, color, logo } = request.body
        await database.batch(
          [tenantId],
          [
            {
              name: 'set_branding',
              text: `insert into millrace.branding (tenant_id, name, color, logo, updated_at)
                     values ($1::uuid, $2, $3, $4, $5::timestamptz)
                     on conflict (tenant_id) do update
                       set name = excluded.name, color = excluded.color, logo = excluded.logo, updated_at = excluded.updated_at`,
              values: [tenantId, name, color, logo, new Date(clock.now())],
            },
          ],
        )
        return { name, color, logo }
      },
    )
  }
