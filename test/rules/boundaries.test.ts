import { expect, it } from 'vitest'
import { PLACES, placeOf, rowOf, ruleOf } from './places.ts'
import { importsOf, sourceFiles } from './source-files.ts'

const imports = sourceFiles.flatMap(importsOf).flatMap((each) => {
  if (each.target === null) return []
  const from = placeOf(each.from.path)
  const to = placeOf(each.target)
  return from === to ? [] : [{ ...each, path: each.from.path, from, to }]
})

it('reads the imports it judges', () => {
  expect(imports.length).toBeGreaterThan(300)
  expect(imports.some(({ from, to, typeOnly }) => from === 'lead' && to === 'kit' && typeOnly)).toBe(true)
  expect(imports.some(({ from, to, typeOnly }) => from === 'runner' && to === 'base' && !typeOnly)).toBe(true)
})

it('knows every room', () => {
  const unplaced = [...new Set(sourceFiles.map(({ path }) => placeOf(path)))].filter((place) => !ruleOf(place))
  expect(
    unplaced,
    'a new room: give it a row in test/rules/places.ts with what it may import, and say why in docs/decisions/',
  ).toEqual([])
  const places = new Set(sourceFiles.map(({ path }) => rowOf(placeOf(path))))
  expect(
    Object.keys(PLACES).filter((place) => !places.has(place)),
    'rooms of test/rules/places.ts that are no more: take their rows out',
  ).toEqual([])
})

it('lets each room import only what its row says', () => {
  const wrong = imports.flatMap(({ path, from, to, typeOnly, specifier }) => {
    const rule = ruleOf(from)
    const row = rowOf(to)
    if (!rule || rule.may.includes(row)) return []
    if (from.startsWith('integrations/') && to.startsWith('integrations'))
      return [`${path} imports ${specifier}: an integration never imports another; move what both need to kit`]
    const besides = rule.besides?.[row]
    if (besides?.startsWith('values')) return []
    if (besides?.startsWith('types'))
      return typeOnly ? [] : [`${path} imports ${specifier} at run time: write \`import type\`, or be handed it`]
    const may = [...rule.may, ...Object.keys(rule.besides ?? {})].join(', ')
    return [
      `${path} imports ${specifier}: ${from} may import ${may || 'nothing of ours'}. Be handed it by house.ts or main.ts, or move the shared part down to kit or base`,
    ]
  })
  expect(wrong).toEqual([])
})

it('keeps no permission that nothing uses', () => {
  const unused = Object.entries(PLACES).flatMap(([place, { besides = {} }]) =>
    Object.entries(besides)
      .filter(([to, kind]) => {
        const uses = imports.filter((each) => rowOf(each.from) === place && rowOf(each.to) === to)
        return uses.length === 0 || (kind.startsWith('values') && uses.every(({ typeOnly }) => typeOnly))
      })
      .map(([to]) => `${place} → ${to}`),
  )
  expect(
    unused,
    'narrow these rows of test/rules/places.ts: types where it is types alone, nothing where it is unused',
  ).toEqual([])
})
