import { type Static, Type } from 'typebox'
import { Fault } from '../base/faults.ts'
import { addMoney, compareMoney, isPercent, type Money, parseMoney, percentOf } from '../base/money.ts'
import { windowOf } from '../base/windows.ts'
import { Closed, RuleId, RuleText, Text } from './config-parts.ts'
import type { Json } from './field.ts'
import { type Asking, ask } from './requests.ts'
import type { Compiler, ConfigReferences, Expression, LeadView, Rule } from './step.ts'

/** What a lead costs or brings: the same for the price step and for destinations. */

const Amount = Text("Decimal amount with its currency, as `15.00 USD`; without one it is in the flow's.")
const Percent = Text('A percentage, as `80` or `12.5%`.')

const Tier = Closed(
  {
    up_to: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'The last lead of the window that costs this; left out: all further ones.',
      }),
    ),
    amount: Amount,
  },
  { description: 'A price and how far it reaches.' },
)

const PriceRule = Closed(
  {
    id: Type.Optional(RuleId),
    when: Type.Optional(RuleText('Where this price applies; everywhere if left out.')),
    amount: Type.Optional(Amount),
    from: Type.Optional(
      RuleText(
        'An expression that gives the amount, as `lead.asking_price`. Where it gives none, the rule does not apply.',
      ),
    ),
    percent: Type.Optional(Percent),
    of: Type.Optional(
      RuleText('With `percent`, of what: an expression, as `lead.sold_for` (the default) or `lead.asking_price`.'),
    ),
    tiers: Type.Optional(
      Type.Array(Tier, {
        minItems: 1,
        description: 'Prices by how many leads this rule has priced in the window, this one included.',
      }),
    ),
    per: Type.Optional(
      Type.Enum(['day', 'week', 'month', 'total'], { default: 'month', description: 'With `tiers`, the window.' }),
    ),
    zone: Type.Optional(Text('With `tiers`, time zone of the window; the flow’s where this is left out.')),
  },
  { description: 'A price and where it applies: one of `amount`, `from`, `percent` and `tiers`.' },
)

export const priceShape = {
  rules: Type.Optional(Type.Array(PriceRule, { description: 'Prices, the first that applies counts.' })),
  match: Type.Optional(
    Type.Enum(['first', 'last'], { default: 'first', description: 'Which of the rules that apply counts.' }),
  ),
  amount: Type.Optional(Amount),
  floor: Type.Optional(Text('Never less than this amount.')),
  ceiling: Type.Optional(Text('Never more than this amount.')),
}

export const priceReferences = (at: string): ConfigReferences => ({
  rules: [`${at}rules.*.when`],
  expressions: [`${at}rules.*.from`, `${at}rules.*.of`],
  money: [`${at}amount`, `${at}floor`, `${at}ceiling`, `${at}rules.*.amount`, `${at}rules.*.tiers.*.amount`],
  zones: [`${at}rules.*.zone`],
  ids: [`${at}rules.*.id`],
})

const Price = Closed(priceShape)
export type PriceConfig = Static<typeof Price>
export const PriceBlock = Closed(priceShape, { description: 'What it pays, where its answer does not say.' })

const money = (text: string, currency: string): Money => {
  const amount = parseMoney(text, currency)
  if (!amount) throw new Fault('flow_invalid', { message: `"${text}" is not an amount: write it as 15.00 ${currency}` })
  return amount
}

const DECIMAL = /^-?\d{1,15}(?:\.\d{1,6})?$/

/** An amount that an expression gave; null where it is none. */
const moneyFrom = (value: Json, currency: string): Money | null => {
  if (typeof value === 'number') {
    const text = String(value)
    const plain = DECIMAL.test(text) ? text : value.toFixed(6)
    return Number.isFinite(value) && DECIMAL.test(plain) && value >= 0 ? { amount: plain, currency } : null
  }
  const read = typeof value === 'string' ? parseMoney(value, currency) : null
  return read === null || read.amount.startsWith('-') ? null : read
}

interface Compiled {
  readonly name: string
  readonly when: Rule | null
  /** Null where it gives none, and the rule does not apply. */
  readonly plain?: (lead: LeadView) => Money | null
  /** One that must ask how many leads came before. */
  readonly asking?: (lead: LeadView) => Asking<Money | null>
}

const compileRule = (rule: Static<typeof PriceRule>, compiler: Compiler, delivery: string | undefined): Compiled => {
  const { id, when, amount, from, percent, of, tiers, per, zone } = rule
  const { currency } = compiler
  const name = id ?? when ?? compiler.stepId
  const given = [amount, from, percent, tiers].filter((each) => each !== undefined).length
  if (given !== 1)
    throw new Fault('flow_invalid', { message: `Price "${name}": write one of amount, from, percent and tiers` })
  const condition = when === undefined ? null : compiler.rule(when)
  if (amount !== undefined) {
    const flat = money(amount, currency)
    return { name, when: condition, plain: () => flat }
  }
  if (from !== undefined) {
    const expression: Expression = compiler.expression(from)
    return { name, when: condition, plain: (lead) => moneyFrom(expression.value(lead), currency) }
  }
  if (percent !== undefined) {
    if (!isPercent(percent))
      throw new Fault('flow_invalid', { message: `"${percent}" is no percentage: write it as 80 or 12.5%` })
    const base = of === undefined ? null : compiler.expression(of)
    return {
      name,
      when: condition,
      plain: (lead) => {
        const whole = base === null ? (lead.revenue ?? null) : moneyFrom(base.value(lead), currency)
        return whole && percentOf(whole, percent)
      },
    }
  }
  const steps = (tiers ?? []).map((tier) => ({
    upTo: tier.up_to ?? Number.MAX_SAFE_INTEGER,
    amount: money(tier.amount, currency),
  }))
  return {
    name,
    when: condition,
    asking: function* tieredPrice(lead) {
      // A place in the tier: how many there are before this lead is proved at the commit, as with a cap.
      for (const [index, { upTo, amount: each }] of steps.entries()) {
        const answer = yield* ask(
          'cap.reserve',
          {
            caps: [
              {
                id: `volume:${name}`,
                scope: compiler.stepId,
                by: null,
                max: upTo,
                amount: 1,
                ...windowOf({ per: per ?? 'month', zone: zone ?? compiler.zone, now: lead.now }),
              },
            ],
            ...(delivery !== undefined && { delivery }),
          },
          `tier:${name}:${index}`,
        )
        if (answer.reserved) return each
      }
      return null
    },
  }
}

export interface Priced {
  readonly price: Money
  /** Its id, or its text. */
  readonly rule: string
  readonly saw: { readonly [path: string]: Json } | null
}

/** A lead's price by the rules, within floor and ceiling; null where none applies. */
export const compilePrice = (
  config: PriceConfig,
  compiler: Compiler,
  delivery?: string,
): ((lead: LeadView) => Asking<Priced | null>) => {
  const rules = (config.rules ?? []).map((rule) => compileRule(rule, compiler, delivery))
  const ordered = config.match === 'last' ? rules.toReversed() : rules
  const flat = config.amount === undefined ? null : money(config.amount, compiler.currency)
  const floor = config.floor === undefined ? null : money(config.floor, compiler.currency)
  const ceiling = config.ceiling === undefined ? null : money(config.ceiling, compiler.currency)
  const within = (price: Money): Money => {
    if (floor && compareMoney(price, floor) < 0) return floor
    return ceiling && compareMoney(price, ceiling) > 0 ? ceiling : price
  }
  return function* priceOf(lead) {
    for (const { name, when, plain, asking } of ordered) {
      if (when !== null && !when.holds(lead)) continue
      const amount = plain?.(lead) ?? (asking ? yield* asking(lead) : null)
      if (amount) return { price: within(amount), rule: name, saw: when?.saw(lead) ?? null }
    }
    return flat && { price: within(flat), rule: compiler.stepId, saw: null }
  }
}

/** The most that may be paid so that this share of what the lead brings is kept. */
export const afterMargin = (revenue: Money, margin: string): Money => {
  const kept = percentOf(revenue, margin)
  return addMoney(revenue, { amount: kept.amount === '0' ? '0' : `-${kept.amount}`, currency: kept.currency })
}
