import { defineField } from '../kit/field.ts'
import { currencyOf, decimalsOf, readAmount } from './amounts.ts'
import { clean, isMasked, lineOf } from './text.ts'

/** Exact decimal text: as many decimals as the currency has, or as were written. */
const written = (value: number, code: string | null): string => {
  const own = String(value).split('.')[1]?.length ?? 0
  return value.toFixed(Math.max(own, code === null ? 0 : decimalsOf(code)))
}

export const currency = defineField({
  type: 'currency',
  summary:
    'An amount of money as a number, with its currency and its decimal text as parts. Signs, codes, thousands separators, `k` and `million` are understood; without a sign the currency is that of the flow’s country. Below 10^15, six decimals at most.',
  // What a person earns, owes or owns is nobody else's business, but the amount alone says not whose it is.
  personal: false,
  value: 'double',
  parts: { amount: 'string', code: 'string' },
  examples: ['$1,200.50', '1.200,50 €', 'USD 50k', '¥1000', '-£7', '(1,200)', '1.5 million', '$**,***', 'a lot'],
  parse: (raw, { country }) => {
    const { raw: kept, text } = clean(raw)
    const line = lineOf(text)
    const found = readAmount(line, country)
    const code = found ? (found.code ?? currencyOf(country)) : null
    return {
      raw: kept,
      normal: found?.value ?? null,
      valid: found !== undefined,
      masked: found === undefined && isMasked(line),
      parts: { amount: found ? written(found.value, code) : null, code },
    }
  },
})
