import { createHmac, timingSafeEqual } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { Fault } from '../../base/faults.ts'
import { Posting, PostingParams } from '../contract/posting.ts'
import { problems } from '../contract/problem.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'

/**
 * Posting instructions: what a source is told of how to send leads. The page stands at an address that only who was given
 * it knows; it shows what the flow asks for, and no lead.
 */

const noPage = (): Fault => new Fault('not_found', { message: 'There are no posting instructions at this address.' })

/** Signed under the key of access tokens, which is never used for a text that begins so. */
const signer = (key: Uint8Array) => (told: string) =>
  createHmac('sha256', key).update(`posting|${told}`).digest().subarray(0, 18).toString('base64url')

const SIGNED = /^([\w-]{1,300})\.([\w-]{24})$/

const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const linksOf = ({ keys, settings }: ApiDeps) => {
  const sign = signer(keys.token)
  return {
    make: (tenantId: string, flow: string, source: string): string => {
      const told = Buffer.from(JSON.stringify([tenantId, flow, source])).toString('base64url')
      return `${settings.publicUrl ?? ''}/posting/${told}.${sign(told)}`
    },
    read: (token: string): { readonly tenantId: string; readonly flow: string; readonly source: string } => {
      const [, told = '', signature = ''] = SIGNED.exec(token) ?? []
      const wanted = Buffer.from(sign(told))
      const given = Buffer.from(signature)
      if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) throw noPage()
      const [tenantId = '', flow = '', source = ''] = JSON.parse(Buffer.from(told, 'base64url').toString()) as string[]
      return { tenantId, flow, source }
    },
  }
}

/** For those who are logged in: staff for every source, a partner for its own. */
export const postingRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { workbench, settings, clock } = deps
    const links = linksOf(deps)
    app.get(
      '/api/v1/flows/:id/sources/:source/posting',
      {
        config: { access: 'source.read', partners: true },
        schema: {
          tags: ['Flows'],
          security: [{ login: [] }, { cookie: [] }],
          summary: 'Read the posting instructions of a source',
          description: 'Made from flow and source: address, fields, rules in words, samples in every format that pass.',
          params: PostingParams,
          response: { 200: Posting, ...problems(401, 403, 404, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId, reach, partner } = sessionOf(request)
        const { id: flow, source } = request.params
        const isOwn = partner !== null && 'source' in partner && partner.flow === flow && partner.source === source
        if (reach === 'own' && !isOwn) throw new Fault('not_found', { message: 'There is no flow of this id.' })
        const base = settings.publicUrl ?? ''
        const { spec, openapi } = await workbench.posting({ tenantId, flow, source, base, now: clock.now() })
        const page = links.make(tenantId, flow, source)
        return {
          page_url: page,
          openapi_url: `${page}?format=openapi`,
          submit_url: `${base}${spec.path}`,
          flow: spec.flow.id,
          version: spec.flow.version,
          source: spec.source.id,
          enabled: spec.source.enabled,
          fields: spec.fields.map(({ key, field, label, type, required, example }) => ({
            key,
            field,
            label,
            type,
            required,
            example,
          })),
          rules: [...spec.rules],
          samples: [...spec.samples],
          unmet: [...spec.unmet],
          openapi,
        }
      },
    )
  }

/** For whoever has the address. */
export const postingPages =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { workbench, settings, clock } = deps
    const links = linksOf(deps)
    app.get(
      '/posting/:token',
      {
        config: { access: 'public' },
        schema: {
          hide: true,
          params: Type.Object({ token: Type.String() }),
          querystring: Type.Object({ format: Type.Optional(Type.Enum(['html', 'openapi'])) }),
        },
      },
      async (request, reply) => {
        const { tenantId, flow, source } = links.read(request.params.token)
        const base = settings.publicUrl ?? `${request.protocol}://${request.host}`
        const { page, openapi } = await workbench.posting({ tenantId, flow, source, base, now: clock.now() })
        if (request.query.format === 'openapi') return openapi
        return reply
          .header('content-type', 'text/html; charset=utf-8')
          .header('content-security-policy', PAGE_POLICY)
          .send(page)
      },
    )
  }
