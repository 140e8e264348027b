import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { signatureOf } from '../../kit/standard-webhooks.ts'
import { webhook } from './index.ts'

/** Of the standard's own library: test/data/README.md. */
const vector = JSON.parse(
  readFileSync(new URL('../../../test/data/webhook-signature.json', import.meta.url), 'utf8'),
) as Readonly<Record<'secret' | 'id' | 'payload' | 'expected', string>> & { readonly timestamp: number }

it('signs as the standard’s own library does', () => {
  const { secret, id, timestamp, payload, expected } = vector
  expect(signatureOf({ secret, id, timestamp, body: payload })).toBe(expected)
})

it('carries the signatures of both secrets while one is exchanged, the new one first', async () => {
  const call = {
    method: 'POST',
    url: 'https://hooks.example.com/x',
    headers: { 'webhook-id': vector.id },
    body: vector.payload,
  } as const
  const secrets: Record<string, string> = { old: vector.secret, new: 'a plain text' }
  const sent = await webhook.authorize(
    call,
    { url: call.url, secret: 'new', previous_secret: 'old' },
    { secret: (name) => secrets[name] ?? '', token: null, now: vector.timestamp * 1000 + 999 },
  )
  const [first, second] = (sent.headers['webhook-signature'] ?? '').split(' ')
  expect(second).toBe(vector.expected)
  expect(first).toMatch(/^v1,[A-Za-z0-9+/]{43}=$/)
  expect(sent.headers['webhook-timestamp']).toBe(String(vector.timestamp))
})
