import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import en from '../../console/src/en.json' with { type: 'json' }

/** All texts of the screens stand in one catalogue: none is written into a screen, and none stands there for nothing. */

const ROOT = fileURLToPath(new URL('../../console/src/', import.meta.url))
const files = globSync('**/*.{ts,tsx}', { cwd: ROOT }).map((path) => ({
  path,
  text: readFileSync(`${ROOT}${path}`, 'utf8'),
}))

/** What is read aloud or shown: a text between tags, or one of these attributes. Names of keys are none. */
const BETWEEN = />[ \t]*([A-Z][a-z]+(?: [a-z]+)+[.?!]?)[ \t]*</g
const ATTRIBUTE = /\b(?:label|title|description|alt|aria-label|aria-valuetext)="([^"]*[A-Za-z]{2}[^"]*)"/g

it('no screen says a text of its own', () => {
  const own = files.flatMap(({ path, text }) =>
    path.endsWith('.tsx')
      ? [...text.matchAll(BETWEEN), ...text.matchAll(ATTRIBUTE)].map(([, said]) => `${path}: ${said}`)
      : [],
  )
  expect(own).toEqual([])
})

it('every text is used, by its name or by one that is put together', () => {
  const all = files.map(({ text }) => text).join('\n')
  const families = [...all.matchAll(/\b(?:named\(\s*'([\w.]+)'|tn?\(\s*`([\w.]*)\$\{|text: `([\w.]*)\$\{)/g)].map(
    ([, named = '', put = '', text = '']) => (named === '' ? put || text : `${named}.`),
  )
  const isUsed = (key: string): boolean =>
    all.includes(`'${key}'`) ||
    all.includes(`"${key}"`) ||
    families.some((family) => family !== '' && key.startsWith(family))
  const isOne = (key: string): boolean => key.endsWith('.one') && Object.hasOwn(en, key.slice(0, -4))
  const idle = Object.keys(en).filter((key) => !isUsed(key) && !isOne(key))
  expect(idle).toEqual([])
})
