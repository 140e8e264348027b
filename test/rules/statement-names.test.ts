import { expect, it } from 'vitest'
import { lineAt, type SourceFile, sourceFiles } from './source-files.ts'

/** A name with its text, as an object or as two arguments of a function that makes one. */
const NAMED =
  /'([a-z][a-z0-9_]*)',\s*(?:text:\s*)?(`\s*(?:select|insert|update|delete|with)\b[^`]*`|'(?:select|insert|update|delete|with)\b[^'\n]*')/gi

const clashesIn = (files: readonly Pick<SourceFile, 'path' | 'code'>[]): string[] => {
  const known = new Map<string, { readonly text: string; readonly where: string }>()
  const clashes: string[] = []
  for (const { path, code } of files) {
    for (const { 1: name = '', 2: quoted = '', index } of code.matchAll(NAMED)) {
      const text = quoted.slice(1, -1)
      const where = `${path}:${lineAt(code, index)}`
      const before = known.get(name)
      if (before === undefined) known.set(name, { text, where })
      else if (before.text !== text) clashes.push(`${name}: ${before.where} and ${where}`)
    }
  }
  return clashes
}

it('gives no two statements one name: a connection that has prepared the one refuses the other', () => {
  expect(clashesIn(sourceFiles), 'rename one of them').toEqual([])
})

it('sees a clash in both ways of writing, and none where the text is the same', () => {
  const one = { path: 'a.ts', code: "name: 'read',\n text: 'select 1'" }
  expect(clashesIn([one, { path: 'b.ts', code: "query('read', `select 2`)" }])).toHaveLength(1)
  expect(clashesIn([one, { path: 'b.ts', code: "query('read', `select 1`)" }])).toEqual([])
})
