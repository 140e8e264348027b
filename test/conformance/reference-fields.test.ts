import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { fieldsReference } from '../../src/cli/commands/reference-fields.ts'
import { fieldTypes } from '../../src/fields/index.ts'

const page = readFileSync(new URL('../../docs/reference/fields.md', import.meta.url), 'utf8')

it('keeps docs/reference/fields.md equal to what the field types say of themselves', () => {
  expect(page === fieldsReference(fieldTypes), 'docs/reference/fields.md is out of date: make it anew').toBe(true)
})

it('writes tables whose rows all have their columns', () => {
  const wrong = page.split('\n').filter((line) => line.startsWith('|') && line.split(/(?<!\\)\|/).length !== 6)
  expect(wrong).toEqual([])
})
