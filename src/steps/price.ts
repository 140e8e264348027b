import { Type } from 'typebox'
import { Fault } from '../base/faults.ts'
import { type Money, parseMoney } from '../base/money.ts'
import { Closed, RuleId, RuleText, Text } from '../kit/config-parts.ts'
import { defineStep, next, skip } from '../kit/step.ts'

const Amount = Text("Decimal amount with its currency, as `15.00 USD`; without one it is in the flow's.")

const PriceRule = Closed(
  {
    id: Type.Optional(RuleId),
    when: Type.Optional(RuleText('Where this price applies; everywhere if left out.')),
    amount: Amount,
  },
  { description: 'A price and where it applies.' },
)

const money = (text: string, currency: string): Money => {
  const amount = parseMoney(text, currency)
  if (!amount) throw new Fault('flow_invalid', { message: `"${text}" is not an amount: write it as 15.00 ${currency}` })
  return amount
}

export const price = defineStep({
  type: 'price',
  summary:
    'Sets what the source is paid for the lead: the amount of the first rule that applies, else the flat amount.',
  event: 'price.set',
  revision: 1,
  config: Closed({
    rules: Type.Optional(Type.Array(PriceRule, { description: 'Prices, the first that applies counts.' })),
    amount: Type.Optional(Amount),
  }),
  references: { rules: ['rules.*.when'], money: ['amount', 'rules.*.amount'] },
  example: { rules: [{ id: 'hot', when: 'lead.score >= 80', amount: '25.00 USD' }], amount: '15.00 USD' },
  sets: ['price'],
  create: (config, compiler) => {
    const rules = (config.rules ?? []).map(({ id, when, amount }) => ({
      name: id ?? when ?? compiler.stepId,
      when: when === undefined ? null : compiler.rule(when),
      amount: money(amount, compiler.currency),
    }))
    const flat = config.amount === undefined ? null : money(config.amount, compiler.currency)
    return function* price(lead) {
      const rule = rules.find(({ when }) => when === null || when.holds(lead))
      if (rule)
        return next({ set: { price: rule.amount }, rule: rule.name, ...(rule.when && { saw: rule.when.saw(lead) }) })
      return flat ? next({ set: { price: flat }, rule: compiler.stepId }) : skip()
    }
  },
})
