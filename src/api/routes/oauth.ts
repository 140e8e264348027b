import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { ApiKeys } from '../../access/keys.ts'
import { ACCESS_SECONDS, type Tokens } from '../../access/tokens.ts'
import type { Refusals } from '../../audit/refusals.ts'
import { isId } from '../../base/ids.ts'
import { decodeText } from '../../ingest/text.ts'
import { TokenAnswer, TokenBody, TokenRefused } from '../contract/keys.ts'
import { problems } from '../contract/problem.ts'
import type { ApiDeps } from '../deps.ts'
import { keyRefused } from '../logged-in.ts'

type Refusal = 'invalid_request' | 'invalid_client' | 'unsupported_grant_type' | 'invalid_scope'

/** Client id and secret of an Authorization header; RFC 6749 has both percent-encoded. */
const basicOf = (header: string | undefined): { readonly id: string; readonly secret: string } | null => {
  const credentials = /^basic +(\S+) *$/i.exec(header ?? '')?.[1]
  if (credentials === undefined) return null
  const text = Buffer.from(credentials, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  try {
    return { id: decodeURIComponent(text.slice(0, colon)), secret: decodeURIComponent(text.slice(colon + 1)) }
  } catch {
    return null
  }
}

/** OAuth 2.0 client credentials: an API key becomes an access token, for machines that speak nothing else. */
export const oauthRoutes =
  (
    { clock }: ApiDeps,
    { apiKeys, tokens, refusals }: { readonly apiKeys: ApiKeys; readonly tokens: Tokens; readonly refusals: Refusals },
  ): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'buffer' }, (_request, body, done) => {
      try {
        const text = decodeText({ bytes: body as Buffer, charset: null, what: 'body' })
        done(null, Object.fromEntries(new URLSearchParams(text)))
      } catch (error) {
        done(error as Error)
      }
    })

    app.post(
      '/oauth/token',
      {
        config: { access: 'public' },
        schema: {
          tags: ['API keys'],
          summary: 'Get an access token for an API key',
          description:
            'OAuth 2.0 client credentials (RFC 6749, 4.4): the id of a key as client_id, the key as client_secret. The ' +
            'token is good for 15 minutes, and no longer than its key.',
          consumes: ['application/x-www-form-urlencoded', 'application/json'],
          body: TokenBody,
          response: {
            200: TokenAnswer,
            400: TokenRefused,
            401: TokenRefused,
            ...problems(406, 413, 415, 429, 500, 503),
          },
        },
      },
      async (request, reply) => {
        const refuse = (status: 400 | 401, error: Refusal, text: string) => {
          if (status === 401) reply.header('www-authenticate', 'Basic realm="millrace"')
          return reply.code(status).send({ error, error_description: text })
        }
        const { grant_type: grant, client_id, client_secret, scope } = request.body
        if (grant !== 'client_credentials')
          return refuse(400, 'unsupported_grant_type', 'grant_type: expected client_credentials')
        const { id, secret } = basicOf(request.headers.authorization) ?? { id: client_id, secret: client_secret }
        if (id === undefined || secret === undefined)
          return refuse(400, 'invalid_request', 'expected client_id and client_secret, or both as Basic')
        const onRefused = keyRefused(refusals, request)
        const known = await apiKeys.find({ secret, onRefused })
        if (known === null || !isId(id) || known.id !== id) {
          // The client there is, if any, is told of by its own tenant's audit; nobody waits for that.
          if (isId(id))
            apiKeys.ownerOf(id).then(
              (tenantId) => tenantId !== null && onRefused({ tenantId, keyId: id, why: 'secret' }),
              () => undefined,
            )
          return refuse(401, 'invalid_client', 'The client is not known, is switched off, or its secret is wrong.')
        }
        const asked = scope?.split(' ').filter((each) => each !== '') ?? known.scopes
        const lacking = asked.find((each) => !known.scopes.includes(each))
        if (lacking !== undefined || asked.length === 0)
          return refuse(400, 'invalid_scope', `scope: expected some of ${known.scopes.join(' ')}`)
        const bearer = { is: 'key', keyId: known.id, scopes: asked } as const
        return {
          access_token: await tokens.access(bearer, { id: known.id, tenantId: known.tenantId }, clock.now()),
          token_type: 'Bearer' as const,
          expires_in: ACCESS_SECONDS,
          scope: asked.join(' '),
        }
      },
    )
  }
