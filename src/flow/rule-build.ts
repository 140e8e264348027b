/**
 * From the syntax tree of a CEL rule to one function that reads it off a lead: types are checked on the way, and every
 * mistake is collected with its place. The library parses; meaning is given here, because ours differs from CEL's in what
 * a missing value does, in the case of texts, and in whole numbers being numbers like others.
 */
import type { ASTNode } from '@marcbachmann/cel-js'
import type { Json } from '../kit/field.ts'
import { nearest, oneOf } from './nearest.ts'
import { accepts, type RuleFunction, WANTED_NAMES } from './rule-calls.ts'
import { RULE_FUNCTIONS } from './rule-functions.ts'
import { binaryTerm, negated, truthOf } from './rule-operators.ts'
import {
  type Building,
  brokenTerm,
  constantTerm,
  excerpt,
  partialTruth,
  priced,
  RuleGivenUp,
  type Term,
} from './rule-term.ts'
import type { Segment } from './scope.ts'
import { elementOf, isList, isTrue, memberOf, numberOf, type Read, typeName, type ValueType } from './values.ts'

const literal = (node: ASTNode & { readonly op: 'value' }, building: Building): Term => {
  const value: unknown = node.args
  if (typeof value === 'bigint') return constantTerm('double', Number(value), node)
  if (typeof value === 'number') return constantTerm('double', value, node)
  if (typeof value === 'string') return constantTerm('string', value, node)
  if (typeof value === 'boolean') return constantTerm('bool', value, node)
  if (value === null) return constantTerm('null', null, node)
  building.issues.push({
    code: 'rule_syntax',
    message: `rules have no such literal: ${excerpt(building, node)}`,
    start: node.start,
    end: node.end,
    expected: 'a number, a text in quotes, true, false or null',
  })
  return brokenTerm(node)
}

/** The chain `lead.phone.area` or `extra["what-service"]`, if the node is one that begins with a name. */
const chainOf = (node: ASTNode): Segment[] | null => {
  if (node.op === 'id') return [{ name: node.args, start: node.start, end: node.end }]
  if (node.op === '.') {
    const chain = chainOf(node.args[0])
    if (chain === null) return null
    chain.push({ name: node.args[1], start: node.pos, end: node.end })
    return chain
  }
  if (node.op === '[]') {
    const chain = chainOf(node.args[0])
    const index = node.args[1]
    if (chain === null || index.op !== 'value') return null
    const value: unknown = index.args
    const name = typeof value === 'bigint' ? Number(value) : value
    if (typeof name !== 'string' && typeof name !== 'number') return null
    chain.push({ name, start: index.start, end: index.end })
    return chain
  }
  return null
}

const pathTerm = (node: ASTNode, chain: readonly Segment[], building: Building): Term => {
  const resolution = building.scope.resolve(chain)
  if ('issue' in resolution) {
    building.issues.push(resolution.issue)
    return brokenTerm(node)
  }
  const { resolved } = resolution
  building.paths.set(resolved.path, resolved)
  const { path, type, read, partial } = resolved
  const at = { start: node.start, end: node.end }
  building.mentions.push({ path, ...at })
  return { type, read: priced(building.budget, read), ...(partial && { partial }), ...at }
}

/** Access to what is no plain path: an entry of a list, a member of a loop's variable. */
const accessTerm = (node: ASTNode & { readonly op: '.' | '[]' }, building: Building): Term => {
  const base = buildTerm(node.args[0], building)
  const key = node.op === '.' ? constantTerm('string', node.args[1], node) : buildTerm(node.args[1], building)
  if (
    base.type !== 'dyn' &&
    base.type !== 'map' &&
    !(isList(base.type) && (key.type === 'double' || key.type === 'dyn'))
  ) {
    building.issues.push({
      code: 'rule_type',
      message: `${excerpt(building, base)} is ${typeName(base.type)} and has no parts`,
      start: key.start,
      end: key.end,
    })
    return brokenTerm(node)
  }
  const read: Read = (lead) => {
    const member = key.read(lead)
    return typeof member === 'string' || typeof member === 'number' ? memberOf(base.read(lead), member) : null
  }
  return { type: elementOf(base.type), read, start: node.start, end: node.end }
}

const listTerm = (node: ASTNode & { readonly op: 'list' }, building: Building): Term => {
  const items = node.args.map((item) => buildTerm(item, building))
  const first = items[0]?.type ?? 'dyn'
  const type: ValueType = `list<${items.every((item) => item.type === first) ? first : 'dyn'}>`
  const at = { start: node.start, end: node.end }
  const constants = items.map((item) => item.constant)
  if (constants.every((value) => value !== undefined)) return constantTerm(type, constants as Json[], at)
  return { type, read: (lead) => items.map((item) => item.read(lead)), ...at }
}

type LoopKind = 'exists' | 'all' | 'exists_one' | 'filter' | 'map'

const LOOPS = new Set<string>(['exists', 'all', 'exists_one', 'filter', 'map'])
const isLoop = (name: string): name is LoopKind => LOOPS.has(name)

interface Looping {
  readonly kind: LoopKind
  readonly list: Read
  readonly cell: { value: Json }
  readonly body: Read
  readonly budget: Building['budget']
}

const loopRead = ({ kind, list, cell, body, budget }: Looping): Read => {
  const each = (lead: Parameters<Read>[0], visit: (item: Json, result: Json) => boolean): void => {
    const items = list(lead)
    if (!Array.isArray(items)) return
    const before = cell.value
    for (const item of items) {
      if (budget.left-- <= 0) throw new RuleGivenUp('its loops take too many steps')
      cell.value = item
      if (!visit(item, body(lead))) break
    }
    cell.value = before
  }
  if (kind === 'filter' || kind === 'map')
    return (lead) => {
      const kept: Json[] = []
      each(lead, (item, result) => {
        if (kind === 'map') kept.push(result)
        else if (isTrue(result)) kept.push(item)
        return true
      })
      return kept
    }
  return (lead) => {
    let count = 0
    let every = Array.isArray(list(lead))
    each(lead, (_, result) => {
      if (isTrue(result)) count++
      else every = false
      return kind === 'exists' ? count === 0 : kind === 'all' ? every : true
    })
    return kind === 'exists' ? count > 0 : kind === 'all' ? every : count === 1
  }
}

const loopTerm = (
  node: ASTNode,
  call: { readonly kind: LoopKind; readonly list: ASTNode; readonly args: readonly ASTNode[] },
  building: Building,
): Term => {
  const [variable, bodyNode] = call.args
  const list = buildTerm(call.list, building)
  if (variable?.op !== 'id' || bodyNode === undefined || call.args.length !== 2) {
    building.issues.push({
      code: 'rule_syntax',
      message: `${call.kind}() needs a name and a condition`,
      start: node.start,
      end: node.end,
      expected: `${excerpt(building, call.list)}.${call.kind}(t, t == "…")`,
    })
    return brokenTerm(node)
  }
  if (!isList(list.type) && list.type !== 'dyn') {
    building.issues.push({
      code: 'rule_type',
      message: `${excerpt(building, list)} is ${typeName(list.type)}`,
      start: list.start,
      end: list.end,
      expected: 'a list',
    })
    return brokenTerm(node)
  }
  const cell = { value: null as Json }
  const locals = new Map(building.locals).set(variable.args, { type: elementOf(list.type), cell })
  const inner: Building = { ...building, locals }
  const body = buildTerm(bodyNode, inner)
  const result = call.kind === 'map' ? body.read : truthOf(inner, body)
  const looping = { kind: call.kind, list: list.read, cell, budget: building.budget }
  const read = loopRead({ ...looping, body: result })
  const type: ValueType =
    call.kind === 'map'
      ? `list<${body.type}>`
      : call.kind === 'filter'
        ? isList(list.type)
          ? list.type
          : 'list<dyn>'
        : 'bool'
  const at = { start: node.start, end: node.end }
  const listed = list.partial ?? list.read
  // Of a lead known in part: what some entries leave open, the loop leaves open.
  const partly = partialTruth(body)
  if (call.kind === 'map') return { type, read, partial: (lead) => (listed(lead) === null ? null : read(lead)), ...at }
  // One of several that are open may be the one: how many there are is compared, not whether it is one.
  const kind = call.kind === 'exists_one' ? 'filter' : call.kind
  const surely = loopRead({ ...looping, kind, body: (lead) => partly(lead) === true })
  const perhaps = loopRead({ ...looping, kind, body: (lead) => partly(lead) !== false })
  const isSame = (sure: Json, open: Json): boolean =>
    sure === open || (Array.isArray(sure) && Array.isArray(open) && sure.length === open.length)
  const partial: Read = (lead) => {
    if (listed(lead) === null) return null
    const sure = surely(lead)
    if (call.kind === 'exists_one' && Array.isArray(sure) && sure.length > 1) return false
    if (!isSame(sure, perhaps(lead))) return null
    return call.kind === 'exists_one' ? Array.isArray(sure) && sure.length === 1 : sure
  }
  return { type, read, partial, ...at }
}

const CEL_NAMES: Readonly<Record<string, string>> = {
  lowerAscii: 'lower',
  upperAscii: 'upper',
  toLowerCase: 'lower',
  toUpperCase: 'upper',
  length: 'size',
  double: 'number',
  int: 'number',
  empty: 'blank',
  exist: 'exists',
}

const callTerm = (
  node: ASTNode,
  call: { readonly name: string; readonly args: readonly ASTNode[] },
  building: Building,
): Term => {
  const args = call.args.map((arg) => buildTerm(arg, building))
  const at = { start: node.start, end: node.end }
  const known: RuleFunction | undefined = Object.hasOwn(RULE_FUNCTIONS, call.name)
    ? RULE_FUNCTIONS[call.name]
    : undefined
  if (known === undefined) {
    const names = [...Object.keys(RULE_FUNCTIONS), ...LOOPS]
    building.issues.push({
      code: 'unknown_function',
      message: `unknown function "${call.name}"`,
      ...at,
      expected: oneOf(names),
      suggestion: CEL_NAMES[call.name] ?? nearest(call.name, names),
    })
    return brokenTerm(node)
  }
  const most = known.parameters.length
  const least = most - (known.optional ?? 0)
  if (args.length < least || args.length > most) {
    building.issues.push({
      code: 'rule_type',
      message: `${call.name}() is given ${args.length} value${args.length === 1 ? '' : 's'}`,
      ...at,
      expected: least === most ? String(most) : `${least} to ${most}`,
    })
    return brokenTerm(node)
  }
  args.forEach((arg, index) => {
    const wanted = known.parameters[index] ?? 'any'
    if (accepts(wanted, arg.type)) return
    building.issues.push({
      code: 'rule_type',
      message: `${call.name}() is given ${typeName(arg.type)} (${excerpt(building, arg)})`,
      start: arg.start,
      end: arg.end,
      expected: WANTED_NAMES[wanted],
    })
  })
  const read = known.build({ args, building, at, report: (issue) => building.issues.push(issue) })
  const type = typeof known.returns === 'function' ? known.returns(args) : known.returns
  // What stands in for a missing value is asked of a missing value.
  if (call.name === 'default') return { type, read, ...at }
  const parts = args.map((arg) => arg.partial ?? arg.read)
  const partial: Read = (lead) => (parts.some((part) => part(lead) === null) ? null : read(lead))
  return { type, read, partial, ...at }
}

const conditional = (node: ASTNode & { readonly op: '?:' }, building: Building): Term => {
  const condition = buildTerm(node.args[0], building)
  const truth = truthOf(building, condition)
  const yes = buildTerm(node.args[1], building)
  const no = buildTerm(node.args[2], building)
  const partly = partialTruth(condition)
  const type = yes.type === no.type ? yes.type : yes.type === 'null' ? no.type : no.type === 'null' ? yes.type : 'dyn'
  return {
    type,
    read: (lead) => (truth(lead) === true ? yes.read(lead) : no.read(lead)),
    partial: (lead) => {
      const value = partly(lead)
      return value === null ? null : ((value === true ? yes : no).partial ?? (value === true ? yes : no).read)(lead)
    },
    start: node.start,
    end: node.end,
  }
}

const minus = (node: ASTNode & { readonly op: '-_' }, building: Building): Term => {
  const inner = buildTerm(node.args, building)
  const at = { start: node.start, end: node.end }
  if (typeof inner.constant === 'number') return constantTerm('double', -inner.constant, at)
  if (inner.type !== 'double' && inner.type !== 'dyn')
    building.issues.push({
      code: 'rule_type',
      message: `${excerpt(building, inner)} is ${typeName(inner.type)}`,
      start: inner.start,
      end: inner.end,
      expected: 'a number',
    })
  return {
    type: 'double',
    read: (lead) => {
      const value = numberOf(inner.read(lead))
      return value === null ? null : -value
    },
    ...at,
  }
}

const unsupported = (node: ASTNode, building: Building): Term => {
  building.issues.push({
    code: 'rule_syntax',
    message: `rules have no ${node.op === 'map' ? 'maps in braces' : `"${node.op}"`}`,
    start: node.start,
    end: node.end,
  })
  return brokenTerm(node)
}

export const buildTerm = (node: ASTNode, building: Building): Term => {
  switch (node.op) {
    case 'value':
      return literal(node, building)
    case 'id':
    case '.':
    case '[]': {
      const chain = chainOf(node)
      const root = chain?.[0]
      const local = typeof root?.name === 'string' ? building.locals.get(root.name) : undefined
      if (node.op === 'id' && local !== undefined)
        return {
          type: local.type,
          read: priced(building.budget, () => local.cell.value),
          start: node.start,
          end: node.end,
        }
      if (chain !== null && local === undefined) return pathTerm(node, chain, building)
      return node.op === 'id' ? brokenTerm(node) : accessTerm(node, building)
    }
    case 'list':
      return listTerm(node, building)
    case 'call':
      return callTerm(node, { name: node.args[0], args: node.args[1] }, building)
    case 'rcall': {
      const [name, receiver, args] = node.args
      if (isLoop(name)) return loopTerm(node, { kind: name, list: receiver, args }, building)
      return callTerm(node, { name, args: [receiver, ...args] }, building)
    }
    case '?:':
      return conditional(node, building)
    case '!_':
      return negated(building, buildTerm(node.args, building), node.start)
    case '-_':
      return minus(node, building)
    case 'map':
    case '.?':
    case '[?]':
      return unsupported(node, building)
    default: {
      const [leftNode, rightNode] = node.args
      const left = buildTerm(leftNode, building)
      const right = buildTerm(rightNode, building)
      return binaryTerm({ op: node.op, left, right, building }) ?? unsupported(node, building)
    }
  }
}
