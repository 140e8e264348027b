import { defineField, type Part } from '../kit/field.ts'
import { clean } from './text.ts'

export interface IpAddress {
  readonly version: 4 | 6
  /** IPv4 as four decimal numbers; IPv6 as RFC 5952 writes it: lower-case, longest run of zeros as `::`. */
  readonly text: string
  /** Not of the public internet: private, loopback, link-local, shared by a carrier, multicast, or reserved. */
  readonly isPrivate: boolean
}

const V4 = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/
const GROUP = /^[0-9a-fA-F]{1,4}$/

const octetsOf = (text: string): number[] | undefined => {
  const octets = V4.exec(text)?.slice(1).map(Number)
  return octets?.every((octet) => octet <= 255) ? octets : undefined
}

// IANA's registries of special-purpose addresses, but for the examples of documents (203.0.113.0/24 and the like).
const isPrivateV4 = ([a = 0, b = 0, c = 0]: readonly number[]): boolean =>
  a === 0 ||
  a === 10 ||
  a === 127 ||
  (a === 100 && b >= 64 && b <= 127) ||
  (a === 169 && b === 254) ||
  (a === 172 && b >= 16 && b <= 31) ||
  (a === 192 && (b === 168 || (b === 0 && c === 0))) ||
  (a === 198 && (b === 18 || b === 19)) ||
  a >= 224

const groupsOf = (side: string): number[] | undefined => {
  if (side === '') return []
  const words = side.split(':')
  const tail = octetsOf(words.at(-1) ?? '')
  if (tail) {
    const [a = 0, b = 0, c = 0, d = 0] = tail
    words.splice(-1, 1, (a * 256 + b).toString(16), (c * 256 + d).toString(16))
  }
  return words.every((word) => GROUP.test(word)) ? words.map((word) => Number.parseInt(word, 16)) : undefined
}

const readV6 = (text: string): number[] | undefined => {
  if (text.length < 2 || text.length > 45) return undefined
  const sides = text.split('::')
  const [head = '', tail] = sides
  if (sides.length > 2 || (tail !== undefined && head.includes('.'))) return undefined
  const before = groupsOf(head)
  const after = tail === undefined ? [] : groupsOf(tail)
  if (!before || !after) return undefined
  const missing = 8 - before.length - after.length
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined
  return [...before, ...new Array<number>(missing).fill(0), ...after]
}

/** RFC 5952: the longest run of two or more zero groups becomes `::`, the first of equals. */
const writeV6 = (groups: readonly number[]): string => {
  let best = { start: -1, length: 1 }
  for (let start = 0; start < 8; start += 1) {
    let length = 0
    while (groups[start + length] === 0) length += 1
    if (length > best.length) best = { start, length }
  }
  const write = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':')
  if (best.start < 0) return write(groups)
  return `${write(groups.slice(0, best.start))}::${write(groups.slice(best.start + best.length))}`
}

/** Reads an address without port, brackets or zone. An IPv4 address mapped into IPv6 is read as the IPv4 it is. */
export const readIp = (text: string): IpAddress | undefined => {
  const octets = octetsOf(text)
  if (octets) return { version: 4, text: octets.join('.'), isPrivate: isPrivateV4(octets) }
  const groups = text.includes(':') ? readV6(text) : undefined
  if (!groups) return undefined
  const [first = 0, , , , , sixth, high = 0, low = 0] = groups
  if (sixth === 0xffff && groups.slice(0, 5).every((group) => group === 0)) {
    const mapped = [high >> 8, high & 255, low >> 8, low & 255]
    return { version: 4, text: mapped.join('.'), isPrivate: isPrivateV4(mapped) }
  }
  const isLocal = groups.slice(0, 7).every((group) => group === 0) && low <= 1
  const isPrivate = isLocal || (first & 0xfe00) === 0xfc00 || (first & 0xffc0) === 0xfe80 || first >= 0xff00
  return { version: 6, text: writeV6(groups), isPrivate }
}

/** What proxies and logs put around an address: brackets, a port, a zone. */
const bare = (text: string): string => {
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text)?.[1]
  if (bracketed !== undefined) return bracketed.replace(/%.*$/s, '')
  return text.replace(/%.*$/s, '').replace(/^([\d.]+):\d{1,5}$/, '$1')
}

const parts = (found: IpAddress | undefined): Record<string, Part> => ({
  version: found?.version ?? null,
  is_private: found?.isPrivate ?? false,
})

/** `203.0.113.xxx`, `203.0.*.*`: a group or more of an address hidden. */
const HIDDEN = /^(?=.*(?:[*•●]|\.[xX]{1,3}$))[\d.:*•●a-fA-FxX]{3,45}$/

export const ip = defineField({
  type: 'ip',
  summary:
    'An IPv4 or IPv6 address; a port, brackets and a zone are dropped, IPv4 mapped into IPv6 is written as IPv4.',
  // Locates a household, and counts as personal data in law.
  personal: true,
  value: 'string',
  parts: { version: 'double', is_private: 'bool' },
  examples: ['203.0.113.7', '2001:DB8:0:0:0:0:0:1', '::ffff:10.0.0.1', '[::1]:8080', '203.0.113.xxx', '256.1.1.1'],
  parse: (raw) => {
    const { raw: kept, text } = clean(raw)
    const trimmed = text.trim()
    const found = trimmed.length <= 100 ? readIp(bare(trimmed)) : undefined
    const masked = found === undefined && HIDDEN.test(trimmed)
    const normal = found?.text ?? (masked ? trimmed.toLowerCase() : null)
    return { raw: kept, normal, valid: found !== undefined, masked, parts: parts(found) }
  },
})
