/**
 * Which addresses a destination may have: the public internet, and nothing that only this machine, its network
 * or its cloud provider can reach. Pure.
 *
 * Ranges: IANA's special-purpose address registries for IPv4 and IPv6, as of 2025.
 */

export interface Range {
  readonly bytes: Uint8Array
  readonly bits: number
  readonly name: string
}

const parseV4 = (text: string): Uint8Array | null => {
  const parts = text.split('.')
  if (parts.length !== 4) return null
  const bytes = new Uint8Array(4)
  for (const [at, part] of parts.entries()) {
    // No leading zeros: some parsers read them as octal, and two readings of one address are a way in.
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return null
    bytes[at] = Number(part)
  }
  return bytes
}

/** The 16-bit groups of one side of `::`; the last of the address may be written as IPv4. */
const groupsOf = (side: string, isEnd: boolean): number[] | null => {
  if (side === '') return []
  const groups: number[] = []
  const parts = side.split(':')
  for (const [at, part] of parts.entries()) {
    if (isEnd && at === parts.length - 1 && part.includes('.')) {
      const v4 = parseV4(part)
      if (v4 === null) return null
      const [a = 0, b = 0, c = 0, d = 0] = v4
      groups.push((a << 8) | b, (c << 8) | d)
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(Number.parseInt(part, 16))
    } else {
      return null
    }
  }
  return groups
}

const parseV6 = (text: string): Uint8Array | null => {
  const halves = text.split('::')
  const [left = '', right] = halves
  const head = groupsOf(left, right === undefined)
  const tail = right === undefined ? [] : groupsOf(right, true)
  if (halves.length > 2 || head === null || tail === null) return null
  const missing = 8 - head.length - tail.length
  if (right === undefined ? missing !== 0 : missing < 1) return null
  const bytes = new Uint8Array(16)
  for (const [at, group] of [...head, ...new Array<number>(missing).fill(0), ...tail].entries()) {
    bytes[at * 2] = group >> 8
    bytes[at * 2 + 1] = group & 0xff
  }
  return bytes
}

/** 4 or 16 bytes; null where the text is not an address. Brackets and a zone (`%eth0`) may be there. */
export const parseAddress = (text: string): Uint8Array | null => {
  const bare = text.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '')
  return bare.includes(':') ? parseV6(bare) : parseV4(bare)
}

/** `10.0.0.0/8`, `fd00::/8`, or a single address. Null where the text is neither. */
export const parseRange = (text: string): Range | null => {
  const slash = text.indexOf('/')
  const bytes = parseAddress(slash === -1 ? text : text.slice(0, slash))
  if (bytes === null) return null
  const width = bytes.length * 8
  const length = slash === -1 ? String(width) : text.slice(slash + 1)
  const bits = Number(length)
  return /^\d{1,3}$/.test(length) && bits <= width ? { bytes, bits, name: text } : null
}

export const within = (address: Uint8Array, range: Range): boolean => {
  if (address.length !== range.bytes.length) return false
  const whole = range.bits >> 3
  for (let at = 0; at < whole; at += 1) if (address[at] !== range.bytes[at]) return false
  const rest = range.bits & 7
  if (rest === 0) return true
  return ((address[whole] ?? 0) ^ (range.bytes[whole] ?? 0)) >> (8 - rest) === 0
}

const ranges = (table: Readonly<Record<string, string>>): Range[] =>
  Object.entries(table).map(([cidr, name]) => {
    const range = parseRange(cidr)
    if (range === null) throw new TypeError(`not a range: ${cidr}`)
    return { ...range, name }
  })

const V4_REFUSED = ranges({
  '0.0.0.0/8': 'unspecified',
  '10.0.0.0/8': 'private',
  '100.64.0.0/10': 'carrier-grade NAT',
  '127.0.0.0/8': 'loopback',
  '168.63.129.16/32': 'cloud metadata',
  '169.254.169.254/32': 'cloud metadata',
  '169.254.0.0/16': 'link-local',
  '172.16.0.0/12': 'private',
  '192.0.0.0/24': 'reserved',
  '192.0.2.0/24': 'documentation',
  '192.88.99.0/24': '6to4 relay',
  '192.168.0.0/16': 'private',
  '198.18.0.0/15': 'benchmarking',
  '198.51.100.0/24': 'documentation',
  '203.0.113.0/24': 'documentation',
  '224.0.0.0/4': 'multicast',
  '240.0.0.0/4': 'reserved',
})

const V6_REFUSED = ranges({
  '::/128': 'unspecified',
  '::1/128': 'loopback',
  '2001::/32': 'Teredo',
  '2001::/23': 'reserved',
  '2001:db8::/32': 'documentation',
  '2002::/16': '6to4',
  '3fff::/20': 'documentation',
  'fc00::/7': 'private',
  'fe80::/10': 'link-local',
  'ff00::/8': 'multicast',
})

/** The only IPv6 space given out for public hosts: whatever lies outside is refused without a name of its own. */
const V6_PUBLIC = ranges({ '2000::/3': 'public' })

/** Forms that carry an IPv4 address in their last four bytes and reach exactly that one. */
const V6_OF_V4 = ranges({ '::ffff:0:0/96': 'IPv4-mapped', '64:ff9b::/96': 'NAT64' })

/** The IPv4 address an IPv4-mapped or NAT64 address stands for; any other is itself. */
export const unwrapped = (address: Uint8Array): Uint8Array =>
  V6_OF_V4.some((range) => within(address, range)) ? address.slice(12) : address

/**
 * Why an address is not public (`private`, `loopback`, …), or null where it is. 6to4 and Teredo are refused
 * whole: they are tunnels to an IPv4 address of the sender's choice, and no public service stands behind one.
 */
export const refusalOf = (address: Uint8Array): string | null => {
  const target = unwrapped(address)
  const refused = (target.length === 4 ? V4_REFUSED : V6_REFUSED).find((range) => within(target, range))
  if (refused !== undefined) return refused.name
  return target.length === 4 || V6_PUBLIC.some((range) => within(target, range)) ? null : 'reserved'
}
