import { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { stringify } from 'csv-stringify/sync'
import { Fault } from '../../base/faults.ts'
import { isId } from '../../base/ids.ts'
import type { LeadFilter, LeadRow } from '../../journal/types.ts'
import { EXPORT_FIELDS_MAX, EXPORT_MAX, ExportBody } from '../contract/console.ts'
import { problems } from '../contract/problem.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import { summaryOf } from '../lead-views.ts'
import { readTime } from '../times.ts'

const PAGE = 1_000
const AT_ONCE = 8

const COLUMNS = [
  'id',
  'received_at',
  'closed_at',
  'flow',
  'flow_version',
  'source',
  'status',
  'outcome',
  'code',
  'price',
  'revenue',
  'currency',
  'duration_ms',
  'test',
  'duplicate_of',
] as const

/** Cells that a spreadsheet would run as a formula are written so that it does not. */
const csv = (rows: readonly (readonly unknown[])[]): string =>
  stringify(
    rows.map((row) => row.map((cell) => (cell === null || cell === undefined ? '' : String(cell)))),
    { escape_formulas: true },
  )

const plain = (value: unknown): unknown =>
  value === null || value === undefined || typeof value !== 'object' ? value : JSON.stringify(value)

export const exportRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { reader } = deps
    app.post(
      '/api/v1/leads/export',
      {
        config: { access: 'lead.export', audit: { action: 'lead.export', resource: 'lead' } },
        schema: {
          tags: ['Leads'],
          security: [{ login: [] }, { cookie: [] }],
          summary: 'Export leads as CSV',
          description:
            `The leads of a filter, or those named, newest first; at most ${EXPORT_MAX}. Formulas are written so that ` +
            'a spreadsheet does not run them.',
          body: ExportBody,
          response: {
            200: {
              description: 'CSV with a line of headings.',
              content: { 'text/csv': { schema: { type: 'string' } } },
            },
            ...problems(400, 401, 403, 406, 413, 415, 500, 503),
          },
        },
      },
      async (request, reply) => {
        const { tenantId, userId } = sessionOf(request)
        const { ids, fields = false, from, to, assignee, test, ...same } = request.body
        if (ids?.some((id) => !isId(id)))
          throw new Fault('invalid_request', {
            message: 'ids: one of them is no id of a lead',
            problems: [{ field: 'ids', message: 'one of them is no id of a lead' }],
          })
        const filter: LeadFilter = {
          ...same,
          ...(test === undefined ? {} : { test: test === 'yes' }),
          ...(assignee === undefined ? {} : { assignee: assignee === 'me' ? userId : assignee }),
          ...(from === undefined ? {} : { from: readTime(from, 'from') }),
          ...(to === undefined ? {} : { to: readTime(to, 'to') }),
        }
        const max = fields ? EXPORT_FIELDS_MAX : EXPORT_MAX
        const pages = async function* (): AsyncGenerator<LeadRow[]> {
          if (ids !== undefined) {
            yield await reader.rows(tenantId, ids)
            return
          }
          let before: string | null = null
          let left = max
          while (left > 0) {
            const rows: LeadRow[] = await reader.list(tenantId, filter, { before, limit: Math.min(PAGE, left) })
            if (rows.length === 0) return
            yield rows
            left -= rows.length
            before = rows.at(-1)?.id ?? null
            if (rows.length < PAGE) return
          }
        }
        const cells = (row: LeadRow): unknown[] => {
          const summary: Readonly<Record<string, unknown>> = summaryOf(row)
          return COLUMNS.map((name) => summary[name])
        }
        const summaries = async function* (): AsyncGenerator<string> {
          yield csv([COLUMNS])
          for await (const rows of pages()) yield csv(rows.map(cells))
        }
        /** With their own fields: which there are is known when all have been read. */
        const whole = async (): Promise<string> => {
          const names = new Set<string>()
          const found: { readonly cells: unknown[]; readonly fields: Readonly<Record<string, unknown>> }[] = []
          for await (const rows of pages()) {
            for (let at = 0; at < rows.length; at += AT_ONCE) {
              const some = rows.slice(at, at + AT_ONCE)
              const leads = await Promise.all(some.map(({ id }) => reader.read(tenantId, id)))
              for (const [index, row] of some.entries()) {
                const own: Record<string, unknown> = {}
                for (const [name, parsed] of Object.entries(leads[index]?.lead.fields ?? {})) {
                  names.add(name)
                  own[name] = plain(parsed.normal ?? parsed.raw)
                }
                found.push({ cells: cells(row), fields: own })
              }
            }
          }
          const columns = [...names].sort()
          return csv([
            [...COLUMNS, ...columns],
            ...found.map((each) => [...each.cells, ...columns.map((name) => each.fields[name])]),
          ])
        }
        request.auditData = { fields, ...(ids === undefined ? { filter: { ...request.body } } : { ids: ids.length }) }
        reply
          .header('content-type', 'text/csv; charset=utf-8')
          .header('content-disposition', 'attachment; filename="leads.csv"')
        // The schema says text, which a stream of it is too.
        return reply.send((fields ? await whole() : Readable.from(summaries())) as string)
      },
    )
  }
