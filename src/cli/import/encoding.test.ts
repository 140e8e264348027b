import { mkdtempSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openCsv } from './csv-file.ts'
import { decodedSource, detectEncoding, readEncoding } from './encoding.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-encoding-'))
let files = 0
const fileOf = (content: Buffer): string => {
  files += 1
  const file = join(folder, `${files}.csv`)
  writeFileSync(file, content)
  return file
}
const detected = async (content: Buffer): Promise<string> => {
  const handle = await open(fileOf(content), 'r')
  return detectEncoding(handle).finally(() => handle.close())
}
const utf16be = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16()
const lines = (line: string, count: number): string => `${line}\n`.repeat(count)

describe('what a file is written in', () => {
  it.each<readonly [string, Buffer, string]>([
    ['plain ASCII', Buffer.from('name,email\nAnn,a@example.com\n'), 'utf-8'],
    ['UTF-8', Buffer.from('name\nMüller\n'), 'utf-8'],
    ['UTF-8 with a mark', Buffer.from('\ufeffname\nAnn\n'), 'utf-8'],
    ['UTF-8 with some broken rows', Buffer.concat([Buffer.from('a\nÄ\nÖ\n'), Buffer.from([0xfc, 0x0a])]), 'utf-8'],
    ['Windows-1252', Buffer.from('name\nM\xfcller \x80\n', 'latin1'), 'windows-1252'],
    [
      'Windows-1252 far into it',
      Buffer.from(`${lines('Ann,a@example.com', 40_000)}M\xfcller\n`, 'latin1'),
      'windows-1252',
    ],
    ['Windows-1252 without line ends', Buffer.from('M\xfcller', 'latin1'), 'windows-1252'],
    ['UTF-16 with a mark', Buffer.from('\ufeffname\nAnn\n', 'utf16le'), 'utf-16le'],
    ['UTF-16, the other way round', utf16be('\ufeffname\nAnn\n'), 'utf-16be'],
    ['UTF-16 without a mark', Buffer.from('name,email\nAnn,a@example.com\n', 'utf16le'), 'utf-16le'],
    ['nothing', Buffer.alloc(0), 'utf-8'],
    ['a workbook', Buffer.from('PK\x03\x04\xff\xfe\xfc', 'latin1'), 'utf-8'],
  ])('%s', async (_, content, encoding) => {
    expect(await detected(content)).toBe(encoding)
  })

  it('is taken from whoever says it, by any of its names', () => {
    expect(['UTF8', 'latin1', 'cp1252', 'ISO-8859-2', 'macintosh', 'utf-16le'].map(readEncoding)).toEqual([
      'utf-8',
      'windows-1252',
      'windows-1252',
      'iso-8859-2',
      'macintosh',
      'utf-16le',
    ])
    expect(() => readEncoding('klingon')).toThrow(/there is no such encoding.*windows-1252/)
    expect(() => readEncoding('shift_jis')).toThrow(/save the file as UTF-8/)
  })
})

describe('a file in another encoding', () => {
  const LONG = `name,city\n${Array.from({ length: 30_000 }, (_, n) => `Müller ${n} €,Köln 🙂\n`).join('')}`

  it('is read as the same text from any byte on, whatever stood before', async () => {
    const file = fileOf(Buffer.from(`\ufeff${LONG}`, 'utf16le'))
    const handle = await openCsv(file)
    const whole = Buffer.from(LONG, 'utf8')
    expect((await handle.stat()).size).toBe(whole.length)
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length + 10), fc.nat(700_000), async (position, length) => {
        const buffer = Buffer.alloc(length)
        const { bytesRead } = await handle.read(buffer, 0, length, position)
        expect(buffer.subarray(0, bytesRead).equals(whole.subarray(position, position + length))).toBe(true)
      }),
      { numRuns: 40 },
    )
    await handle.close()
  })

  it('in one byte a letter too, also from the middle on at first', async () => {
    const bytes = Buffer.from(LONG.replaceAll(' 🙂', '').replaceAll(' €', ''), 'latin1')
    const raw = await open(fileOf(bytes), 'r')
    const source = decodedSource(raw, 'windows-1252')
    const whole = Buffer.from(bytes.toString('latin1'), 'utf8')
    const buffer = Buffer.alloc(50)
    const { bytesRead } = await source.read(buffer, 0, 50, whole.length - 20)
    expect(buffer.subarray(0, bytesRead).toString()).toBe(whole.subarray(-20).toString())
    expect(await source.size()).toBe(whole.length)
    await raw.close()
  })
})
