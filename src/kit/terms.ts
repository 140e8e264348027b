import { type Static, Type } from 'typebox'
import { Fault } from '../base/faults.ts'
import { compareMoney, isPercent, type Money, parseMoney } from '../base/money.ts'
import type { RefusalCode } from '../lead/codes.ts'
import { Cap, type CompiledCap, capReferences, compileCaps, fullReason, reservations } from './caps.ts'
import { Closed, Text } from './config-parts.ts'
import { afterMargin, compilePrice, PriceBlock, priceReferences } from './prices.ts'
import { reasonFrom } from './reasons.ts'
import { type Asking, ask } from './requests.ts'
import { compileSchedule, Schedule, scheduleReferences } from './schedule.ts'
import type { Compiler, ConfigReferences, LeadView } from './step.ts'

/** On what terms a destination takes leads: when, how many, and what it pays. Judged before anything is sent to it. */

export const TERM_KEYS = ['buyer', 'schedule', 'caps', 'buyer_caps', 'price', 'floor', 'margin'] as const

export const Terms = Closed({
  buyer: Type.Optional(
    Type.String({
      pattern: '^[a-z0-9][a-z0-9_-]{0,62}$',
      description: 'Who buys here: several destinations may be one buyer’s.',
    }),
  ),
  schedule: Type.Optional(Schedule),
  caps: Type.Optional(Type.Array(Cap, { description: 'Caps of this destination; money is what it pays.' })),
  buyer_caps: Type.Optional(
    Type.Array(Cap, {
      description: 'Caps of its buyer: counted together over all destinations and flows that name it.',
    }),
  ),
  price: Type.Optional(PriceBlock),
  floor: Type.Optional(Text('It is not offered leads that it would pay less for.')),
  margin: Type.Optional(
    Text('A percentage of what it pays that must be left when the source is paid; else it is not offered the lead.'),
  ),
})

type TermsConfig = Static<typeof Terms>

const merged = (parts: readonly ConfigReferences[]): ConfigReferences => {
  const all: Record<string, string[]> = {}
  for (const part of parts)
    for (const [key, paths] of Object.entries(part)) all[key] = [...(all[key] ?? []), ...(paths as readonly string[])]
  return all
}

export const termReferences: ConfigReferences = merged([
  scheduleReferences('schedule.'),
  capReferences('caps'),
  capReferences('buyer_caps'),
  priceReferences('price.'),
  { money: ['floor'] },
])

export interface Offer {
  /** What it pays where its answer does not say, and the rule that set that. */
  readonly price: Money | null
  readonly rule: string | null
  /** Not before this instant, ms since 1970; null: at once. */
  readonly notBefore: number | null
}

export type Judged =
  | { readonly taken: true; readonly offer: Offer }
  | {
      readonly taken: false
      readonly code: RefusalCode
      readonly rule: string
      readonly reason: string
    }

export interface CompiledTerms {
  readonly buyer: string | null
  readonly caps: readonly {
    readonly scope: string
    readonly across: string | null
    readonly caps: readonly CompiledCap[]
  }[]
  /** `delivery`: what the places that are reserved are taken for. */
  readonly judge: (lead: LeadView, delivery: string) => Asking<Judged>
}

const refusal = (code: RefusalCode, rule: string, reason: string): Judged => ({
  taken: false,
  code,
  rule,
  reason,
})

/** Null where a destination takes whatever comes. */
export const compileTerms = (config: TermsConfig, compiler: Compiler): CompiledTerms | null => {
  if (Object.keys(config).length === 0) return null
  const { buyer = null, margin } = config
  const schedule = config.schedule === undefined ? null : compileSchedule(config.schedule, compiler)
  const own = compileCaps(config.caps ?? [], compiler)
  const ofBuyer = compileCaps(config.buyer_caps ?? [], compiler)
  if (ofBuyer.length > 0 && buyer === null)
    throw new Fault('flow_invalid', { message: 'There are "buyer_caps" and no buyer whose caps they are' })
  if (margin !== undefined && !isPercent(margin))
    throw new Fault('flow_invalid', { message: `"${margin}" is no percentage: write it as 20 or 12.5%` })
  const floor = config.floor === undefined ? null : parseMoney(config.floor, compiler.currency)
  const pricing = config.price ?? null
  const prices = new Map<string, ReturnType<typeof compilePrice>>()
  const priceFor = (delivery: string) => {
    const known = prices.get(delivery)
    if (known || pricing === null) return known ?? null
    const made = compilePrice(pricing, compiler, delivery)
    prices.set(delivery, made)
    return made
  }
  priceFor(compiler.stepId)
  const across = buyer === null ? null : `buyer/${buyer}`

  return {
    buyer,
    caps: [
      { scope: compiler.stepId, across: null, caps: own },
      { scope: compiler.stepId, across, caps: ofBuyer },
    ],
    judge: function* judge(lead, delivery) {
      const standing = schedule?.standing(lead.now) ?? null
      const closed = standing !== null && !standing.open
      if (schedule && closed && (schedule.outside !== 'wait' || standing.until === null))
        return refusal(
          'closed',
          'schedule',
          reasonFrom({ template: schedule.template, lead, otherwise: 'Outside of open hours' }),
        )
      const priceOf = priceFor(delivery)
      const priced = priceOf ? yield* priceOf(lead) : null
      const price = priced?.price ?? null
      if (floor && price && compareMoney(price, floor) < 0)
        return refusal('below_floor', 'floor', `Pays ${price.amount} ${price.currency}, less than the floor`)
      if (margin !== undefined && price && lead.price && compareMoney(lead.price, afterMargin(price, margin)) > 0)
        return refusal(
          'below_floor',
          'margin',
          `Pays ${price.amount} ${price.currency}, which leaves less than the margin`,
        )
      const asked = [
        ...reservations(own, { lead, scope: compiler.stepId, price }),
        ...(across === null ? [] : reservations(ofBuyer, { lead, scope: compiler.stepId, price, across })),
      ]
      if (asked.length > 0) {
        const answer = yield* ask('cap.reserve', { caps: asked, delivery }, `caps:${delivery}`)
        if (!answer.reserved) {
          const full = [...own, ...ofBuyer].find(({ id }) => id === answer.cap)
          const reason = reasonFrom({ template: full?.template ?? null, lead, otherwise: fullReason(full) })
          return refusal('cap_exceeded', answer.cap, reason)
        }
      }
      return {
        taken: true,
        offer: { price, rule: priced?.rule ?? null, notBefore: closed ? (standing.until ?? null) : null },
      }
    },
  }
}
