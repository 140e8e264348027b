import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keyOf, newKeyBytes, open, seal } from '../../src/base/seal.ts'
import { readConfig } from '../../src/config.ts'
import { verifyTenant } from '../../src/journal/verify.ts'
import { beginExchange, endExchange } from '../../src/keys/exchange.ts'
import { rotateMaster, rotateTenant, SEALED_COLUMNS } from '../../src/keys/rotate.ts'
import { openMaster } from '../../src/master-key.ts'
import { type TestHouse, testHouse } from '../support/house.ts'
import { type FakeVault, openVault } from '../support/vault.ts'

const FLOW = `
flow: kept
fields: { email: { type: email, required: true } }
sources: [ { id: web } ]
steps: [ { review: { id: look, queue: all, when: 'lead.email.contains("wait")' } } ]
`

const readEmail = async (home: TestHouse, id: string): Promise<unknown> =>
  (await home.house.reader.read(home.tenantId, id))?.lead.fields.email?.normal

describe('the keys of a tenant', () => {
  let home: TestHouse
  const leads: string[] = []
  beforeAll(async () => {
    home = await testHouse()
    await home.publish(FLOW)
    for (let n = 0; n < 30; n += 1)
      leads.push(
        (await home.submit('kept', 'web', { email: `${n === 0 ? 'wait' : 'go'}${n}@example.com` })).answer.lead_id,
      )
  })
  afterAll(() => home.close())

  it('are exchanged while leads come in, and nothing is lost or left under the old one', async () => {
    const { house, tenantId } = home
    const other = await home.sibling()
    const progress: number[] = []
    let busy = true
    const sending = (async () => {
      for (let n = 0; busy; n += 1)
        leads.push((await home.submit('kept', 'web', { email: `during${n}@example.com` })).answer.lead_id)
    })()
    const rotated = await rotateTenant({
      database: house.database,
      keyring: house.keyring,
      master: house.master.keys,
      tenantId,
      now: house.clock.now(),
      onProgress: ({ done }) => progress.push(done),
    })
    busy = false
    await sending
    expect(rotated.version).toBe(2)
    expect(rotated.leads).toBeGreaterThanOrEqual(30)
    expect(progress.length).toBeGreaterThan(0)
    await rotateTenant({
      database: house.database,
      keyring: house.keyring,
      master: house.master.keys,
      tenantId,
      now: 0,
      onlyFinish: true,
    })
    const [stale] = await home.inspect<{ count: string }>('select count(*) from millrace.lead where key_version = 1')
    expect(stale?.count).toBe('0')
    // A process that has not heard of it yet reads and goes on all the same.
    for (const id of leads) expect((await other.reader.read(tenantId, id))?.lead.fields.email?.valid).toBe(true)
    await other.runner.decide({ tenantId, leadId: leads[0] ?? '', decision: 'approve', reason: 'fine', by: 'test' })
    expect((await verifyTenant({ database: house.database, tenantId })).breach).toBeNull()
  })

  it('open what older versions sealed: secrets and the audit', async () => {
    const { house, tenantId } = home
    await house.audit.record({
      tenantId,
      actor: { kind: 'user', id: 'u' },
      action: 'lead.read',
      resource: 'lead',
      resourceId: null,
      personal: { ip: '203.0.113.9' },
    })
    await rotateTenant({
      database: house.database,
      keyring: house.keyring,
      master: house.master.keys,
      tenantId,
      now: 0,
    })
    const [entry] = await house.audit.list(tenantId, {}, { before: null, limit: 1 })
    expect(entry?.personal).toEqual({ ip: '203.0.113.9' })
    expect(await readEmail(home, leads[1] ?? '')).toBe('go1@example.com')
  })
})

describe('what is sealed under the key of a tenant itself', () => {
  it('is in one list, whatever table it stands in', async () => {
    const home = await testHouse()
    try {
      const columns = await home.inspect<{ name: string }>(
        `select c.relname || '.' || a.attname as name
         from pg_class c join pg_attribute a on a.attrelid = c.oid
         where c.relnamespace = 'millrace'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
           and a.atttypid = 'bytea'::regtype and a.attname in ('sealed', 'reason', 'totp', 'client_secret', 'result')`,
      )
      const exchanged = SEALED_COLUMNS.map(({ table, column }) => `${table}.${column}`)
      expect(exchanged.filter((name) => !columns.some((column) => column.name === name))).toEqual([])
      const others = columns.map(({ name }) => name).filter((name) => !exchanged.includes(name))
      // Under keys of leads, persons, evidence, holds and batches; the audit's under the version of its time.
      expect(others.sort()).toEqual(
        [
          'audit_entry.sealed',
          'batch_item.result',
          'consent_record.sealed',
          'held_evidence.sealed',
          'installation_answer.sealed',
          'person.sealed',
          'person_record.sealed',
          'segment.sealed',
        ].sort(),
      )
    } finally {
      await home.close()
    }
  })

  it('is sealed anew by pages, with progress, and the older version is needed for none of it', async () => {
    const home = await testHouse()
    try {
      const { house, tenantId } = home
      const first = await house.keyring.tenant(tenantId)
      const sealed = (text: string) => seal(first.wrap, text)
      const at = new Date(0)
      for (let n = 0; n < 250; n += 1)
        await home.inspect('insert into millrace.idempotency values ($1, $2, $2, $3, 200, $4)', [
          tenantId,
          Buffer.from(`key ${String(n)}`),
          at,
          sealed(`answer ${String(n)}`),
        ])
      await home.inspect('insert into millrace.secret (tenant_id, name, sealed, updated_at) values ($1, $2, $3, $4)', [
        tenantId,
        'crm',
        sealed('token'),
        at,
      ])
      await home.inspect(
        `insert into millrace.hold (tenant_id, scope, name, since, by, reason) values ($1, $2, $3, $4, $5, $6)`,
        [tenantId, 'queue', 'all', at, 'test', sealed('why')],
      )
      const told: number[][] = []
      const rotated = await rotateTenant({
        database: house.database,
        keyring: house.keyring,
        master: house.master.keys,
        tenantId,
        now: house.clock.now(),
        onProgress: ({ done, of }) => told.push([done, of]),
      })
      expect(rotated.sealed).toBe(252)
      expect(told).toEqual([
        [1, 252],
        [101, 252],
        [201, 252],
        [251, 252],
        [252, 252],
      ])
      const { wrap } = await house.keyring.tenant(tenantId)
      const rows = await home.inspect<{ sealed: Buffer }>(
        `select sealed from millrace.idempotency union all select sealed from millrace.secret
         union all select reason from millrace.hold`,
      )
      const texts = rows.map((row) => open(wrap, row.sealed).toString('utf8'))
      expect(new Set(texts)).toEqual(
        new Set(['token', 'why', ...Array.from({ length: 250 }, (_, n) => `answer ${String(n)}`)]),
      )
    } finally {
      await home.close()
    }
  })
})

describe('the master key', () => {
  it('is exchanged in its file; the old one opens nothing any more', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'millrace-master-'))
    const home = await testHouse({ env: { MILLRACE_DATA: dataDir } })
    try {
      await home.publish(FLOW)
      const { answer } = await home.submit('kept', 'web', { email: 'ada@example.com' })
      const file = join(dataDir, 'master.key')
      const old = readFileSync(file, 'utf8')
      beginExchange(file)
      beginExchange(file)
      expect(readFileSync(`${file}.previous`, 'utf8')).toBe(old)
      const { database, master, keyring } = home.house
      const tokens = keyring.derive('token')
      expect(await rotateMaster({ database, master: master.keys, tenants: [home.tenantId], all: false })).toBe(3)
      endExchange(file)
      const restarted = await home.sibling()
      expect((await restarted.reader.read(home.tenantId, answer.lead_id))?.lead.fields.email?.normal).toBe(
        'ada@example.com',
      )
      expect(restarted.keyring.derive('token')).toEqual(tokens)
      writeFileSync(file, old)
      await expect(home.sibling()).rejects.toThrow('does not open the database')
    } finally {
      await home.close()
    }
  })

  it('may be two keys of the environment while they are exchanged', async () => {
    const [before, after] = [newKeyBytes().toString('base64'), newKeyBytes().toString('base64')]
    const home = await testHouse({ env: { MILLRACE_MASTER_KEY: before } })
    try {
      const config = readConfig({ MILLRACE_MASTER_KEY: after, MILLRACE_MASTER_KEY_PREVIOUS: before })
      const { keys } = openMaster(config)
      const { database } = home.house
      expect(await rotateMaster({ database, master: keys, tenants: [home.tenantId], all: false })).toBe(3)
      expect(await rotateMaster({ database, master: keys, tenants: [home.tenantId], all: false })).toBe(0)
      const [row] = await home.inspect<{ wrapped: Buffer; master: string }>(
        'select wrapped, master from millrace.tenant_key limit 1',
      )
      const alone = openMaster(readConfig({ MILLRACE_MASTER_KEY: after })).keys
      expect(await alone.unwrap(row?.wrapped as Buffer, row?.master ?? null)).toHaveLength(32)
      expect(keyOf(Buffer.from(after, 'base64')).type).toBe('secret')
    } finally {
      await home.close()
    }
  })
})

describe('a master key in Vault', () => {
  let vault: FakeVault
  beforeAll(async () => {
    vault = await openVault({ key: 'millrace' })
  })
  afterAll(() => vault.close())
  const env = () => ({ VAULT_ADDR: vault.url, VAULT_TOKEN: vault.token })

  it('wraps and unwraps there, once a start and tenant, never for a lead', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'millrace-vault-'))
    const home = await testHouse({ env: { ...env(), MILLRACE_DATA: dataDir } })
    try {
      await home.publish(FLOW)
      const first = await home.submit('kept', 'web', { email: 'ada@example.com' })
      const calls = vault.sink.requests.length
      for (let n = 0; n < 20; n += 1) await home.submit('kept', 'web', { email: `x${n}@example.com` })
      expect(vault.sink.requests.length).toBe(calls)
      const other = await home.sibling()
      expect((await other.reader.read(home.tenantId, first.answer.lead_id))?.lead.fields.email?.normal).toBe(
        'ada@example.com',
      )
      const [row] = await home.inspect<{ wrapped: Buffer }>('select wrapped from millrace.tenant_key limit 1')
      expect(row?.wrapped.toString('utf8')).toMatch(/^vault:v1:/)

      vault.rotate()
      const { database, master } = home.house
      expect(await rotateMaster({ database, master: master.keys, tenants: [home.tenantId], all: true })).toBe(3)
      const [after] = await home.inspect<{ wrapped: Buffer }>('select wrapped from millrace.tenant_key limit 1')
      expect(after?.wrapped.toString('utf8')).toMatch(/^vault:v2:/)
    } finally {
      await home.close()
    }
  })

  it.each([
    ['a token that may not', () => ({ VAULT_ADDR: vault.url, VAULT_TOKEN: 'hvs.wrong' }), /the token may not encrypt/],
    ['no token', () => ({ VAULT_ADDR: vault.url }), /VAULT_TOKEN: missing/],
    ['another mount', () => ({ ...env(), VAULT_TRANSIT_MOUNT: 'elsewhere' }), /no transit engine at "elsewhere"/],
    ['another key', () => ({ ...env(), VAULT_TRANSIT_KEY: 'other' }), /does not encrypt with the key "other"/],
  ])('tells of %s at the start, and never the token', async (_, settings, words) => {
    const failure = await testHouse({ env: settings() }).then(
      () => null,
      (error: Error) => error,
    )
    expect(failure?.message).toMatch(words)
    expect(JSON.stringify([failure?.message, (failure as { detail?: string }).detail])).not.toContain('hvs.')
  })

  it('says that a sealed Vault is away', async () => {
    vault.seal(true)
    await expect(testHouse({ env: env() })).rejects.toMatchObject({ code: 'destination.unavailable' })
    vault.seal(false)
  })
})
