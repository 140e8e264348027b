import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readJson } from './json.ts'
import { splitRows } from './json-rows.ts'

describe('a body of many leads', () => {
  it('is taken apart into what each was, however it is written', () => {
    fc.assert(
      fc.property(
        fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 20 }),
        fc.nat(3),
        (leads, indent) => {
          const text = JSON.stringify(leads, null, indent)
          expect(splitRows(text, 100).rows.map((row) => JSON.parse(row))).toEqual(JSON.parse(text))
          const wrapped = JSON.stringify({ flow: 'a"]}', leads, mode: 'sync' }, null, indent)
          const { rows, rest } = splitRows(` ${wrapped}\n`, 100)
          expect(rows.map((row) => JSON.parse(row))).toEqual(JSON.parse(text))
          expect(JSON.parse(rest)).toEqual({ flow: 'a"]}', mode: 'sync' })
        },
      ),
    )
  })

  it('keeps what is wrong with one to that one', () => {
    const { rows } = splitRows('[{"email":"a@example.com"}, {"email":}, 7, {"a":{"b":[1,{}]}}, nonsense]', 10)
    const read = rows.map((row) => {
      try {
        return readJson(row)
      } catch {
        return 'wrong'
      }
    })
    expect(read.map((each) => (each === 'wrong' ? each : 'right'))).toEqual([
      'right',
      'wrong',
      'wrong',
      'right',
      'wrong',
    ])
  })

  it.each([
    ['', 'expected a list of leads'],
    ['7', 'expected a list of leads'],
    ['{}', 'expected a list of leads in "leads"'],
    ['{"leads":{}}', 'leads: expected a list'],
    ['[{"a":1}', 'expected a comma or the end of the list'],
    ['[{"a":[1}', 'expected'],
    ['["never closed]', 'expected a string that is closed'],
    ['[1] [2]', 'expected nothing behind the list'],
    ['{"leads":[] "x":1}', 'expected nothing behind the list'],
    ['{"a":"b" "x":1}', 'expected a list of leads in "leads"'],
    ['{leads:[]}', 'expected a name in double quotes'],
    [`[${'1,'.repeat(5)}1]`, 'expected at most 5 leads'],
  ])('%s is refused', (text, message) => {
    expect(() => splitRows(text, 5)).toThrow(message)
  })
})
