import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { TenantChange, Tenants } from '../../access/tenants.ts'
import type { Users } from '../../access/users.ts'
import { inCourse } from '../../audit/changes.ts'
import type { AuditEntry } from '../../audit/types.ts'
import type { Clock } from '../../base/clock.ts'
import { newId } from '../../base/ids.ts'
import { problems } from '../contract/problem.ts'
import {
  NewTenantBody,
  PlatformTenant,
  PlatformTenants,
  SettingsBody,
  TenantBody,
  TenantMade,
  TenantParams,
  TenantView,
} from '../contract/tenants.ts'
import { ifVersion, sendEtag } from '../etag.ts'
import { sessionOf } from '../guard.ts'
import type { LinkSender } from '../links.ts'
import { limitsOf, platformView, tenantView } from '../tenant-views.ts'

const changeOf = (body: {
  name?: string
  enabled?: boolean
  limits?: Parameters<typeof limitsOf>[0]
  cors_origins?: string[]
}): TenantChange => ({
  ...(body.name !== undefined && { name: body.name }),
  ...(body.enabled !== undefined && { enabled: body.enabled }),
  ...(body.limits !== undefined && { limits: limitsOf(body.limits) }),
  ...(body.cors_origins !== undefined && { corsOrigins: body.cors_origins }),
})

/** A tenant to its admins, and all of them to the operator of the installation. */
export const tenantRoutes =
  (parts: {
    readonly tenants: Tenants
    readonly users: Users
    readonly links: LinkSender
    readonly clock: Clock
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { tenants, users, links, clock } = parts
    const tags = ['Tenants']
    const security = [{ login: [] }, { cookie: [] }]
    const operator = [{ platformKey: [] }]
    const platform = { access: 'platform' } as const

    /** What the operator of the installation does to a tenant stands in the audit of that tenant. */
    const entryOf = (tenantId: string, action: string, data: AuditEntry['data'] = {}): AuditEntry => ({
      tenantId,
      actor: { kind: 'operator', id: 'platform' },
      action,
      resource: 'tenant',
      resourceId: tenantId,
      data,
    })

    app.get(
      '/api/v1/tenant',
      {
        config: { access: 'settings.read' },
        schema: {
          tags,
          security,
          summary: 'Read the tenant: its settings, limits and use',
          response: { 200: TenantView, ...problems(401, 403, 406, 429, 500, 503) },
        },
      },
      async (request, reply) => {
        const tenant = await tenants.read(sessionOf(request).tenantId)
        sendEtag(reply, tenant.version)
        return tenantView(tenant)
      },
    )

    app.patch(
      '/api/v1/tenant',
      {
        config: { access: 'settings.edit' },
        schema: {
          tags,
          security,
          summary: 'Change the settings of the tenant',
          description: 'Its name, and whose pages may call the API from a browser. Limits are its operator’s.',
          body: SettingsBody,
          response: { 200: TenantView, ...problems(400, 401, 403, 406, 412, 413, 415, 429, 500, 503) },
        },
      },
      async (request, reply) => {
        const { tenantId: id } = sessionOf(request)
        const tenant = await tenants.change({ id, change: changeOf(request.body), ifVersion: ifVersion(request) })
        sendEtag(reply, tenant.version)
        return tenantView(tenant)
      },
    )

    app.get(
      '/api/v1/platform/tenants',
      {
        config: platform,
        schema: {
          tags,
          security: operator,
          summary: 'List all tenants',
          response: { 200: PlatformTenants, ...problems(401, 404, 406, 429, 500, 503) },
        },
      },
      async () => ({ items: (await tenants.list()).map(platformView) }),
    )

    app.post(
      '/api/v1/platform/tenants',
      {
        config: { ...platform, idempotent: true },
        schema: {
          tags,
          security: operator,
          summary: 'Make a tenant',
          description: 'With keys of its own, and with an owner where an email is given.',
          body: NewTenantBody,
          response: { 201: TenantMade, ...problems(400, 401, 404, 406, 409, 413, 415, 429, 500, 503) },
        },
      },
      async (request, reply) => {
        const { slug, name = slug, limits, owner_email: email } = request.body
        const id = newId(clock.now())
        const making = { tenantId: id, entry: () => entryOf(id, 'tenant.make'), isWritten: false }
        const tenant = await inCourse(making, () =>
          tenants.make({ id, slug, name, limits: limitsOf(limits), by: 'platform' }),
        )
        reply.code(201).header('location', `/api/v1/platform/tenants/${tenant.id}`)
        sendEtag(reply, tenant.version)
        if (email === undefined) return { tenant: platformView(tenant), invitation: null }
        const actor = { role: 'owner' }
        const course = { tenantId: tenant.id, entry: () => entryOf(tenant.id, 'users.post'), isWritten: false }
        const invited = await inCourse(course, () =>
          users.invite({ tenantId: tenant.id, email, role: 'owner', partner: null, actor }),
        )
        const invitation = await links.send({ to: email, purpose: 'invitation', link: invited.link, request })
        return { tenant: platformView(tenant), invitation }
      },
    )

    app.get(
      '/api/v1/platform/tenants/:id',
      {
        config: platform,
        schema: {
          tags,
          security: operator,
          summary: 'Read a tenant',
          params: TenantParams,
          response: { 200: PlatformTenant, ...problems(401, 404, 406, 429, 500, 503) },
        },
      },
      async (request, reply) => {
        const tenant = await tenants.read(request.params.id)
        sendEtag(reply, tenant.version)
        return platformView(tenant)
      },
    )

    app.patch(
      '/api/v1/platform/tenants/:id',
      {
        config: platform,
        schema: {
          tags,
          security: operator,
          summary: 'Suspend, resume or limit a tenant',
          description:
            'Counts within a second, in every process. What a suspended tenant has begun goes on to its end.',
          params: TenantParams,
          body: TenantBody,
          response: { 200: PlatformTenant, ...problems(400, 401, 404, 406, 412, 413, 415, 429, 500, 503) },
        },
      },
      async (request, reply) => {
        const { id } = await tenants.read(request.params.id)
        const { body } = request
        const data = {
          ...(body.enabled !== undefined && { enabled: body.enabled }),
          ...(body.limits !== undefined && { limits: { ...body.limits } }),
        }
        const course = { tenantId: id, entry: () => entryOf(id, 'tenant.patch', data), isWritten: false }
        const tenant = await inCourse(course, () =>
          tenants.change({ id, change: changeOf(body), ifVersion: ifVersion(request) }),
        )
        sendEtag(reply, tenant.version)
        return platformView(tenant)
      },
    )

    app.delete(
      '/api/v1/platform/tenants/:id',
      {
        config: platform,
        schema: {
          tags,
          security: operator,
          summary: 'Delete a suspended tenant',
          description:
            'Its keys are destroyed before the answer: nothing sealed of it can be read from then on. Its rows are removed ' +
            'after, by the server’s upkeep.',
          params: TenantParams,
          response: { 202: PlatformTenant, ...problems(401, 404, 406, 409, 429, 500, 503) },
        },
      },
      async (request, reply) => {
        const { id } = await tenants.read(request.params.id)
        await tenants.remove(id)
        reply.code(202)
        return platformView(await tenants.read(id))
      },
    )
  }
