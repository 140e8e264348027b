import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAddress, parseRange, refusalOf, unwrapped, within } from './address.ts'

const refusal = (text: string): string | null => {
  const address = parseAddress(text)
  if (address === null) throw new Error(`not an address: ${text}`)
  return refusalOf(address)
}

describe('refusalOf', () => {
  it.each([
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'unspecified'],
    ['10.0.0.1', 'private'],
    ['10.255.255.255', 'private'],
    ['100.64.0.1', 'carrier-grade NAT'],
    ['100.100.100.200', 'carrier-grade NAT'],
    ['100.127.255.255', 'carrier-grade NAT'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['168.63.129.16', 'cloud metadata'],
    ['169.254.169.254', 'cloud metadata'],
    ['169.254.170.2', 'link-local'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.0.0.192', 'reserved'],
    ['192.0.2.1', 'documentation'],
    ['192.88.99.1', '6to4 relay'],
    ['192.168.1.1', 'private'],
    ['198.18.0.1', 'benchmarking'],
    ['198.19.255.255', 'benchmarking'],
    ['198.51.100.7', 'documentation'],
    ['203.0.113.7', 'documentation'],
    ['224.0.0.1', 'multicast'],
    ['239.255.255.255', 'multicast'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'reserved'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['::7f00:1', 'reserved'],
    ['::127.0.0.1', 'reserved'],
    ['fc00::1', 'private'],
    ['fd00:ec2::254', 'private'],
    ['fdff:ffff::', 'private'],
    ['fe80::1', 'link-local'],
    ['fe80::1%eth0', 'link-local'],
    ['febf::1', 'link-local'],
    ['fec0::1', 'reserved'],
    ['ff02::1', 'multicast'],
    ['100::1', 'reserved'],
    ['2001::1', 'Teredo'],
    ['2001:0:4136:e378:8000:63bf:3fff:fdd2', 'Teredo'],
    ['2001:2::1', 'reserved'],
    ['2001:20::1', 'reserved'],
    ['2001:db8::1', 'documentation'],
    ['2002:7f00:1::', '6to4'],
    ['2002:808:808::1', '6to4'],
    ['3fff::1', 'documentation'],
    ['5f00::1', 'reserved'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:a9fe:a9fe', 'cloud metadata'],
    ['::ffff:10.0.0.1', 'private'],
    ['64:ff9b::127.0.0.1', 'loopback'],
    ['64:ff9b::a9fe:a9fe', 'cloud metadata'],
    ['64:ff9b:1::8.8.8.8', 'reserved'],
    ['::ffff:0:127.0.0.1', 'reserved'],
  ])('%s is %s', (text, name) => {
    expect(refusal(text)).toBe(name)
  })

  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '192.169.0.0',
    '223.255.255.255',
    '2001:200::1',
    '2001:4860:4860::8888',
    '2606:4700:4700::1111',
    '2a00:1450:4001:81b::200e',
    '::ffff:8.8.8.8',
    '64:ff9b::8.8.8.8',
  ])('%s is public', (text) => {
    expect(refusal(text)).toBeNull()
  })

  it('judges a mapped or NAT64 address as the IPv4 address it reaches', () => {
    fc.assert(
      fc.property(fc.ipV4(), (v4) => {
        expect(refusal(`::ffff:${v4}`)).toBe(refusal(v4))
        expect(refusal(`64:ff9b::${v4}`)).toBe(refusal(v4))
        expect(unwrapped(parseAddress(`::ffff:${v4}`) ?? new Uint8Array())).toEqual(parseAddress(v4))
      }),
    )
  })
})

describe('parseAddress', () => {
  it.each([
    '',
    'localhost',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '0x7f.0.0.1',
    '2130706433',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8',
    '12345::',
    'g::',
    '::1.2.3',
    '1.2.3.4::',
  ])('refuses to read "%s"', (text) => {
    expect(parseAddress(text)).toBeNull()
  })

  it('reads every way of writing an IPv6 address the same as the URL parser', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const normal = new URL(`http://[${text}]/`).hostname
        expect(parseAddress(text)).not.toBeNull()
        expect(parseAddress(text)).toEqual(parseAddress(normal))
      }),
    )
  })
})

describe('within', () => {
  it.each([
    ['10.1.2.3', '10.0.0.0/8', true],
    ['11.1.2.3', '10.0.0.0/8', false],
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.4', '10.1.2.3', false],
    ['10.1.2.130', '10.1.2.128/25', true],
    ['10.1.2.127', '10.1.2.128/25', false],
    ['8.8.8.8', '0.0.0.0/0', true],
    ['::1', '0.0.0.0/0', false],
    ['fd12::1', 'fd00::/8', true],
    ['fe12::1', 'fd00::/8', false],
  ])('%s in %s: %s', (text, cidr, inside) => {
    const address = parseAddress(text)
    const range = parseRange(cidr)
    if (address === null || range === null) throw new Error('unreadable')
    expect(within(address, range)).toBe(inside)
  })

  it.each(['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8/8', 'fd00::/129', 'host/8'])(
    '%s is no range',
    (text) => {
      expect(parseRange(text)).toBeNull()
    },
  )
})
