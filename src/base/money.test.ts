import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addMoney, compareMoney, isPercent, microsOf, microsText, percentOf } from './money.ts'

const usd = (amount: string) => ({ amount, currency: 'USD' })

describe('a share of an amount', () => {
  it.each([
    ['15.00', '80', 'USD', '12.00'],
    ['10.01', '33.333', 'USD', '3.34'],
    ['0.01', '50', 'USD', '0.01'],
    ['0.01', '49.999%', 'USD', '0.00'],
    ['-0.01', '50', 'USD', '-0.01'],
    ['1000', '12.5', 'JPY', '125'],
    ['999', '12.5', 'JPY', '125'],
    ['1.0005', '100', 'KWD', '1.001'],
    ['7', '0', 'USD', '0.00'],
  ])('%s × %s %% in %s is %s', (amount, percent, currency, expected) => {
    expect(percentOf({ amount, currency }, percent)).toEqual({ amount: expected, currency })
  })

  it('is that of whole cents, rounded half up, and parts of a whole differ from it by a cent at most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 12 }), fc.integer({ min: 0, max: 100 }), (cents, percent) => {
        const text = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`
        const part = percentOf(usd(text), String(percent))
        const exact = (BigInt(cents) * BigInt(percent) + 50n) / 100n
        expect(BigInt(part.amount.replace('.', ''))).toBe(exact)
        const rest = percentOf(usd(text), String(100 - percent))
        expect(Math.abs(microsOf(addMoney(part, rest)) - microsOf(usd(text)))).toBeLessThanOrEqual(10_000)
      }),
    )
  })
})

it('is counted in millionths and written back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10 ** 9 }), fc.integer({ min: 0, max: 999_999 }), (whole, fraction) => {
      const amount = `${whole}.${String(fraction).padStart(6, '0')}`
      const micros = microsOf(usd(amount))
      expect(microsOf(usd(microsText(micros)))).toBe(micros)
      expect(compareMoney(usd(amount), usd(microsText(micros)))).toBe(0)
      expect(microsText(micros)).toMatch(/^\d+\.\d{2,6}$/)
    }),
  )
})

it('of two currencies cannot be compared', () => {
  expect(() => compareMoney(usd('1'), { amount: '1', currency: 'EUR' })).toThrow(/cannot be compared/)
})

it.each([
  ['80', true],
  ['12.5%', true],
  ['100 %', true],
  ['-5', false],
  ['eighty', false],
])('%j is a percentage: %s', (text, is) => {
  expect(isPercent(text)).toBe(is)
})

it('adds up though every buyer claims to pay all the money there is', () => {
  const most = usd('999999999999999.999999')
  const sum = Array.from({ length: 50 }, () => most).reduce(addMoney)
  expect(sum.amount).toBe('49999999999999999.999950')
  expect(compareMoney(sum, most)).toBeGreaterThan(0)
})
