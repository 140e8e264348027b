import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { completeLinks } from './binaries.ts'
import { lockFolder } from './folder-lock.ts'
import { identityOf, isAlive } from './processes.ts'
import { findPostmaster } from './server-process.ts'
import { bufferMegabytes } from './server-settings.ts'
import { checkReachable } from './server-user.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-parts-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const stranger = { uid: 65_534, gid: 65_534, name: 'stranger' }

describe('bufferMegabytes', () => {
  test.each([
    [512, 128],
    [2_048, 512],
    [4_096, 1_024],
    [65_536, 1_024],
  ])('of a machine with %i MB are %i MB', (memory, buffers) => {
    expect(bufferMegabytes(memory * 1024 * 1024)).toBe(buffers)
  })
})

describe('checkReachable', () => {
  test('names the closed folder, and what to do', () => {
    chmodSync(folder, 0o755)
    mkdirSync(join(folder, 'closed', 'data'), { recursive: true })
    chmodSync(join(folder, 'closed'), 0o700)
    const check = () =>
      checkReachable({ path: join(folder, 'closed', 'data'), user: stranger, what: 'the data folder' })
    expect(check).toThrow(
      `The user stranger, who runs the embedded Postgres, cannot enter ${join(folder, 'closed')} on`,
    )
    chmodSync(join(folder, 'closed'), 0o711)
    expect(check).not.toThrow()
  })
})

describe('lockFolder', () => {
  test('refuses a folder whose holder lives', async () => {
    const lock = await lockFolder(folder)
    await expect(lockFolder(folder)).rejects.toThrow(`in use by another Millrace (process ${process.pid})`)
    lock.release()
    ;(await lockFolder(folder)).release()
  })

  test.each([
    ['whose process is gone', { pid: 4_194_303, identity: '' }],
    ['whose process id now belongs to another', { pid: process.ppid, identity: 'another boot:1' }],
  ])('takes over from a holder %s', async (_, holder) => {
    writeFileSync(join(folder, 'millrace.pid'), JSON.stringify(holder))
    const lock = await lockFolder(folder)
    expect(JSON.parse(readFileSync(join(folder, 'millrace.pid'), 'utf8'))).toEqual({
      pid: process.pid,
      identity: identityOf(process.pid),
    })
    lock.release()
  })

  test('takes over from a file that a crash left half written', async () => {
    writeFileSync(join(folder, 'millrace.pid'), '{"pi')
    ;(await lockFolder(folder)).release()
  })

  test('gives the folder to one of many that ask at once', async () => {
    const asked = await Promise.allSettled(Array.from({ length: 5 }, () => lockFolder(folder)))
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })
})

describe('findPostmaster', () => {
  const note = (pid: number): void =>
    writeFileSync(join(folder, 'postmaster.pid'), `${pid}\n${folder}\n1\n5432\n/run\n\n\nready   \n`)

  test('takes no other program for a server because it has the id that a killed server had', () => {
    note(process.pid)
    expect(isAlive(process.pid)).toBe(true)
    expect(findPostmaster(folder)).toBeUndefined()
  })

  test('finds none where the noted process is gone', () => {
    note(4_194_303)
    expect(findPostmaster(folder)).toBeUndefined()
  })
})

test('completeLinks makes the library links that a skipped install script left out', () => {
  mkdirSync(join(folder, 'native', 'lib'), { recursive: true })
  writeFileSync(join(folder, 'native', 'lib', 'libpq.so.5.18'), 'library')
  const links = ['libpq.so', 'libpq.so.5'].map((name) => ({
    source: 'native/lib/libpq.so.5.18',
    target: `native/lib/${name}`,
  }))
  writeFileSync(join(folder, 'native', 'pg-symlinks.json'), JSON.stringify(links))
  completeLinks(folder)
  completeLinks(folder)
  expect(readFileSync(join(folder, 'native', 'lib', 'libpq.so'), 'utf8')).toBe('library')
  expect(readlinkSync(join(folder, 'native', 'lib', 'libpq.so.5'))).toBe('libpq.so.5.18')
})
