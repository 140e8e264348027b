import type { Figures } from './types.ts'

type Part = 'price' | 'revenue' | 'margin'

/** An amount of one currency, and what it was in the range before: amounts of two are never added up. */
export interface Moneys {
  readonly currency: string
  readonly now: number
  /** Null: nothing is compared with. */
  readonly before: number | null
}

const isPaid = ({ price, revenue }: Figures['currencies'][number]): boolean => price !== 0 || revenue !== 0

/** By currency, in the order of the figures; one that was paid only in the range before stands at the end, as nothing. */
export const moneysOf = (now: Figures, before: Figures | null, part: Part): readonly Moneys[] => {
  const then = new Map(before?.currencies.map((each) => [each.currency, each]))
  const gone = [...then.values()].filter(
    (each) => isPaid(each) && !now.currencies.some(({ currency }) => currency === each.currency),
  )
  return [
    ...now.currencies.map((each) => ({
      currency: each.currency,
      now: each[part],
      before: before === null ? null : (then.get(each.currency)?.[part] ?? 0),
    })),
    ...gone.map((each) => ({ currency: each.currency, now: 0, before: each[part] })),
  ]
}
