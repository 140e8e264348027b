import { basename, dirname } from 'node:path'
import { expect, it } from 'vitest'
import { codeFiles, filesUnder, lineAt, read } from './source-files.ts'

const LINES_MAX = 400

it('keeps every file to one thing', () => {
  const long = codeFiles
    .map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > LINES_MAX)
    .map(({ path, lines }) => `${path} (${lines})`)
  expect(long, `over ${LINES_MAX} lines: find the second thing it says, and give that a file and a name`).toEqual([])
})

const NAMELESS = /^(?:utils?|helpers?|common|managers?|misc|stuff|shared)$/
const KEBAB = /^[a-z0-9]+(?:-[a-z0-9]+)*$/

it('names files for what they say', () => {
  const parts = codeFiles.flatMap(({ path }) => {
    const [name = ''] = basename(path).split('.')
    return [...dirname(path).split('/'), name].map((part) => ({ path, part }))
  })
  expect(
    parts.filter(({ part }) => part.split(/[-_]/).some((word) => NAMELESS.test(word))).map(({ path }) => path),
    'a drawer for anything: name the file for the one thing it does, or put each function where it is used',
  ).toEqual([])
  expect(
    parts.filter(({ part }) => !KEBAB.test(part)).map(({ path }) => path),
    'file names are kebab-case: small letters and digits, joined by -',
  ).toEqual([])
})

/** Read by a tool that looks for a default export. */
const DEFAULTS = ['console/vite.config.ts']

it('exports by name', () => {
  const named = codeFiles.filter(({ path }) => !DEFAULTS.includes(path))
  const wrong = named.flatMap(({ path, code }) =>
    [...code.matchAll(/^export default\b|\bas default\b/gm)].map((match) => `${path}:${lineAt(code, match.index)}`),
  )
  expect(wrong, 'a default export has another name wherever it goes: export it under its own').toEqual([])
})

/** Written in halves, so that this file may be searched too. */
const ASIDE = new RegExp(`\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'HA' + 'CK'].join('|')})\\b`, 'g')
const UNFINISHED_IN = ['src', 'test', 'bench', 'examples', 'migrations', 'docs', 'console']

it('leaves nothing for later in the code', () => {
  const wrong = UNFINISHED_IN.flatMap(filesUnder)
    .filter((path) => /\.(?:[cm]?[jt]sx?|sql|md|ya?ml|css|html)$/.test(path))
    .flatMap((path) => {
      const text = read(path)
      return [...text.matchAll(ASIDE)].map((match) => `${path}:${lineAt(text, match.index)}`)
    })
  expect(wrong, 'finish it, or file an issue and leave the note there').toEqual([])
})

it('runs every test', () => {
  const wrong = codeFiles
    .filter(({ path }) => path.startsWith('test/') || path.endsWith('.test.ts'))
    .flatMap(({ path, code }) =>
      [
        ...code.matchAll(/\b(?:it|test|describe|suite|bench)(?:\.\w+)*\.(?:only|skip|todo|fails|skipIf|runIf)\b/g),
        // The one way to leave a test out is from inside it, in words that the report shows.
        ...code.matchAll(/\bskip\((?![^)]*,)(?!\s*['"`])[^)]*\)/g),
      ].map((match) => `${path}:${lineAt(code, match.index)} ${match[0]}`),
    )
  expect(
    wrong,
    "run it, mend it or delete it. Where a machine lacks something, say so inside: ({ skip }) => skip(missing, 'why')",
  ).toEqual([])
})
