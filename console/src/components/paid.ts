import { money } from '../text.ts'

/** Sums of several currencies, each by itself. */
export const paidText = (paid: readonly { readonly currency: string; readonly amount: string }[]): string =>
  paid.length === 0 ? '–' : paid.map(({ currency, amount }) => money(Number(amount), currency)).join(' + ')
