import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { THRESHOLD } from '../../columns/propose.ts'
import { fieldTypes } from '../../fields/index.ts'
import { compileFlow } from '../../flow/compile.ts'
import { parseFlow } from '../../flow/parse.ts'
import { destinationTypes } from '../../integrations/index.ts'
import { stepTypes } from '../../steps/index.ts'
import { type MapOptions, runMap } from './map.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-map-'))
afterAll(() => rmSync(folder, { recursive: true }))

const run = async (content: string | Buffer, over: Partial<MapOptions> = {}): Promise<string> => {
  const file = join(folder, 'people.csv')
  writeFileSync(file, content)
  let text = ''
  const code = await runMap({
    file,
    country: 'us',
    threshold: THRESHOLD,
    json: true,
    samples: false,
    yaml: false,
    now: Date.UTC(2026, 10, 26),
    output: { write: (more) => (text += more) },
    ...over,
  })
  expect(code).toBe(0)
  return text
}

const FILE = 'e-mail address,Phone Number,given_name,X1\nada@example.com,512-555-0142,Ada,red\n'

describe('millrace map', () => {
  it('prints a field, its type, a confidence and why for each column, and what to ask', async () => {
    const printed = JSON.parse(await run(FILE)) as {
      columns: { header: string; field: string | null; type: string | null; confidence: number; why: string }[]
      ask: { header: string; question: string; candidates: { field: string }[] }[]
    }
    expect(printed.columns.map(({ header, field, type }) => [header, field, type])).toEqual([
      ['e-mail address', 'email', 'email'],
      ['Phone Number', 'phone', 'phone'],
      ['given_name', 'first_name', 'first_name'],
      ['X1', null, null],
    ])
    for (const { confidence, why } of printed.columns) {
      expect(confidence >= 0 && confidence <= 1).toBe(true)
      expect(why).not.toBe('')
    }
    expect(printed.ask).toMatchObject([{ header: 'X1', question: 'Which field is "X1": x_1, or none?' }])
  })

  it('shows no value of the file unless asked', async () => {
    for (const over of [{}, { json: false }, { yaml: true, json: false }]) {
      const text = await run(FILE, over)
      expect(text).not.toMatch(/ada@|555|Ada|\bred\b/)
    }
    expect(JSON.parse(await run(FILE, { samples: true })).columns[0].samples).toEqual(['ada@example.com'])
  })

  it('reads what ad platforms and spreadsheets write: UTF-16 with tabs, semicolons, bars', async () => {
    const meta = FILE.replaceAll(',', '\t')
    const files = [
      Buffer.from(`\ufeff${meta}`, 'utf16le'),
      Buffer.from(`\ufeff${meta}`, 'utf16le').swap16(),
      FILE.replaceAll(',', ';'),
      FILE.replaceAll(',', '|'),
      `\ufeff${FILE.replaceAll('\n', '\r\n')}`,
    ]
    for (const file of files)
      expect(
        (JSON.parse(await run(file)) as { columns: { field: string }[] }).columns.map(({ field }) => field),
      ).toEqual(['email', 'phone', 'first_name', null])
  })

  it('with --yaml prints fields and a mapping that a flow takes as they are', async () => {
    const yaml = await run(FILE.replace('given_name', 'Given "Name".[x]'.replaceAll('"', '')), {
      json: false,
      yaml: true,
    })
    const registries = { fields: fieldTypes, steps: stepTypes, destinations: destinationTypes }
    const { document, problems } = parseFlow(`flow: people\n${yaml}`, registries)
    expect(problems).toEqual([])
    const source = compileFlow({ document, version: 1, registries }).sources.get('file')
    expect(source?.map({ 'e-mail address': 'a', 'Phone Number': 'b', 'Given Name.[x]': 'c', X1: 'd' })).toEqual({
      values: { email: 'a', phone: 'b', first_name: 'c' },
      extra: { X1: 'd' },
    })
  })

  it('asks about more where more is demanded, and refuses what is no table', async () => {
    const strict = JSON.parse(await run(FILE, { threshold: 1 })) as { ask: unknown[] }
    expect(strict.ask).toHaveLength(4)
    await expect(run('')).rejects.toThrow(/is empty/)
    await expect(run('PK\u0003\u0004xl')).rejects.toThrow(/workbook/)
  })
})
