import { mkdtempSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HEAD_BYTES_MAX, readHead } from './csv-head.ts'
import { type CsvRow, readRows } from './csv-rows.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-csv-'))
let files = 0

/** Reads a file as an import does: from the first row, or from where another row ended. */
const rowsOf = async (
  content: string | Buffer,
  from?: { readonly offset: number; readonly line: number },
): Promise<CsvRow[]> => {
  const file = join(folder, `${files++}.csv`)
  writeFileSync(file, content)
  const handle = await open(file, 'r')
  try {
    const bytes = Buffer.from(content as string)
    const head = readHead(bytes.subarray(0, HEAD_BYTES_MAX), 'people.csv')
    const rows: CsvRow[] = []
    for await (const row of readRows(handle, head, from ?? head)) rows.push(row)
    return rows
  } finally {
    await handle.close()
  }
}

const read = async (content: string | Buffer) =>
  (await rowsOf(content)).map((row) => ('values' in row.read ? row.read.values : `${row.line}: ${row.read.reason}`))

const headOf = (content: string | Buffer) => readHead(Buffer.from(content as string), 'people.csv')

describe('the header', () => {
  it('tells the delimiter, and stands behind a byte order mark', () => {
    expect(headOf('a,b;c,d\n')).toMatchObject({ headers: ['a', 'b;c', 'd'], delimiter: ',' })
    expect(headOf('\ufeffa;b;c\n')).toMatchObject({ headers: ['a', 'b', 'c'], delimiter: ';' })
    expect(headOf('a\tb\r\n')).toMatchObject({ headers: ['a', 'b'], delimiter: '\t', offset: 5, line: 2 })
    expect(headOf('"last, first, middle";email\n')).toMatchObject({ headers: ['last, first, middle', 'email'] })
    expect(headOf('email')).toMatchObject({ headers: ['email'], delimiter: ',' })
  })

  it('may follow blank lines, span lines, and end with carriage returns alone', () => {
    expect(headOf('\n \na,b\n')).toMatchObject({ headers: ['a', 'b'], line: 4 })
    expect(headOf('"a\nb",c\n1,2\n')).toMatchObject({ headers: ['a\nb', 'c'], line: 3 })
    expect(headOf('a,b\r1,2\r')).toMatchObject({ headers: ['a', 'b'], newline: '\r' })
  })

  it('names a column without a name by its place', () => {
    expect(headOf(',name,\n').headers).toEqual(['column_1', 'name', 'column_3'])
  })

  it.each([
    ['', /people\.csv is empty/],
    ['\n\n', /people\.csv is empty/],
    ['email,name, email\n', /header "email" stands twice, in columns 1 and 3/],
    [Buffer.from('PK\u0003\u0004xl/workbook'), /workbook/],
    [Buffer.from('a,b\n', 'utf16le'), /NUL/],
    [Buffer.from('vorname,stra\xdfe\n', 'latin1'), /Not UTF-8/],
    [`"${'x'.repeat(HEAD_BYTES_MAX)}`, /no header in its first 256 KiB/],
    ['"a,b\n', /header cannot be read/],
    [Array.from({ length: 1001 }, (_, n) => `c${n}`).join(','), /1001 columns: at most 1000/],
  ])('is refused in one line: %#', (content, message) => {
    expect(() => headOf(content)).toThrow(message)
    try {
      headOf(content)
    } catch (error) {
      expect((error as Error).message).not.toContain('\n')
    }
  })
})

describe('rows', () => {
  it('are values without the blanks around them, in any line ends', async () => {
    const rows = [
      ['1', 'Ann', ''],
      ['2', 'Bo', 'x'],
    ]
    expect(await read('id, name, note\r\n1, Ann ,\r\n\r\n2,\tBo,x')).toEqual(rows)
    expect(await read('id,name,note\r1,Ann,\r2,Bo,x\r')).toEqual(rows)
    expect(await read('id\tname\tnote\n1\tAnn\t\n2\tBo\t"x"\n')).toEqual(rows)
  })

  it('keep what is quoted as it is', async () => {
    expect(await read('a;b\n"x;y";" ""z""\n\nend "\n')).toEqual([['x;y', ' "z"\n\nend ']])
    expect(await read('a,b\n"x" , "y"\n')).toEqual([['x', 'y']])
    expect(await read('a\tb\tc\n\t\t"y"\n \t "z\t" \t\n')).toEqual([
      ['', '', 'y'],
      ['', 'z\t', ''],
    ])
  })

  it('are unreadable singly, with their line', async () => {
    expect(
      await read(
        Buffer.concat([
          Buffer.from('a,b\n1,2\n1\n1,2,3\nx\0,2\n'),
          Buffer.from('M\xfcller,2\n', 'latin1'),
          Buffer.from('5" pipe,2\n"x"y,2\n3,4\n'),
        ]),
      ),
    ).toEqual([
      ['1', '2'],
      '3: 1 columns where the header has 2',
      '4: 3 columns where the header has 2',
      '5: A NUL character stands in it',
      '6: Not UTF-8 text',
      '7: A quote stands inside a value that is not quoted',
      '8: Text follows a closing quote',
      ['3', '4'],
    ])
  })

  it('after a quote that is never closed are read all the same', async () => {
    const more = Array.from({ length: 12_000 }, (_, n) => `${n},"b"\n`).join('')
    const rows = await read(`a,b\n1,2\n"x,y\n${more}`)
    expect(rows).toHaveLength(12_002)
    expect(rows[1]).toBe('3: A quote is opened and never closed')
    expect(rows[2]).toEqual(['0', 'b'])
    expect(await read('a,b\n1,"2')).toEqual(['2: A quote is opened and never closed'])
  })

  it('are not swallowed by a quote that a later one closes', async () => {
    expect(await read('a,b,c\n"1,2,3\n4,5,6\n7,8,"\nx"\n9,10,11\n')).toEqual([
      '2: A quote is opened and never closed',
      ['4', '5', '6'],
      ['7', '8', '\nx'],
      ['9', '10', '11'],
    ])
  })

  it('may be as large as a submission, and no larger', async () => {
    const large = 'x'.repeat(1_000_000)
    const rows = await rowsOf(`a,b\n${large},1\n"${large}",2\n${large.repeat(3)},3\n4,4\n`)
    expect(rows.map((row) => ('values' in row.read ? row.read.values[1] : row.read.reason))).toEqual([
      '1',
      '2',
      'Longer than 1024 KiB',
      '4',
    ])
    expect(rows[2]?.bytes.length).toBe(1024 * 1024)
    expect(rows[3]).toMatchObject({ line: 5, nextLine: 6 })
  })

  it('are what was written, whatever was written, and the same from any row on', async () => {
    const cell = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 12 }),
      fc.string({ unit: fc.constantFrom('"', ',', ';', '\t', '\n', '\r', 'a', ' '), maxLength: 8 }),
    )
    const table = fc
      .tuple(fc.integer({ min: 2, max: 5 }), fc.constantFrom(',', ';', '\t'), fc.constantFrom('\n', '\r\n'))
      .chain(([width, delimiter, newline]) =>
        fc.record({
          width: fc.constant(width),
          delimiter: fc.constant(delimiter),
          newline: fc.constant(newline),
          rows: fc.array(fc.array(cell, { minLength: width, maxLength: width }), { maxLength: 6 }),
        }),
      )
    await fc.assert(
      fc.asyncProperty(table, async ({ width, delimiter, newline, rows }) => {
        const whole = rows.map((row) => row.map((value) => value.replaceAll('\0', '').toWellFormed()))
        const content = stringify([Array.from({ length: width }, (_, n) => `h${n}`), ...whole], {
          delimiter,
          record_delimiter: newline,
          quoted: true,
        })
        const found = await rowsOf(content)
        expect(found.map((row) => ('values' in row.read ? row.read.values : row.read.reason))).toEqual(whole)
        for (const [index, row] of found.entries()) {
          const rest = await rowsOf(content, { offset: row.end, line: row.nextLine })
          expect(rest.map((each) => [each.line, each.read])).toEqual(
            found.slice(index + 1).map((each) => [each.line, each.read]),
          )
        }
      }),
      { numRuns: 60 },
    )
  })

  it('of any bytes at all end, each line once, and none is lost', async () => {
    const soup = fc.array(fc.constantFrom('"', ',', '\n', '\r\n', 'a', ' ', '\0', '\xff', '"x"'), { maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(soup, async (parts) => {
        const body = Buffer.from(parts.join(''), 'latin1')
        const rows = await rowsOf(Buffer.concat([Buffer.from('a,b\n'), body]))
        let end = 4
        let line = 2
        for (const row of rows) {
          expect(row.line).toBeGreaterThanOrEqual(line)
          expect(row.end).toBeGreaterThan(end)
          end = row.end
          line = row.nextLine
        }
        const rest = Buffer.concat([Buffer.from('a,b\n'), body]).subarray(end)
        expect(rest.toString('latin1').trim()).toBe('')
      }),
      { numRuns: 200 },
    )
  })
})
