import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Fault } from '../../base/faults.ts'
import { createListImports, type ListImport as Import } from '../../ingest/list-import.ts'
import { textStream } from '../../ingest/text-stream.ts'
import {
  ListImport,
  ListImported,
  ListImportParams,
  ListImportQuery,
  ListImports,
  ListParams,
} from '../contract/lists.ts'
import { problems } from '../contract/problem.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import { iso, readTime } from '../times.ts'

const TYPES = ['text/csv', 'text/plain']
/** Its length is no matter: it is read row by row. */
const BYTES_MAX = Number.MAX_SAFE_INTEGER

const shown = ({ startedAt, changedAt, problems: told, ...rest }: Import) => ({
  ...rest,
  problems: [...told],
  started_at: iso(startedAt),
  changed_at: iso(changedAt),
})

const split = (text: string | undefined): string[] =>
  text === undefined ? [] : text.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]))

export const listImportRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { clock } = deps
    const imports = createListImports(deps)
    const tags = ['Suppression lists']
    const security = [{ login: [] }, { cookie: [] }]

    // Rows are read as they come: the body is never held as a whole.
    app.addContentTypeParser(TYPES, (_request, body, done) => done(null, body))

    app.put(
      '/api/v1/lists/:id/imports/:name',
      {
        config: { access: 'list.edit' },
        bodyLimit: BYTES_MAX,
        schema: {
          tags,
          security,
          summary: 'Add the values of a file of any length to a list',
          description:
            'The body is the file: a value a line, or CSV with a header. It is read as it comes and added in parts; rows ' +
            'that hold no value are counted and passed over. The same name sent again goes on after the rows that are in, ' +
            'so an upload that broke off (a request may take 30 seconds to arrive) is sent again until it is `done`. Other ' +
            'rows under the name are refused. UTF-8, unless Content-Type names another charset; `Content-Encoding: gzip` is ' +
            'unpacked. What takes longer to send goes in parts, each under a name of its own.',
          consumes: TYPES,
          params: ListImportParams,
          querystring: ListImportQuery,
          response: { 200: ListImported, ...problems(400, 401, 403, 404, 406, 409, 415, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const { column, type, country, expires_at: expiresAt } = request.query
        const { 'content-type': contentType, 'content-encoding': contentEncoding } = request.headers
        const stream = textStream({ stream: request.body as AsyncIterable<Buffer>, contentType, contentEncoding })
        const types = split(type)
        const done = await imports.run({
          tenantId,
          list: request.params.id,
          name: request.params.name,
          columns: split(column),
          types: types.length === 0 ? null : types,
          country: country ?? 'US',
          now: clock.now(),
          expiresAt: expiresAt === undefined ? null : readTime(expiresAt, 'expires_at'),
          stream,
        })
        if (done === null)
          throw new Fault('not_found', { message: 'There is no list of this id; PUT /api/v1/lists/{id} makes one.' })
        const { passedOver, ...so } = done
        return { ...shown(so), passed_over: passedOver }
      },
    )

    app.get(
      '/api/v1/lists/:id/imports/:name',
      {
        config: { access: 'list.read' },
        schema: {
          tags,
          security,
          summary: 'Read how far an import of a list has come',
          params: ListImportParams,
          response: { 200: ListImport, ...problems(400, 401, 403, 404, 406, 500, 503) },
        },
      },
      async (request) => {
        const { id, name } = request.params
        const [found] = await imports.read(sessionOf(request).tenantId, id, name)
        if (!found) throw new Fault('not_found', { message: 'There is no import of this name.' })
        return shown(found)
      },
    )

    app.get(
      '/api/v1/lists/:id/imports',
      {
        config: { access: 'list.read' },
        schema: {
          tags,
          security,
          summary: 'List the imports of a list, the newest first',
          params: ListParams,
          response: { 200: ListImports, ...problems(400, 401, 403, 406, 500, 503) },
        },
      },
      async (request) => ({
        items: (await imports.read(sessionOf(request).tenantId, request.params.id, null)).map(shown),
      }),
    )
  }
