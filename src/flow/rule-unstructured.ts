/** From a rule in CEL to the same rule as data. What has no operator of its own stays CEL, under `rule`. */
import { type ASTNode, Environment } from '@marcbachmann/cel-js'
import type { Json } from '../kit/field.ts'
import { OPERATORS, type Operator, type OperatorName } from './rule-structured.ts'

export type StructuredRule =
  | { readonly all: readonly StructuredRule[] }
  | { readonly any: readonly StructuredRule[] }
  | { readonly not: StructuredRule }
  | { readonly rule: string }
  | { readonly field: string; readonly op: OperatorName; readonly value?: Json; readonly case?: 'exact' }

const environment = new Environment({
  homogeneousAggregateLiterals: false,
  limits: { maxAstNodes: 2000, maxDepth: 100, maxListElements: 1000, maxCallArguments: 10 },
})

const COMPARES: Readonly<Record<string, OperatorName>> = {
  '==': 'is_equal_to',
  '!=': 'is_not_equal_to',
  '>': 'is_greater_than',
  '<': 'is_less_than',
  '>=': 'is_greater_than_or_equal_to',
  '<=': 'is_less_than_or_equal_to',
}

const TURNED: Readonly<Record<string, string>> = { '==': '==', '!=': '!=', '>': '<', '<': '>', '>=': '<=', '<=': '>=' }

const CALLS: Readonly<Record<string, OperatorName>> = {
  blank: 'is_blank',
  is_true: 'is_true',
  is_false: 'is_false',
  includes: 'includes',
  contains: 'includes',
  startsWith: 'starts_with',
  endsWith: 'ends_with',
  between: 'is_between',
  matches: 'matches_pattern',
  obscene: 'is_obscene',
  in_list: 'is_included_in',
}

/** The opposite of each operator that has one. */
const OPPOSITES: ReadonlyMap<string, OperatorName> = new Map(
  Object.entries(OPERATORS).flatMap(([name, operator]: [string, Operator]) =>
    operator.negates === undefined ? [] : [[operator.negates, name as OperatorName] as const],
  ),
)

const isPath = (node: ASTNode): boolean =>
  node.op === 'id' ||
  (node.op === '.' && isPath(node.args[0])) ||
  (node.op === '[]' && node.args[1].op === 'value' && isPath(node.args[0]))

interface Converting {
  readonly text: string
}

const sliceOf = ({ text }: Converting, node: ASTNode): string => text.slice(node.start, node.end)

const ROOTS = new Set(['source', 'flow', 'now', 'extra', 'deliveries', 'steps', 'appended', 'lead', 'incoming'])

/** `lead.state` as `state`, unless a name that rules know is called so. */
const fieldOf = (converting: Converting, node: ASTNode): string => {
  const path = sliceOf(converting, node)
  const rest = /^lead\.(\w+)(.*)$/s.exec(path)
  return rest === null || ROOTS.has(rest[1] ?? '') ? path : `${rest[1]}${rest[2]}`
}

/** A literal's value; a path as a template of it. Undefined where it is neither. */
const literalOf = (converting: Converting, node: ASTNode): Json | undefined => {
  if (node.op === 'value') {
    const value: unknown = node.args
    if (typeof value === 'bigint') return Number(value)
    if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') return value
    return undefined
  }
  if (node.op === '-_') {
    const inner = literalOf(converting, node.args)
    return typeof inner === 'number' ? -inner : undefined
  }
  if (node.op === 'list') {
    const items = node.args.map((item) => literalOf(converting, item))
    return items.every((item) => item !== undefined) ? (items as Json[]) : undefined
  }
  return isPath(node) ? `{{ ${sliceOf(converting, node)} }}` : undefined
}

type Leaf = Extract<StructuredRule, { readonly field: string }>

const leaf = (
  field: string,
  op: OperatorName,
  more: { readonly value?: Json | undefined; readonly isExact?: boolean } = {},
): Leaf => ({
  field,
  op,
  ...(more.value !== undefined && { value: more.value }),
  ...(more.isExact === true && { case: 'exact' as const }),
})

const compared = (converting: Converting, op: string, left: ASTNode, right: ASTNode): Leaf | null => {
  const turned = !isPath(left) && isPath(right)
  const [path, other] = turned ? [right, left] : [left, right]
  const name = COMPARES[turned ? (TURNED[op] ?? op) : op]
  if (name === undefined) return null
  const isNull = other.op === 'value' && other.args === null
  if (isNull && (op === '==' || op === '!=')) return null
  const value = literalOf(converting, other)
  const isCall = path.op === 'call' || path.op === 'rcall'
  if (value === undefined || Array.isArray(value) || !(isPath(path) || isCall)) return null
  return leaf(isCall ? sliceOf(converting, path) : fieldOf(converting, path), name, { value })
}

const called = (converting: Converting, name: string, args: readonly ASTNode[]): Leaf | null => {
  const [subject, ...rest] = args
  if (subject === undefined || !isPath(subject)) return null
  const field = fieldOf(converting, subject)
  const values = rest.map((arg) => literalOf(converting, arg))
  if (!values.every((value) => value !== undefined)) return null
  const [first, second] = values
  if (name === 'exact' && first !== undefined)
    return leaf(field, Array.isArray(first) ? 'is_included_in' : 'is_equal_to', { value: first, isExact: true })
  if (name === 'has') return leaf(field, 'is_not_blank')
  const op = CALLS[name]
  if (op === undefined) return null
  const { takes }: Operator = OPERATORS[op]
  if (takes === 'none') return values.length === 0 ? leaf(field, op) : null
  if (takes === 'two')
    return first !== undefined && second !== undefined ? leaf(field, op, { value: [first, second] }) : null
  if (takes === 'pattern') {
    if (typeof first !== 'string') return null
    const isExact = first.startsWith('(?-i)')
    return leaf(field, op, { value: isExact ? first.slice(5) : first, isExact })
  }
  return leaf(field, op, { value: first, isExact: second === 'exact' })
}

const negated = (rule: StructuredRule): StructuredRule => {
  if ('not' in rule) return rule.not
  if (!('field' in rule)) return { not: rule }
  if (rule.op === 'is_equal_to') return { ...rule, op: 'is_not_equal_to' }
  const opposite = OPPOSITES.get(rule.op)
  return opposite === undefined ? { not: rule } : { ...rule, op: opposite }
}

/** `a && b && c` as one list. */
const flat = (node: ASTNode, op: '&&' | '||'): ASTNode[] =>
  node.op === op ? [...flat(node.args[0], op), ...flat(node.args[1], op)] : [node]

const convert = (converting: Converting, node: ASTNode): StructuredRule => {
  const asIs = (): StructuredRule => ({ rule: sliceOf(converting, node) })
  switch (node.op) {
    case '&&':
      return { all: flat(node, '&&').map((part) => convert(converting, part)) }
    case '||':
      return { any: flat(node, '||').map((part) => convert(converting, part)) }
    case '!_':
      return negated(convert(converting, node.args))
    case 'in': {
      const value = literalOf(converting, node.args[1])
      return isPath(node.args[0]) && Array.isArray(value)
        ? leaf(fieldOf(converting, node.args[0]), 'is_included_in', { value })
        : asIs()
    }
    case 'call':
      return called(converting, node.args[0], node.args[1]) ?? asIs()
    case 'rcall':
      return called(converting, node.args[0], [node.args[1], ...node.args[2]]) ?? asIs()
    case '.':
      if (node.args[1] === 'valid' && isPath(node.args[0]))
        return leaf(fieldOf(converting, node.args[0]), 'format_is_valid')
      return isPath(node) ? leaf(fieldOf(converting, node), 'is_true') : asIs()
    case '==':
    case '!=':
    case '>':
    case '<':
    case '>=':
    case '<=':
      return compared(converting, node.op, node.args[0], node.args[1]) ?? asIs()
    default:
      return asIs()
  }
}

/** The rule as data. A rule that cannot be read is data as it stands. */
export const structuredOf = (text: string): StructuredRule => {
  try {
    return convert({ text }, environment.parse(text).ast)
  } catch {
    return { rule: text }
  }
}
