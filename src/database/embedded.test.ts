import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Fault } from '../base/faults.ts'
import { untilUnused } from './attach.ts'
import { isAlive } from './embedded/processes.ts'
import { type Embedded, type EmbeddedConnection, startEmbedded } from './embedded.ts'

const SETTINGS = { fsync: 'off', shared_buffers: '16MB' }
const quiet = () => {}

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
})

const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-embedded-'))
  chmodSync(folder, 0o711)
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

let seed: string
beforeAll(async () => {
  seed = mkdtempSync(join(tmpdir(), 'millrace-embedded-'))
  chmodSync(seed, 0o711)
  await (await startEmbedded({ dataDir: join(seed, 'data'), settings: SETTINGS, onLog: quiet })).stop()
})
afterAll(() => rmSync(seed, { recursive: true, force: true }))

/** A data folder that has been started and stopped before. */
const usedFolder = (): string => {
  const dataDir = join(newFolder(), 'data')
  execFileSync('cp', ['-a', join(seed, 'data'), dataDir])
  return dataDir
}

const start = async (dataDir: string, options: { onLog?: (text: string) => void } = {}): Promise<Embedded> => {
  const server = await startEmbedded({ dataDir, settings: SETTINGS, onLog: quiet, ...options })
  cleanups.push(() => server.stop())
  return server
}

const run = async (connection: EmbeddedConnection, text: string): Promise<unknown[]> => {
  const client = new pg.Client(connection)
  client.on('error', quiet)
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

const failure = (work: Promise<unknown>): Promise<Fault> =>
  work.then(
    () => {
      throw new Error('expected a failure')
    },
    (error: Fault) => error,
  )

/** A Millrace of its own process that starts the server and tells what it got. */
const startElsewhere = async (
  dataDir: string,
): Promise<{ child: ChildProcess; said: { pid?: number; error?: string } }> => {
  const program = `
    const { startEmbedded } = await import(${JSON.stringify(new URL('./embedded.ts', import.meta.url).href)})
    const options = { dataDir: ${JSON.stringify(dataDir)}, settings: ${JSON.stringify(SETTINGS)}, onLog: () => {} }
    const server = await startEmbedded(options).catch((error) => ({ error }))
    console.log(JSON.stringify(server.error ? { error: server.error.message } : { pid: server.pid() }))
    process.stdin.resume()
    process.stdin.on('end', async () => { await server.stop?.(); process.exit(0) })
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['pipe', 'pipe', 'inherit'] })
  cleanups.push(() => child.kill('SIGKILL'))
  const said = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    child.once('exit', (code) => reject(new Error(`the other process ended with ${code}`)))
  })
  return { child, said: JSON.parse(said) }
}

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve()
    else child.once('exit', () => resolve())
  })

describe('an embedded server', () => {
  test('keeps its data from start to start, and leaves no process and no lock when stopped', async () => {
    const dataDir = join(newFolder(), 'data')
    const first = await start(dataDir)
    expect(first.adopted).toBe(false)
    await run(first.connection, 'create table kept as select 42 as n')
    await first.stop()
    expect(isAlive(first.pid())).toBe(false)
    expect(existsSync(join(dataDir, 'millrace.pid'))).toBe(false)
    expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false)
    const second = await start(dataDir)
    expect(await run(second.connection, 'select n from kept')).toEqual([{ n: 42 }])
    expect(second.version).toMatch(/^18\./)
  })

  test('lets nobody else in: private files, no network, no power for the application', async () => {
    const dataDir = usedFolder()
    const { connection, superuser, pid } = await start(dataDir)
    expect(statSync(join(dataDir, 'postgres')).mode & 0o777).toBe(0o700)
    expect(statSync(dataDir).mode & 0o066).toBe(0)
    expect(statSync(join(connection.host, '.s.PGSQL.5432')).mode & 0o777).toBe(0o700)
    expect(statSync(join(dataDir, 'postgres.log')).mode & 0o777).toBe(0o600)
    expect(await run(superuser, `select current_setting('listen_addresses') as addresses`)).toEqual([{ addresses: '' }])
    expect(
      await run(connection, 'select rolsuper, rolbypassrls, rolcreaterole from pg_roles where rolname = current_user'),
    ).toEqual([{ rolsuper: false, rolbypassrls: false, rolcreaterole: false }])
    const group = (id: number): string | undefined =>
      readFileSync(`/proc/${id}/stat`, 'utf8').split(') ')[1]?.split(' ')[2]
    expect(group(pid()), 'Ctrl-C must not reach the server before we are done with it').not.toBe(group(process.pid))
    const environment = readFileSync(`/proc/${pid()}/environ`, 'utf8')
    expect(environment.split('\0').map((entry) => entry.split('=')[0])).not.toContain('HOME')
  })

  test('writes no value of a statement into its log', async () => {
    const dataDir = usedFolder()
    const { connection, stop } = await start(dataDir)
    for (const text of [
      `select 'jane@example.com'::uuid`,
      `create table once (email text unique); insert into once values ('jane@example.com'), ('jane@example.com')`,
      `do $$ begin raise log 'we said so'; raise warning 'jane@example.com'; end $$`,
    ]) {
      await run(connection, text).catch(quiet)
    }
    await stop()
    const log = readFileSync(join(dataDir, 'postgres.log'), 'utf8')
    expect(log).toContain('we said so')
    expect(log).not.toContain('jane')
  })

  test('is adopted by the next start after its owner was killed, with its data', async () => {
    const dataDir = usedFolder()
    const { child, said } = await startElsewhere(dataDir)
    child.kill('SIGKILL')
    await ended(child)
    expect(isAlive(said.pid ?? 0)).toBe(true)
    const next = await start(dataDir)
    expect(next.adopted).toBe(true)
    expect(next.pid()).toBe(said.pid)
    expect(await run(next.connection, 'select 1 as one')).toEqual([{ one: 1 }])
    await next.stop()
    expect(isAlive(next.pid())).toBe(false)
  })

  test('with other settings than ours is stopped and started anew', async () => {
    const dataDir = usedFolder()
    const { child, said } = await startElsewhere(dataDir)
    child.kill('SIGKILL')
    await ended(child)
    const next = await startEmbedded({ dataDir, settings: { ...SETTINGS, max_connections: 20 }, onLog: quiet })
    cleanups.push(() => next.stop())
    expect(next.adopted).toBe(false)
    expect(isAlive(said.pid ?? 0)).toBe(false)
    expect(await run(next.superuser, 'show max_connections')).toEqual([{ max_connections: '20' }])
  })

  test('is refused to a second Millrace while the first lives, and given to it afterwards', async () => {
    const dataDir = usedFolder()
    const first = await start(dataDir)
    const second = await startElsewhere(dataDir)
    expect(second.said.error).toContain(`in use by another Millrace (process ${process.pid})`)
    expect(await failure(startEmbedded({ dataDir, onLog: quiet }))).toMatchObject({ code: 'setting_invalid' })
    expect(await run(first.connection, 'select 1 as one')).toEqual([{ one: 1 }])
    await first.stop()
    const third = await startElsewhere(dataDir)
    expect(third.said.error).toBeUndefined()
    third.child.stdin?.end()
    await ended(third.child)
    expect(isAlive(third.said.pid ?? 0)).toBe(false)
  })

  test('that two start at the same moment goes to one of them', async () => {
    const dataDir = join(newFolder(), 'data')
    const both = await Promise.all([startElsewhere(dataDir), startElsewhere(dataDir)])
    expect(both.filter(({ said }) => said.pid !== undefined)).toHaveLength(1)
    for (const { child } of both) {
      child.stdin?.end()
      await ended(child)
    }
  })

  test('that was killed is started again, and what was committed is there', async () => {
    const said: string[] = []
    const server = await start(usedFolder(), { onLog: (text) => said.push(text) })
    await run(server.connection, 'create table kept as select 42 as n')
    const killed = server.pid()
    process.kill(killed, 'SIGKILL')
    await expect
      .poll(() => run(server.connection, 'select n from kept').catch(() => []), { timeout: 20_000 })
      .toEqual([{ n: 42 }])
    expect(server.pid()).not.toBe(killed)
    expect(said.join('\n')).toContain('ended by itself')
  })

  test('starts though the id of its dead server is another program of its user by now', async () => {
    const dataDir = usedFolder()
    const folder = join(dataDir, 'postgres')
    const { uid } = statSync(folder)
    const other = spawn('sleep', ['60'], { stdio: 'ignore', cwd: '/', ...(uid === process.getuid?.() ? {} : { uid }) })
    cleanups.push(() => other.kill())
    writeFileSync(join(folder, 'postmaster.pid'), `${other.pid}\n${folder}\n1\n5432\n${folder}\n\n  1 1\nready   \n`)
    const server = await start(dataDir)
    expect(server.adopted).toBe(false)
    expect(await run(server.connection, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  test('works under a path too long for a socket', async () => {
    const dataDir = join(newFolder(), 'a'.repeat(60), 'b'.repeat(60))
    mkdirSync(dataDir, { recursive: true })
    const first = await start(dataDir)
    expect(first.connection.host.startsWith(tmpdir())).toBe(true)
    expect(statSync(first.connection.host).mode & 0o777).toBe(0o700)
    await first.stop()
    const second = await start(dataDir)
    expect(second.connection.host).toBe(first.connection.host)
    cleanups.push(() => rmSync(first.connection.host, { recursive: true, force: true }))
  })

  test('does not touch the files of another version', async () => {
    const dataDir = usedFolder()
    writeFileSync(join(dataDir, 'postgres', 'PG_VERSION'), '15\n')
    const error = await failure(startEmbedded({ dataDir, onLog: quiet }))
    expect(error.code).toBe('setting_invalid')
    expect(error.message).toContain('made by Postgres 15')
    expect(existsSync(join(dataDir, 'millrace.pid'))).toBe(false)
  })

  test('in a place where no folder can be made says so', async () => {
    const dataDir = join(newFolder(), 'file', 'data')
    writeFileSync(join(dataDir, '..'), 'not a folder')
    const error = await failure(startEmbedded({ dataDir, onLog: quiet }))
    expect(error.message).toContain(`${dataDir} cannot be made`)
  })

  test('that cannot start says why', async () => {
    const dataDir = usedFolder()
    const error = await failure(startEmbedded({ dataDir, settings: { shared_buffers: 'much' }, onLog: quiet }))
    expect(error.code).toBe('database_unavailable')
    expect(error.detail).toContain('invalid value for parameter "shared_buffers"')
  })
})

test('a command that began a server waits, and says so, until no other uses it', async () => {
  const server = await start(usedFolder())
  const other = new pg.Client(server.connection)
  await other.connect()
  let isOver = false
  let told = (): void => undefined
  const shared = new Promise<void>((resolve) => {
    told = resolve
  })
  const over = untilUnused(server.superuser, told).then(() => {
    isOver = true
  })
  await shared
  expect(isOver).toBe(false)
  await other.end()
  await over
  // Nor does it wait for one that is gone.
  await server.stop()
  await untilUnused(server.superuser, () => expect.unreachable())
})
