import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runMillrace, serve } from '../chaos/server.ts'
import { freePort, openWard, processesIn, type Ward } from '../chaos/ward.ts'
import { findInstalled, type InstalledServer, startInstalled } from '../support/installed-postgres.ts'

const installed = findInstalled()
const MISSING = 'no Postgres 15 or newer below /usr/lib/postgresql: apt-get install postgresql'

let ward: Ward
let server: InstalledServer | undefined

beforeAll(async () => {
  ward = await openWard()
  if (installed === null) return
  server = await startInstalled({
    programs: installed.programs,
    folder: ward.folder('installed'),
    port: await freePort(),
  })
})
afterAll(async () => {
  await server?.stop()
  await ward.end()
})

/** The database and the key are elsewhere: the folder is not there before the first start. */
const place = () => ({
  dataDir: join(ward.folder('first'), 'not-yet'),
  env: { DATABASE_URL: server?.url ?? '', MILLRACE_MASTER_KEY: KEY },
})
const KEY = randomBytes(32).toString('base64')

const LEAD = {
  first_name: 'Ada',
  last_name: 'Lovelace',
  email: 'ada@example.com',
  phone: '(512) 555-0142',
  state: 'TX',
  postal_code: '78701',
  urgency: 'today',
}

describe('DATABASE_URL', () => {
  it('keeps everything in a Postgres of the system, and nothing runs beside it', async ({ skip }) => {
    skip(server === undefined, MISSING)
    const { dataDir, env } = place()
    expect(existsSync(dataDir)).toBe(false)
    const first = serve(ward, { dataDir, port: await freePort(), env })
    const ready = await first.ready
    const submit = (url: string | null): Promise<Response> =>
      fetch(url ?? '', {
        method: 'POST',
        headers: { authorization: `Bearer ${ready.source_key}`, 'content-type': 'application/json' },
        body: JSON.stringify(LEAD),
      })
    const told = await submit(ready.submit_url)
    expect(told.status).toBe(201)
    const { lead_id: leadId } = (await told.json()) as { lead_id: string }
    expect(existsSync(join(dataDir, 'postgres'))).toBe(false)
    expect(processesIn(dataDir)).toEqual([])

    first.signal('SIGTERM')
    expect(await first.ended).toEqual({ code: 0, signal: null })
    const second = serve(ward, { dataDir, port: await freePort(), env })
    const again = await second.ready
    expect(again.source_key).toBe(ready.source_key)
    const duplicate = await submit(again.submit_url)
    expect(duplicate.status).toBe(409)
    expect(await duplicate.json()).toMatchObject({ code: 'duplicate', duplicate_of: leadId })

    const client = new pg.Client({ connectionString: server?.url ?? '' })
    await client.connect()
    const { rows } = await client.query(
      `select count(*)::integer as sessions from pg_stat_activity
       where datname = 'leads' and usename = 'leads' and pid <> pg_backend_pid()`,
    )
    expect(rows[0].sessions).toBeGreaterThan(0)
    await client.end()

    second.signal('SIGTERM')
    expect(await second.ended).toEqual({ code: 0, signal: null })
    const verified = await runMillrace(ward, ['audit', 'verify', '--json', '--data', dataDir], env)
    expect(verified.code, verified.stderr).toBe(0)
  })

  it('is kept in order by a worker, where the others only answer', async ({ skip }) => {
    skip(server === undefined, MISSING)
    const { dataDir, env } = place()
    const answers = serve(ward, {
      dataDir,
      port: await freePort(),
      env: { ...env, MILLRACE_ROLE: 'api' },
    })
    await answers.ready
    const client = new pg.Client({ connectionString: server?.url ?? '' })
    await client.connect()
    // What a limited tenant keeps is measured by upkeep alone.
    await client.query('update millrace.tenant set limit_storage_bytes = 1000000000, storage_measured_at = null')
    const works = serve(ward, {
      dataDir,
      port: await freePort(),
      env: { ...env, MILLRACE_ROLE: 'worker' },
    })
    await works.ready
    await expect
      .poll(async () => (await client.query('select storage_measured_at from millrace.tenant')).rows, {
        timeout: 20_000,
      })
      .toSatisfy(
        (rows: { storage_measured_at: Date | null }[]) =>
          rows.length > 0 && rows.length > 0 && rows.every(({ storage_measured_at }) => storage_measured_at !== null),
      )
    await client.end()
    for (const running of [works, answers]) {
      running.signal('SIGTERM')
      expect(await running.ended).toEqual({ code: 0, signal: null })
    }
  })

  it('says in one line, without the password, why it cannot come in, and what to do', async ({ skip }) => {
    skip(server === undefined, MISSING)
    const refusal = async (change: (url: URL) => void): Promise<string> => {
      const url = new URL(server?.url ?? '')
      change(url)
      const args = ['serve', '--json', '--port', '0', '--data', ward.folder('refused')]
      const refused = await runMillrace(ward, args, { DATABASE_URL: url.href })
      expect({ code: refused.code, stdout: refused.stdout }).toEqual({ code: 2, stdout: '' })
      expect(refused.stderr).not.toContain(server?.password)
      expect(refused.stderr.trim().split('\n'), refused.stderr).toHaveLength(1)
      return refused.stderr
    }
    const { host } = new URL(server?.url ?? '')
    const wrong = await refusal((url) => {
      url.password = 'a-wrong-one'
    })
    expect(wrong).toMatch(/^millrace: DATABASE_URL: [^\n]* does not take the password of the user "leads"/)
    expect(wrong).toContain(host)
    expect(wrong).not.toContain('a-wrong-one')
    const absent = await refusal((url) => {
      url.pathname = '/nowhere'
    })
    expect(absent).toMatch(
      /^millrace: DATABASE_URL: [^\n]* has no database "nowhere"\. [^\n]*CREATE DATABASE "nowhere"/,
    )
    const foreign = await refusal((url) => {
      url.pathname = '/postgres'
    })
    expect(foreign).toMatch(
      /^millrace: DATABASE_URL: the user "leads" may not make a schema in the database "postgres"/,
    )
    // The driver has a page to say of this mode: it says nothing but what is wrong.
    const unencrypted = await refusal((url) => {
      url.search = '?sslmode=require'
    })
    expect(unencrypted).toMatch(/^millrace: DATABASE_URL: the database at [^\n]*SSL[^\n]*\n$/)
  })

  it('says in one line that nobody answers at its address', async () => {
    const refused = await runMillrace(ward, ['serve', '--json', '--port', '0', '--data', ward.folder('absent')], {
      DATABASE_URL: `postgresql://leads:secret@127.0.0.1:${await freePort()}/leads`,
    })
    expect(refused.code).toBe(2)
    expect(refused.stderr.trim().split('\n')).toHaveLength(1)
    expect(refused.stderr).toMatch(
      /^millrace: DATABASE_URL: the database at 127\.0\.0\.1:\d+ cannot be reached\. [^\n]*\(ECONNREFUSED\)\n$/,
    )
    expect(refused.stderr).not.toContain('secret')
  })
})
