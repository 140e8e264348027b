import { expect, it } from 'vitest'
import { hubspot } from './index.ts'

/**
 * https://developers.hubspot.com/docs/api-reference/2026-03/authentication/oauth-tokens/refresh-oauth-token, seen
 * 2026-11-26: a form with everything in the body. What v1 took ends on 2027-02-16:
 * https://developers.hubspot.com/changelog/v1-oauth-api-deprecation
 */
it('refreshes a token by the endpoint that stays, with everything in the body, and takes the new refresh token', () => {
  const source = hubspot.token?.({
    auth: { refresh_token: { client_id: 'c-1', secret: 'hubspot-secret', token: 'hubspot-refresh' } },
  })
  const credential = { secret: (name: string) => `of ${name}`, now: 0 }
  const call = source?.request(credential, null)
  expect(call).toMatchObject({
    method: 'POST',
    url: 'https://api.hubapi.com/oauth/2026-03/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  expect(Object.fromEntries(new URLSearchParams(call?.body ?? ''))).toEqual({
    grant_type: 'refresh_token',
    client_id: 'c-1',
    client_secret: 'of hubspot-secret',
    refresh_token: 'of hubspot-refresh',
  })
  expect(new URLSearchParams(source?.request(credential, 'newer')?.body ?? '').get('refresh_token')).toBe('newer')
  const body = JSON.stringify({ token_type: 'bearer', access_token: 'a', refresh_token: 'r', expires_in: 1800 })
  expect(source?.read({ status: 200, headers: {}, body }, 1_000)).toMatchObject({ value: 'a', refresh: 'r' })
})
