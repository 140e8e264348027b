import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { takeBackup } from '../../src/backup/backup.ts'
import { checkFiles, readManifest, rowsOf } from '../../src/backup/manifest.ts'
import { restoreBackup } from '../../src/backup/restore.ts'
import { DERIVED } from '../../src/backup/tables.ts'
import { movableClock } from '../../src/base/clock.ts'
import { type House, openHouse } from '../../src/house.ts'
import { signingKey } from '../../src/journal/anchors.ts'
import { verifyTenant } from '../../src/journal/verify.ts'
import { lookupColumn } from '../../src/runner/journey.ts'
import { testDatabase } from '../support/database.ts'
import { registries, type TestHouse, testHouse } from '../support/house.ts'

const FLOW = `
flow: kept
fields: { email: { type: email, required: true }, phone: phone }
sources: [ { id: web } ]
steps:
  - dedupe: { id: once, on: [[email]] }
  - cap: { caps: [ { id: daily, max: 500, per: day } ] }
  - review: { id: look, queue: all, when: 'lead.email.contains("wait")' }
`

const clock = movableClock(Date.parse('2026-11-20T10:00:00Z'))
const folders: string[] = []
const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'millrace-backup-'))
  folders.push(made)
  return made
}
afterAll(() => {
  for (const made of folders) rmSync(made, { recursive: true, force: true })
})

let home: TestHouse
const leads: string[] = []
const submit = async (email: string) =>
  (await home.submit('kept', 'web', { email, phone: '512 555 0142' })).answer.lead_id
const backup = (into: string, house: House = home.house, over = {}) =>
  takeBackup({
    connection: house.connection,
    folder: into,
    key: signingKey(house.keyring, 'backup'),
    now: clock.now(),
    rowsEach: 10,
    onProgress: () => undefined,
    ...over,
  })

beforeAll(async () => {
  home = await testHouse({ clock })
  await home.publish(FLOW)
  await home.addTenant('other')
  for (let n = 0; n < 25; n += 1) leads.push(await submit(`${n === 3 ? 'wait' : 'go'}${n}@example.com`))
})
afterAll(() => home.close())

/** Everything that is there, as text, by table. */
const contents = async (inspect: TestHouse['inspect']): Promise<Record<string, unknown[]>> => {
  const tables = await inspect<{ name: string }>(
    `select c.relname as name from pg_class c where relnamespace = 'millrace'::regnamespace
     and relkind in ('r', 'p') and not relispartition and relname <> 'migration' and relname <> all ($1::text[]) order by 1`,
    [DERIVED],
  )
  const all: Record<string, unknown[]> = {}
  for (const { name } of tables)
    all[name] = (await inspect<{ row: string }>(`select to_jsonb(t) - 'tx' as row from millrace.${name} t`))
      .map(({ row }) => JSON.stringify(row))
      .sort()
  return all
}

const restoreInto = async (into: string, version: 15 | 18 = 18, over = {}) => {
  const db = await testDatabase({ migrated: false, version })
  const { manifest } = readManifest(into)
  const options = {
    connection: db.connection,
    folder: into,
    manifest,
    overwrite: false,
    now: clock.now(),
    onProgress: () => undefined,
    ...over,
  }
  return { db, manifest, options }
}

describe('a backup', () => {
  it.each([15, 18] as const)(
    'brings back all there was, on Postgres %i, and the restored house works on',
    async (version) => {
      const into = folder()
      const done = await backup(into)
      expect(done.manifest.tables.length).toBeGreaterThan(20)
      // Those that grow are read bit by bit, along a key.
      expect(done.manifest.tables.filter(({ key }) => key.length === 0).map(({ name }) => name)).toEqual([])
      const before = await contents(home.inspect)
      const { db, manifest, options } = await restoreInto(into, version)
      try {
        expect(await restoreBackup(options)).toBe(rowsOf(manifest))
        expect(await contents(db.inspect)).toEqual(before)
        const house = await openHouse({
          config: home.house.config,
          registries,
          log: pino({ level: 'silent' }),
          onProgress: () => undefined,
          attach: false,
          connection: db.connection,
          outboundAllow: [],
          clock,
        })
        expect((await house.reader.read(home.tenantId, leads[0] ?? ''))?.lead.fields.email?.normal).toBe(
          'go0@example.com',
        )
        expect((await verifyTenant({ database: house.database, tenantId: home.tenantId })).breach).toBeNull()
        await house.runner.decide({
          tenantId: home.tenantId,
          leadId: leads[3] ?? '',
          decision: 'approve',
          reason: null,
          by: 't',
        })
        // Row-level security binds again whoever owns the tables.
        const open = await db.inspect(
          `select relname from pg_class where relnamespace = 'millrace'::regnamespace and relrowsecurity and not relforcerowsecurity`,
        )
        expect(open).toEqual([])
        expect(await db.inspect(`select tgname from pg_trigger where tgenabled = 'D'`)).toEqual([])
        // What a backup leaves out is made anew.
        await house.figures.now()
        const [counted] = await db.inspect(
          `select (select sum(leads)::integer from millrace.lead_figure where grain = 'hour') as figures,
                  (select count(*)::integer from millrace.lead) as leads`,
        )
        expect(counted?.figures).toBe(counted?.leads)
        await house.close(0)
      } finally {
        await db.close()
      }
    },
  )

  it('holds nothing personal, nor the master key', async () => {
    const into = folder()
    await backup(into)
    const master = home.house.master.bytes as Buffer
    const { gunzipSync } = await import('node:zlib')
    for (const name of readdirSync(into)) {
      const raw = readFileSync(join(into, name))
      const text = (name.endsWith('.gz') ? gunzipSync(raw) : raw).toString('latin1')
      for (const secret of [
        'go1@example',
        '5125550142',
        '512 555',
        master.toString('latin1'),
        master.toString('base64'),
        master.toString('hex'),
      ])
        expect(text.includes(secret), `${secret} in ${name}`).toBe(false)
    }
  })

  it('is of one moment, whatever is written meanwhile', async () => {
    const into = folder()
    let during = 0
    const sending: Promise<unknown>[] = []
    await backup(into, home.house, {
      onProgress: () => {
        during += 1
        if (during < 30) sending.push(submit(`during${during}@example.com`))
      },
    })
    await Promise.all(sending)
    const { db, options } = await restoreInto(into)
    try {
      await restoreBackup(options)
      const [odd] = await db.inspect<{ count: string }>(
        `select count(*) from millrace.lead l where l.seq <> (select max(seq) from millrace.segment s where s.lead_id = l.id)`,
      )
      expect(odd?.count).toBe('0')
      const orphans = await db.inspect(
        'select from millrace.segment s where not exists (select from millrace.lead l where l.id = s.lead_id)',
      )
      expect(orphans).toEqual([])
    } finally {
      await db.close()
    }
  })

  it('goes on where it was broken off, and reads again only what has changed', async () => {
    const into = folder()
    let files = 0
    await expect(
      backup(into, home.house, {
        onProgress: () => {
          files += 1
          if (files === 8) throw new Error('the plug was pulled')
        },
      }),
    ).rejects.toThrow('the plug was pulled')
    expect(() => readManifest(into)).toThrow('broken off')
    await submit('between@example.com')
    const done = await backup(into)
    expect(done.reused).toBeGreaterThan(3)
    const before = await contents(home.inspect)
    const { db, options } = await restoreInto(into)
    try {
      await restoreBackup(options)
      expect(await contents(db.inspect)).toEqual(before)
    } finally {
      await db.close()
    }
    await expect(backup(into)).rejects.toThrow('holds a finished backup')
  })

  it.each([
    ['changed', (file: string) => writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.from('x')]))],
    ['missing', (file: string) => rmSync(file)],
  ] as const)('tells of a file that is %s, and restores nothing of it', async (what, harm) => {
    const into = folder()
    await backup(into)
    const victim = readdirSync(into).find((name) => name.startsWith('lead.')) ?? ''
    harm(join(into, victim))
    const { manifest } = readManifest(into)
    expect(await checkFiles(into, manifest, () => undefined)).toEqual({ file: victim, what })
    const { db, options } = await restoreInto(into)
    try {
      await expect(restoreBackup(options)).rejects.toThrow(`is ${what}: nothing was restored`)
      expect(await db.inspect(`select to_regclass('millrace.tenant') as t`)).toEqual([{ t: null }])
    } finally {
      await db.close()
    }
  })
})

describe('a restore', () => {
  it('leaves a database alone that is not empty, unless told', async () => {
    const into = folder()
    await backup(into)
    const { db, options } = await restoreInto(into)
    try {
      await restoreBackup(options)
      await db.inspect(`update millrace.tenant set name = 'changed'`)
      await expect(restoreBackup(options)).rejects.toThrow('not empty')
      expect(await db.inspect(`select from millrace.tenant where name = 'changed'`)).toHaveLength(2)
      await restoreBackup({ ...options, overwrite: true })
      expect(await db.inspect(`select from millrace.tenant where name = 'changed'`)).toHaveLength(0)
    } finally {
      await db.close()
    }
  })

  it('leaves one alone that a Millrace runs on', async () => {
    const into = folder()
    await backup(into)
    const { manifest } = readManifest(into)
    const asked = {
      connection: home.house.connection,
      folder: into,
      manifest,
      overwrite: true,
      now: 0,
      onProgress: () => undefined,
    }
    await expect(restoreBackup(asked)).rejects.toThrow('stop it first')
  })

  it('goes on where it was broken off; until then nothing starts on the database', async () => {
    const into = folder()
    await backup(into)
    const { db, options } = await restoreInto(into)
    try {
      let files = 0
      const broken = restoreBackup({
        ...options,
        onProgress: ({ what }) => {
          if (what !== 'loading') return
          files += 1
          if (files === 12) throw new Error('the plug was pulled')
        },
      })
      await expect(broken).rejects.toThrow('the plug was pulled')
      const start = openHouse({
        config: home.house.config,
        registries,
        log: pino({ level: 'silent' }),
        onProgress: () => undefined,
        attach: false,
        connection: db.connection,
        outboundAllow: [],
        clock,
      })
      await expect(start).rejects.toThrow('half restored')
      await restoreBackup(options)
      expect(await contents(db.inspect)).toEqual(await contents(home.inspect))
    } finally {
      await db.close()
    }
  })

  it('begins anew where it was broken off while the tables were made ready', async () => {
    const into = folder()
    await backup(into)
    const { db, options } = await restoreInto(into)
    try {
      const broken = restoreBackup({
        ...options,
        onProgress: ({ what }) => {
          if (what === 'loading') throw new Error('the plug was pulled')
        },
      })
      await expect(broken).rejects.toThrow('the plug was pulled')
      // As it is before the note that all is ready.
      await db.inspect('delete from millrace_restore.run')
      await db.inspect('alter table millrace.lead force row level security')
      await restoreBackup(options)
      expect(await contents(db.inspect)).toEqual(await contents(home.inspect))
    } finally {
      await db.close()
    }
  })

  it('forgets again, before anybody can ask, who was erased after the backup', async () => {
    const into = folder()
    const lead = await submit('gone@example.com')
    await backup(into)
    const { erasure } = home.house.privacy
    const key = lookupColumn(await home.house.keyring.tenant(home.tenantId), 'email', 'gone@example.com')
    const { id } = await erasure.open({
      tenantId: home.tenantId,
      subject: { keys: [key], leads: [] },
      scope: 'person',
      actor: { kind: 'operator', id: 'test' },
    })
    await erasure.carryOut(home.tenantId, id)
    const { db, options } = await restoreInto(into)
    try {
      await restoreBackup(options)
      const [back] = await db.inspect<{ sealed: boolean }>(
        'select wrapped_key is not null as sealed from millrace.lead where id = $1',
        [lead],
      )
      expect(back?.sealed).toBe(true)
      const told: string[] = []
      const house = await openHouse({
        config: home.house.config,
        registries,
        log: pino({ level: 'silent' }),
        onProgress: (text) => told.push(text),
        attach: false,
        connection: db.connection,
        outboundAllow: [],
        clock,
      })
      expect(told.join()).toContain('carried out 1 erasure of the ledger again')
      expect((await house.reader.read(home.tenantId, lead))?.row.status).toBe('erased')
      const again = await house.runner.submit({
        source: {
          tenantId: home.tenantId,
          keyId: '00000000-0000-0000-0000-000000000000',
          flowId: 'kept',
          sourceId: 'web',
          method: 'bearer',
        },
        format: 'json',
        mode: 'sync',
        raw: '{}',
        values: { email: 'Gone@example.com' },
        test: false,
        idempotencyKey: null,
        ip: null,
        userAgent: null,
        receivedAt: clock.now(),
      })
      expect(again.answer.code).toBe('erased')
      expect((await verifyTenant({ database: house.database, tenantId: home.tenantId })).breach).toBeNull()
      await house.close(0)
    } finally {
      await db.close()
    }
  })
})
