import type { Json } from '../../kit/field.ts'

export type Payload = { readonly [key: string]: Json }

/** Letters that no accent can be taken from. */
const LETTERS: Readonly<Record<string, string>> = {
  ...{
    ß: 'ss',
    Æ: 'AE',
    æ: 'ae',
    Œ: 'OE',
    œ: 'oe',
    Ø: 'O',
    ø: 'o',
    Ł: 'L',
    ł: 'l',
    Đ: 'D',
    đ: 'd',
    ð: 'd',
    Þ: 'Th',
    þ: 'th',
  },
  ...{ ı: 'i', '‘': "'", '’': "'", '“': '"', '”': '"', '–': '-', '—': '-', '…': '...', '€': 'EUR' },
}

const asciiText = (text: string): string =>
  text
    .replaceAll(/[^ -~\s]/g, (letter) => LETTERS[letter] ?? letter)
    .normalize('NFKD')
    .replaceAll(/[^\t\n\r\x20-\x7e]/g, '')

const asciiOf = (value: Json): Json => {
  if (typeof value === 'string') return asciiText(value)
  if (Array.isArray(value)) return value.map(asciiOf)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, asciiOf(inner)]))
}

/** The same with é written as e. */
export const asciiPayload = (payload: Payload): Payload => asciiOf(payload as Json) as Payload

type Inner = { [name: string]: Json }

const isInner = (value: Json | undefined): value is Inner =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Objects with the numbers 0 to n as their only names, as lists. */
const listed = (value: Json): Json => {
  if (!isInner(value)) return value
  const names = Object.keys(value)
  const inner = names.map((name) => listed(value[name] ?? null))
  if (names.length > 0 && names.every((name, index) => name === String(index))) return inner
  const whole: Inner = Object.create(null)
  for (const [index, name] of names.entries()) whole[name] = inner[index] ?? null
  return whole
}

/** `{ 'contact.email': … }` as `{ contact: { email: … } }`; a name that is taken already stays whole. */
export const nestedPayload = (payload: Payload): Payload => {
  const root: Inner = Object.create(null)
  for (const [name, value] of Object.entries(payload)) {
    const parts = name.split('.')
    const last = parts.pop() ?? name
    let place: Inner | null = root
    for (const part of parts) {
      const inner: Json | undefined = place?.[part]
      if (place === null) break
      if (inner === undefined) {
        const made: Inner = Object.create(null)
        place[part] = made
        place = made
      } else place = isInner(inner) ? inner : null
    }
    if (place === null || place[last] !== undefined) root[name] = value
    else place[last] = value
  }
  return listed(root) as Payload
}
