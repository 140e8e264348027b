import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { permissionsOf, ROLES, reachOf } from '../../access/matrix.ts'
import type { LoginSessions } from '../../access/sessions.ts'
import type { User, Users } from '../../access/users.ts'
import { Fault } from '../../base/faults.ts'
import { isId } from '../../base/ids.ts'
import { SessionList } from '../contract/auth.ts'
import { problems } from '../contract/problem.ts'
import { Nothing } from '../contract/shapes.ts'
import {
  InviteBody,
  Invited,
  LinkAnswer,
  RoleList,
  UserBody,
  UserListQuery,
  UserPage,
  UserParams,
  UserView,
} from '../contract/users.ts'
import { readCursor, writeCursor } from '../cursor.ts'
import { ifVersion, sendEtag } from '../etag.ts'
import { sessionOf } from '../guard.ts'
import type { LinkSender } from '../links.ts'
import { sessionViews } from '../session-views.ts'
import { iso, isoOrNull } from '../times.ts'

const PAGE_DEFAULT = 50

const viewOf = (user: User) => ({
  id: user.id,
  email: user.email,
  role: user.role,
  partner: user.partner,
  enabled: user.enabled,
  joined: user.joined,
  second_factor: user.secondFactor,
  created_at: iso(user.createdAt),
  last_login_at: isoOrNull(user.lastLoginAt),
})

const idOf = (id: string): string => {
  if (isId(id)) return id
  throw new Fault('not_found', { message: 'There is no such user.' })
}

/** The users of a tenant, for its admins. */
export const userRoutes =
  (parts: {
    readonly users: Users
    readonly sessions: LoginSessions
    readonly links: LinkSender
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { users, sessions, links } = parts
    const tags = ['Users']
    const security = [{ login: [] }, { cookie: [] }]
    const read = { access: 'user.read' } as const
    const edit = { access: 'user.edit' } as const

    app.get(
      '/api/v1/roles',
      {
        config: read,
        schema: {
          tags,
          security,
          summary: 'List the roles, and what each may do',
          response: { 200: RoleList, ...problems(401, 403, 406, 500, 503) },
        },
      },
      async () => ({
        items: Object.entries(ROLES).map(([role, summary]) => ({
          role,
          summary,
          grants: Object.fromEntries(
            permissionsOf(role).map((permission) => [permission, reachOf(role, permission) ?? 'all']),
          ),
        })),
      }),
    )

    app.get(
      '/api/v1/users',
      {
        config: read,
        schema: {
          tags,
          security,
          summary: 'List the users',
          querystring: UserListQuery,
          response: { 200: UserPage, ...problems(400, 401, 403, 406, 429, 500, 503) },
        },
      },
      async (request) => {
        const { limit = PAGE_DEFAULT, cursor } = request.query
        const after = cursor === undefined ? null : readCursor(cursor)
        const found = await users.list(sessionOf(request).tenantId, { after, limit: limit + 1 })
        const items = found.slice(0, limit)
        const last = items.at(-1)
        return { items: items.map(viewOf), next_cursor: found.length > limit && last ? writeCursor(last.id) : null }
      },
    )

    app.post(
      '/api/v1/users',
      {
        config: edit,
        schema: {
          tags,
          security,
          summary: 'Invite a user',
          description: 'The link is in the answer, and goes by mail where SMTP is set. It is good for 7 days.',
          body: InviteBody,
          response: { 201: Invited, ...problems(400, 401, 403, 406, 409, 413, 415, 429, 500, 503) },
        },
      },
      async (request, reply) => {
        const session = sessionOf(request)
        const { email, role, partner = null } = request.body
        const { user, link } = await users.invite({ tenantId: session.tenantId, email, role, partner, actor: session })
        const invitation = await links.send({ to: user.email, purpose: 'invitation', link, request })
        reply.code(201).header('location', `/api/v1/users/${user.id}`)
        sendEtag(reply, user.version)
        return { user: viewOf(user), invitation }
      },
    )

    app.get(
      '/api/v1/users/:id',
      {
        config: read,
        schema: {
          tags,
          security,
          summary: 'Read a user',
          params: UserParams,
          response: { 200: UserView, ...problems(401, 403, 404, 406, 429, 500, 503) },
        },
      },
      async (request, reply) => {
        const user = await users.read(sessionOf(request).tenantId, idOf(request.params.id))
        sendEtag(reply, user.version)
        return viewOf(user)
      },
    )

    app.patch(
      '/api/v1/users/:id',
      {
        config: edit,
        schema: {
          tags,
          security,
          summary: 'Change a role, or switch a user off',
          description: 'Counts from the next request of that user on. Send the ETag you read as If-Match.',
          params: UserParams,
          body: UserBody,
          response: { 200: UserView, ...problems(400, 401, 403, 404, 406, 409, 412, 413, 415, 429, 500, 503) },
        },
      },
      async (request, reply) => {
        const actor = sessionOf(request)
        const { tenantId } = actor
        const id = idOf(request.params.id)
        const user = await users.change({ tenantId, id, change: request.body, ifVersion: ifVersion(request), actor })
        if (!user.enabled) await sessions.revoke({ tenantId, loginId: id }, 'disabled')
        sendEtag(reply, user.version)
        return viewOf(user)
      },
    )

    app.delete(
      '/api/v1/users/:id',
      {
        config: edit,
        schema: {
          tags,
          security,
          summary: 'Remove a user',
          params: UserParams,
          response: { 204: Nothing('The user is gone.'), ...problems(401, 403, 404, 406, 409, 412, 429, 500, 503) },
        },
      },
      async (request, reply) => {
        const actor = sessionOf(request)
        const id = idOf(request.params.id)
        await users.remove({ tenantId: actor.tenantId, id, ifVersion: ifVersion(request), actor })
        return reply.code(204).send(undefined)
      },
    )

    app.post(
      '/api/v1/users/:id/link',
      {
        config: edit,
        schema: {
          tags,
          security,
          summary: 'Make a new link for a user',
          description: 'To set a password: the invitation again, or a reset, good for an hour. Earlier links end.',
          params: UserParams,
          response: { 201: LinkAnswer, ...problems(401, 403, 404, 406, 429, 500, 503) },
        },
      },
      async (request, reply) => {
        const actor = sessionOf(request)
        const { tenantId } = actor
        const user = await users.read(tenantId, idOf(request.params.id))
        const purpose = user.joined ? 'reset' : 'invitation'
        const link = await users.link(tenantId, user.id, purpose, actor)
        reply.code(201)
        return links.send({ to: user.email, purpose, link, request })
      },
    )

    app.get(
      '/api/v1/users/:id/sessions',
      {
        config: read,
        schema: {
          tags,
          security,
          summary: "List a user's sessions",
          params: UserParams,
          response: { 200: SessionList, ...problems(401, 403, 404, 406, 429, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId, sessionId } = sessionOf(request)
        const user = await users.read(tenantId, idOf(request.params.id))
        return { items: sessionViews(await sessions.list(tenantId, user.id), sessionId) }
      },
    )

    app.delete(
      '/api/v1/users/:id/sessions',
      {
        config: edit,
        schema: {
          tags,
          security,
          summary: "End all of a user's sessions",
          description: 'Their tokens are worth nothing from now on.',
          params: UserParams,
          response: { 204: Nothing('They have ended.'), ...problems(401, 403, 404, 406, 429, 500, 503) },
        },
      },
      async (request, reply) => {
        const { tenantId } = sessionOf(request)
        const user = await users.read(tenantId, idOf(request.params.id))
        await sessions.revoke({ tenantId, loginId: user.id }, 'revoked')
        return reply.code(204).send(undefined)
      },
    )
  }
