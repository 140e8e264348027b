/**
 * The environment, read once. Every setting stands in one table, `SETTINGS`; reading, the reference page and
 * `.env.example` come from it.
 */

import type { KeyObject } from 'node:crypto'
import { isIP } from 'node:net'
import { Fault } from './base/faults.ts'
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
    | { readonly type: 'hosts'; readonly default: '' }
    | { readonly type: 'secret_url'; readonly default: undefined }
    | { readonly type: 'secret_key'; readonly default: undefined }
  )

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const
export const ROLES = ['all', 'api', 'worker'] as const

const DAY_S = 86_400

/** The key of each entry is its name in `Config`; there, seconds are given as milliseconds under `…Ms`. */
export const SETTINGS = {
  databaseUrl: {
    name: 'DATABASE_URL',
    type: 'secret_url',
    default: undefined,
    description:
      'A Postgres 15 or newer to keep everything in: `postgresql://user:password@host:5432/database`. Without it, ' +
      'Millrace starts a Postgres of its own in the data folder, which is meant for one machine.',
  },
  dataDir: {
    name: 'MILLRACE_DATA',
    type: 'text',
    default: './.millrace',
    description:
      'Folder for the embedded Postgres, the key file and the progress of imports. Back it up; keep it private.',
  },
  host: { name: 'HOST', type: 'text', default: '127.0.0.1', description: 'Address to listen on; `0.0.0.0` for all.' },
  port: {
    name: 'PORT',
    type: 'number',
    default: 8080,
    min: 0,
    max: 65_535,
    description: 'Port to listen on; 0 takes any free one.',
  },
  masterKey: {
    name: 'MILLRACE_MASTER_KEY',
    type: 'secret_key',
    default: undefined,
    description:
      'The key that wraps all other keys: 32 random bytes in base64 (`openssl rand -base64 32`). Without it, one is ' +
      'made in the data folder (`master.key`) at the first start. Whoever loses it loses all personal data.',
  },
  logLevel: {
    name: 'LOG_LEVEL',
    type: 'choice',
    default: 'info',
    choices: LOG_LEVELS,
    description: 'What is logged: this and everything graver.',
  },
  role: {
    name: 'MILLRACE_ROLE',
    type: 'choice',
    default: 'all',
    choices: ROLES,
    description:
      'What this process does: take leads and answer requests (`api`), do what is due later (`worker`), or both.',
  },
  databasePool: {
    name: 'DATABASE_POOL',
    type: 'number',
    default: 8,
    min: 1,
    max: 200,
    description: 'Connections to Postgres at most, in each process.',
  },
  leadsInFlightMax: {
    name: 'LEADS_IN_FLIGHT_MAX',
    type: 'number',
    default: 2000,
    min: 1,
    max: 100_000,
    description: 'Leads worked on at once; beyond it, intake answers 503 and tells when to come back.',
  },
  maxBatchSize: {
    name: 'MAX_BATCH_SIZE',
    type: 'number',
    default: 1000,
    min: 1,
    max: 100_000,
    description: 'Leads written in one commit at most (never more than 500).',
  },
  processingTimeoutMs: {
    name: 'PROCESSING_TIMEOUT',
    type: 'seconds',
    default: 300,
    min: 1,
    max: DAY_S,
    description: 'How long one call of a lead may take at most, whatever its destination says.',
  },
  maxRetries: {
    name: 'MAX_RETRIES',
    type: 'number',
    default: 3,
    min: 1,
    max: 100,
    description: 'Attempts of a delivery in all, where its destination does not say otherwise.',
  },
  retryDelayMs: {
    name: 'RETRY_DELAY',
    type: 'seconds',
    default: 60,
    min: 0.001,
    max: DAY_S,
    description: 'Pause before the first retry; each later one is about twice as long.',
  },
  rateLimitWindowMs: {
    name: 'RATE_LIMIT_WINDOW',
    type: 'seconds',
    default: 3600,
    min: 1,
    max: DAY_S,
    description: 'Length of the window in which requests are counted.',
  },
  rateLimitMax: {
    name: 'RATE_LIMIT_MAX',
    type: 'number',
    default: 10_000,
    min: 1,
    max: 1_000_000_000,
    description: 'Requests of one key in a window at most.',
  },
  enrichmentTimeoutMs: {
    name: 'ENRICHMENT_TIMEOUT',
    type: 'seconds',
    default: 30,
    min: 0.01,
    max: 600,
    description: 'How long an enrichment or verification provider may take to answer. This version has none yet.',
  },
  deliveryTimeoutMs: {
    name: 'DELIVERY_TIMEOUT',
    type: 'seconds',
    default: 60,
    min: 0.01,
    max: 600,
    description: 'How long a destination may take to answer.',
  },
  outboundAllow: {
    name: 'OUTBOUND_ALLOW',
    type: 'hosts',
    default: '',
    description:
      'Private addresses that deliveries and enrichment may reach all the same: hosts, addresses or CIDR ranges, ' +
      'separated by commas. All other private, local and reserved addresses are blocked.',
  },
  enrichment: {
    name: 'ENABLE_ENRICHMENT',
    type: 'flag',
    default: true,
    description: 'Whether enrich steps run. This version has none yet.',
  },
  verification: {
    name: 'ENABLE_VERIFICATION',
    type: 'flag',
    default: true,
    description: 'Whether verify steps run. This version has none yet.',
  },
  mlScoring: {
    name: 'ENABLE_ML_SCORING',
    type: 'flag',
    default: true,
    description: 'Whether score steps run; without, they are skipped.',
  },
  autoRouting: {
    name: 'ENABLE_AUTO_ROUTING',
    type: 'flag',
    default: true,
    description: 'Whether route steps run; without, they are skipped, and `$route` delivers nowhere.',
  },
  webhooks: {
    name: 'ENABLE_WEBHOOKS',
    type: 'flag',
    default: true,
    description: 'Whether events are sent to subscribed webhooks. This version has none yet.',
  },
  batchProcessing: {
    name: 'ENABLE_BATCH_PROCESSING',
    type: 'flag',
    default: true,
    description: 'Whether files may be imported.',
  },
} as const satisfies Readonly<Record<string, Setting>>

type Settings = typeof SETTINGS

type ValueOf<S extends Setting> = S extends { type: 'choice'; choices: readonly (infer C)[] }
  ? C
  : S['type'] extends 'number' | 'seconds'
    ? number
    : S['type'] extends 'flag'
      ? boolean
      : S['type'] extends 'hosts'
        ? readonly string[]
        : S['type'] extends 'secret_url' | 'secret_key'
          ? S['type'] extends 'secret_key'
            ? KeyObject | undefined
            : string | undefined
          : string

export type Config = { readonly [Name in keyof Settings]: ValueOf<Settings[Name]> }

export type Environment = Readonly<Record<string, string | undefined>>

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

const readHosts = (text: string): readonly string[] => {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  const wrong = parts.find((part) => !isHostOrRange(part))
  return wrong === undefined ? parts : problem(`"${wrong}" is no host, address or range such as 10.0.0.0/8`)
}

/** Neither this nor `readKey` repeats what it was given: both are secrets. */
const readUrl = (text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['postgres:', 'postgresql:'].includes(url.protocol)) {
    return problem(
      'expected postgresql://user:password@host:5432/database (a password with other signs than letters and digits must be percent-encoded)',
    )
  }
  return text
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

const read = (setting: Setting, text: string): unknown => {
  switch (setting.type) {
    case 'text':
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
      return readHosts(text)
    case 'secret_url':
      return readUrl(text)
    case 'secret_key':
      return readKey(text)
  }
}

/**
 * Reads all settings, or throws one Fault `setting_invalid` whose message has a line for each problem. An empty value
 * counts as none. Values are trimmed.
 */
export const readConfig = (environment: Environment): Config => {
  const problems: string[] = []
  const config: Record<string, unknown> = {}
  for (const [key, setting] of Object.entries(SETTINGS) as [string, Setting][]) {
    const given = environment[setting.name]?.trim() ?? ''
    const fallback = setting.default === undefined ? '' : String(setting.default)
    const text = given === '' ? fallback : given
    if (text === '' && setting.type !== 'hosts') continue
    try {
      config[key] = read(setting, text)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      problems.push(`${setting.name}: ${error.message}`)
    }
  }
  if (problems.length > 0) throw new Fault('setting_invalid', { message: problems.join('\n') })
  return { databaseUrl: undefined, masterKey: undefined, ...config } as Config
}
