/** Amounts as forms and people write them: `$1,200.50`, `1.200,50 €`, `USD 50k`, `(1,200)`. */
import { readNumber } from './numbers.ts'

export interface Amount {
  /** Rounded to six decimals; its size is below 10^15, so that cents are exact. */
  readonly value: number
  /** ISO 4217, where a sign or a code stands with the number. */
  readonly code: string | null
  /** What a `k` or `million` behind the number multiplied it by; 1 without one. */
  readonly times: number
}

const AMOUNT_CHARS_MAX = 60
const SIZE_MAX = 1e15

const CODES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'))

const DOLLARS: Readonly<Record<string, string>> = {
  AR: 'ARS',
  AU: 'AUD',
  CA: 'CAD',
  CL: 'CLP',
  CO: 'COP',
  HK: 'HKD',
  JM: 'JMD',
  MX: 'MXN',
  NZ: 'NZD',
  SG: 'SGD',
  TW: 'TWD',
}
const CROWNS: Readonly<Record<string, string>> = { DK: 'DKK', IS: 'ISK', NO: 'NOK', SE: 'SEK' }

const CURRENCIES: Readonly<Record<string, string>> = {
  ...DOLLARS,
  ...CROWNS,
  ...Object.fromEntries(
    'AT BE CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK'.split(' ').map((country) => [country, 'EUR']),
  ),
  US: 'USD',
  PR: 'USD',
  GB: 'GBP',
  CH: 'CHF',
  LI: 'CHF',
  BR: 'BRL',
  CN: 'CNY',
  CZ: 'CZK',
  HU: 'HUF',
  IL: 'ILS',
  IN: 'INR',
  JP: 'JPY',
  KR: 'KRW',
  PH: 'PHP',
  PL: 'PLN',
  TR: 'TRY',
  ZA: 'ZAR',
}

// Signs and words that mean one currency wherever they are written.
const SIGNS: ReadonlyMap<string, string> = new Map(
  `€ EUR;eur EUR;euro EUR;euros EUR;£ GBP;pound GBP;pounds GBP;quid GBP;₹ INR;rs INR;rupees INR;₩ KRW;₽ RUB;₪ ILS;₺ TRY;
  ₴ UAH;₱ PHP;₦ NGN;₫ VND;฿ THB;zł PLN;us$ USD;$us USD;u.s.$ USD;a$ AUD;au$ AUD;c$ CAD;ca$ CAD;can$ CAD;nz$ NZD;hk$ HKD;
  s$ SGD;mx$ MXN;nt$ TWD;r$ BRL;fr CHF;fr. CHF;sfr. CHF;kč CZK;ft HUF`
    .split(';')
    .map((entry) => {
      const [sign = '', code = ''] = entry.trim().split(' ')
      return [sign, code] as const
    }),
)

/** The usual currency of a country, or null where this table has none. ISO 3166-1 alpha-2 in, ISO 4217 out. */
export const currencyOf = (country: string): string | null => CURRENCIES[country] ?? null

const codeOf = (sign: string, country: string): string | undefined => {
  if (['$', 'dollar', 'dollars', 'bucks'].includes(sign)) return DOLLARS[country] ?? 'USD'
  if (sign === 'kr' || sign === 'kr.') return CROWNS[country] ?? 'SEK'
  if (sign === '¥') return country === 'CN' ? 'CNY' : 'JPY'
  const code = sign.toUpperCase()
  return SIGNS.get(sign) ?? (CODES.has(code) ? code : undefined)
}

const TIMES: Readonly<Record<string, number>> = {
  k: 1e3,
  thousand: 1e3,
  lakh: 1e5,
  lakhs: 1e5,
  m: 1e6,
  mm: 1e6,
  mn: 1e6,
  mio: 1e6,
  million: 1e6,
  millions: 1e6,
  crore: 1e7,
  b: 1e9,
  bn: 1e9,
  billion: 1e9,
}

const SHAPE =
  /^(?<before>[^\d\s.,+-][^\d\s,+-]{0,9})? ?(?<sign>[+-])? ?(?<digits>\.?\d[\d.,'’_ ]*)(?<times>k|thousand|lakhs?|mm|mn|mio|millions?|m|crore|bn|billion|b)?(?!\p{L})\.? ?(?<after>[^\d\s].{0,9})?$/iu

/** Reads an amount; undefined where there is none. `country` says which dollars and crowns are meant. */
export const readAmount = (text: string, country: string): Amount | undefined => {
  if (text.length > AMOUNT_CHARS_MAX) return undefined
  const inBrackets = /^\((.*)\)$/.exec(text)?.[1]
  const isMinus = inBrackets !== undefined || /^-\s*[^\d\s.]/.test(text)
  const bare = (inBrackets ?? (isMinus ? text.slice(1) : text)).trim()
  const { before, sign, digits = '', times = '', after } = SHAPE.exec(bare)?.groups ?? {}
  const size = readNumber(digits.trim())
  if (size === undefined) return undefined
  const codes = [before, after].flatMap((mark) => (mark ? [codeOf(mark.trim().toLowerCase(), country)] : []))
  if (codes.includes(undefined)) return undefined
  const factor = TIMES[times.toLowerCase()] ?? 1
  const value = size * factor * (isMinus ? -1 : 1) * (sign === '-' ? -1 : 1)
  if (Math.abs(value) >= SIZE_MAX) return undefined
  // The last named is the surer: `$500 CAD` are Canadian.
  return { value: Number(value.toFixed(6)) + 0, code: codes.at(-1) ?? null, times: factor }
}

const decimals = new Map<string, number>()

/** Decimals in which a currency is usually written: 2 for USD, 0 for JPY. */
export const decimalsOf = (code: string): number => {
  const known = decimals.get(code)
  if (known !== undefined) return known
  const { maximumFractionDigits: count = 2 } = new Intl.NumberFormat('en', {
    style: 'currency',
    currency: code,
  }).resolvedOptions()
  decimals.set(code, count)
  return count
}
