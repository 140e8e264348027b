import { Type } from 'typebox'
import { Fault } from '../base/faults.ts'
import { compareMoney, isPercent } from '../base/money.ts'
import { Closed, Text } from '../kit/config-parts.ts'
import { afterMargin, compilePrice, priceReferences, priceShape } from '../kit/prices.ts'
import { defineStep, next, skip } from '../kit/step.ts'

export const price = defineStep({
  type: 'price',
  summary:
    'Sets what the source is paid for the lead: by rules, first or last match, flat, from a field, as a share, or by ' +
    'volume; else the flat amount. A lead that is rejected, or a test, costs nothing.',
  event: 'price.set',
  revision: 1,
  config: Closed({
    ...priceShape,
    margin: Type.Optional(
      Text('A percentage of what buyers pay that is kept: the price is at most the rest. Only behind a delivery.'),
    ),
  }),
  references: priceReferences(''),
  example: {
    rules: [
      { id: 'hot', when: 'lead.score >= 80', amount: '25.00 USD' },
      {
        id: 'volume',
        when: 'lead.score >= 40',
        tiers: [{ up_to: 1000, amount: '15.00 USD' }, { amount: '13.50 USD' }],
      },
    ],
    amount: '10.00 USD',
  },
  sets: ['price'],
  create: (config, compiler) => {
    const { margin } = config
    if (margin !== undefined && !isPercent(margin))
      throw new Fault('flow_invalid', { message: `"${margin}" is no percentage: write it as 20 or 12.5%` })
    const priceOf = compilePrice(config, compiler)
    return function* price(lead) {
      const priced = yield* priceOf(lead)
      if (!priced) return skip()
      const { rule, saw } = priced
      const most = margin === undefined || !lead.revenue ? null : afterMargin(lead.revenue, margin)
      const limited = most !== null && compareMoney(priced.price, most) > 0
      const set = { price: limited ? most : priced.price }
      return next({
        set,
        rule,
        ...(saw && { saw }),
        ...(limited && { note: { asked: priced.price.amount, limit: 'margin' } }),
      })
    }
  },
})
