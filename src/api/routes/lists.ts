import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Fault } from '../../base/faults.ts'
import { readEntries } from '../../ingest/list-entries.ts'
import { decodeText } from '../../ingest/text.ts'
import {
  EntriesAdded,
  EntriesBody,
  EntriesCheck,
  EntriesChecked,
  EntriesFound,
  EntriesQuery,
  EntriesRemoval,
  EntriesRemoved,
  EntriesSought,
  ListBody,
  ListList,
  ListParams,
  ListRemoved,
  ListSummary,
} from '../contract/lists.ts'
import { problems } from '../contract/problem.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import { iso, isoOrNull, readTime } from '../times.ts'

const summaryOf = (row: Readonly<Record<string, unknown>>) => ({
  id: row.id as string,
  label: row.label as string,
  entries: Number(row.entries),
  created_at: iso(row.created_at as number),
})

export const listRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, clock, lists } = deps
    const tags = ['Suppression lists']
    const security = [{ login: [] }, { cookie: [] }]

    const read = (body: {
      readonly values: readonly (string | readonly string[])[]
      types?: string[]
      country?: string
    }): string[] =>
      readEntries(body.values, { types: body.types ?? null, country: body.country ?? 'US', now: clock.now() })

    const known = <T>(answer: T | null): T => {
      if (answer === null)
        throw new Fault('not_found', { message: 'There is no list of this id; PUT /api/v1/lists/{id} makes one.' })
      return answer
    }

    const expiry = (text: string | undefined): number | null =>
      text === undefined ? null : readTime(text, 'expires_at')
    const ms = (seconds: number | undefined): number | null => (seconds === undefined ? null : seconds * 1000)

    // A file may be posted as it is, a value a line: inside it becomes the same body as one in JSON.
    app.addContentTypeParser('text/plain', { parseAs: 'buffer' }, (_request, body, done) => {
      try {
        const text = decodeText({ bytes: body as Buffer, charset: null, what: 'body' })
        done(null, { values: text.split(/\r?\n/).filter((line) => line.trim() !== '') })
      } catch (error) {
        done(error as Error)
      }
    })

    app.get(
      '/api/v1/lists',
      {
        config: { access: 'list.read' },
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
              text: `select id, label, created_at, entries from millrace.suppression_list
                     where tenant_id = $1::uuid order by id`,
              values: [tenantId],
            },
          ],
        )
        return { items: rows.map(summaryOf) }
      },
    )

    app.get(
      '/api/v1/lists/:id',
      {
        config: { access: 'list.read' },
        schema: {
          tags,
          security,
          summary: 'Read a list',
          description: 'Its name and how long it is; never its entries, of which only keyed hashes are kept.',
          params: ListParams,
          response: { 200: ListSummary, ...problems(400, 401, 403, 404, 406, 429, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const [rows] = await database.batch(
          [tenantId],
          [
            {
              name: 'read_list',
              text: `select id, label, created_at, entries from millrace.suppression_list
                     where tenant_id = $1::uuid and id = $2::text`,
              values: [tenantId, request.params.id],
            },
          ],
        )
        return summaryOf(known(rows?.[0] ?? null))
      },
    )

    app.put(
      '/api/v1/lists/:id',
      {
        config: { access: 'list.edit' },
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
                     returning id, label, created_at, entries`,
              values: [tenantId, request.params.id, request.body.label, new Date(clock.now())],
            },
            {
              name: 'raise_epoch',
              text: 'update millrace.tenant set config_epoch = config_epoch + 1 where id = $1::uuid',
              values: [tenantId],
            },
          ],
        )
        lists.forget(tenantId)
        return summaryOf(rows?.[0] ?? {})
      },
    )

    app.delete(
      '/api/v1/lists/:id',
      {
        config: { access: 'list.edit' },
        schema: {
          tags,
          security,
          summary: 'Remove a list with all its entries',
          params: ListParams,
          response: { 200: ListRemoved, ...problems(401, 403, 404, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        known((await lists.drop({ tenantId, list: request.params.id })) ? true : null)
        return { removed: true }
      },
    )

    app.post(
      '/api/v1/lists/:id/entries',
      {
        config: { access: 'list.edit' },
        schema: {
          tags,
          security,
          summary: 'Add values to a list, all or none',
          description:
            'As JSON, or as text/plain with a value a line and the rest in the address. Sent again, it changes nothing but the time they were added. A list that is longer than a megabyte is imported.',
          consumes: ['application/json', 'text/plain'],
          params: ListParams,
          querystring: EntriesQuery,
          body: EntriesBody,
          response: { 200: EntriesAdded, ...problems(400, 401, 403, 404, 406, 413, 415, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const { type, country, expires_at: expiresAt } = request.query
        const body = { ...(country && { country }), ...(type && { types: [type] }), ...request.body }
        return known(
          await lists.add({
            tenantId,
            list: request.params.id,
            entries: read(body),
            expiresAt: expiry(request.body.expires_at ?? expiresAt),
            now: clock.now(),
          }),
        )
      },
    )

    app.delete(
      '/api/v1/lists/:id/entries',
      {
        config: { access: 'list.edit' },
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
        return known(await lists.remove({ tenantId, list: request.params.id, entries: read(request.body) }))
      },
    )

    app.post(
      '/api/v1/lists/:id/check',
      {
        config: { access: 'list.edit' },
        schema: {
          tags,
          security,
          summary: 'Look values up in a list and add those that do not stand there',
          description: 'Of two callers that bring a value at the same moment, one adds it and the other finds it.',
          params: ListParams,
          body: EntriesCheck,
          response: { 200: EntriesChecked, ...problems(400, 401, 403, 404, 406, 413, 415, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const { expires_at: expiresAt, within_s: within } = request.body
        const { since } = known(
          await lists.checkAndAdd({
            tenantId,
            list: request.params.id,
            entries: read(request.body),
            expiresAt: expiry(expiresAt),
            withinMs: ms(within),
            now: clock.now(),
          }),
        )
        return {
          added: since.filter((at) => at === null).length,
          items: since.map((at) => ({ found: at !== null, added_at: isoOrNull(at) })),
        }
      },
    )

    app.post(
      '/api/v1/lists/query',
      {
        config: { access: 'list.read' },
        schema: {
          tags,
          security,
          summary: 'Look values up in several lists at once',
          body: EntriesSought,
          response: { 200: EntriesFound, ...problems(400, 401, 403, 406, 413, 415, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const { lists: names, within_s: within } = request.body
        const found = await lists.query({
          tenantId,
          lists: names ?? null,
          entries: read(request.body),
          withinMs: ms(within),
          now: clock.now(),
        })
        return {
          items: found.map((standings) => ({
            found: standings.length > 0,
            lists: standings.map(({ list, label, addedAt, expiresAt }) => ({
              id: list,
              label,
              added_at: iso(addedAt),
              expires_at: isoOrNull(expiresAt),
            })),
          })),
        }
      },
    )
  }
