/**
 * Templates: Liquid over a lead.
 *
 * A lone `{{ x }}` keeps the type of its value; anything else is text. A missing value is empty. Unknown names are found
 * when the flow is checked. Templates reach no file and no other template, have no loops, and write at most 64 KB.
 */
import { Context, Liquid, LiquidError, type Template as LiquidTemplate, Output, toValueSync } from 'liquidjs'
import type { Json } from '../kit/field.ts'
import type { LeadView, Template } from '../kit/step.ts'
import { nearest, oneOf } from './nearest.ts'
import { refuse } from './rules.ts'
import { type Issue, pathText, type Resolved, type Scope } from './scope.ts'
import { LIBRARY_FILTERS, ownFilters, TEXT_READ_MAX } from './template-filters.ts'
import { parseTemplate, TEMPLATE_TAGS, type TemplateSyntax } from './template-syntax.ts'
import { type Read, textOfValue } from './values.ts'

const TEMPLATE_LENGTH_MAX = 10_000
export const TEMPLATE_OUTPUT_MAX = 65_536
/** What the filters of one rendering may make in all, in characters and entries. */
const MEMORY_MAX = 1_000_000
const OWN_FILTERS_COST = 2

export interface TemplateReading {
  readonly issues: readonly Issue[]
  /** Null where there are issues. */
  readonly template: Template | null
  readonly paths: readonly string[]
  /** What each path reads: without them nobody can say which of them a lead lacks. */
  readonly mentioned?: readonly Resolved[]
}

const engines = new WeakMap<Scope, Liquid>()

const engineOf = (scope: Scope): Liquid => {
  const known = engines.get(scope)
  if (known !== undefined) return known
  const engine = new Liquid({
    strictFilters: true,
    strictVariables: false,
    ownPropertyOnly: true,
    dynamicPartials: false,
    templates: {},
    cache: false,
    memoryLimit: MEMORY_MAX,
    ...(scope.escape && { outputEscape: (value: unknown) => scope.escape?.(textOfValue(jsonOf(value))) ?? '' }),
  })
  for (const name of Object.keys(engine.tags)) if (!TEMPLATE_TAGS.includes(name)) delete engine.tags[name]
  const kept = scope.escape ? [...LIBRARY_FILTERS, 'raw'] : LIBRARY_FILTERS
  for (const name of Object.keys(engine.filters)) if (!kept.includes(name)) delete engine.filters[name]
  for (const [name, filter] of Object.entries(ownFilters(scope)))
    engine.registerFilter(name, function (value, ...args) {
      // The library counts what its own filters make; ours look at each character, which takes longer.
      this.context.memoryLimit.use(OWN_FILTERS_COST * (typeof value === 'string' ? value.length : 1))
      return filter(value, ...args)
    })
  engines.set(scope, engine)
  return engine
}

/** Liquid sees values of its own: undefined and what is no JSON become null. */
const jsonOf = (value: unknown): Json => {
  if (typeof value === 'string') return value.slice(0, TEMPLATE_OUTPUT_MAX)
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value === 'boolean') return value
  if (Array.isArray(value)) return value.map(jsonOf)
  if (typeof value !== 'object' || value === null) return null
  return value as Json
}

/** No more of a text than could be written: a filter over a megabyte of a sender's takes a fifth of a second. */
const bounded = (value: Json): Json =>
  typeof value === 'string' && value.length > TEXT_READ_MAX ? value.slice(0, TEXT_READ_MAX) : value

interface Reader {
  readonly name: string
  readonly read: (lead: LeadView, more: Readonly<Record<string, Json>> | undefined) => Json
}

const safely =
  (read: Read): Reader['read'] =>
  (lead) => {
    try {
      return read(lead)
    } catch {
      return null
    }
  }

/** Thrown where all that may be written is: what would come behind it is not worth the work. */
class OutputFull extends Error {}

const boundedEmitter = () => {
  const emitter = {
    buffer: '',
    write: (piece: unknown): void => {
      emitter.buffer += textOfValue(jsonOf(piece))
      if (emitter.buffer.length >= TEMPLATE_OUTPUT_MAX) throw new OutputFull()
    },
  }
  return emitter
}

/** The library wraps what is thrown inside it. */
const isFull = (error: unknown): boolean =>
  error instanceof OutputFull || (error instanceof LiquidError && error.originalError instanceof OutputFull)

/** Text and plain variables in turn: what most templates are, written without the engine. */
const piecesOf = (
  templates: readonly LiquidTemplate[],
  readers: ReadonlyMap<string, Reader>,
): readonly (string | Reader)[] | null => {
  const pieces: (string | Reader)[] = []
  for (const template of templates) {
    if ('str' in template && typeof template.str === 'string') {
      pieces.push(template.str)
      continue
    }
    if (!(template instanceof Output) || template.value.filters.length > 0) return null
    const [token, ...more] = template.value.initial.postfix
    const props = token !== undefined && 'props' in token && Array.isArray(token.props) ? token.props : []
    const reader = more.length === 0 && props.length === 1 ? readers.get(props[0]?.content) : undefined
    if (reader === undefined) return null
    pieces.push(reader)
  }
  return pieces
}

const renderOf = (asked: {
  readonly engine: Liquid
  readonly templates: LiquidTemplate[]
  readonly readers: ReadonlyMap<string, Reader>
  readonly escaped: boolean
}): Template['render'] => {
  const { engine, templates, readers, escaped } = asked
  const pieces = escaped ? null : piecesOf(templates, readers)
  const [first] = templates
  if (pieces !== null) {
    const only = pieces[0]
    if (pieces.length === 1 && only !== undefined && typeof only !== 'string')
      return (lead, more) => jsonOf(only.read(lead, more))
    return (lead, more) => {
      let text = ''
      for (const piece of pieces) {
        text += typeof piece === 'string' ? piece : textOfValue(jsonOf(piece.read(lead, more)))
        if (text.length > TEMPLATE_OUTPUT_MAX) break
      }
      return text.slice(0, TEMPLATE_OUTPUT_MAX)
    }
  }
  const lone = !escaped && templates.length === 1 && first instanceof Output ? first : null
  const all = [...readers.values()]
  return (lead, more) => {
    const values: { [name: string]: Json } = Object.create(null)
    for (const { name, read } of all) values[name] = bounded(read(lead, more))
    const context = new Context(values, engine.options, { sync: true }, { liquid: engine })
    const emitter = boundedEmitter()
    try {
      if (lone !== null) return jsonOf(toValueSync(lone.value.value(context, false)))
      toValueSync(engine.renderer.renderTemplates(templates, context, emitter))
      return emitter.buffer
    } catch (error) {
      return isFull(error) ? emitter.buffer.slice(0, TEMPLATE_OUTPUT_MAX) : ''
    }
  }
}

const readersOf = (asked: {
  readonly syntax: TemplateSyntax
  readonly scope: Scope
  readonly names: readonly string[]
  readonly issues: Issue[]
  readonly paths: Map<string, Resolved>
}): Map<string, Reader> => {
  const { syntax, scope, names, issues, paths } = asked
  const readers = new Map<string, Reader>()
  for (const mention of syntax.mentions) {
    const root = mention.segments?.[0]?.name
    if (mention.segments === null || root === undefined) {
      issues.push({
        code: 'template_syntax',
        message: 'a computed part of a name',
        start: mention.start,
        end: mention.end,
        expected: 'names and numbers written out, such as lead.email or extra["utm source"]',
      })
      continue
    }
    if (typeof root === 'string' && syntax.ownNames.has(root)) continue
    if (typeof root === 'string' && names.includes(root)) {
      if (mention.segments.length === 1) readers.set(root, { name: root, read: (_, more) => more?.[root] ?? null })
      continue
    }
    const resolution = scope.resolve(mention.segments)
    if ('issue' in resolution) {
      const unknownRoot =
        resolution.issue.code === 'unknown_variable' && names.length > 0 && mention.segments.length === 1
      const known = [...names]
      issues.push(
        unknownRoot
          ? {
              ...resolution.issue,
              expected: `${resolution.issue.expected ?? oneOf([])}, ${known.join(', ')}`,
              suggestion: nearest(pathText(mention.segments), known) ?? resolution.issue.suggestion ?? null,
            }
          : resolution.issue,
      )
      continue
    }
    const { resolved } = resolution
    paths.set(resolved.path, resolved)
    mention.rename(resolved.path)
    readers.set(resolved.path, { name: resolved.path, read: safely(resolved.show) })
  }
  return readers
}

const filterNames = (engine: Liquid): string[] => Object.keys(engine.filters).toSorted()

/** What the library refuses, in our words. */
const syntaxIssue = (error: LiquidError, text: string, engine: Liquid): Issue => {
  const token: unknown = error.token
  const begin = typeof token === 'object' && token !== null && 'begin' in token ? Number(token.begin) : 0
  const filter = /undefined filter: ([\w-]+)/.exec(error.message)?.[1]
  if (filter !== undefined) {
    const found = text.slice(begin).search(new RegExp(`\\|\\s*${filter.replace(/\W/g, '\\$&')}\\b`))
    const bar = found < 0 ? begin : begin + found
    const start = found < 0 ? begin : text.indexOf(filter, bar)
    const names = filterNames(engine)
    return {
      code: 'unknown_filter',
      message: `unknown filter "${filter}"`,
      start,
      end: start + filter.length,
      expected: oneOf(names),
      suggestion: nearest(filter, names),
    }
  }
  const tag = /tag "([^"]*)" not found/.exec(error.message)?.[1]
  if (tag !== undefined)
    return {
      code: 'template_syntax',
      message: `templates have no tag "${tag}"`,
      start: begin,
      end: begin,
      expected: oneOf(TEMPLATE_TAGS),
      suggestion: nearest(tag, TEMPLATE_TAGS),
    }
  const message = error.message.replace(/,? (?:file:|line:).*$/s, '').split('\n')[0] ?? ''
  return { code: 'template_syntax', message: `cannot read the template: ${message}`, start: begin, end: begin }
}

const constantTemplate = (text: string): Template => ({ text, render: () => text })

/** Reads a template. `names`: what `render` is handed besides the lead. */
export const readTemplate = (text: string, scope: Scope, names: readonly string[] = []): TemplateReading => {
  if (text.length > TEMPLATE_LENGTH_MAX)
    return {
      issues: [
        {
          code: 'template_syntax',
          message: `the template has ${text.length} characters`,
          start: 0,
          end: 0,
          expected: `at most ${TEMPLATE_LENGTH_MAX}`,
        },
      ],
      template: null,
      paths: [],
    }
  if (!text.includes('{{') && !text.includes('{%')) return { issues: [], template: constantTemplate(text), paths: [] }
  const engine = engineOf(scope)
  const issues: Issue[] = []
  const paths = new Map<string, Resolved>()
  try {
    const { templates, syntax } = parseTemplate(engine, text)
    const readers = readersOf({ syntax, scope, names, issues, paths })
    if (issues.length > 0) return { issues, template: null, paths: [...paths.keys()] }
    const render = renderOf({ engine, templates, readers, escaped: scope.escape !== undefined })
    return { issues, template: { text, render }, paths: [...paths.keys()], mentioned: [...paths.values()] }
  } catch (error) {
    if (error instanceof LiquidError) issues.push(syntaxIssue(error, text, engine))
    else if (error instanceof RangeError)
      issues.push({ code: 'template_syntax', message: 'the template is nested too deeply', start: 0, end: 0 })
    else throw error
    return { issues, template: null, paths: [] }
  }
}

/** Compiles a template; throws Fault('flow_invalid') that lists what is wrong. */
export const compileTemplate = (text: string, scope: Scope, names: readonly string[] = []): Template => {
  const { template, issues } = readTemplate(text, scope, names)
  return template ?? refuse('template', text, issues)
}
