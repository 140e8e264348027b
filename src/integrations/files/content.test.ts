import { expect, it } from 'vitest'
import { contentOf } from './content.ts'

const lineOf = (value: string): string =>
  contentOf([{ deliveryId: 'd', key: 'd', leadId: 'l', payload: { value } }], { header: false } as never).trimEnd()

it.each(['=1+1', '+cmd|calc', '-2+3+cmd|calc', '@SUM(1)', '-HYPERLINK(1)'])(
  'what a spreadsheet would run is kept from it: %s',
  (value) => {
    expect(lineOf(value)).toBe(`'${value}`)
  },
)

it.each(['-12.50', '+1 (512) 555-0100', 'Ann-Marie', '-'])('what is no formula stands as it is: %s', (value) => {
  expect(lineOf(value)).toBe(value)
})

it.each(['csv', 'jsonl'])(
  'a column that every object answers to is empty where nothing is sent by its name: %s',
  (format) => {
    const settings = { format, header: false, columns: ['value', 'constructor'] } as never
    const content = contentOf([{ deliveryId: 'd', key: 'd', leadId: 'l', payload: { value: 'a' } }], settings).trimEnd()
    expect(content).toBe(format === 'csv' ? 'a,' : '{"value":"a","constructor":null}')
  },
)
