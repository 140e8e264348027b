/** What linkage reaches on files whose truth is known, none of which it was told. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { historicalRows } from '../../bench/identity/historical.ts'
import { householdRows } from '../../bench/identity/households.ts'
import { notableRows } from '../../bench/identity/notables.ts'
import { agreementOf } from '../../src/identity/evaluate.ts'
import { evaluate, linkRows } from '../support/identity-link.ts'

it('finds the duplicates of febrl-1 without the numbers that name them', async () => {
  const figures = await evaluate('febrl-1.csv', {
    truth: 'rec_id',
    truthPattern: 'rec-(\\d+)-',
    drop: ['soc_sec_id'],
  })
  expect(figures).toMatchObject({ records: 1000, true_pairs: 500 })
  expect(figures.f1).toBeGreaterThanOrEqual(0.985)
})

it('takes the truth out of a value as it is told, and a row without it for nobody else', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-truth-'))
  const file = join(folder, 'people.csv')
  writeFileSync(file, 'id,name,mail\nr-1-a,Ann Quill,ann@x.org\nr-1-b,Ann Quil,ann@x.org\n,Bo Reed,bo@x.org\n')
  try {
    for (const truthPattern of ['r-(\\d+)-', 'r\\-(\\d+)\\-'])
      expect(await evaluate(file, { truth: 'id', truthPattern })).toMatchObject({ records: 3, true_pairs: 1 })
    await expect(evaluate(file, { truth: 'id', truthPattern: '(' })).rejects.toThrow('not a regular expression')
    await expect(evaluate(file, { truth: 'id', truthPattern: 'x(.)' })).rejects.toThrow('Line 2')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

it('finds the persons of splink-fake-1000, half of whose values are wrong or missing', async () => {
  const figures = await evaluate('splink-fake-1000.csv', { truth: 'cluster' })
  expect(figures).toMatchObject({ records: 1000, true_pairs: 2031 })
  expect(figures.f1).toBeGreaterThanOrEqual(0.95)
  expect(figures.b3_f1).toBeGreaterThanOrEqual(0.95)
})

it('finds persons of the past under titles and in other spellings, in a real file with columns of its own', async () => {
  const figures = await evaluate('historical-figures.csv', { truth: 'cluster' })
  expect(figures).toMatchObject({ records: 994, true_pairs: 6368 })
  expect(figures.f1).toBeGreaterThanOrEqual(0.95)
  expect(figures.precision).toBeGreaterThanOrEqual(0.99)
})

it.each([
  { noise: 1, f1: 0.93 },
  { noise: 2, f1: 0.85 },
])('keeps persons of the past, their families and namesakes apart at noise $noise', ({ noise, f1 }) => {
  const rows = historicalRows({ persons: 250, seed: 77, noise })
  const headers = Object.keys(rows[0] ?? {}).filter((header) => header !== 'cluster')
  const values = rows.map((row) => headers.map((header) => row[header as keyof typeof row]))
  const { clusters } = linkRows(headers, values)
  const truth = rows.map(({ cluster }) => cluster)
  expect(agreementOf(clusters, truth).f1).toBeGreaterThanOrEqual(f1)
})

it('finds persons under titles, in other spellings and with half of what is known left out', () => {
  const rows = notableRows({ persons: 300, seed: 3 })
  const headers = Object.keys(rows[0] ?? {}).filter((header) => header !== 'cluster')
  const values = rows.map((row) => headers.map((header) => row[header as keyof typeof row]))
  const { clusters } = linkRows(headers, values)
  const truth = rows.map(({ cluster }) => cluster)
  expect(agreementOf(clusters, truth).f1).toBeGreaterThanOrEqual(0.94)
})

it('keeps the members of a household apart, whose addresses, phones and e-mails are alike', () => {
  const rows = householdRows({ households: 500, seed: 8 })
  const headers = Object.keys(rows[0] ?? {}).filter((header) => header !== 'person')
  const values = rows.map((row) => headers.map((header) => row[header as keyof typeof row]))
  const { clusters } = linkRows(headers, values)
  const truth = rows.map(({ person }) => person)
  const { f1, precision } = agreementOf(clusters, truth)
  expect(f1).toBeGreaterThanOrEqual(0.9)
  expect(precision).toBeGreaterThanOrEqual(0.9)
})
