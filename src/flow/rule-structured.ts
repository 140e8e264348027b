/**
 * Rules written as data: `{ field: state, op: is_included_in, value: [TX, OK] }`, in `all`, `any` and `not`. Each is turned
 * into the same rule in CEL, which is what is kept, shown and run; `rule-unstructured.ts` goes the other way.
 */
import { nearest, oneOf } from './nearest.ts'
import type { Finding, Report } from './problems.ts'
import { expressionType } from './rules.ts'
import type { Scope } from './scope.ts'
import { entryOf, type MapEntry, type SourceNode, type TextNode } from './source.ts'
import { isList, type ValueType } from './values.ts'

/** What the value of an operator is: none, one, two bounds, several, or a pattern. */
type Takes = 'none' | 'one' | 'two' | 'several' | 'pattern'

export interface Operator {
  readonly takes: Takes
  /** For people: "is one of". */
  readonly words: string
  /** The rule that says the opposite: written `!(…)` where `negates` names it. */
  readonly negates?: string
  /** Whether `case: exact` may be asked. */
  readonly cased?: true
}

/** The operators of LeadConduit, all 24 of them, and four more for the ends of a text. */
export const OPERATORS = {
  is_equal_to: { takes: 'one', words: 'is', cased: true },
  is_not_equal_to: { takes: 'one', words: 'is not', cased: true },
  is_greater_than: { takes: 'one', words: 'is more than' },
  is_less_than: { takes: 'one', words: 'is less than' },
  is_greater_than_or_equal_to: { takes: 'one', words: 'is at least' },
  is_less_than_or_equal_to: { takes: 'one', words: 'is at most' },
  is_between: { takes: 'two', words: 'is between' },
  is_not_between: { takes: 'two', words: 'is not between', negates: 'is_between' },
  format_is_valid: { takes: 'none', words: 'is valid' },
  format_is_invalid: { takes: 'none', words: 'is not valid', negates: 'format_is_valid' },
  is_blank: { takes: 'none', words: 'is blank' },
  is_not_blank: { takes: 'none', words: 'is not blank', negates: 'is_blank' },
  is_true: { takes: 'none', words: 'is yes' },
  is_not_true: { takes: 'none', words: 'is not yes', negates: 'is_true' },
  is_false: { takes: 'none', words: 'is no' },
  is_not_false: { takes: 'none', words: 'is not no', negates: 'is_false' },
  includes: { takes: 'one', words: 'includes', cased: true },
  does_not_include: { takes: 'one', words: 'does not include', negates: 'includes', cased: true },
  is_included_in: { takes: 'several', words: 'is one of', cased: true },
  is_not_included_in: { takes: 'several', words: 'is none of', negates: 'is_included_in', cased: true },
  matches_pattern: { takes: 'pattern', words: 'looks like the pattern', cased: true },
  does_not_match_pattern: {
    takes: 'pattern',
    words: 'does not look like the pattern',
    negates: 'matches_pattern',
    cased: true,
  },
  is_obscene: { takes: 'none', words: 'is obscene' },
  is_not_obscene: { takes: 'none', words: 'is not obscene', negates: 'is_obscene' },
  starts_with: { takes: 'one', words: 'begins with', cased: true },
  does_not_start_with: { takes: 'one', words: 'does not begin with', negates: 'starts_with', cased: true },
  ends_with: { takes: 'one', words: 'ends with', cased: true },
  does_not_end_with: { takes: 'one', words: 'does not end with', negates: 'ends_with', cased: true },
} as const satisfies Record<string, Operator>

export type OperatorName = keyof typeof OPERATORS

const MEANT: Readonly<Record<string, OperatorName>> = {
  '==': 'is_equal_to',
  '=': 'is_equal_to',
  is: 'is_equal_to',
  equals: 'is_equal_to',
  is_equal: 'is_equal_to',
  '!=': 'is_not_equal_to',
  is_not: 'is_not_equal_to',
  is_not_equal: 'is_not_equal_to',
  '>': 'is_greater_than',
  '<': 'is_less_than',
  '>=': 'is_greater_than_or_equal_to',
  '<=': 'is_less_than_or_equal_to',
  between: 'is_between',
  not_between: 'is_not_between',
  in: 'is_included_in',
  not_in: 'is_not_included_in',
  contains: 'includes',
  matches: 'matches_pattern',
  is_valid: 'format_is_valid',
  is_invalid: 'format_is_invalid',
}

/** `is equal to`, `is_equal_to` and `==` are one operator. Undefined where there is no such. */
export const operatorNamed = (text: string): OperatorName | undefined => {
  const name = text
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_')
  if (Object.hasOwn(OPERATORS, name)) return name as OperatorName
  return Object.hasOwn(MEANT, name) ? MEANT[name] : undefined
}

/** A piece of the rule in CEL, and where in the flow's text it comes from. */
interface Piece {
  readonly text: string
  readonly offset: number
}

interface Converting {
  readonly scope: Scope
  readonly report: Report
}

const PLAIN_PATH = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[(?:\d+|"[^"\\]*"|'[^'\\]*')\])*$/
const ROOTS = new Set(['lead', 'source', 'flow', 'now', 'extra', 'deliveries', 'steps', 'appended', 'incoming'])

/** `state` means `lead.state`; a name that rules know, or an expression, is taken as it is. */
const fieldText = (text: string): string => {
  const trimmed = text.trim()
  if (!PLAIN_PATH.test(trimmed)) return /^[A-Za-z_]\w*\(.*\)$/s.test(trimmed) ? trimmed : `(${trimmed})`
  const root = /^\w+/.exec(trimmed)?.[0] ?? ''
  return ROOTS.has(root) && (root === 'now' || root !== trimmed) ? trimmed : `lead.${trimmed}`
}

const LONE = /^\s*\{\{\s*([^{}|]+?)\s*\}\}\s*$/
const NUMBER = /^-?(?:\d+(?:\.\d+)?|\.\d+)$/

const literal = (text: string, type: ValueType, ordered: boolean): string => {
  const path = LONE.exec(text)?.[1]
  if (path !== undefined) return path
  const trimmed = text.trim()
  if (NUMBER.test(trimmed) && (type === 'double' || (type === 'dyn' && ordered)))
    return trimmed.replace(/^(-?)\./, '$10.')
  if (type === 'bool' && /^(?:true|false)$/i.test(trimmed)) return trimmed.toLowerCase()
  return JSON.stringify(text)
}

interface Leaf {
  readonly field: TextNode
  readonly name: OperatorName
  readonly values: readonly TextNode[]
  readonly isExact: boolean
}

const elementType = (type: ValueType): ValueType => (isList(type) ? 'string' : type)

/** Whether a field is of a text, a list, a number… : operators are written by it. */
const leafPieces = (converting: Converting, leaf: Leaf): Piece[] => {
  const field = fieldText(leaf.field.value)
  const type = expressionType(field, converting.scope)
  const at = leaf.field.start
  const f: Piece = { text: field, offset: at }
  const own = (text: string): Piece => ({ text, offset: at })
  const operator: Operator = OPERATORS[leaf.name]
  const ordered = /greater|less|between/.test(leaf.name)
  const values = leaf.values.map(
    (value): Piece => ({ text: literal(value.value, elementType(type), ordered), offset: value.start }),
  )
  const commas = values.flatMap((value, index) => (index === 0 ? [value] : [own(', '), value]))
  const [first = own('""')] = values
  const infix = (op: string): Piece[] => [f, own(` ${op} `), first]
  const call = (name: string, ...more: readonly Piece[]): Piece[] => [
    own(`${name}(`),
    f,
    ...more.flatMap((piece) => [own(', '), piece]),
    own(')'),
  ]
  if (operator.negates !== undefined)
    return [own('!'), ...leafPieces(converting, { ...leaf, name: operator.negates as OperatorName })]
  const exact = leaf.isExact ? [own('"exact"')] : []
  switch (leaf.name) {
    case 'is_equal_to':
      return leaf.isExact ? call('exact', first) : infix('==')
    case 'is_not_equal_to':
      return leaf.isExact ? [own('!'), ...call('exact', first)] : infix('!=')
    case 'is_greater_than':
      return infix('>')
    case 'is_less_than':
      return infix('<')
    case 'is_greater_than_or_equal_to':
      return infix('>=')
    case 'is_less_than_or_equal_to':
      return infix('<=')
    case 'is_between':
      return call('between', ...values)
    case 'format_is_valid':
      return [f, own('.valid')]
    case 'is_blank':
      return call('blank')
    case 'is_true':
      return call('is_true')
    case 'is_false':
      return call('is_false')
    case 'includes':
      return call('includes', first, ...exact)
    case 'starts_with':
      return call('startsWith', first, ...exact)
    case 'ends_with':
      return call('endsWith', first, ...exact)
    case 'is_included_in':
      return leaf.isExact
        ? [own('exact('), f, own(', ['), ...commas, own('])')]
        : [own('('), f, own(' in ['), ...commas, own('])')]
    case 'matches_pattern':
      return call(
        'matches',
        leaf.isExact
          ? { ...first, text: JSON.stringify(`(?-i)${leaf.values[0]?.value ?? ''}`) }
          : { ...first, text: JSON.stringify(leaf.values[0]?.value ?? '') },
      )
    case 'is_obscene':
      return call('obscene')
    default:
      return []
  }
}

const SHAPE = '{ field, op, value }, or { all: […] }, { any: […] }, { not: … }'

const problem = (converting: Converting, node: SourceNode, path: string, finding: Partial<Finding>): null => {
  converting.report({ code: 'shape', message: 'found no rule', expected: SHAPE, offset: node.start, path, ...finding })
  return null
}

const parted = (node: TextNode, separator: RegExp): TextNode[] =>
  node.value
    .split(separator)
    .map((value) => value.trim())
    .filter((value) => value !== '')
    .map((value) => ({ ...node, value }))

/** The values of an operator: a list, or a text that lists them. Null where there are too few or too many. */
const valuesOf = (takes: Takes, node: SourceNode | undefined): readonly TextNode[] | null => {
  if (takes === 'none') return []
  if (node === undefined) return null
  if (node.kind === 'map') {
    const [low, high] = [entryOf(node, 'min') ?? entryOf(node, 'from'), entryOf(node, 'max') ?? entryOf(node, 'to')]
    return takes === 'two' && low?.kind === 'text' && high?.kind === 'text' ? [low, high] : null
  }
  const items = node.kind === 'list' ? node.items : [node]
  if (!items.every((item) => item.kind === 'text')) return null
  const texts = items as readonly TextNode[]
  const [only] = texts
  if (takes === 'several') return node.kind === 'text' && only ? parted(only, /[,;\n]/) : texts
  if (takes === 'two') {
    const two = node.kind === 'text' && only ? parted(only, /\s+(?:and|to)\s+|\s*,\s*|(?<=\d)\s*-\s*(?=\d)/) : texts
    return two.length === 2 ? two : null
  }
  return texts.length === 1 ? texts : null
}

const WANTED: Readonly<Record<Takes, string>> = {
  none: 'no value',
  one: 'one value',
  two: 'two values, such as [18, 65]',
  several: 'a list of values, such as [TX, OK]',
  pattern: 'a pattern',
}

const KEYS = ['field', 'op', 'value', 'case']

const leafOf = (converting: Converting, node: SourceNode & { readonly kind: 'map' }, path: string): Piece[] | null => {
  const stray = node.entries.find(({ key }) => !KEYS.includes(key))
  if (stray)
    return problem(converting, node, `${path}.${stray.key}`, {
      code: 'unknown_key',
      message: `unknown key "${stray.key}"`,
      expected: oneOf([...KEYS, 'all', 'any', 'not', 'rule']),
      suggestion: nearest(stray.key, [...KEYS, 'all', 'any', 'not', 'rule']),
      offset: stray.keyStart,
    })
  const [field, op, value, letters] = KEYS.map((key) => entryOf(node, key))
  if (field?.kind !== 'text' || op?.kind !== 'text') return problem(converting, node, path, {})
  const name = operatorNamed(op.value)
  if (name === undefined)
    return problem(converting, op, `${path}.op`, {
      code: 'unknown_function',
      message: `unknown operator "${op.value}"`,
      expected: oneOf(Object.keys(OPERATORS)),
      suggestion: nearest(op.value.toLowerCase().replace(/\s+/g, '_'), Object.keys(OPERATORS)),
    })
  const operator: Operator = OPERATORS[name]
  const isExact = letters?.kind === 'text' && letters.value === 'exact'
  if (letters !== undefined && (!isExact || operator.cased !== true))
    return problem(converting, letters, `${path}.case`, {
      message: 'how letters are compared is not understood',
      expected: operator.cased
        ? '"exact", or no such key: then capitals make no difference'
        : `no such key with ${name}`,
    })
  const values = valuesOf(operator.takes, value)
  if (values === null || (operator.takes === 'none' && value !== undefined))
    return problem(converting, value ?? node, `${path}.value`, {
      message: value === undefined ? `${name} is given nothing` : `${name} is given something else`,
      expected: WANTED[operator.takes],
    })
  return leafPieces(converting, { field, name, values, isExact })
}

const joined = (pieces: readonly (readonly Piece[])[], between: string, at: number): Piece[] => {
  const own = (text: string): Piece => ({ text, offset: at })
  if (pieces.length === 1) return [...(pieces[0] ?? [])]
  return [own('('), ...pieces.flatMap((part, index) => (index === 0 ? part : [own(between), ...part])), own(')')]
}

const DEPTH_MAX = 30

const piecesOf = (converting: Converting, node: SourceNode, path: string, depth: number): Piece[] | null => {
  if (depth > DEPTH_MAX) return problem(converting, node, path, { message: 'the rule is nested too deeply' })
  if (node.kind === 'text')
    return [
      { text: '(', offset: node.start },
      { text: node.value, offset: node.start },
      { text: ')', offset: node.start },
    ]
  if (node.kind === 'list') {
    const parts = node.items.map((item, index) => piecesOf(converting, item, `${path}[${index}]`, depth + 1))
    if (parts.length === 0) return problem(converting, node, path, {})
    return parts.every((part) => part !== null) ? joined(parts, ' && ', node.start) : null
  }
  const [only, ...more] = node.entries
  if (only !== undefined && more.length === 0) {
    const inner = `${path}.${only.key}`
    const { value } = only
    if (only.key === 'rule' && value.kind === 'text') return piecesOf(converting, value, inner, depth + 1)
    if (only.key === 'not') {
      const part = piecesOf(converting, value, inner, depth + 1)
      return part && [{ text: '!(', offset: only.keyStart }, ...part, { text: ')', offset: only.keyStart }]
    }
    if (only.key === 'all' || only.key === 'any') {
      if (value.kind !== 'list' || value.items.length === 0)
        return problem(converting, value, inner, {
          message: `"${only.key}" is given no rules`,
          expected: `a list of ${SHAPE}`,
        })
      const parts = value.items.map((item, index) => piecesOf(converting, item, `${inner}[${index}]`, depth + 1))
      return parts.every((part) => part !== null)
        ? joined(parts, only.key === 'all' ? ' && ' : ' || ', value.start)
        : null
    }
  }
  return leafOf(converting, node, path)
}

/** The rule in CEL as a text that knows where each part of it was written; null where it cannot be read, which was reported. */
export const celOf = (converting: Converting, node: SourceNode, path: string): TextNode | null => {
  const pieces = piecesOf(converting, node, path, 0)
  if (pieces === null) return null
  const text = pieces.map((piece) => piece.text).join('')
  const isWrapped = /^\((?:[^()"']|"[^"]*")*\)$/.test(text)
  return {
    kind: 'text',
    style: 'plain',
    value: isWrapped ? text.slice(1, -1) : text,
    start: node.start,
    end: node.end,
    offsetOf: (index) => {
      let at = isWrapped ? -1 : 0
      for (const piece of pieces) {
        at += piece.text.length
        if (index < at) return piece.offset
      }
      return node.start
    },
  }
}

const replaced = (
  node: SourceNode,
  keys: readonly string[],
  path: string,
  convert: (node: SourceNode, path: string) => SourceNode,
): SourceNode => {
  const [key, ...rest] = keys
  if (key === undefined) return node.kind === 'text' ? node : convert(node, path)
  if (node.kind === 'list' && key === '*')
    return { ...node, items: node.items.map((item, index) => replaced(item, rest, `${path}[${index}]`, convert)) }
  if (node.kind !== 'map') return node
  const entries = node.entries.map((entry): MapEntry => {
    if (key !== '*' && entry.key !== key) return entry
    return { ...entry, value: replaced(entry.value, rest, `${path}.${entry.key}`, convert) }
  })
  return { ...node, entries }
}

/** A step's settings with every rule at these paths as CEL, whichever way it was written. */
export const withRulesAsText = (
  converting: Converting,
  asked: { readonly node: SourceNode; readonly rules: readonly string[]; readonly path: string },
): SourceNode => {
  const convert = (node: SourceNode, path: string): SourceNode =>
    celOf(converting, node, path) ?? { kind: 'text', value: 'true', style: 'plain', start: node.start, end: node.end }
  return asked.rules.reduce((node, rule) => replaced(node, rule.split('.'), asked.path, convert), asked.node)
}
