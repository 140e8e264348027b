import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { checkpointsOf } from './checkpoint.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-checkpoints-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Writes as an import does, many times over. */
const WRITER = `
const { checkpointsOf } = await import(${JSON.stringify(new URL('checkpoint.ts', import.meta.url).href)})
const checkpoints = checkpointsOf(${JSON.stringify(folder)}, 'same')
for (let line = 1; line <= 300; line += 1) checkpoints.write({ version: 1, line })
`

test('the same file may be imported by several at once: none takes away what another was about to write', async () => {
  const run = () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', WRITER])
  await Promise.all([run(), run(), run()])
  expect(readdirSync(join(folder, 'imports'))).toEqual(['same.json'])
  expect(checkpointsOf(folder, 'same').read()).toEqual({ version: 1, line: 300 })
})
