/**
 * The environment, read once. Every setting stands in one table, `SETTINGS`; reading, the reference page and
 * `.env.example` come from it.
 */

import type { KeyObject } from 'node:crypto'
import { Fault } from './base/faults.ts'
import { DELIVERY_SETTINGS } from './config-deliveries.ts'
import { readSetting, type Setting } from './config-values.ts'

export type { Setting } from './config-values.ts'

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
  masterKeyFile: {
    name: 'MILLRACE_MASTER_KEY_FILE',
    type: 'text',
    default: '',
    description:
      'File that holds the master key (32 bytes in base64), readable by its owner alone; for keys that an orchestrator ' +
      'mounts. Without it: `master.key` in the data folder.',
  },
  masterKeyPrevious: {
    name: 'MILLRACE_MASTER_KEY_PREVIOUS',
    type: 'secret_key',
    default: undefined,
    description:
      'The master key before this one, while they are exchanged: it still opens, and no longer wraps. See ' +
      '`./millrace keys rotate --master`.',
  },
  vaultAddress: {
    name: 'VAULT_ADDR',
    type: 'text',
    default: '',
    description:
      'Address of HashiCorp Vault or OpenBao (`https://vault.internal:8200`): its transit engine then holds the master ' +
      'key, and this machine none.',
  },
  vaultToken: {
    name: 'VAULT_TOKEN',
    type: 'secret_text',
    default: undefined,
    description: 'Token that may encrypt and decrypt with that key.',
  },
  vaultTokenFile: {
    name: 'VAULT_TOKEN_FILE',
    type: 'text',
    default: '',
    description: 'File that holds the token instead, read anew at each call: where Vault’s agent keeps it.',
  },
  vaultKey: {
    name: 'VAULT_TRANSIT_KEY',
    type: 'text',
    default: 'millrace',
    description: 'Name of the key in the transit engine.',
  },
  vaultMount: {
    name: 'VAULT_TRANSIT_MOUNT',
    type: 'text',
    default: 'transit',
    description: 'Where the transit engine is mounted.',
  },
  vaultNamespace: {
    name: 'VAULT_NAMESPACE',
    type: 'text',
    default: '',
    description: 'Namespace of Vault Enterprise; empty: none.',
  },
  erasureLedger: {
    name: 'ERASURE_LEDGER',
    type: 'text',
    default: '',
    description:
      'File that keeps, signed and outside of the database, who must stay erased: read at each start, so that a ' +
      'restored backup forgets them again. Empty: `erasures.ledger` in the data folder. Keep it apart from backups, ' +
      'and where several machines serve, on storage that they share.',
  },
  publicUrl: {
    name: 'PUBLIC_URL',
    type: 'url',
    default: undefined,
    description:
      'Where the world reaches this server: `https://leads.example.com`. Links in answers and mails begin with it, and ' +
      'with https cookies are sent over https alone.',
  },
  smtpUrl: {
    name: 'SMTP_URL',
    type: 'secret_smtp',
    default: undefined,
    description:
      'Mail server for invitations and password resets: `smtp://user:password@host:587`, or `smtps://…`. Needs ' +
      '`PUBLIC_URL`. Without it, links are only shown to the admin who makes them.',
  },
  mailFrom: {
    name: 'MAIL_FROM',
    type: 'text',
    default: 'Millrace <millrace@localhost>',
    description: 'Sender of these mails.',
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
  postalCodesFile: {
    name: 'POSTAL_CODES_FILE',
    type: 'text',
    default: '',
    description:
      'A CSV file with the columns `postal_code`, `latitude`, `longitude` (and `country`), for `distance()` in rules. ' +
      'Without it, distances are missing values.',
  },
  databasePool: {
    name: 'DATABASE_POOL',
    type: 'number',
    default: 8,
    min: 1,
    max: 200,
    description:
      'Connections to Postgres that the statements of a process share; up to five more stand apart from them.',
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
  ...DELIVERY_SETTINGS,
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
  platformKey: {
    name: 'MILLRACE_PLATFORM_KEY',
    type: 'secret_text',
    default: undefined,
    description:
      'Key of the platform API (`openssl rand -base64 32`). Without it there is none; `./millrace tenant create` needs none.',
  },
  ipRateLimitMax: {
    name: 'IP_RATE_LIMIT_MAX',
    type: 'number',
    default: 100,
    min: 1,
    max: 1_000_000_000,
    description: 'Requests a minute of one address without a valid login or key: logins, webhooks, wrong keys.',
  },
  trustedProxies: {
    name: 'TRUSTED_PROXIES',
    type: 'hosts',
    default: '',
    description: 'Addresses or CIDR ranges of proxies in front: their `X-Forwarded-…` is believed, nobody else’s.',
  },
  enrichmentTimeoutMs: {
    name: 'ENRICHMENT_TIMEOUT',
    type: 'seconds',
    default: 30,
    min: 0.01,
    max: 600,
    description: 'How long an enricher may take to answer, where its flow says no `timeout`.',
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
    ports: true,
    default: '',
    description:
      'Private addresses that deliveries and enrichment may reach all the same: hosts or addresses, with a port ' +
      '(`crm.internal:8443`) or with all of theirs, and CIDR ranges, separated by commas. All other private, local and reserved addresses are blocked.',
  },
  console: {
    name: 'ENABLE_CONSOLE',
    type: 'flag',
    default: true,
    description:
      'Whether the server builds the console where it is not built yet, in the background, and serves it at `/`.',
  },
  enrichment: {
    name: 'ENABLE_ENRICHMENT',
    type: 'flag',
    default: true,
    description: 'Whether enrich steps run. Switched off, they are skipped, and the journal says so.',
  },
  verification: {
    name: 'ENABLE_VERIFICATION',
    type: 'flag',
    default: true,
    description: 'Whether verify steps run. Switched off, they are skipped, and the journal says so.',
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
    description: 'Whether what happens is told to subscribed webhooks: `/api/v1/webhooks`.',
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
        : S['type'] extends 'url' | 'secret_url' | 'secret_smtp' | 'secret_key' | 'secret_text'
          ? S['type'] extends 'secret_key'
            ? KeyObject | undefined
            : string | undefined
          : string

export type Config = { readonly [Name in keyof Settings]: ValueOf<Settings[Name]> }

export type Environment = Readonly<Record<string, string | undefined>>

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
    if (text === '' && setting.type !== 'hosts' && setting.type !== 'text') continue
    try {
      config[key] = readSetting(setting, text)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      problems.push(`${setting.name}: ${error.message}`)
    }
  }
  if (problems.length > 0) throw new Fault('setting_invalid', { message: problems.join('\n') })
  const unset = Object.fromEntries(
    Object.entries(SETTINGS).flatMap(([key, setting]) => (setting.default === undefined ? [[key, undefined]] : [])),
  )
  return { ...unset, ...config } as Config
}
