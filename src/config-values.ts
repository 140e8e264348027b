/** How the text of a setting becomes its value. Nothing here repeats a secret. */

import type { KeyObject } from 'node:crypto'
import { isIP } from 'node:net'
import { KEY_BYTES, keyOf } from './base/seal.ts'

interface Described {
  /** In the environment. */
  readonly name: string
  readonly description: string
}

export type Setting = Described &
  (
    | { readonly type: 'text'; readonly default: string }
    | { readonly type: 'choice'; readonly default: string; readonly choices: readonly string[] }
    | { readonly type: 'number'; readonly default: number; readonly min: number; readonly max: number }
    | { readonly type: 'seconds'; readonly default: number; readonly min: number; readonly max: number }
    | { readonly type: 'flag'; readonly default: boolean }
    /** `ports`: a host or address may name one port of it. */
    | { readonly type: 'hosts'; readonly default: ''; readonly ports?: true }
    | { readonly type: 'url'; readonly default: undefined }
    | { readonly type: 'secret_url'; readonly default: undefined }
    | { readonly type: 'secret_smtp'; readonly default: undefined }
    | { readonly type: 'secret_key'; readonly default: undefined }
    | { readonly type: 'secret_text'; readonly default: undefined }
  )

const FLAGS: Readonly<Record<string, boolean>> = {
  true: true,
  1: true,
  yes: true,
  on: true,
  false: false,
  0: false,
  no: false,
  off: false,
}

/** Thrown inside, one for each setting; its text follows the setting's name. */
const problem = (text: string): never => {
  throw new RangeError(text)
}

const readNumber = (text: string, { min, max }: { min: number; max: number }, unit: string): number => {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(value)) return problem(`expected a number${unit === '' ? '' : ` of ${unit}`}, not "${text}"`)
  if (value < min || value > max)
    return problem(`expected ${min} to ${max}${unit === '' ? '' : ` ${unit}`}, not ${text}`)
  return value
}

const HOST = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*\.?$/i

const isHostOrRange = (text: string): boolean => {
  const [address = '', bits, rest] = text.split('/')
  const family = isIP(address)
  if (rest !== undefined) return false
  if (bits === undefined) return family !== 0 || HOST.test(text)
  return family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
}

const HOST_AND_PORT = /^(\[[0-9a-f:.]+\]|[^:[\]/]+):(\d{1,5})$/i

const isHostAndPort = (text: string): boolean => {
  const [, host = '', port] = HOST_AND_PORT.exec(text) ?? []
  return isHostOrRange(host.replace(/^\[|\]$/g, '')) && Number(port) > 0 && Number(port) <= 65_535
}

const readHosts = (text: string, ports: boolean): readonly string[] => {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  const wrong = parts.find((part) => !isHostOrRange(part) && !(ports && isHostAndPort(part)))
  const expected = `${ports ? 'host, host and port (crm.internal:8443)' : 'host'}, address or range such as 10.0.0.0/8`
  return wrong === undefined ? parts : problem(`"${wrong}" is no ${expected}`)
}

const readWebUrl = (text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isPlain = url !== undefined && url.search === '' && url.hash === '' && url.username === ''
  return isPlain && ['http:', 'https:'].includes(url.protocol)
    ? text.replace(/\/+$/, '')
    : problem(`expected an address such as https://leads.example.com, not "${text}"`)
}

/** It may hold a password, and is not repeated. */
const readSmtp = (text: string): string =>
  URL.canParse(text) && ['smtp:', 'smtps:'].includes(new URL(text).protocol)
    ? text
    : problem('expected smtp://user:password@host:587 or smtps://…')

/**
 * The driver checks the server's certificate for each of these, and warns at length that it once will not: what it does
 * is said to it by its name.
 */
const CHECKED = /([?&]sslmode=)(?:prefer|require|verify-ca)(?=[&#]|$)/

/** Neither this nor `readKey` repeats what it was given: both are secrets. */
const readUrl = (text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['postgres:', 'postgresql:'].includes(url.protocol)) {
    return problem(
      'expected postgresql://user:password@host:5432/database (a password with other signs than letters and digits must be percent-encoded)',
    )
  }
  return text.includes('uselibpqcompat') ? text : text.replace(CHECKED, '$1verify-full')
}

const readKey = (text: string): KeyObject => {
  const bytes = Buffer.from(text, 'base64')
  const canonical = bytes.toString('base64').replace(/=+$/, '')
  const given = text.replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/')
  if (bytes.length !== KEY_BYTES || canonical !== given) {
    return problem(`expected ${KEY_BYTES} bytes in base64: openssl rand -base64 ${KEY_BYTES}`)
  }
  return keyOf(bytes)
}

/** Throws a RangeError whose text follows the setting's name. */
export const readSetting = (setting: Setting, text: string): unknown => {
  switch (setting.type) {
    case 'text':
    case 'secret_text':
      return text
    case 'choice':
      return setting.choices.includes(text)
        ? text
        : problem(`expected one of ${setting.choices.join(', ')}, not "${text}"`)
    case 'number': {
      const value = readNumber(text, setting, '')
      return Number.isInteger(value) ? value : problem(`expected a whole number, not ${text}`)
    }
    case 'seconds':
      return Math.round(readNumber(text, setting, 'seconds') * 1000)
    case 'flag':
      return FLAGS[text.toLowerCase()] ?? problem(`expected true or false, not "${text}"`)
    case 'hosts':
      return readHosts(text, setting.ports === true)
    case 'url':
      return readWebUrl(text)
    case 'secret_smtp':
      return readSmtp(text)
    case 'secret_url':
      return readUrl(text)
    case 'secret_key':
      return readKey(text)
  }
}
