import type { CapUse } from '../api/types.ts'
import { money, named, number, t } from '../text.ts'

/** A count as a number: leads, or money as `120.00 USD`. */
export const countOf = (count: number | string): number =>
  typeof count === 'number' ? count : Number.parseFloat(count)

export const countText = (count: number | string): string => {
  if (typeof count === 'number') return number(count)
  const [amount = '0', currency = 'USD'] = count.split(' ')
  return money(Number(amount), currency)
}

/** How full it is, 0 to 1 and beyond where it was made smaller; a cap of nothing is full. */
export const fullness = ({ used, max }: Pick<CapUse, 'used' | 'max'>): number =>
  countOf(max) === 0 ? 1 : countOf(used) / countOf(max)

export const usedText = ({ used, max }: Pick<CapUse, 'used' | 'max'>): string =>
  t('caps.used', { used: countText(used), max: countText(max) })

/** What it stands at: a source, a destination, a buyer, or a step of the flow. */
export const placeText = ({ source, destination, buyer, at }: CapUse): string => {
  if (buyer !== null) return t('caps.of_buyer', { name: buyer })
  if (destination !== null) return t('caps.of_destination', { name: destination })
  if (source !== null) return t('caps.of_source', { name: source })
  return t('caps.of_step', { name: at })
}

export const windowText = ({ per, sliding, zone }: CapUse): string =>
  sliding ? t('caps.sliding', { per: named('per_long', per) }) : `${named('per', per)} · ${zone}`
