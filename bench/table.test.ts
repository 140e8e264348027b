import { describe, expect, it } from 'vitest'
import { count, decimal, formatTable } from './table.ts'

describe('formatTable', () => {
  it('sets names to the left and figures to the right, in columns as wide as they must be', () => {
    expect(
      formatTable(
        ['case', 'leads/s'],
        [
          ['é', '9'],
          ['longer', '12,000'],
        ],
      ),
    ).toBe(['case    leads/s', '------  -------', 'é             9', 'longer   12,000'].join('\n'))
  })
  it('leaves a missing cell empty, without spaces at the end', () => {
    expect(formatTable(['a', 'b'], [['1']])).toBe(['a  b', '-  -', '1'].join('\n'))
  })
})

describe('figures', () => {
  it('sets thousands apart', () => expect(count(1234567.4)).toBe('1,234,567'))
  it('gives small figures one digit more', () => expect([decimal(9.876), decimal(98.76)]).toEqual(['9.88', '98.8']))
})
