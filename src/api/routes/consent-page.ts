import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { Fault } from '../../base/faults.ts'
import type { ApiDeps } from '../deps.ts'
import { plainPage, sendPage } from '../plain-page.ts'

const Params = Type.Object({ token: Type.String({ maxLength: 1000 }) })

/**
 * Where a person takes a consent back: a page with one button, and the button. Looking changes nothing, since mail
 * programs look at links by themselves; a mail program's own button (RFC 8058) posts here at once.
 */
export const consentPage =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.addContentTypeParser(
      /^(?:application\/x-www-form-urlencoded|multipart\/form-data)/,
      { parseAs: 'string', bodyLimit: 1024 },
      (_request, _body, done) => done(null, null),
    )

    const read = (token: string) => {
      const link = deps.privacy.consents.readToken(token)
      if (link === null)
        throw new Fault('not_found', { message: 'This link is not whole. Copy it again from the message.' })
      return link
    }

    app.get(
      '/consent/:token',
      { config: { access: 'public' }, schema: { hide: true, params: Params } },
      async (request, reply) => {
        read(request.params.token)
        return sendPage(
          reply,
          plainPage(
            'Stop contacting me',
            '<p>One click takes your consent back.</p><form method="post"><button>Stop contacting me</button></form>',
          ),
        )
      },
    )

    app.post(
      '/consent/:token',
      { config: { access: 'public' }, schema: { hide: true, params: Params } },
      async (request, reply) => {
        const { tenantId, known, channels } = read(request.params.token)
        const actor = { kind: 'person' as const, id: 'link' }
        const made = await deps.privacy.consents.block({
          tenantId,
          actor,
          kind: 'revoke',
          known,
          channels,
          via: 'link',
          evidence: { ip: request.ip },
        })
        await deps.privacy.fanOut.begin(made)
        return sendPage(
          reply,
          plainPage('Done', '<p>Your consent was taken back. Whoever has your details is told.</p>'),
        )
      },
    )
  }
