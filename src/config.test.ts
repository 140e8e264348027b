import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { Fault } from './base/faults.ts'
import { type Environment, readConfig, SETTINGS } from './config.ts'
import { openMasterKey } from './master-key.ts'
import { createGuard } from './outbound/guard.ts'

const KEY = Buffer.alloc(32, 0xfb).toString('base64')

const problems = (environment: Environment): string[] => {
  try {
    readConfig(environment)
  } catch (error) {
    expect((error as Fault).code).toBe('setting_invalid')
    return (error as Fault).message.split('\n')
  }
  return []
}

describe('readConfig', () => {
  test('has a default for all but the secrets', () => {
    expect(readConfig({})).toEqual({
      databaseUrl: undefined,
      ipRateLimitMax: 100,
      trustedProxies: [],
      platformKey: undefined,
      mailFrom: 'Millrace <millrace@localhost>',
      publicUrl: undefined,
      smtpUrl: undefined,
      dataDir: './.millrace',
      host: '127.0.0.1',
      port: 8080,
      masterKey: undefined,
      masterKeyFile: '',
      masterKeyPrevious: undefined,
      vaultAddress: '',
      vaultToken: undefined,
      vaultTokenFile: '',
      vaultKey: 'millrace',
      vaultMount: 'transit',
      vaultNamespace: '',
      erasureLedger: '',
      logLevel: 'info',
      role: 'all',
      postalCodesFile: '',
      databasePool: 8,
      leadsInFlightMax: 2000,
      maxBatchSize: 1000,
      processingTimeoutMs: 300_000,
      maxRetries: 3,
      retryDelayMs: 60_000,
      priorityEmergencyMs: 0,
      priorityHighMs: 30_000,
      priorityMediumMs: 300_000,
      priorityLowMs: 1_800_000,
      destinationConcurrency: 64,
      tenantConcurrency: 0,
      tenantRate: 0,
      breakerFailures: 10,
      breakerPauseMs: 30_000,
      rateLimitWindowMs: 3_600_000,
      rateLimitMax: 10_000,
      enrichmentTimeoutMs: 30_000,
      deliveryTimeoutMs: 60_000,
      outboundAllow: [],
      console: true,
      enrichment: true,
      verification: true,
      mlScoring: true,
      autoRouting: true,
      webhooks: true,
      batchProcessing: true,
    })
  })

  test('reads seconds as milliseconds, flags in their usual spellings, lists, and counts blank as none', () => {
    const config = readConfig({
      DELIVERY_TIMEOUT: '1.5',
      ENABLE_WEBHOOKS: 'No',
      ENABLE_ENRICHMENT: '1',
      OUTBOUND_ALLOW: ' crm.internal, 10.0.0.0/8,,::1,fd00::/8',
      PORT: ' ',
      MILLRACE_MASTER_KEY: KEY,
      DATABASE_URL: 'postgres://u:p%40ss@db/millrace',
      MILLRACE_ROLE: 'worker',
    })
    expect(config).toMatchObject({
      deliveryTimeoutMs: 1500,
      webhooks: false,
      enrichment: true,
      outboundAllow: ['crm.internal', '10.0.0.0/8', '::1', 'fd00::/8'],
      port: 8080,
      role: 'worker',
    })
    expect(config.masterKey?.export()).toEqual(Buffer.alloc(32, 0xfb))
  })

  test('lets one port be allowed where calls go out, and whatever it takes the guard takes', () => {
    const allowed = ['crm.internal:8443', '127.0.0.1:9000', '[::1]:9000', 'crm.internal', '::1', 'fd00::/8']
    expect(readConfig({ OUTBOUND_ALLOW: allowed.join(',') }).outboundAllow).toEqual(allowed)
    expect(() => createGuard({ allow: allowed })).not.toThrow()
    for (const wrong of ['crm:0', 'crm:70000', 'crm:', ':80', '::1:99999', '10.0.0.0/8:80', 'a b:80', 'http://crm:80'])
      expect(problems({ OUTBOUND_ALLOW: wrong }), wrong).toEqual([expect.stringContaining(`"${wrong}" is no host`)])
    // Who asks is no port of a machine.
    expect(problems({ TRUSTED_PROXIES: '10.0.0.1:80' })).toHaveLength(1)
  })

  test('reports every problem at once, one line each, naming what is expected', () => {
    const environment = {
      PORT: '80a',
      MAX_RETRIES: '2.5',
      RATE_LIMIT_MAX: '0',
      LOG_LEVEL: 'loud',
      ENABLE_WEBHOOKS: 'maybe',
      OUTBOUND_ALLOW: '10.0.0.0/33',
      RETRY_DELAY: '1e3',
    }
    expect(problems(environment)).toEqual([
      'PORT: expected a number, not "80a"',
      'LOG_LEVEL: expected one of fatal, error, warn, info, debug, trace, not "loud"',
      'MAX_RETRIES: expected a whole number, not 2.5',
      'RETRY_DELAY: expected a number of seconds, not "1e3"',
      'RATE_LIMIT_MAX: expected 1 to 1000000000, not 0',
      'OUTBOUND_ALLOW: "10.0.0.0/33" is no host, host and port (crm.internal:8443), address or range such as 10.0.0.0/8',
      'ENABLE_WEBHOOKS: expected true or false, not "maybe"',
    ])
  })

  test('never repeats a secret', () => {
    const lines = problems({ DATABASE_URL: 'mysql://root:hunter2@db/x', MILLRACE_MASTER_KEY: 'hunter2hunter2' })
    expect(lines).toHaveLength(2)
    expect(lines.join()).not.toContain('hunter2')
  })

  test('names no variable twice and gives every default within its own bounds', () => {
    const names = Object.values(SETTINGS).map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    const spelled = Object.values(SETTINGS).map((setting) => [setting.name, String(setting.default ?? '')])
    expect(problems(Object.fromEntries(spelled))).toEqual([])
  })
})

describe('openMasterKey', () => {
  const folders: string[] = []
  const folder = (): string => {
    const made = mkdtempSync(join(tmpdir(), 'millrace-key-'))
    folders.push(made)
    return made
  }
  afterEach(() => {
    for (const made of folders.splice(0)) rmSync(made, { recursive: true })
  })

  test('makes a private key file once and finds it again', () => {
    const dataDir = join(folder(), 'data')
    const first = openMasterKey({ masterKey: undefined, dataDir })
    const second = openMasterKey({ masterKey: undefined, dataDir })
    expect([first.made, second.made]).toEqual([true, false])
    expect(second.key.equals(first.key)).toBe(true)
    expect(statSync(join(dataDir, 'master.key')).mode & 0o777).toBe(0o600)
    expect(readdirSync(dataDir)).toEqual(['master.key'])
    expect(readFileSync(join(dataDir, 'master.key'), 'utf8').trim()).toBe(first.key.export().toString('base64'))
  })

  test('prefers the environment and then makes no file', () => {
    const dataDir = folder()
    const { masterKey } = readConfig({ MILLRACE_MASTER_KEY: KEY })
    expect(openMasterKey({ masterKey, dataDir })).toMatchObject({ made: false, file: undefined })
    expect(readdirSync(dataDir)).toEqual([])
  })

  test.each([
    ['that others can read', KEY, 0o644, 'chmod 600'],
    ['that holds something else', 'half a key', 0o600, 'Restore it'],
  ])('refuses a file %s', (_, text, mode, advice) => {
    const dataDir = folder()
    writeFileSync(join(dataDir, 'master.key'), text, { mode })
    expect(() => openMasterKey({ masterKey: undefined, dataDir })).toThrow(advice)
  })
})
