import { expect, it } from 'vitest'
import { batch } from './batch.ts'

it('a batch writes each lead as a call of its own would: in ASCII, and nested, where its settings say so', () => {
  const rows = [{ deliveryId: 'd', key: 'd', leadId: 'l', payload: { 'name.first': 'José' } }]
  const settings = { url: 'https://buyer.example.com', batch: { every: 5 } } as const
  expect(batch.content(rows, settings)).toBe('[{"name.first":"José"}]')
  expect(batch.content(rows, { ...settings, ascii: true })).toBe('[{"name.first":"Jose"}]')
  expect(batch.content(rows, { ...settings, ascii: true, nested: true })).toBe('[{"name":{"first":"Jose"}}]')
})
