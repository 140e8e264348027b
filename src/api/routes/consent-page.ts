import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { Fault } from '../../base/faults.ts'
import type { ApiDeps } from '../deps.ts'

const PAGE_CSP = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>body { font: 17px/1.5 system-ui, sans-serif; max-width: 32rem; margin: 15vh auto; padding: 0 1rem; text-align: center; color: #1b1f24; }
button { font: inherit; padding: .6rem 1.4rem; border: 0; border-radius: .5rem; background: #1f6feb; color: #fff; }</style>
<h1>${title}</h1>
${body}
</html>
`

const html = (reply: FastifyReply, text: string): FastifyReply =>
  reply.header('content-type', 'text/html; charset=utf-8').header('content-security-policy', PAGE_CSP).send(text)

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
        return html(
          reply,
          page(
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
        await deps.privacy.fanOut.carryOut(made)
        return html(reply, page('Done', '<p>Your consent was taken back. Whoever has your details is told.</p>'))
      },
    )
  }
