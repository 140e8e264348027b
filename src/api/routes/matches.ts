import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Fault } from '../../base/faults.ts'
import { isId } from '../../base/ids.ts'
import { LeadParams } from '../contract/leads.ts'
import { LeadMatches } from '../contract/matches.ts'
import { problems } from '../contract/problem.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import { matchesOf } from '../lead-matches.ts'
import { sightOf } from '../lead-sight.ts'

export const matchRoutes =
  ({ reader }: Pick<ApiDeps, 'reader'>): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/api/v1/leads/:id/matches',
      {
        config: { access: 'lead.trace', audit: { action: 'lead.matches_read', resource: 'lead' } },
        schema: {
          tags: ['Leads'],
          security: [{ login: [] }, { cookie: [] }],
          summary: 'Read whom a lead was taken for, and why',
          description:
            'Each decision of the steps `dedupe` and `match`, with levels and weights field by field, as its journal has it. It holds no value of a field.',
          params: LeadParams,
          response: { 200: LeadMatches, ...problems(401, 403, 404, 406, 500, 503) },
        },
      },
      async (request) => {
        const session = sessionOf(request)
        const { id } = request.params
        const found = isId(id) ? await reader.read(session.tenantId, id) : null
        if (found === null) throw new Fault('not_found', { message: 'There is no such lead' })
        return { items: matchesOf(found.events, sightOf(session, undefined) === 'personal') }
      },
    )
  }
