import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keyOf, newKeyBytes, open, seal } from '../../src/base/seal.ts'
import { readConfig } from '../../src/config.ts'
import { verifyTenant } from '../../src/journal/verify.ts'
import { beginExchange, endExchange } from '../../src/keys/exchange.ts'
import { type Pruning, pruneTenant } from '../../src/keys/prune.ts'
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

  it('are destroyed a day after they were replaced, once nothing is under them, and all still opens', async () => {
    const { house, tenantId } = home
    const { database, keyring } = house
    const DAY_MS = 86_400_000
    const record: Pruning['record'] = (tx, entry) =>
      house.audit.recordIn(tx, [{ ...entry, actor: { kind: 'operator', id: 'test' } }])
    const pruning = { database, keyring, master: house.master.keys, tenantId, record }
    const at = house.clock.now()
    // Something that came late, from a process that had not heard of it.
    const old = (await keyring.tenant(tenantId)).versions.get(1)
    if (!old) throw new Error('there is no first version')
    await home.inspect('insert into millrace.secret (tenant_id, name, sealed, updated_at) values ($1, $2, $3, $4)', [
      tenantId,
      'late',
      seal(old.wrap, 'token'),
      new Date(at),
    ])
    await home.inspect(`update millrace.tenant_key set created_at = $1 where purpose = 'wrap'`, [new Date(at)])
    expect(await pruneTenant({ ...pruning, now: at + DAY_MS - 1 })).toEqual({
      destroyed: [],
      kept: [
        { version: 1, why: 'recent' },
        { version: 2, why: 'recent' },
      ],
    })
    const failing = async () => {
      throw new Error('the audit cannot be written')
    }
    await expect(pruneTenant({ ...pruning, record: failing, now: at + DAY_MS })).rejects.toThrow('cannot be written')
    expect(await pruneTenant({ ...pruning, now: at + DAY_MS })).toEqual({ destroyed: [1, 2], kept: [] })
    expect(await house.audit.list(tenantId, { action: 'keys.prune' }, { before: null, limit: 10 })).toMatchObject([
      { actor: { kind: 'operator', id: 'test' }, data: { destroyed: [1, 2] } },
    ])
    const left = await home.inspect(`select version from millrace.tenant_key where purpose = 'wrap'`)
    expect(left).toEqual([{ version: 3 }])
    // A process that begins now has never seen the older ones.
    const fresh = await home.sibling()
    for (const id of leads) expect((await fresh.reader.read(tenantId, id))?.lead.fields.email?.valid).toBe(true)
    const { secret } = await fresh.secrets.credential(await fresh.keyring.tenant(tenantId))
    expect(await secret('late')).toBe('token')
    const entries = await fresh.audit.list(tenantId, {}, { before: null, limit: 2 })
    expect(entries.map(({ personal }) => personal)).toEqual([null, { ip: '203.0.113.9' }])
    expect(await pruneTenant({ ...pruning, now: at + 2 * DAY_MS })).toEqual({ destroyed: [], kept: [] })
  })

  it('stay for as long as the audit needs them that was sealed before it had a key of its own', async () => {
    const { house, tenantId } = home
    const { database, keyring, master, clock } = house
    const pruning = {
      database,
      keyring,
      master: master.keys,
      tenantId,
      afterMs: 0,
      record: async () => undefined,
    }
    await home.inspect(`delete from millrace.tenant_key where purpose = 'audit' and tenant_id = $1`, [tenantId])
    const older = await home.sibling()
    const record = () =>
      older.audit.record({
        tenantId,
        actor: { kind: 'user', id: 'u' },
        action: 'lead.read',
        resource: 'lead',
        resourceId: null,
        personal: { ip: '203.0.113.10' },
      })
    // The key was made as that process began.
    await home.inspect(`delete from millrace.tenant_key where purpose = 'audit' and tenant_id = $1`, [tenantId])
    await older.keyring.refresh(tenantId)
    await record()
    await older.keyring.ensureAuditKey(tenantId, clock.now())
    await record()
    const by = await home.inspect<{ sealed_by: number | null }>(
      'select sealed_by from millrace.audit_entry where tenant_id = $1 order by seq desc limit 2',
      [tenantId],
    )
    expect(by.map((row) => row.sealed_by)).toEqual([1, null])
    const { version } = await rotateTenant({ ...pruning, now: clock.now() })
    expect(await pruneTenant({ ...pruning, now: clock.now() })).toEqual({
      destroyed: [],
      kept: [{ version: version - 1, why: 'audit' }],
    })
    const entries = await older.audit.list(tenantId, {}, { before: null, limit: 2 })
    expect(entries.map(({ personal }) => personal)).toEqual([{ ip: '203.0.113.10' }, { ip: '203.0.113.10' }])
    await home.inspect('delete from millrace.audit_entry where sealed_by is null')
    expect(await pruneTenant({ ...pruning, now: clock.now() })).toEqual({ destroyed: [version - 1], kept: [] })
  })

  it('are not taken for the newest by a process that cannot read what came since', async () => {
    const { house, tenantId } = home
    const { database, clock } = house
    const { version } = await rotateTenant({
      database,
      keyring: house.keyring,
      master: house.master.keys,
      tenantId,
      now: clock.now(),
    })
    // The service that unwraps has been away since before.
    const held = { ...(await house.keyring.tenant(tenantId)), wrapVersion: version - 1 }
    const keyring = { ...house.keyring, tenant: async () => held, refresh: async () => undefined }
    const rotating = { database, keyring, master: house.master.keys, tenantId, now: clock.now() }
    await expect(rotateTenant({ ...rotating, onlyFinish: true })).rejects.toMatchObject({ code: 'overloaded' })
    const pruning = { ...rotating, afterMs: 0, record: async () => undefined }
    await expect(pruneTenant(pruning)).rejects.toMatchObject({ code: 'overloaded' })
    expect(await home.inspect(`select version from millrace.tenant_key where purpose = 'wrap' order by 1`)).toEqual([
      { version: version - 1 },
      { version },
    ])
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
      // Under keys of leads, persons, evidence, holds and batches; the audit's under its own.
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
      expect(await rotateMaster({ database, master: master.keys, tenants: [home.tenantId], all: false })).toBe(4)
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
      expect(await rotateMaster({ database, master: keys, tenants: [home.tenantId], all: false })).toBe(4)
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
      expect(await rotateMaster({ database, master: master.keys, tenants: [home.tenantId], all: true })).toBe(4)
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
