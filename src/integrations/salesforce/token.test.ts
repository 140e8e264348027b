import { createVerify, generateKeyPairSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { salesforce } from './index.ts'

const NOW = Date.UTC(2026, 10, 23, 12)
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
const at = 'https://acme.my.salesforce.com'

/** https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm, seen 2026-11-26 */
it('asks for a token by a signed assertion, good for less than three minutes', () => {
  const source = salesforce.token?.({
    instance_url: at,
    auth: {
      jwt: { client_id: '3MVG', username: 'm@acme.example', key: 'pem', login_url: 'https://test.salesforce.com' },
    },
  })
  const call = source?.request({ secret: () => pem, now: NOW }, null)
  expect(call?.url).toBe('https://test.salesforce.com/services/oauth2/token')
  const form = new URLSearchParams(call?.body ?? '')
  expect(form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
  const [head = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.')
  expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toEqual({
    iss: '3MVG',
    sub: 'm@acme.example',
    aud: 'https://test.salesforce.com',
    exp: NOW / 1000 + 170,
  })
  expect(createVerify('RSA-SHA256').update(`${head}.${claims}`).verify(publicKey, signature, 'base64url')).toBe(true)
})

/** https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_refresh_token_flow.htm, seen 2026-11-26 */
it('asks with the refresh token, and from then on with the newest it was given', () => {
  const source = salesforce.token?.({
    instance_url: at,
    auth: { refresh_token: { client_id: '3MVG', secret: 'app', token: 'refresh' } },
  })
  const secret = (name: string) => `value of ${name}`
  const form = (refresh: string | null) =>
    Object.fromEntries(new URLSearchParams(source?.request({ secret, now: NOW }, refresh).body ?? ''))
  expect(form(null)).toEqual({
    grant_type: 'refresh_token',
    client_id: '3MVG',
    client_secret: 'value of app',
    refresh_token: 'value of refresh',
  })
  expect(form('newer').refresh_token).toBe('newer')
  const read = source?.read(
    { status: 200, headers: {}, body: '{"access_token":"00D!x","refresh_token":"newest"}' },
    NOW,
  )
  expect(read).toEqual({ value: '00D!x', expiresAt: null, refresh: 'newest' })
  expect(() => source?.read({ status: 400, headers: {}, body: '{"error":"invalid_grant"}' }, NOW)).toThrow(
    expect.objectContaining({ code: 'destination.credentials' }),
  )
})
