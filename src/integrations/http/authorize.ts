import { Fault } from '../../base/faults.ts'
import { hmac } from '../../base/signing.ts'
import type { Call, Credential, TokenSource } from '../../kit/destination.ts'
import type { Json } from '../../kit/field.ts'
import { readTokenAnswer } from '../../kit/token-answer.ts'
import type { HttpSettings } from './settings.ts'
import type { Auth, Sign } from './settings-auth.ts'

/** The only code of this destination that sees a credential. */

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`

const withHeader = (call: Call, name: string, value: string): Call => ({
  ...call,
  headers: { ...call.headers, [name.toLowerCase()]: value },
})

const withField = (call: Call, name: string, value: string): Call => {
  const type = call.headers['content-type'] ?? ''
  if (type.startsWith('application/x-www-form-urlencoded')) {
    const form = new URLSearchParams(call.body ?? '')
    form.set(name, value)
    return { ...call, body: form.toString() }
  }
  let body: Json = null
  try {
    body = JSON.parse(call.body ?? '') as Json
  } catch {
    // Told below, with everything else that is no object.
  }
  if (!type.startsWith('application/json') || typeof body !== 'object' || body === null || Array.isArray(body))
    throw new Fault('setting_invalid', { message: 'auth.field needs a body that is a JSON object or a form' })
  return { ...call, body: JSON.stringify({ ...body, [name]: value }) }
}

const withAuth = (call: Call, auth: Auth | undefined, credential: Credential): Call => {
  if (auth === undefined) return call
  if ('bearer' in auth) return withHeader(call, 'authorization', `Bearer ${credential.secret(auth.bearer.secret)}`)
  if ('header' in auth) return withHeader(call, auth.header.name, credential.secret(auth.header.secret))
  if ('oauth2' in auth) return withHeader(call, 'authorization', `Bearer ${credential.token ?? ''}`)
  if ('field' in auth) return withField(call, auth.field.name, credential.secret(auth.field.secret))
  if ('query' in auth) {
    const url = new URL(call.url)
    url.searchParams.set(auth.query.name, credential.secret(auth.query.secret))
    return { ...call, url: url.href }
  }
  return withHeader(call, 'authorization', basic(auth.basic.username, credential.secret(auth.basic.secret)))
}

const signed = (call: Call, sign: Sign | undefined, credential: Credential): Call => {
  if (sign === undefined) return call
  const { pathname, search } = new URL(call.url)
  const timestamp = String(Math.floor(credential.now / 1000))
  const parts: Readonly<Record<string, string>> = {
    timestamp,
    method: call.method,
    path: pathname + search,
    body: call.body ?? '',
  }
  const text = (sign.over ?? 'body')
    .split('.')
    .map((name) => parts[name] ?? '')
    .join(sign.separator ?? '.')
  const signature = hmac({
    algorithm: sign.algorithm ?? 'sha256',
    key: credential.secret(sign.secret),
    text,
    encoding: sign.encoding ?? 'hex',
  })
  const whole = withHeader(call, sign.header ?? 'X-Signature', `${sign.prefix ?? ''}${signature}`)
  return sign.timestamp_header === undefined ? whole : withHeader(whole, sign.timestamp_header, timestamp)
}

/** Its own host, also where a redirect goes on to it over TLS. */
const isOwn = ({ url }: Call, settings: HttpSettings): boolean => {
  const to = new URL(url)
  const own = new URL(settings.url.replaceAll(/\{[{%].*?[%}]\}/g, ''))
  return to.host === own.host && (to.protocol === own.protocol || to.protocol === 'https:')
}

/** A call that a redirect sent to another host carries nothing of ours. */
export const authorize = (call: Call, settings: HttpSettings, credential: Credential): Call => {
  if (!isOwn(call, settings)) return call
  const whole = signed(withAuth(call, settings.auth, credential), settings.sign, credential)
  const given = settings.client_certificate
  if (given === undefined) return whole
  return {
    ...whole,
    certificate: {
      certificate: credential.secret(given.certificate),
      key: credential.secret(given.key),
      passphrase: given.passphrase === undefined ? null : credential.secret(given.passphrase),
    },
  }
}

/** OAuth 2.0 client credentials: RFC 6749, sections 2.3.1, 4.4 and 5.1. */
export const tokenOf = ({ auth }: HttpSettings): TokenSource | null => {
  if (auth === undefined || !('oauth2' in auth)) return null
  const { token_url, client_id, secret, scope, audience, send } = auth.oauth2
  return {
    name: JSON.stringify(['client_credentials', token_url, client_id, secret, scope ?? '', audience ?? '']),
    request: (credential) => {
      const form = new URLSearchParams({ grant_type: 'client_credentials' })
      if (scope !== undefined) form.set('scope', scope)
      if (audience !== undefined) form.set('audience', audience)
      const password = credential.secret(secret)
      if (send !== 'basic') {
        form.set('client_id', client_id)
        form.set('client_secret', password)
      }
      return {
        method: 'POST',
        url: token_url,
        headers: {
          accept: 'application/json',
          'content-type': 'application/x-www-form-urlencoded',
          ...(send === 'basic' && {
            authorization: basic(encodeURIComponent(client_id), encodeURIComponent(password)),
          }),
        },
        body: form.toString(),
      }
    },
    read: (answer, now) => readTokenAnswer({ answer, now, host: new URL(token_url).host }),
  }
}
