import { describe, expect, it } from 'vitest'
import { Fault } from '../base/faults.ts'
import { createGuard, type ResolvedAddress } from './guard.ts'

const resolved = (...addresses: readonly string[]) => {
  const asked: string[] = []
  const resolve = async (hostname: string): Promise<readonly ResolvedAddress[]> => {
    asked.push(hostname)
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  }
  return { asked, resolve }
}

const lookUp = (lookup: ReturnType<ReturnType<typeof createGuard>['lookupFor']>, hostname: string) =>
  new Promise<unknown>((resolve, reject) => {
    lookup(hostname, { all: true }, (error, addresses) => (error === null ? resolve(addresses) : reject(error)))
  })

const guardedLookup = (url: string, names: ReturnType<typeof resolved>, allow: readonly string[] = []) => {
  const parsed = new URL(url)
  return lookUp(createGuard({ allow, resolve: names.resolve }).lookupFor(parsed), parsed.hostname)
}

describe('a literal address', () => {
  it.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0x7f.0.0.1/',
    'http://0177.0.0.1/',
    'http://017700000001/',
    'http://127.0.0.1./',
    'http://①②⑦.0.0.1/',
    'http://0/',
    'http://10.0.0.1:8080/',
    'http://169.254.169.254/latest/meta-data/',
    'http://[::1]/',
    'http://[::]/',
    'http://[fd00:ec2::254]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://[2001:0:7f00:1::]/',
    'https://192.168.0.1/',
  ])('%s is blocked', (url) => {
    expect(() => createGuard({ allow: [] }).lookupFor(new URL(url))).toThrow(
      expect.objectContaining({ code: 'destination.blocked' }),
    )
  })

  it.each(['http://8.8.8.8/', 'https://1.1.1.1:8443/', 'http://[2606:4700:4700::1111]/', 'https://example.com/'])(
    '%s is let through',
    (url) => {
      expect(createGuard({ allow: [] }).lookupFor(new URL(url))).toBeTypeOf('function')
    },
  )

  it.each([
    ['http://127.0.0.1:9000/', '127.0.0.1'],
    ['http://127.0.0.1:9000/', '127.0.0.0/8'],
    ['http://127.0.0.1:9000/', '127.0.0.1:9000'],
    ['http://2130706433:9000/', '127.0.0.1:9000'],
    ['http://[::1]:9000/', '[::1]:9000'],
    ['http://[::1]/', '::1'],
    ['http://[::ffff:10.1.2.3]/', '10.0.0.0/8'],
    ['http://10.1.2.3/', ' 10.0.0.0/8 '],
    ['http://127.0.0.1/', '127.0.0.1:80'],
    ['https://127.0.0.1/', '127.0.0.1:443'],
  ])('%s is let through where the operator allows %s', (url, entry) => {
    expect(createGuard({ allow: [entry] }).lookupFor(new URL(url))).toBeTypeOf('function')
  })

  it.each([
    ['http://127.0.0.1:9001/', '127.0.0.1:9000'],
    ['https://127.0.0.1/', '127.0.0.1:80'],
    ['http://127.0.0.2/', '127.0.0.1'],
    ['http://127.0.0.1/', 'localhost'],
  ])('%s stays blocked where the operator allows only %s', (url, entry) => {
    expect(() => createGuard({ allow: [entry] }).lookupFor(new URL(url))).toThrow(Fault)
  })
})

describe('a name', () => {
  it.each([
    { addresses: ['127.0.0.1'] },
    { addresses: ['8.8.8.8', '10.0.0.1'] },
    { addresses: ['10.0.0.1', '8.8.8.8'] },
    { addresses: ['2606:4700:4700::1111', '::1'] },
    { addresses: ['::ffff:169.254.169.254'] },
    { addresses: ['fe80::1%eth0'] },
    { addresses: ['nonsense'] },
  ])('is blocked where any of its addresses is not public: $addresses', async ({ addresses }) => {
    const names = resolved(...addresses)
    await expect(guardedLookup('http://crm.example.com:8080/lead?email=a%40b.c', names)).rejects.toMatchObject({
      code: 'destination.blocked',
      message: expect.stringMatching(/^Calls to crm\.example\.com:8080 are not allowed: its address /),
    })
  })

  it('is looked up once, and the connection is given the addresses that were checked', async () => {
    const names = resolved('8.8.8.8', '2606:4700:4700::1111')
    expect(await guardedLookup('https://crm.example.com/', names)).toEqual([
      { address: '8.8.8.8', family: 4 },
      { address: '2606:4700:4700::1111', family: 6 },
    ])
    expect(names.asked).toEqual(['crm.example.com'])
  })

  it.each([['crm.internal'], ['CRM.internal'], ['crm.internal:8443'], ['10.0.0.0/8']])(
    'may be private where the operator allows %s',
    async (entry) => {
      expect(await guardedLookup('https://crm.internal:8443/', resolved('10.0.0.9'), [entry])).toEqual([
        { address: '10.0.0.9', family: 4 },
      ])
    },
  )

  it.each([['crm.internal:8444'], ['internal'], ['xcrm.internal'], ['10.0.0.8']])(
    'stays blocked where the operator allows only %s',
    async (entry) => {
      await expect(guardedLookup('https://crm.internal:8443/', resolved('10.0.0.9'), [entry])).rejects.toMatchObject({
        code: 'destination.blocked',
      })
    },
  )

  it('fails to be looked up where it has no address, or none of the family asked for', async () => {
    await expect(guardedLookup('https://crm.example.com/', resolved())).rejects.toMatchObject({ code: 'ENODATA' })
    const lookup = createGuard({ allow: [], resolve: resolved('8.8.8.8').resolve }).lookupFor(
      new URL('https://x.example/'),
    )
    await expect(
      new Promise((resolve, reject) => {
        lookup('x.example', { family: 6 }, (error, address) => (error === null ? resolve(address) : reject(error)))
      }),
    ).rejects.toMatchObject({ code: 'ENODATA' })
  })

  it('gives one address where one is asked for', async () => {
    const lookup = createGuard({ allow: [], resolve: resolved('8.8.8.8', '9.9.9.9').resolve }).lookupFor(
      new URL('https://x.example/'),
    )
    const given = await new Promise((resolve, reject) => {
      lookup('x.example', {}, (error, address, family) => (error === null ? resolve([address, family]) : reject(error)))
    })
    expect(given).toEqual(['8.8.8.8', 4])
  })

  it('is resolved by the system unless told otherwise: localhost is blocked', async () => {
    const url = new URL('http://localhost:1/')
    await expect(lookUp(createGuard({ allow: [] }).lookupFor(url), 'localhost')).rejects.toMatchObject({
      code: 'destination.blocked',
      message: 'Calls to localhost:1 are not allowed: its address is loopback, and OUTBOUND_ALLOW does not name it',
    })
  })
})

describe('the guard', () => {
  it.each(['ftp://example.com/', 'file:///etc/passwd', 'data:text/plain,x', 'unix:/run/x.sock'])('blocks %s', (url) => {
    expect(() => createGuard({ allow: [] }).lookupFor(new URL(url))).toThrow(
      expect.objectContaining({ code: 'destination.blocked' }),
    )
  })

  it.each(['', 'http://crm.internal', '10.0.0.0/99', 'a b', '*.internal', 'crm.internal:x'])(
    'refuses to start with "%s" on the list of what is allowed',
    (entry) => {
      expect(() => createGuard({ allow: [entry] })).toThrow(expect.objectContaining({ code: 'setting_invalid' }))
    },
  )
})
