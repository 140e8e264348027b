import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Fault } from '../../base/faults.ts'
import { isId } from '../../base/ids.ts'
import { type AccountRow, createPersonStore } from '../../persons/store.ts'
import { PAGE_DEFAULT } from '../contract/leads.ts'
import { AccountDetail, AccountListQuery, AccountPage, PersonParams } from '../contract/persons.ts'
import { problems } from '../contract/problem.ts'
import { readCursor, writeCursor } from '../cursor.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import { iso } from '../times.ts'

/** Organisations that persons speak for. */
export const organisationRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, reader } = deps
    const store = createPersonStore({ database, reader })
    const tags = ['Persons']
    const security = [{ login: [] }, { cookie: [] }]

    const accountView = async (tenantId: string, account: AccountRow) => {
      const { name, domain } = JSON.parse(await deps.keys.openTenant(tenantId, account.sealed)) as {
        readonly name: string
        readonly domain: string
      }
      return {
        id: account.id,
        name,
        domain: domain === '' ? null : domain,
        created_at: iso(account.createdAt),
        persons: account.persons,
      }
    }

    app.get(
      '/api/v1/accounts',
      {
        config: { access: 'person.read' },
        schema: {
          tags,
          security,
          summary: 'List organisations that persons speak for, newest first',
          querystring: AccountListQuery,
          response: { 200: AccountPage, ...problems(400, 401, 403, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const { limit = PAGE_DEFAULT, cursor } = request.query
        const before = cursor === undefined ? null : readCursor(cursor)
        const rows = await store.accounts(tenantId, { before, limit: limit + 1 })
        const items = rows.slice(0, limit)
        const last = items.at(-1)
        return {
          items: await Promise.all(items.map((account) => accountView(tenantId, account))),
          next_cursor: rows.length > limit && last ? writeCursor(last.id) : null,
        }
      },
    )

    app.get(
      '/api/v1/accounts/:id',
      {
        config: { access: 'person.read' },
        schema: {
          tags,
          security,
          summary: 'Read an organisation that persons speak for',
          params: PersonParams,
          response: { 200: AccountDetail, ...problems(401, 403, 404, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const { id } = request.params
        const account = isId(id) ? await store.account(tenantId, id) : null
        if (account === null) throw new Fault('not_found', { message: 'There is no such account' })
        return accountView(tenantId, account)
      },
    )
  }
