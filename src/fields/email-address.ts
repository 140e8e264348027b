/**
 * E-mail addresses as SMTP carries them: the Mailbox of RFC 5321 section 4.1.2, with letters beyond ASCII as
 * RFC 6531 adds them. Comments and folded white space, which only message headers may hold, are no part of it.
 */
import { domainToASCII } from 'node:url'
import { readIp } from './ip.ts'

export interface EmailAddress {
  /** As written, quotes included. */
  readonly user: string
  /** Lower-case, in ASCII (`xn--…`); an address literal with its brackets. */
  readonly domain: string
}

const ADDRESS_CHARS_MAX = 254
const USER_CHARS_MAX = 64

const PLAIN = /^([a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*)@((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63})$/

/** The common shape, lower-case letters, digits and `_+-.` only: a quick answer equal to `readFull`'s, or none. */
export const readPlain = (text: string): EmailAddress | undefined => {
  if (text.length > ADDRESS_CHARS_MAX) return undefined
  const found = PLAIN.exec(text)
  const [, user = '', domain = ''] = found ?? []
  return found && user.length <= USER_CHARS_MAX ? { user, domain } : undefined
}

// Atoms, and letters, marks and digits of any script. The rest of Unicode in an address is a mistake.
const DOT_ATOM = /^[\w!#$%&'*+/=?^`{|}~\p{L}\p{M}\p{N}-]+(?:\.[\w!#$%&'*+/=?^`{|}~\p{L}\p{M}\p{N}-]+)*$/u
const QUOTED = /^"(?:[ !#-[\]-~]|\\[ -~])*"$/
const LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/
const BEYOND_ASCII = /[^ -~]/

const isDomain = (domain: string): boolean => {
  if (domain.length > 253) return false
  const labels = domain.split('.')
  const tld = labels.at(-1) ?? ''
  // A name without a dot receives mail in some countries' own domains (`io`); any other is a slip of the pen.
  if (labels.length === 1 && !/^[a-z]{2}$/.test(tld)) return false
  return labels.every((label) => label.length <= 63 && LABEL.test(label)) && !/^\d+$/.test(tld)
}

const readLiteral = (domain: string): string | undefined => {
  const inside = domain.slice(1, -1)
  const isV6 = /^ipv6:/i.test(inside)
  const found = readIp(isV6 ? inside.slice(5) : inside)
  if (!found || !(isV6 || found.version === 4)) return undefined
  return found.version === 6 ? `[ipv6:${found.text}]` : `[${found.text}]`
}

/** A domain in lower-case ASCII (`xn--…`), or undefined where the text is none. */
export const readDomain = (written: string): string | undefined => {
  const lower = written.toLowerCase()
  const domain = BEYOND_ASCII.test(lower) ? asciiDomain(lower) : lower
  return isDomain(domain) ? domain : undefined
}

const readHost = (written: string): string | undefined =>
  written.startsWith('[') && written.endsWith(']') ? readLiteral(written) : readDomain(written)

// The URL standard drops and maps characters that no domain may hold; only letters, marks and digits may stand here.
const asciiDomain = (domain: string): string =>
  /^[\p{L}\p{M}\p{N}.-]+$/u.test(domain) ? domainToASCII(domain.normalize('NFC')) : ''

/** The whole grammar. */
export const readFull = (text: string): EmailAddress | undefined => {
  const at = text.lastIndexOf('@')
  if (at < 1) return undefined
  const user = text.slice(0, at)
  if (user.length > USER_CHARS_MAX || !(DOT_ATOM.test(user) || QUOTED.test(user))) return undefined
  const domain = readHost(text.slice(at + 1))
  if (domain === undefined || user.length + 1 + domain.length > ADDRESS_CHARS_MAX) return undefined
  return { user, domain }
}
