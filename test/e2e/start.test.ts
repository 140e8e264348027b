import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { embeddedAddress, withDatabase } from '../chaos/evidence.ts'
import { type Environment, millrace, type Ready, runMillrace, type Server, serve } from '../chaos/server.ts'
import { freePort, openWard, processesIn, type Ward } from '../chaos/ward.ts'

const FIRST_START_MS = 15_000
const LATER_START_MS = 5_000
/** Other tests have the machine too: the best of so many starts counts, */
const STARTS_MAX = 2
/** and where more wants to run than the machine has cores, all takes so many times as long. */
const crowding = (): number => Math.max(1, (loadavg()[0] ?? 0) / availableParallelism())

let ward: Ward
const servers: Server[] = []

beforeAll(async () => {
  ward = await openWard()
})
afterEach(async () => {
  for (const server of servers.splice(0)) await server.kill()
})
afterAll(() => ward.end())

const start = async (dataDir: string, env: Environment = {}): Promise<{ server: Server; ready: Ready }> => {
  const server = serve(ward, { dataDir, port: await freePort(), env })
  servers.push(server)
  return { server, ready: await server.ready }
}

const stop = async (server: Server): Promise<void> => {
  server.signal('SIGTERM')
  expect(await server.ended).toEqual({ code: 0, signal: null })
}

const LEAD = {
  first_name: 'Ada',
  last_name: 'Lovelace',
  email: 'ada@example.com',
  phone: '(512) 555-0142',
  state: 'TX',
}

const submit = async (ready: Ready, over: object = {}): Promise<number> => {
  const answer = await fetch(ready.submit_url ?? '', {
    method: 'POST',
    headers: { authorization: `Bearer ${ready.source_key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...LEAD, ...over }),
  })
  await answer.arrayBuffer()
  return answer.status
}

const logIn = async (ready: Ready): Promise<number> => {
  const answer = await fetch(`${ready.url}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(ready.admin),
  })
  await answer.arrayBuffer()
  return answer.status
}

/** One that the tests share, made by the first of them. */
let home: { readonly dataDir: string; readonly key: string | null }

/** Runs `serve` until it has given up; gives what it says to people, the log left aside. */
const refusal = async (dataDir: string, env: Environment, port?: number): Promise<string> => {
  const args = ['serve', '--json', '--port', String(port ?? (await freePort())), '--data', dataDir]
  const { code, stdout, stderr } = await runMillrace(ward, args, env)
  expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' })
  return stderr
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('{"level":'))
    .join('\n')
}

describe('the first start', () => {
  it('prints one line that says all a newcomer needs, and takes the lead it invites', async () => {
    let best = Number.POSITIVE_INFINITY
    for (let starts = 1; starts <= STARTS_MAX && best >= FIRST_START_MS * crowding(); starts += 1) {
      const dataDir = ward.folder(`first-${starts}`)
      const { server, ready } = await start(dataDir)
      best = Math.min(best, server.readyAfterMs())
      const { url } = ready
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
      expect(ready).toEqual({
        ready: true,
        url,
        console_url: `${url}/`,
        flow: 'demo',
        source: 'website',
        source_key: expect.stringMatching(/^mrk_[\w-]{43}$/),
        submit_url: `${url}/flows/demo/sources/website/submit`,
        admin: { email: 'demo@millrace.example', password: expect.stringMatching(/^[\w-]{12}$/) },
      })
      expect(await submit(ready)).toBe(201)
      expect(await submit(ready)).toBe(409)
      expect(await logIn(ready)).toBe(200)
      await stop(server)
      expect(server.stdout().split('\n')).toHaveLength(2)
      expect(processesIn(dataDir)).toEqual([])
      home = { dataDir, key: ready.source_key }
    }
    expect(best).toBeLessThan(FIRST_START_MS * crowding())
  })
})

describe('npm start', () => {
  it('ends with npm, which passes on what it is told: whoever starts it so knows no other process', async () => {
    const { dataDir } = home
    const server = serve(ward, { dataDir, port: await freePort(), byNpm: true })
    servers.push(server)
    await server.ready
    await stop(server)
    expect(processesIn(dataDir)).toEqual([])
  })
})

describe('a later start', () => {
  it('is quick, adopts the Postgres that a killed one left, and completes what it left undone', async () => {
    const { dataDir, key } = home
    let best = Number.POSITIVE_INFINITY
    for (let starts = 1; starts <= STARTS_MAX && best >= LATER_START_MS * crowding(); starts += 1) {
      const { server, ready } = await start(dataDir)
      best = Math.min(best, server.readyAfterMs())
      expect(ready.source_key).toBe(key)
      // As a first start leaves it that was killed after the demo's tenant and before its flow.
      await withDatabase(embeddedAddress(dataDir), (client) =>
        client.query(
          `delete from millrace.flow; delete from millrace.flow_version; delete from millrace.source_key;
           delete from millrace.login; delete from millrace.suppression_list`,
        ),
      )
      await server.kill()
    }
    expect(best).toBeLessThan(LATER_START_MS * crowding())

    const left = processesIn(dataDir)
    expect(left).not.toEqual([])
    const { server, ready } = await start(dataDir)
    expect(processesIn(dataDir)).toEqual(expect.arrayContaining([left[0]]))
    expect(ready.source_key).toBe(key)
    expect(await submit(ready)).toBe(409)
    expect(await logIn(ready)).toBe(200)
    await stop(server)
    expect(processesIn(dataDir)).toEqual([])
  })

  it('lets an import beside it send where the demo listens, whatever its port', async () => {
    const { dataDir } = home
    const { server } = await start(dataDir)
    const file = join(ward.folder('rows'), 'rows.csv')
    writeFileSync(file, 'first_name,last_name,email,phone,state\nMary,Jackson,mary@example.com,(512) 555-0171,TX\n')
    const args = ['import', file, '--flow', 'demo', '--source', 'website', '--data', dataDir, '--json']
    const { code, stdout, stderr } = await runMillrace(ward, args)
    expect(code, stderr).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ accepted: 1, delivered: 1 })
    await stop(server)
  })

  it('leaves the demo flow as somebody else has published it', async () => {
    const { dataDir } = home
    const first = await start(dataDir)
    const file = join(dataDir, 'mine.yaml')
    const theirs = readFileSync(new URL('../../examples/demo/flow.yaml', import.meta.url), 'utf8')
    writeFileSync(file, theirs.replace('["NY", "AK"]', '["NY", "AK", "TX"]'))
    const published = await runMillrace(ward, ['flow', 'publish', file, '--data', dataDir])
    expect(published.code, published.stderr).toBe(0)
    await stop(first.server)
    const second = await start(dataDir)
    expect(await submit(second.ready, { email: 'grace@example.com', phone: '(512) 555-0143' })).toBe(422)
    await stop(second.server)
  })
})

it('drains at Ctrl-C though npm hands on what its child had already: two signals at once are one', async () => {
  const { server, ready } = await start(home.dataDir)
  // One that is under way when it comes: its headers are here, its body is not.
  const { hostname, port } = new URL(ready.url)
  const client = connect(Number(port), hostname).setEncoding('utf8')
  const body = JSON.stringify({ ...LEAD, email: 'late@example.com', phone: '(512) 555-0188' })
  client.write(
    `POST /api/v1/leads HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\nx-api-key: ${ready.source_key}\r\n` +
      `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`,
  )
  let answer = ''
  client.on('data', (part: string) => {
    answer += part
  })
  await expect.poll(() => answer).toContain('100 Continue')
  // Two of one kind may arrive as one.
  server.signal('SIGINT')
  server.signal('SIGTERM')
  client.write(body)
  expect(await server.ended).toEqual({ code: 0, signal: null })
  // What becomes of it, is the flow's affair.
  expect(answer).toMatch(/"lead_id":"[0-9a-f-]{36}"/)
  expect(processesIn(home.dataDir)).toEqual([])
})

it('is the same command wherever it is linked from', async () => {
  const folder = ward.folder('links')
  const real = fileURLToPath(new URL('../../millrace', import.meta.url))
  symlinkSync(real, join(folder, 'first'))
  symlinkSync('first', join(folder, 'millrace'))
  const { stdout } = await promisify(execFile)(join(folder, 'millrace'), ['--version'], { cwd: folder })
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
})

describe('a command that is interrupted', () => {
  it('leaves no database server behind, wherever it stood', async () => {
    const { dataDir } = home
    const { server } = await start(dataDir)
    await server.kill()
    expect(processesIn(dataDir)).not.toEqual([])
    await withDatabase(embeddedAddress(dataDir), async (client) => {
      // Whoever opens the database waits for this one, under which it is migrated.
      await client.query('select pg_advisory_lock(4183270115)')
      const verifying = millrace(ward, ['audit', 'verify', '--data', dataDir])
      const waiting = `select count(*)::integer as n from pg_locks where locktype = 'advisory' and not granted`
      await expect.poll(async () => (await client.query(waiting)).rows[0].n, { timeout: 20_000 }).toBe(1)
      verifying.signal('SIGINT')
      expect(await verifying.ended).toEqual({ code: 130, signal: null })
      expect(verifying.stderr()).toBe('')
    }).catch((error: Error) => {
      // Its own session ends with the server.
      if (!/terminat|closed/i.test(error.message)) throw error
    })
    expect(processesIn(dataDir)).toEqual([])
  })
})

describe('a start that cannot be is told in one line, with exit code 2, and leaves nothing running', () => {
  it('port taken', async () => {
    const other = createServer().listen(await freePort(), '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const text = await refusal(home.dataDir, {}, port)
    expect(text).toBe(
      `millrace: Port ${port} on 127.0.0.1 is taken. Stop what listens there, or choose another: --port 8081`,
    )
    expect(processesIn(home.dataDir)).toEqual([])
    // Nor is a database made for a server that nobody could reach.
    const fresh = join(ward.folder('taken'), 'data')
    await refusal(fresh, {}, port)
    expect(existsSync(fresh)).toBe(false)
    other.close()
  })

  it('data folder in use', async () => {
    const { server, ready } = await start(home.dataDir)
    const text = await refusal(home.dataDir, {})
    expect(text).toMatch(/^millrace: The data folder \S+ is in use by another Millrace \(process \d+\)\. Stop that .*$/)
    expect(text).toContain(`(process ${server.pid})`)
    expect(await logIn(ready)).toBe(200)
    await stop(server)
  })

  it('what is noted of the demo is damaged', async () => {
    const file = join(home.dataDir, 'demo.json')
    const whole = readFileSync(file)
    writeFileSync(file, whole.subarray(0, 40))
    expect(await refusal(home.dataDir, {})).toMatch(/^millrace: \S+demo\.json is damaged: [^\n]*remove it[^\n]*$/)
    expect(processesIn(home.dataDir)).toEqual([])
    writeFileSync(file, whole)
  })

  it('database made with another master key', async () => {
    const text = await refusal(home.dataDir, { MILLRACE_MASTER_KEY: randomBytes(32).toString('base64') })
    expect(text).toMatch(/^millrace: MILLRACE_MASTER_KEY: this key does not open the database[^\n]*$/)
    expect(processesIn(home.dataDir)).toEqual([])
  })

  it('database migrated by a newer Millrace', async () => {
    const { server } = await start(home.dataDir)
    const change = (sql: string) => withDatabase(embeddedAddress(home.dataDir), (client) => client.query(sql))
    await change(`insert into millrace.migration (name, at, sha256) values ('999999_future.sql', now(), 'x')`)
    await stop(server)
    const text = await refusal(home.dataDir, {})
    expect(text).toMatch(
      /^millrace: The database has the migration 999999_future\.sql, [^\n]* by a newer one\. [^\n]*$/,
    )
    expect(processesIn(home.dataDir)).toEqual([])
  })

  it('database down', async () => {
    const url = `postgresql://millrace:secret@127.0.0.1:${await freePort()}/millrace`
    const text = await refusal(ward.folder('down'), { DATABASE_URL: url })
    expect(text).toMatch(
      /^millrace: DATABASE_URL: the database at 127\.0\.0\.1:\d+ cannot be reached\. [^\n]*ECONNREFUSED[^\n]*$/,
    )
    expect(text).not.toContain('secret')
  })

  it('bad configuration: a line for each mistake, and no secret in any', async () => {
    const text = await refusal(ward.folder('bad'), {
      DATABASE_URL: 'mysql://secret@h/d',
      MILLRACE_MASTER_KEY: 'secret',
      MILLRACE_ROLE: 'boss',
      MAX_RETRIES: 'many',
    })
    const lines = text.replace('millrace: ', '').split('\n').sort()
    expect(lines.map((line) => line.slice(0, line.indexOf(':')))).toEqual([
      'DATABASE_URL',
      'MAX_RETRIES',
      'MILLRACE_MASTER_KEY',
      'MILLRACE_ROLE',
    ])
    expect(lines).toContain('MAX_RETRIES: expected a number, not "many"')
    expect(text).not.toContain('secret')
  })

  it('data folder that is a file', async () => {
    const file = join(ward.folder('a-file'), 'file')
    writeFileSync(file, '')
    expect(await refusal(file, {})).toMatch(/^millrace: MILLRACE_DATA: [^\n]*$/)
  })

  it('data folder where none can be made', async () => {
    const text = await refusal('/proc/millrace/data', {})
    expect(text).toMatch(/^millrace: MILLRACE_DATA: no key file can be made at [^\n]*ENOENT[^\n]*$/)
  })

  it('key file that is damaged', async () => {
    const dataDir = ward.folder('key-file')
    writeFileSync(join(dataDir, 'master.key'), 'half a ke', { mode: 0o600 })
    expect(await refusal(dataDir, {})).toMatch(/^millrace: \S+master\.key holds no key of 32 bytes[^\n]*$/)
    expect(existsSync(join(dataDir, 'postgres'))).toBe(false)
  })

  it('a folder without a database, where one is asked about: none is made, of which all would be true', async () => {
    const nowhere = join(ward.folder('mistyped'), 'data')
    const file = join(ward.folder('rows'), 'nowhere.csv')
    writeFileSync(file, 'email\nmary@example.com\n')
    for (const args of [
      ['audit', 'verify', '--json'],
      ['import', file, '--flow', 'demo', '--source', 'website'],
    ]) {
      const { code, stdout, stderr } = await runMillrace(ward, [...args, '--data', nowhere])
      expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' })
      expect(stderr).toMatch(/^millrace: There is no database in \S+\. Name the folder [^\n]*\n$/)
      expect(existsSync(nowhere)).toBe(false)
    }
    const made = await runMillrace(ward, ['migrate', '--data', nowhere])
    expect(made.code, made.stderr).toBe(0)
    expect(made.stderr).toMatch(/^made a master key: \S+\. Back it up/)
    expect(made.stderr).toMatch(/^applied \d+ migrations/m)
    expect(processesIn(nowhere)).toEqual([])
    const verified = await runMillrace(ward, ['audit', 'verify', '--json', '--data', nowhere])
    expect(verified.code, verified.stderr).toBe(0)
  })

  it('a folder where a file is meant', async () => {
    const { code, stdout, stderr } = await runMillrace(ward, [
      'flow',
      'publish',
      ward.folder('no-file'),
      '--data',
      home.dataDir,
    ])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toBe('millrace: What was named is a folder: name a file\n')
  })

  it('a country that is none, of which no number would be right', async () => {
    const { code, stdout, stderr } = await runMillrace(ward, ['parse', 'phone', '--country', 'XX'])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toBe('millrace: --country XX: expected an ISO 3166 code such as US\n')
  })

  it('an option that is none', async () => {
    const { code, stdout, stderr } = await runMillrace(ward, ['serve', '--prot', '8080'])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain("unknown option '--prot'")
    expect(stderr).not.toMatch(/^\s+at /m)
  })
})
