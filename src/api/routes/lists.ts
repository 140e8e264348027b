import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Fault } from '../../base/faults.ts'
import { byteas } from '../../database/arrays.ts'
import {
  EntriesAdded,
  EntriesBody,
  EntriesRemoval,
  EntriesRemoved,
  ListBody,
  ListList,
  ListParams,
  ListSummary,
} from '../contract/lists.ts'
import { problems } from '../contract/problem.ts'
import type { ApiDeps } from '../deps.ts'
import { readEntries } from '../list-entries.ts'
import { need, type Sessions, sessionOf } from '../session.ts'
import { iso, readTime } from '../times.ts'

const summaryOf = (row: Readonly<Record<string, unknown>>) => ({
  id: row.id as string,
  label: row.label as string,
  entries: Number(row.entries),
  created_at: iso(row.created_at as number),
})

export const listRoutes =
  (deps: ApiDeps, sessions: Sessions): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, clock, keys } = deps
    const tags = ['Suppression lists']
    const security = [{ login: [] }]
    const onRequest = need(sessions, 'configure')

    const keysOf = async (tenantId: string, values: readonly string[], country: string): Promise<Buffer[]> => {
      const normals = readEntries(values, { country, now: clock.now() })
      const hashed = await Promise.all(normals.map((normal) => keys.suppression(tenantId, normal)))
      // A value given twice is one entry.
      return [...new Map(hashed.map((key) => [key.toString('hex'), key])).values()]
    }

    const requireList = (rows: readonly unknown[] | undefined): void => {
      if (rows?.length !== 1) {
        throw new Fault('not_found', { message: 'There is no list of this id; PUT /api/v1/lists/{id} makes one.' })
      }
    }

    app.get(
      '/api/v1/lists',
      {
        onRequest: need(sessions, 'read'),
        schema: {
          tags,
          security,
          summary: 'List the suppression lists',
          response: { 200: ListList, ...problems(401, 403, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const [rows = []] = await database.batch(
          [tenantId],
          [
            {
              name: 'list_lists',
              text: `select l.id, l.label, l.created_at, coalesce(e.entries, 0) as entries
                     from millrace.suppression_list l
                     left join (
                       select list_id, count(*) as entries from millrace.suppression_entry
                       where tenant_id = $1::uuid group by list_id
                     ) e on e.list_id = l.id
                     where l.tenant_id = $1::uuid
                     order by l.id`,
              values: [tenantId],
            },
          ],
        )
        return { items: rows.map(summaryOf) }
      },
    )

    app.put(
      '/api/v1/lists/:id',
      {
        onRequest,
        schema: {
          tags,
          security,
          summary: 'Make a list, or give it another label',
          params: ListParams,
          body: ListBody,
          response: { 200: ListSummary, ...problems(400, 401, 403, 406, 415, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const [rows] = await database.batch(
          [tenantId],
          [
            {
              name: 'put_list',
              text: `insert into millrace.suppression_list as l (tenant_id, id, label, created_at)
                     values ($1::uuid, $2::text, $3::text, $4::timestamptz)
                     on conflict (tenant_id, id) do update set label = excluded.label
                     returning id, label, created_at,
                       (select count(*) from millrace.suppression_entry e
                        where e.tenant_id = l.tenant_id and e.list_id = l.id) as entries`,
              values: [tenantId, request.params.id, request.body.label, new Date(clock.now())],
            },
          ],
        )
        return summaryOf(rows?.[0] ?? {})
      },
    )

    app.post(
      '/api/v1/lists/:id/entries',
      {
        onRequest,
        schema: {
          tags,
          security,
          summary: 'Add emails, phone numbers or domains to a list',
          params: ListParams,
          body: EntriesBody,
          response: { 200: EntriesAdded, ...problems(400, 401, 403, 404, 406, 413, 415, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const { values, country = 'US', expires_at: expiresAt } = request.body
        const expires = expiresAt === undefined ? null : new Date(readTime(expiresAt, 'expires_at'))
        const hashed = await keysOf(tenantId, values, country)
        const [lists, rows] = await database.batch(
          [tenantId],
          [
            {
              name: 'find_list',
              text: 'select id from millrace.suppression_list where tenant_id = $1::uuid and id = $2::text',
              values: [tenantId, request.params.id],
            },
            {
              name: 'add_entries',
              // In one order everywhere, so that two calls with the same values wait for each other and don't deadlock.
              // A row that was there has been locked by this statement, which its xmax says; a new one has none.
              text: `with written as (
                       insert into millrace.suppression_entry as e (tenant_id, list_id, key, added_at, expires_at)
                       select l.tenant_id, l.id, k.key, $4::timestamptz, $5::timestamptz
                       from millrace.suppression_list l, unnest($3::bytea[]) as k(key)
                       where l.tenant_id = $1::uuid and l.id = $2::text
                       order by k.key
                       on conflict (tenant_id, key, list_id) do update set expires_at = excluded.expires_at
                       returning e.xmax = 0 as is_new
                     )
                     select count(*) filter (where is_new) as added from written`,
              values: [tenantId, request.params.id, byteas(hashed), new Date(clock.now()), expires],
            },
          ],
        )
        requireList(lists)
        return { added: Number(rows?.[0]?.added ?? 0) }
      },
    )

    app.delete(
      '/api/v1/lists/:id/entries',
      {
        onRequest,
        schema: {
          tags,
          security,
          summary: 'Remove values from a list',
          params: ListParams,
          body: EntriesRemoval,
          response: { 200: EntriesRemoved, ...problems(400, 401, 403, 404, 406, 413, 415, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const { values, country = 'US' } = request.body
        const hashed = await keysOf(tenantId, values, country)
        const [lists, rows] = await database.batch(
          [tenantId],
          [
            {
              name: 'find_list',
              text: 'select id from millrace.suppression_list where tenant_id = $1::uuid and id = $2::text',
              values: [tenantId, request.params.id],
            },
            {
              name: 'remove_entries',
              text: `with removed as (
                       delete from millrace.suppression_entry
                       where tenant_id = $1::uuid and list_id = $2::text and key = any ($3::bytea[])
                       returning 1
                     )
                     select count(*) as removed from removed`,
              values: [tenantId, request.params.id, byteas(hashed)],
            },
          ],
        )
        requireList(lists)
        return { removed: Number(rows?.[0]?.removed ?? 0) }
      },
    )
  }
