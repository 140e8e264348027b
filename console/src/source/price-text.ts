import { t } from '../text.ts'

/** What a source is paid, or a buyer pays, as its flow says it. */
export const priceText = (price: unknown): string => {
  if (typeof price === 'string') return price
  if (Array.isArray(price)) return price.map(priceText).filter(Boolean).join(', ')
  if (price === null || typeof price !== 'object') return '–'
  const { amount, rules, percent, of, from, tiers } = price as Readonly<Record<string, unknown>>
  if (percent !== undefined)
    return t('price.share', { percent: String(percent).replace(/%$/, ''), of: String(of ?? 'lead.sold_for') })
  if (from !== undefined) return String(from)
  if (Array.isArray(tiers))
    return tiers
      .map((tier: { readonly up_to?: unknown; readonly amount?: unknown }) =>
        tier.up_to === undefined
          ? String(tier.amount)
          : t('price.tier', { amount: String(tier.amount), to: String(tier.up_to) }),
      )
      .join(', ')
  if (Array.isArray(rules) && rules.length > 0) return rules.map(priceText).join(', ')
  return amount === undefined ? '–' : String(amount)
}
