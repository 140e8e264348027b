/**
 * From what a source sends to the flow's fields.
 *
 * A field takes the incoming key of its own name; capitals, `-`, `_` and spaces make no difference. A mapping names another
 * key, a path into nested values (`answers[0].text`), a template over `incoming` or a value, or several of them in order. What no field takes whole is kept as
 * extra, by the sender's own name.
 */
import { put } from '../base/own.ts'
import type { Json } from '../kit/field.ts'
import type { MappedInput } from '../kit/flow.ts'
import type { LeadView, Rule, Template } from '../kit/step.ts'
import type { Taking } from './document.ts'
import { compileRule } from './rules.ts'
import { pathText, type Scope, type Segment } from './scope.ts'
import { compileTemplate } from './templates.ts'
import { isBlankValue, memberOf } from './values.ts'

type Incoming = Readonly<Record<string, Json>>

export const PATH_SHAPE = 'a path such as phone_number, answers[0].text or "{{ incoming.state | upcase }}"'
const PATH_LENGTH_MAX = 500
const PATH_DEPTH_MAX = 20

/** `answers[0].text` as its names; null where it cannot be read. A key with dots or brackets is quoted: `["a.b"].c`. */
export const readPath = (text: string): readonly (string | number)[] | null => {
  if (text.length > PATH_LENGTH_MAX) return null
  const names: (string | number)[] = []
  const pattern = /\.?([^.[\]"']+)|\[(\d{1,6})\]|\[(?:"([^"]+)"|'([^']+)'|([^\]"'[]+))\]/y
  while (pattern.lastIndex < text.length) {
    const start = pattern.lastIndex
    const match = pattern.exec(text)
    const quoted = match?.[3] ?? match?.[4]
    if (match === null || (start === 0 && quoted === undefined && (match[1] === undefined || text[0] === '.')))
      return null
    if (match[2] !== undefined) names.push(Number(match[2]))
    else names.push(match[1] ?? match[3] ?? match[4] ?? match[5] ?? '')
  }
  return names.length > 0 && names.length <= PATH_DEPTH_MAX ? names : null
}

export const isTemplate = (text: string): boolean => text.includes('{{') || text.includes('{%')

/**
 * Keys that mean the same are written the same: `Phone-Number` and `phone_number`; `address[city]` and `address.city`. What
 * stands in brackets holds no bracket: else each that is never closed has all that follows looked through.
 */
const canonical = (key: string): string =>
  key
    .toLowerCase()
    .replace(/\[["']?([^[\]"']*)["']?\]/g, '.$1')
    .replace(/[-_\s]/g, '')

/** Sources send the same few keys again and again; forged ones are not kept. */
const FORMS_MAX = 2000
const forms = new Map<string, string>()

/** What is longer is nobody's spelling of a field, and as it is written: a megabyte of a key costs what it is looked at. */
const FORM_CHARS_MAX = 200

const formOf = (key: string): string => {
  if (key.length > FORM_CHARS_MAX) return key
  let form = forms.get(key)
  if (form === undefined) {
    form = canonical(key)
    if (forms.size < FORMS_MAX && key.length <= 100) forms.set(key, form)
  }
  return form
}

/** Incoming keys by their canonical form: the first of several that mean the same, as the sender wrote them. */
const indexOf = (incoming: Incoming): Map<string, string> => {
  const index = new Map<string, string>()
  for (const key of Object.keys(incoming)) {
    const form = formOf(key)
    if (!index.has(form)) index.set(form, key)
  }
  return index
}

/**
 * XML cannot say that a list has one element: it reads as that element alone, which then is the first. Nobody's number
 * beyond is.
 */
const looseMember = (value: Json, name: string | number): Json => {
  const exact = memberOf(value, name)
  if (exact === null && name === 0 && value !== null && !Array.isArray(value)) return value
  if (exact !== null || typeof name === 'number' || value === null || typeof value !== 'object') return exact
  if (Array.isArray(value)) return null
  const wanted = formOf(name)
  for (const key of Object.keys(value)) if (formOf(key) === wanted) return value[key] ?? null
  return null
}

interface Found {
  readonly value: Json
  /** The key whose whole value this is, or null where it is a part of one. */
  readonly key: string | null
}

const find = (asked: {
  readonly incoming: Incoming
  readonly index: ReadonlyMap<string, string>
  readonly text: string
  readonly form: string
  readonly names: readonly (string | number)[]
}): Found | null => {
  const { incoming, index, text, form, names } = asked
  const key = Object.hasOwn(incoming, text) ? text : index.get(form)
  if (key !== undefined) return { value: incoming[key] ?? null, key }
  const [first, ...inner] = names
  // What it says of the keys themselves the index knows; they are not gone through again for each field.
  const like = typeof first === 'string' ? index.get(formOf(first)) : undefined
  let value: Json = typeof first === 'string' ? memberOf(incoming as { [key: string]: Json }, first) : null
  if (value === null && like !== undefined) value = incoming[like] ?? null
  for (const name of inner) value = looseMember(value, name)
  return value === null ? null : { value, key: null }
}

/** What mapping templates see: `incoming`, and nothing of a lead that does not exist yet. */
export const incomingScope = (places: { readonly country: string; readonly zone: string }): Scope => ({
  ...places,
  resolve: (segments: readonly Segment[]) => {
    const [root, ...rest] = segments
    if (root?.name !== 'incoming' || rest.length === 0)
      return {
        issue: {
          code: 'unknown_variable',
          message: `unknown name "${pathText(segments)}"`,
          start: root?.start ?? 0,
          end: root?.end ?? 0,
          expected: 'incoming. followed by what the source sends',
          suggestion: root?.name === 'incoming' ? null : `incoming.${String(segments.at(-1)?.name ?? '')}`,
        },
      }
    const names = rest.map(({ name }) => name)
    const read = (lead: LeadView): Json => {
      let value: Json = lead.extra as { [key: string]: Json }
      for (const name of names) value = looseMember(value, name)
      return value
    }
    return { resolved: { path: pathText(segments), type: 'dyn', read, show: read } }
  },
})

/** A lead that does not exist yet: what templates over other things are rendered with. */
export const NO_LEAD: Omit<LeadView, 'extra'> = {
  id: '',
  test: false,
  receivedAt: 0,
  now: 0,
  flow: { id: '', name: '', version: 0, country: '', currency: '' },
  source: { id: '', name: '' },
  fields: {},
  score: null,
  class: null,
  route: null,
  price: null,
  deliveries: {},
}

interface Path {
  readonly text: string
  readonly form: string
  readonly names: readonly (string | number)[]
}

type Taker = { readonly path: Path } | { readonly template: Template } | { readonly value: string }

type Way = Taker & { readonly when: Rule | null }

export interface MappingAsked {
  /** Fields that are sent. */
  readonly fields: readonly string[]
  readonly mapping: Readonly<Record<string, readonly Taking[]>>
  readonly scope: Scope
}

const pathOf = (text: string): Path => {
  const names = readPath(text) ?? [text]
  const [only] = names
  const key = text.startsWith('[') && names.length === 1 && typeof only === 'string' ? only : text
  return { text: key, form: formOf(key), names }
}

/** Reads the sender's own id of a lead, by its key or path as a mapping does; null where none comes. */
export const compileOwnId = (idField: string): ((incoming: Incoming) => Json) => {
  const path = pathOf(idField)
  return (incoming) =>
    Object.hasOwn(incoming, path.text)
      ? (incoming[path.text] ?? null)
      : (find({ incoming, index: indexOf(incoming), ...path })?.value ?? null)
}

const wayOf = (taking: Taking, scope: Scope): Way => {
  const when = taking.when === null ? null : compileRule(taking.when, scope)
  if (taking.from === 'template') return { template: compileTemplate(taking.text, scope), when }
  return taking.from === 'value' ? { value: taking.text, when } : { path: pathOf(taking.text), when }
}

/**
 * Compiles a source's mapping. The function it makes is pure and never throws. Of several ways to a field the first
 * counts that applies and finds something.
 */
export const compileMapping = ({ fields, mapping, scope }: MappingAsked): ((incoming: Incoming) => MappedInput) => {
  const takings = fields.map((field) => {
    const given = Object.hasOwn(mapping, field) ? mapping[field] : undefined
    const ways = given ?? [{ from: 'path', text: field, when: null }]
    return { field, ways: ways.map((way) => wayOf(way, scope)) }
  })
  return (incoming) => {
    const index = indexOf(incoming)
    const taken = new Set<string>()
    const values: { [field: string]: Json } = {}
    const view: LeadView = { ...NO_LEAD, extra: incoming }
    for (const { field, ways } of takings) {
      let value: Json | undefined
      for (const way of ways) {
        if (way.when !== null && !way.when.holds(view)) continue
        const found =
          'path' in way
            ? find({ incoming, index, ...way.path })
            : { value: 'value' in way ? way.value : way.template.render(view), key: null }
        if (found === null) continue
        // A blank one stands where nothing better comes.
        if (isBlankValue(value ?? null)) value = found.value
        if (isBlankValue(found.value) && ways.length > 1) continue
        if (found.key !== null) taken.add(found.key)
        break
      }
      if (value !== undefined) values[field] = value
    }
    const extra: { [name: string]: Json } = {}
    for (const [key, value] of Object.entries(incoming)) if (!taken.has(key)) put(extra, key, value)
    return { values, extra }
  }
}
