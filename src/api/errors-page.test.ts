import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { FAULTS, type FaultCode, POLICY } from '../base/faults.ts'
import { PENDING, REJECTIONS } from '../lead/codes.ts'
import { FAULT_STATUS } from './statuses.ts'

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')

/** The rows of the tables below a heading that begin with a code, as cells. */
const rowsBelow = (heading: string): string[][] => {
  const section = page.split(/^## /m).find((part) => part.startsWith(heading)) ?? ''
  return [...section.matchAll(/^\| `([^`]+)` \|(.*)\|$/gm)].map(([, code = '', rest = '']) => [
    code,
    ...rest.split('|').map((cell) => cell.trim()),
  ])
}

const sorted = (names: Iterable<string>): string[] => [...names].sort()

describe('docs/errors.md', () => {
  it('has every fault with its status and kind, and no other', () => {
    const rows = rowsBelow('Errors')
    expect(sorted(rows.map(([code = '']) => code))).toEqual(sorted(Object.keys(FAULTS)))
    for (const [code, status, kind] of rows) {
      expect([code, status, kind]).toEqual([code, String(FAULT_STATUS[code as FaultCode]), FAULTS[code as FaultCode]])
    }
  })

  it('has every rejection with its status, and no other', () => {
    const rows = rowsBelow('Rejections').map(([code, status]) => [code, Number(status)])
    expect(Object.fromEntries(rows)).toEqual(REJECTIONS)
    expect(rows).toHaveLength(Object.keys(REJECTIONS).length)
  })

  it('has every reason to stand still with its meaning, and no other', () => {
    const rows = rowsBelow('Pending').map(([code, meaning]) => [code, meaning])
    expect(Object.fromEntries(rows)).toEqual(PENDING)
    expect(rows).toHaveLength(Object.keys(PENDING).length)
  })

  it('has every kind, and no other', () => {
    const table = page.split('**Kind**')[1]?.split('A status of 500')[0] ?? ''
    const kinds = [...table.matchAll(/^\| ([a-z]+) \| [^|]+ \| [^|]+ \| ([a-z]+) \|$/gm)].filter(
      ([, kind]) => kind !== 'kind',
    )
    expect(Object.fromEntries(kinds.map(([, kind, actor]) => [kind, actor]))).toEqual(
      Object.fromEntries(Object.entries(POLICY).map(([kind, { actor }]) => [kind, actor])),
    )
  })

  it('says what to do in every row', () => {
    for (const heading of ['Errors', 'Rejections', 'Pending']) {
      for (const cells of rowsBelow(heading)) for (const cell of cells) expect(cell, cells[0]).not.toBe('')
    }
  })
})
