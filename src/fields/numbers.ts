/** Numbers out of the ways people, spreadsheets and book-keepers write them. */

const PLAIN = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/
const GROUPED_BY_COMMA = /^\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d*)?$/
const GROUPED_BY_DOT = /^\d{1,3}(?:\.\d{3})+,\d+$|^\d{1,3}(?:\.\d{3}){2,}$/
const DECIMAL_COMMA = /^\d+,\d+$/
const CURRENCY =
  /^(?:\p{Sc}|[A-Z]{1,3}\p{Sc}|(?:USD|EUR|GBP|CAD|AUD|CHF) )\s*|\s*(?:\p{Sc}|(?<=\d) ?(?:USD|EUR|GBP|CAD|AUD|CHF))$/gu

/**
 * Digits with the point as decimal sign, or undefined. Both separators: the last one is the decimal sign. A comma
 * alone groups thousands where three digits follow, and is the decimal sign otherwise. A single point is always
 * the decimal sign, whatever the country, or else a normal form read again would change.
 */
const digitsOf = (text: string): string | undefined => {
  if (PLAIN.test(text)) return text
  const sign = /^[+-]/.exec(text)?.[0] ?? ''
  const rest = text.slice(sign.length).replace(/(?<=\d)[\s'’_](?=\d{3}(?!\d))/g, '')
  if (PLAIN.test(sign + rest)) return sign + rest
  if (GROUPED_BY_COMMA.test(rest)) return sign + rest.replaceAll(',', '')
  if (GROUPED_BY_DOT.test(rest)) return sign + rest.replaceAll('.', '').replace(',', '.')
  if (DECIMAL_COMMA.test(rest)) return sign + rest.replace(',', '.')
  return undefined
}

/** A number, or undefined; it may be infinite. A currency sign and a percent sign are passed over. */
export const readNumber = (text: string): number | undefined => {
  if (text === '' || text.length > 100) return undefined
  if (PLAIN.test(text)) return Number(text)
  // Book-keepers write a loss in brackets.
  const inBrackets = /^\((.*)\)$/.exec(text)?.[1]
  const minus = /^-\s*(?=\p{Sc})/u.test(text)
  const bare = (inBrackets ?? (minus ? text.slice(1).trim() : text)).replace(CURRENCY, '').replace(/\s*%$/, '').trim()
  const digits = digitsOf(bare)
  if (digits === undefined) return undefined
  return inBrackets !== undefined || minus ? -Number(digits) : Number(digits)
}
