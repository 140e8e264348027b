import en from './en.json' with { type: 'json' }

/** Every text of the screens, by name: one catalogue, so that it can be read, checked and translated in one place. */
export type TextKey = keyof typeof en

const catalogue: Readonly<Record<string, string>> = en

type Vars = Readonly<Record<string, string | number>>

const fill = (text: string, vars: Vars): string =>
  text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(vars[name] ?? whole))

export const t = (key: TextKey, vars: Vars = {}): string => fill(catalogue[key] ?? key, vars)

/** A text whose wording depends on a count: `key` for many, `key.one` for one. */
export const tn = (key: TextKey, n: number, vars: Vars = {}): string => {
  const one = `${key}.one`
  const text = n === 1 && Object.hasOwn(catalogue, one) ? catalogue[one] : catalogue[key]
  return fill(text ?? key, { n: number(n), ...vars })
}

/** The text of a name that comes from the server, or the name in words where the catalogue has none. */
export const named = (family: string, name: string | null | undefined): string => {
  if (name === null || name === undefined) return ''
  const known = catalogue[`${family}.${name}`]
  if (known !== undefined) return known
  const words = name.replaceAll(/[._-]+/g, ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

const plain = new Intl.NumberFormat('en')
export const number = (value: number): string => plain.format(value)

const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })
export const compact = (value: number): string => (Math.abs(value) < 10_000 ? plain.format(value) : short.format(value))

const percents = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 })
export const percent = (share: number): string => (Number.isFinite(share) ? percents.format(share) : '–')

const moneys = new Map<string, Intl.NumberFormat>()
export const money = (amount: number, currency: string | null): string => {
  const code = currency ?? 'USD'
  const known = moneys.get(code) ?? new Intl.NumberFormat('en', { style: 'currency', currency: code })
  moneys.set(code, known)
  return known.format(amount)
}

/** A duration as a person says it: 12 ms, 3.4 s, 5 min, 2 h, 3 d. */
export const duration = (ms: number): string => {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`
  if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)} h`
  return `${Math.round(ms / 86_400_000)} d`
}

const BYTE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const
/** A size as a person says it: 12 kB, 3.4 GB. */
export const bytes = (size: number): string => {
  const at = size < 1 ? 0 : Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log10(size) / 3))
  const unit = BYTE_UNITS[at] ?? 'byte'
  return new Intl.NumberFormat('en', { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 1 }).format(
    size / 1000 ** at,
  )
}
