/**
 * Keeps a destination's address from pointing inwards (server-side request forgery).
 *
 * A name is resolved once for each connection; every address it has is checked, and the connection is made to
 * one of those just checked, so that a name which changes between check and use gains nothing. A literal address
 * is checked by itself, since no resolver is asked for it.
 */

import { lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { Fault } from '../base/faults.ts'
import { parseAddress, parseRange, type Range, refusalOf, unwrapped, within } from './address.ts'

export interface ResolvedAddress {
  readonly address: string
  readonly family: 4 | 6
}

/** Every address of a name; rejects with the resolver's error. */
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>

export interface Guard {
  /**
   * A way to look up addresses for connections to this origin and no other.
   * Throws `destination.blocked` where the URL itself says that it may not be called.
   */
  lookupFor(url: URL): LookupFunction
}

interface AllowedHost {
  readonly hostname: string
  /** Null: any port. */
  readonly port: string | null
}

interface Allowance {
  readonly ranges: readonly Range[]
  readonly hosts: readonly AllowedHost[]
}

const bareHost = (hostname: string): string => hostname.toLowerCase().replace(/\.$/, '')

export const portOf = (url: URL): string => url.port || (url.protocol === 'https:' ? '443' : '80')

/** Reads `10.0.0.0/8`, `10.1.2.3`, `crm.internal`, `crm.internal:8443`, `127.0.0.1:9000`, `[::1]:9000`. */
const readAllowance = (entries: readonly string[]): Allowance => {
  const ranges: Range[] = []
  const hosts: AllowedHost[] = []
  for (const entry of entries) {
    const text = entry.trim()
    const range = parseRange(text)
    if (range !== null) {
      ranges.push(range)
      continue
    }
    const matched = /^(\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_.])?)(?::(\d{1,5}))?$/i.exec(text)
    const hostname = matched?.[1]
    if (hostname === undefined) {
      throw new Fault('setting_invalid', {
        message: `"${text}" is not an address to allow: write a range (10.0.0.0/8), a host (crm.internal) or a host and port (crm.internal:8443)`,
      })
    }
    hosts.push({ hostname: bareHost(hostname), port: matched?.[2] ?? null })
  }
  return { ranges, hosts }
}

const blocked = (url: URL, why: string): Fault =>
  new Fault('destination.blocked', { message: `Calls to ${url.host || url.protocol} are not allowed: ${why}` })

const resolveBySystem: Resolve = (hostname) =>
  new Promise((resolve, reject) => {
    systemLookup(hostname, { all: true }, (error, addresses) => {
      if (error !== null) reject(error)
      else resolve(addresses.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 })))
    })
  })

export const createGuard = (options: { allow: readonly string[]; resolve?: Resolve }): Guard => {
  const allowance = readAllowance(options.allow)
  const resolve = options.resolve ?? resolveBySystem

  /** Why this address may not be called, or null. */
  const refusal = (text: string): string | null => {
    const address = parseAddress(text)
    if (address === null) return 'its address cannot be read'
    const why = refusalOf(address)
    if (why === null) return null
    const target = unwrapped(address)
    const allowed = allowance.ranges.some((range) => within(address, range) || within(target, range))
    return allowed ? null : `its address is ${why}, and OUTBOUND_ALLOW does not name it`
  }

  const addressesOf = async (url: URL, hostname: string): Promise<readonly ResolvedAddress[]> => {
    const addresses = await resolve(hostname)
    if (addresses.length === 0) throw Object.assign(new Error('the name has no address'), { code: 'ENODATA' })
    for (const { address } of addresses) {
      // One bad address refuses the name: which of them is used would otherwise be up to chance.
      const why = refusal(address)
      if (why !== null) throw blocked(url, why)
    }
    return addresses
  }

  const lookupFor = (url: URL): LookupFunction => {
    if (url.protocol !== 'https:' && url.protocol !== 'http:') throw blocked(url, 'only http and https are')
    const host = bareHost(url.hostname)
    const port = portOf(url)
    const named = allowance.hosts.some((each) => each.hostname === host && (each.port ?? port) === port)
    if (!named && parseAddress(host) !== null) {
      const why = refusal(host)
      if (why !== null) throw blocked(url, why)
    }
    return (hostname, lookupOptions, callback) => {
      const found = named ? resolve(hostname) : addressesOf(url, hostname)
      found.then(
        (addresses) => {
          const wanted = addresses.filter(
            ({ family }) =>
              !lookupOptions.family || lookupOptions.family === family || lookupOptions.family === `IPv${family}`,
          )
          const first = wanted[0]
          if (first === undefined) {
            callback(Object.assign(new Error('the name has no address'), { code: 'ENODATA' }), [])
          } else if (lookupOptions.all) {
            callback(null, [...wanted])
          } else {
            callback(null, first.address, first.family)
          }
        },
        (error) => callback(error, []),
      )
    }
  }

  return { lookupFor }
}
