import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

/**
 * A small OpenID Connect provider on 127.0.0.1, by the documents: discovery, authorization code with PKCE, RS256. It
 * checks what a provider must check, and lets one person after the other log in without asking.
 */

export interface Person {
  readonly sub: string
  readonly email?: string
  readonly email_verified?: boolean
}

export interface OidcProvider {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** Who logs in next. */
  person: Person
  /** What goes wrong with the next id_token. */
  spoil: 'nonce' | 'audience' | 'issuer' | 'signature' | null
  readonly seen: { readonly method: string; readonly path: string }[]
  close(): Promise<void>
}

interface Issued {
  readonly challenge: string
  readonly redirectUri: string
  readonly nonce: string
  readonly person: Person
}

const bodyOf = async (request: IncomingMessage): Promise<URLSearchParams> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
}

export const openOidcProvider = async (): Promise<OidcProvider> => {
  const [keys, others] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')])
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }
  const codes = new Map<string, Issued>()
  const clientId = 'millrace'
  const clientSecret = randomBytes(16).toString('hex')

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', issuer)
    provider.seen.push({ method: request.method ?? '', path: url.pathname })
    const json = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    const token = async (): Promise<void> => {
      const form = await bodyOf(request)
      const basic = Buffer.from((request.headers.authorization ?? '').replace(/^Basic /, ''), 'base64').toString('utf8')
      const given = basic === '' ? `${form.get('client_id')}:${form.get('client_secret')}` : basic
      if (given !== `${clientId}:${clientSecret}`) return json(401, { error: 'invalid_client' })
      const issued = codes.get(form.get('code') ?? '')
      codes.delete(form.get('code') ?? '')
      const challenge = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url')
      if (issued?.challenge !== challenge || issued.redirectUri !== form.get('redirect_uri'))
        return json(400, { error: 'invalid_grant' })
      const { spoil } = provider
      provider.spoil = null
      const { sub, ...claims } = issued.person
      const idToken = await new SignJWT({ ...claims, nonce: spoil === 'nonce' ? 'another' : issued.nonce })
        .setProtectedHeader({ alg: 'RS256', kid: 'one' })
        .setIssuer(spoil === 'issuer' ? 'https://evil.example' : issuer)
        .setAudience(spoil === 'audience' ? 'somebody-else' : clientId)
        .setSubject(sub)
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(spoil === 'signature' ? others.privateKey : keys.privateKey)
      json(200, {
        access_token: randomBytes(8).toString('hex'),
        token_type: 'Bearer',
        expires_in: 300,
        id_token: idToken,
      })
    }
    if (url.pathname === '/.well-known/openid-configuration')
      json(200, {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
        code_challenge_methods_supported: ['S256'],
      })
    else if (url.pathname === '/jwks') json(200, { keys: [jwk] })
    else if (url.pathname === '/authorize') {
      const asked = (name: string): string => url.searchParams.get(name) ?? ''
      if (
        asked('client_id') !== clientId ||
        asked('code_challenge_method') !== 'S256' ||
        !asked('scope').includes('openid')
      )
        return json(400, { error: 'invalid_request' })
      const code = randomBytes(12).toString('hex')
      codes.set(code, {
        challenge: asked('code_challenge'),
        redirectUri: asked('redirect_uri'),
        nonce: asked('nonce'),
        person: provider.person,
      })
      const back = new URL(asked('redirect_uri'))
      back.searchParams.set('code', code)
      back.searchParams.set('state', asked('state'))
      response.writeHead(302, { location: back.href }).end()
    } else if (url.pathname === '/token') void token()
    else json(404, {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider: OidcProvider = {
    issuer,
    clientId,
    clientSecret,
    person: { sub: 'nobody' },
    spoil: null,
    seen: [],
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return provider
}
