import { expect, it } from 'vitest'
import { slack } from './index.ts'

it.each([
  ['{"ok":true,"team":"Acme"}', { outcome: 'success' }],
  ['{"ok":false,"error":"invalid_auth"}', { outcome: 'error', code: 'destination.credentials' }],
  ['<html>', { outcome: 'failure' }],
])('auth.test that answers %s with status 200 proves what it says', (body, result) => {
  expect(slack.readCheck?.({ status: 200, headers: {}, body }, 0)).toMatchObject(result)
})
