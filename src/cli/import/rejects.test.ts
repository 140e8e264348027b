import { mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openRejects } from './rejects.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-rejects-'))
afterAll(() => rmSync(folder, { recursive: true }))

const row = (line: number) => ({ line, reason: 'A NUL character stands in it', bytes: Buffer.from(`row ${line}`) })

test('an import that goes on cuts off what is not counted, and makes nothing up where somebody took rows out', () => {
  const file = join(folder, 'rejects.csv')
  const first = openRejects({ file, from: 0 })
  first.write(row(2))
  const counted = first.size()
  first.write(row(3))
  first.close()

  const second = openRejects({ file, from: counted })
  second.write(row(4))
  second.close()
  const text = () => readFileSync(file, 'utf8')
  expect(
    text()
      .split('\r\n')
      .map((line) => line.split(',')[0]),
  ).toEqual(['line', '2', '4', ''])

  truncateSync(file, 'line,reason,row\r\n'.length)
  const third = openRejects({ file, from: counted })
  third.write(row(5))
  expect(third.size()).toBe(text().length)
  third.close()
  expect(text()).toBe('line,reason,row\r\n5,"A NUL character stands in it","row 5"\r\n')
})
