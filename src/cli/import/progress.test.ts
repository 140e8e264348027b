import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const PROGRAM = `
  const { createProgress } = await import(process.argv[1])
  const output = Object.assign(process.stderr, { isTTY: false })
  createProgress({ output, silent: false, total: 10, from: { done: 0, rows: 0 } }).update({ done: 5, rows: 5 })
`

describe('a progress', () => {
  // `restore` into a database that was not empty said so, and then told of its progress for ever.
  it('that nobody ends keeps no process alive where its lines go to a file', async () => {
    const args = ['--input-type=module', '-e', PROGRAM, new URL('progress.ts', import.meta.url).href]
    await expect(promisify(execFile)(process.execPath, args, { timeout: 20_000 })).resolves.toBeDefined()
  }, 30_000)
})
