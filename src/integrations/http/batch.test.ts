import { expect, it } from 'vitest'
import type { DestinationTools } from '../../kit/destination.ts'
import { batch as webhookBatch } from '../webhook/batch.ts'
import { batch } from './batch.ts'

it('a batch writes each lead as a call of its own would: in ASCII, and nested, where its settings say so', () => {
  const rows = [{ deliveryId: 'd', key: 'd', leadId: 'l', payload: { 'name.first': 'José' } }]
  const settings = { url: 'https://buyer.example.com', batch: { every: 5 } } as const
  expect(batch.content(rows, settings)).toBe('[{"name.first":"José"}]')
  expect(batch.content(rows, { ...settings, ascii: true })).toBe('[{"name.first":"Jose"}]')
  expect(batch.content(rows, { ...settings, ascii: true, nested: true })).toBe('[{"name":{"first":"Jose"}}]')
})

it.each([
  ['http', batch],
  ['webhook', webhookBatch],
] as const)(
  'a batch of type %s waits from when it was sent, not from when it was made, for a date it is told',
  (_, type) => {
    const rows = [{ deliveryId: 'd', key: 'd', leadId: 'l', payload: {} }]
    const settings = { url: 'https://buyer.example.com', secret: 's', batch: { every: 5 } }
    const content = type.content(rows, settings)
    const now = Date.parse('2026-11-20T10:30:00Z')
    const file = { tenantId: 't', name: 'n', madeAt: now - 1_800_000, now, content, digest: '', rows }
    const program = type.deliver(file, settings, {} as DestinationTools)
    program.next()
    const headers = { 'retry-after': 'Fri, 20 Nov 2026 10:30:10 GMT' }
    expect(program.next({ status: 503, headers, body: '' }).value).toMatchObject({ retryAfterMs: 10_000 })
  },
)
