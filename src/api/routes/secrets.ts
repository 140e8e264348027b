import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Fault } from '../../base/faults.ts'
import { problems } from '../contract/problem.ts'
import { SecretBody, SecretList, SecretParams, SecretSummary } from '../contract/secrets.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import { iso } from '../times.ts'

export const secretRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, clock, keys } = deps
    const tags = ['Secrets']
    const security = [{ login: [] }, { cookie: [] }]

    app.get(
      '/api/v1/secrets',
      {
        config: { access: 'secret.read' },
        schema: {
          tags,
          security,
          summary: 'List the names of secrets',
          response: { 200: SecretList, ...problems(401, 403, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const [rows = []] = await database.batch(
          [tenantId],
          [
            {
              name: 'list_secrets',
              text: `select name, updated_at from millrace.secret
                     where tenant_id = $1::uuid and name not like '%/%' order by name`,
              values: [tenantId],
            },
          ],
        )
        return { items: rows.map((row) => ({ name: row.name as string, updated_at: iso(row.updated_at as number) })) }
      },
    )

    app.get(
      '/api/v1/secrets/:name',
      {
        config: { access: 'secret.read' },
        schema: {
          tags,
          security,
          summary: 'Read when a secret was set',
          description: 'Never the secret.',
          params: SecretParams,
          response: { 200: SecretSummary, ...problems(400, 401, 403, 404, 406, 429, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const [rows] = await database.batch(
          [tenantId],
          [
            {
              name: 'read_secret_age',
              text: 'select name, updated_at from millrace.secret where tenant_id = $1::uuid and name = $2::text',
              values: [tenantId, request.params.name],
            },
          ],
        )
        const row = rows?.[0]
        if (!row) throw new Fault('not_found', { message: 'There is no secret of this name.' })
        return { name: row.name as string, updated_at: iso(row.updated_at as number) }
      },
    )

    app.put(
      '/api/v1/secrets/:name',
      {
        config: { access: 'secret.edit' },
        schema: {
          tags,
          security,
          summary: 'Set a secret',
          description: 'Sealed under the key of the tenant. Destinations name it; nobody can read it back.',
          params: SecretParams,
          body: SecretBody,
          response: { 200: SecretSummary, ...problems(400, 401, 403, 406, 413, 415, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const { name } = request.params
        const sealed = await keys.sealTenant(tenantId, request.body.value)
        const now = clock.now()
        await database.batch(
          [tenantId],
          [
            {
              name: 'set_secret',
              text: `insert into millrace.secret (tenant_id, name, sealed, updated_at)
                     values ($1::uuid, $2::text, $3::bytea, $4::timestamptz)
                     on conflict (tenant_id, name)
                     do update set sealed = excluded.sealed, updated_at = excluded.updated_at`,
              values: [tenantId, name, sealed, new Date(now)],
            },
            {
              name: 'raise_epoch',
              text: 'update millrace.tenant set config_epoch = config_epoch + 1 where id = $1::uuid',
              values: [tenantId],
            },
          ],
        )
        return { name, updated_at: iso(now) }
      },
    )
  }
