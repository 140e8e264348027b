import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { moneysOf } from '../../console/src/overview/moneys.ts'
import type { Figures } from '../../console/src/overview/types.ts'

const amount = fc.integer({ min: -100_000, max: 100_000 }).map((cents) => cents / 100)
const figures = fc
  .uniqueArray(fc.record({ currency: fc.constantFrom('USD', 'EUR', 'GBP', 'JPY'), price: amount, revenue: amount }), {
    selector: ({ currency }) => currency,
  })
  .map((rows) => rows.map((row) => ({ ...row, margin: row.revenue - row.price })))
  .map((currencies) => ({ currencies }) as unknown as Figures)

describe('money of a range and of the one before', () => {
  it('stands by currency: no amount is compared with, or added to, one of another', () => {
    fc.assert(
      fc.property(figures, fc.option(figures), fc.constantFrom('price', 'revenue', 'margin'), (now, before, part) => {
        const moneys = moneysOf(now, before, part)
        expect(new Set(moneys.map(({ currency }) => currency)).size).toBe(moneys.length)
        const of = (all: Figures | null, currency: string) =>
          all?.currencies.find((each) => each.currency === currency)?.[part] ?? 0
        for (const each of moneys) {
          expect(each.now).toBe(of(now, each.currency))
          expect(each.before).toBe(before && of(before, each.currency))
        }
        // Nothing that was paid in either range is passed over.
        for (const { currency, price, revenue } of [...now.currencies, ...(before?.currencies ?? [])])
          if (price !== 0 || revenue !== 0) expect(moneys.map((each) => each.currency)).toContain(currency)
      }),
    )
  })
})
