import { describe, expect, it } from 'vitest'
import { REDACTED, redactHeaders } from './redact.ts'

describe('redactHeaders', () => {
  it.each([
    'authorization',
    'Authorization',
    'proxy-authorization',
    'cookie',
    'set-cookie',
    'x-api-key',
    'X-API-KEY',
    'apikey',
    'api_key',
    'x-auth-token',
    'x-amz-security-token',
    'x-access-key',
    'ocp-apim-subscription-key',
    'x-client-secret',
    'x-hub-signature-256',
    'x-password',
    'x-session-id',
    'key',
  ])('takes out the value of %s', (name) => {
    const redacted = redactHeaders({ [name]: 's3cr3t-value' })
    expect(Object.keys(redacted)).toEqual([name])
    expect(redacted[name]).toBe(REDACTED)
  })

  it('keeps the scheme of a credential', () => {
    expect(redactHeaders({ authorization: 'Bearer abc.def' })).toEqual({ authorization: `Bearer ${REDACTED}` })
    expect(redactHeaders({ authorization: 'Basic dXNlcjpwYXNz' })).toEqual({ authorization: `Basic ${REDACTED}` })
  })

  it.each([
    ['content-type', 'application/json'],
    ['retry-after', '5'],
    ['idempotency-key', '01890a5d-ac96-774b-bcce-b302099a8057'],
    ['x-request-id', 'r-1'],
    ['www-authenticate', 'Bearer realm="x"'],
    ['keep-alive', 'timeout=5'],
  ])('keeps %s', (name, value) => {
    expect(redactHeaders({ [name]: value })).toEqual({ [name]: value })
  })

  it('takes the query and the user out of an address', () => {
    expect(redactHeaders({ location: 'https://user:pw@x.example/lead/7?email=a%40b.c#t' })).toEqual({
      location: `https://${REDACTED}@x.example/lead/7?${REDACTED}`,
    })
    expect(redactHeaders({ link: '<https://x.example/a?t=1>; rel="next"' })).toEqual({
      link: `<https://x.example/a?${REDACTED}>; rel="next"`,
    })
  })
})
