import { defineField, type Part } from '../kit/field.ts'
import { type EmailAddress, readFull, readPlain } from './email-address.ts'
import { isDisposable, isFree, isRole, piecesOf, suggestDomain } from './email-domains.ts'
import type { Reading } from './settled.ts'
import { clean, hashKind } from './text.ts'

/** Beyond this a text that is no address is not kept as one. */
const NORMAL_CHARS_MAX = 320

const nothing = (): Record<string, Part> => ({
  user: null,
  domain: null,
  host: null,
  tld: null,
  is_free: false,
  is_disposable: false,
  is_role: false,
  suggestion: null,
  hashed: null,
})

const partsOf = ({ user, domain }: EmailAddress): Record<string, Part> => {
  if (domain.startsWith('[')) return { ...nothing(), user, domain, is_role: isRole(user) }
  const { host, tld } = piecesOf(domain)
  return {
    user,
    domain,
    host,
    tld,
    is_free: isFree(domain),
    is_disposable: isDisposable(domain),
    is_role: isRole(user),
    suggestion: suggestDomain(domain),
    hashed: null,
  }
}

const CONTROL = /\p{Cc}/u

// One line ending is what a line of a file or a paste leaves behind; any other control character is damage.
const withoutEnding = (text: string): string => text.replace(/(?<=\S)\r?\n$/, '')

const SPACE_AROUND = /^[ \t\u00a0\u200b\ufeff]+|[ \t\u00a0\u200b\ufeff]+$/g

const trimmed = (text: string): string => text.replace(SPACE_AROUND, '')

/** The address out of `mailto:…`, `Name <…>` and `<…>`; undefined where one is wrapped in too many others. */
const unwrapped = (text: string): string | undefined => {
  let current = trimmed(text)
  for (let layer = 0; layer < 4; layer += 1) {
    const inside = /^[^<>@]*<([^<>]*)>$/.exec(current)?.[1] ?? current
    const next = trimmed(inside.startsWith('mailto:') ? inside.slice(7) : inside)
    if (next === current) return current
    current = next
  }
  return undefined
}

/** A star is a legal letter of an address; among plain letters only it stands for hidden ones. */
const MASKED = /^[\p{L}\p{N}._+-]*[*•●][\p{L}\p{N}._+*•●-]*@[^@\s]+$|^[^@\s]+@[\p{L}\p{N}.-]*[*•●][\p{L}\p{N}.*•●-]*$/u

const readMasked = (text: string): Reading => {
  const at = text.indexOf('@')
  const domain = text.slice(at + 1)
  const user = text.slice(0, at)
  const isKnown = readFull(`x@${domain}`)?.domain === domain && !domain.startsWith('[')
  const tld = /\.([a-z]{2,63})$/.exec(domain)?.[1] ?? null
  const parts = isKnown
    ? { ...partsOf({ user, domain }), user: null, is_role: false }
    : { ...nothing(), user: /[*•●]/.test(user) ? null : user, tld }
  return { normal: text, valid: false, masked: true, parts }
}

const notValid = (normal: string | null): Reading => ({ normal, valid: false, masked: false, parts: nothing() })

const read = (text: string): Reading => {
  const plain = readPlain(text)
  if (plain) return { normal: text, valid: true, masked: false, parts: partsOf(plain) }
  if (text === '' || text.length > NORMAL_CHARS_MAX) return notValid(null)
  if (MASKED.test(text)) return readMasked(text)
  const hashed = hashKind(text)
  if (hashed) return { ...notValid(text), parts: { ...nothing(), hashed } }
  const full = readFull(text)
  if (full) return { normal: `${full.user}@${full.domain}`, valid: true, masked: false, parts: partsOf(full) }
  // Not an address, but what it would have been says something: a slip in the domain is worth a suggestion.
  const domain = /^[^@\s]+@([a-z0-9.-]+)$/.exec(text)?.[1]
  return domain === undefined
    ? notValid(text)
    : { ...notValid(text), parts: { ...nothing(), suggestion: suggestDomain(domain) } }
}

export const email = defineField({
  type: 'email',
  summary:
    'An e-mail address, trimmed and lower-cased as a whole (no provider tells `Jane@` from `jane@`). A masked or hashed address is not valid, but its known parts are kept.',
  // Reaches one person.
  personal: true,
  value: 'string',
  parts: {
    user: 'string',
    domain: 'string',
    host: 'string',
    tld: 'string',
    is_free: 'bool',
    is_disposable: 'bool',
    is_role: 'bool',
    suggestion: 'string',
    hashed: 'string',
  },
  examples: [
    'jane@example.com',
    ' Jane.Doe+roof@Example.CO.UK ',
    'jane@gmial.com',
    'info@0-mail.com',
    '"jane doe"@example.com',
    'jane@müller.de',
    'j***@example.com',
    '5d41402abc4b2a76b9719d911017c592',
    'none',
  ],
  parse: (raw) => {
    const { raw: kept, text, damaged } = clean(raw)
    const lower = text.toLowerCase()
    const plain = damaged ? undefined : readPlain(lower)
    if (plain) return { raw: kept, normal: lower, valid: true, masked: false, parts: partsOf(plain) }
    const line = withoutEnding(lower)
    const address = damaged || CONTROL.test(line) ? undefined : unwrapped(line.normalize('NFC'))
    return { raw: kept, ...(address === undefined ? notValid(null) : read(address)) }
  },
})
