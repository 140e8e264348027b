import { defineField } from '../kit/field.ts'
import { clean, hashKind } from './text.ts'

/** Keys and certificates in PEM are the longest. */
const CREDENTIAL_CHARS_MAX = 10_000

// Letters of a password may be stars too; a value that has little else shows that one was hidden.
const MASKED = /^[^\s]{0,4}[*•●]{3,}[^\s]{0,4}$|^[xX]{4,}$/

const KINDS: readonly (readonly [string, RegExp])[] = [
  ['pem', /^-----BEGIN [A-Z ]{1,40}-----/],
  ['bearer', /^Bearer \S+$/i],
  ['basic', /^Basic [A-Za-z0-9+/=]+$/i],
  ['jwt', /^eyJ[\w-]+\.[\w-]+\.[\w-]*$/],
  ['password_hash', /^\$(?:2[abxy]|argon2(?:id?|d)|scrypt|pbkdf2[\w-]*|[156])\$/],
]

const kindOf = (text: string): string => {
  if (hashKind(text)) return 'hex'
  return KINDS.find(([, pattern]) => pattern.test(text))?.[0] ?? (/\s/.test(text) ? 'phrase' : 'key')
}

export const credential = defineField({
  type: 'credential',
  summary:
    'A password, key or token, kept letter by letter but for space around it. Valid unless blank or masked. Of its content no part tells anything but its form: `key`, `phrase`, `hex`, `jwt`, `bearer`, `basic`, `pem` or `password_hash`.',
  // Whoever has it is its owner.
  personal: true,
  value: 'string',
  parts: { kind: 'string' },
  examples: ['correct-horse-7', 'Bearer abc.def', 'two words', '********', 'abcd****', ' '],
  parse: (raw) => {
    const { raw: kept, text } = clean(raw, CREDENTIAL_CHARS_MAX)
    const trimmed = text.trim()
    const masked = MASKED.test(trimmed)
    const normal = trimmed === '' ? null : trimmed
    return {
      raw: kept,
      normal,
      valid: normal !== null && !masked,
      masked,
      parts: { kind: normal === null || masked ? null : kindOf(trimmed) },
    }
  },
})
