/** E-mail addresses, phone numbers and numbers that are given to one person only. */
import type { Feature, Group } from './group.ts'
import { MISSING } from './group.ts'
import { edits, jaroWinkler } from './strings.ts'

export interface EmailValue {
  readonly key: string
  readonly user: string
  readonly domain: string
}

/** Null where it is no address. Tags after a plus are taken away, at gmail.com the dots too. */
export const readEmail = (text: string): EmailValue | null => {
  const lower = text.trim().toLowerCase()
  const at = lower.lastIndexOf('@')
  if (at < 1) return null
  const domain = lower.slice(at + 1).replace(/^googlemail\.com$/, 'gmail.com')
  const untagged = lower.slice(0, at).replace(/\+.*$/, '')
  const user = domain === 'gmail.com' ? untagged.replaceAll('.', '') : untagged
  return user === '' || domain === '' ? null : { key: `${user}@${domain}`, user, domain }
}

const EMAIL: Feature = {
  id: 'email',
  levels: [
    MISSING,
    { id: 'exact', m: 0.72, u: 0.00003, rarity: 1 },
    { id: 'close', m: 0.1, u: 0.0001 },
    { id: 'same before the @', m: 0.05, u: 0.0001 },
    { id: 'close before the @', m: 0.03, u: 0.003 },
    { id: 'same domain', m: 0.02, u: 0.01 },
    { id: 'different', m: 0.08, u: 0.986 },
  ],
}
const EMAIL_LEVEL = { exact: 1, close: 2, user: 3, userClose: 4, domain: 5, different: 6 } as const

const emailLevel = (a: EmailValue, b: EmailValue): number => {
  if (a.key === b.key) return EMAIL_LEVEL.exact
  const length = Math.min(a.key.length, b.key.length)
  // A tenth of the letters may be wrong, not the sense: two short users of one large provider are two people.
  if (length >= 10 && edits(a.key, b.key, 4) <= Math.min(4, Math.floor(length / 6))) {
    const isUserClose = edits(a.user, b.user, 2) <= Math.max(1, Math.floor(Math.min(a.user.length, b.user.length) / 4))
    if (isUserClose) return EMAIL_LEVEL.close
  }
  if (a.user === b.user) return a.user.length >= 4 ? EMAIL_LEVEL.user : EMAIL_LEVEL.userClose
  if (jaroWinkler(a.user, b.user) >= 0.9) return EMAIL_LEVEL.userClose
  return a.domain === b.domain ? EMAIL_LEVEL.domain : EMAIL_LEVEL.different
}

export const emails: Group<EmailValue> = {
  id: 'email',
  features: [EMAIL],
  compare: emailLevel,
  terms: ({ key }) => [key],
}

export interface DigitsValue {
  readonly key: string
}

const PHONE: Feature = {
  id: 'phone',
  shared: true,
  levels: [
    MISSING,
    { id: 'exact', m: 0.7, u: 0.00005, rarity: 1 },
    { id: 'one typo', m: 0.07, u: 0.0001 },
    { id: 'same but its prefix', m: 0.03, u: 0.00005 },
    { id: 'different', m: 0.2, u: 0.9998 },
  ],
}

/** What is longer is a text with a number in it at most; blanks are gone through again from each of them. */
const PHONE_CHARS_MAX = 200

/** National digits: a country's prefix and a leading zero say nothing of who it is. Null below six digits. */
export const readPhone = (written: string): DigitsValue | null => {
  const text = written.trim().slice(0, PHONE_CHARS_MAX)
  const isInternational = /^\s*(?:\+|00)/.test(text)
  let digits = text
    .replace(/\s*(?:ext|x)\.?\s*\d+\s*$/i, '')
    .replace(/\D/g, '')
    .replace(/^0+/, '')
  if (digits.length === 11 && digits.startsWith('1')) digits = digits.slice(1)
  else if (isInternational && digits.length > 10) digits = digits.slice(-10)
  return digits.length < 6 ? null : { key: digits }
}

const LAST_DIGITS = 7

export const phones: Group<DigitsValue> = {
  id: 'phone',
  features: [PHONE],
  compare: (a, b) => {
    if (a.key === b.key) return 1
    if (edits(a.key, b.key, 1) <= 1) return 2
    return a.key.slice(-LAST_DIGITS) === b.key.slice(-LAST_DIGITS) ? 3 : 4
  },
  terms: ({ key }) => [key],
}

const PERSON_NUMBER: Feature = {
  id: 'person_number',
  differMax: 0.3,
  fixed: { agreesUpTo: 2 },
  levels: [
    MISSING,
    { id: 'exact', m: 0.85, u: 0.00001, rarity: 1 },
    { id: 'one typo', m: 0.1, u: 0.00005 },
    { id: 'different', m: 0.05, u: 0.99994 },
  ],
}

export const readPersonNumber = (text: string): DigitsValue | null => {
  const bare = text.toUpperCase().replace(/[^A-Z0-9]/g, '')
  return bare.length < 4 ? null : { key: bare }
}

export const personNumbers: Group<DigitsValue> = {
  id: 'person_number',
  features: [PERSON_NUMBER],
  compare: (a, b) => (a.key === b.key ? 1 : edits(a.key, b.key, 1) <= 1 ? 2 : 3),
  terms: ({ key }) => [key],
}
