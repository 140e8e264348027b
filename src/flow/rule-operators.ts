/**
 * Operators of rules. A missing value makes a comparison, `in` or a function false, `!=` true, arithmetic missing; `&&`,
 * `||`, `!` and `? :` take it as false. `x == null` asks whether x is missing.
 */
import type { Json } from '../kit/field.ts'
import { type Building, brokenTerm, constantTerm, excerpt, partialTruth, type Term, unmetOf } from './rule-term.ts'
import {
  elementOf,
  fold,
  isList,
  isTrue,
  numberOf,
  orderOf,
  type Read,
  sameValue,
  typeName,
  type ValueType,
} from './values.ts'

interface Binary {
  readonly op: string
  readonly left: Term
  readonly right: Term
  readonly building: Building
}

const isConstant = (term: Term): term is Term & { readonly constant: Json } => term.constant !== undefined

const place = ({ left, right }: Binary) => ({ start: left.start, end: right.end })

const described = (building: Building, term: Term): string => `${typeName(term.type)} (${excerpt(building, term)})`

const comparable = (left: ValueType, right: ValueType): boolean => {
  if (left === right || left === 'dyn' || right === 'dyn' || left === 'null' || right === 'null') return true
  return isList(left) && isList(right) && comparable(elementOf(left), elementOf(right))
}

/** What the author may have meant: a number in quotes, or a text without. */
const meant = (building: Building, left: Term, right: Term): string | null => {
  for (const [constant, other] of [
    [left, right],
    [right, left],
  ] as const) {
    if (!isConstant(constant)) continue
    if (other.type === 'double' && typeof constant.constant === 'string' && numberOf(constant.constant) !== null)
      return String(numberOf(constant.constant))
    if (other.type === 'string' && typeof constant.constant === 'number')
      return JSON.stringify(building.text.slice(constant.start, constant.end))
    if (other.type === 'bool' && typeof constant.constant === 'string' && /^(?:true|false)$/i.test(constant.constant))
      return constant.constant.toLowerCase()
  }
  return null
}

const mismatch = (binary: Binary, message: string, expected: string): Term => {
  const { left, right, building } = binary
  building.issues.push({
    code: 'rule_type',
    message,
    ...place(binary),
    expected,
    suggestion: meant(building, left, right),
  })
  return { ...brokenTerm(place(binary)), type: 'bool' }
}

const readsOf = (term: Term): Read => term.partial ?? term.read

/** Of a comparison of a lead known in part: unknown where either side is. */
const ifKnown = (left: Term, right: Term, read: Read): Read => {
  const a = readsOf(left)
  const b = readsOf(right)
  return (lead) => (a(lead) === null || b(lead) === null ? null : read(lead))
}

/** `x == null` asks whether x is missing: of a lead known in part, only that it is not can be known. */
const missing = (other: Term, isEqual: boolean): Read => {
  const read = readsOf(other)
  return (lead) => (read(lead) === null ? null : !isEqual)
}

const incomparable = (binary: Binary): Term =>
  mismatch(
    binary,
    `cannot compare ${described(binary.building, binary.left)} with ${described(binary.building, binary.right)}`,
    'two values of one type',
  )

const foldedConstant = (term: Term): string | null => (typeof term.constant === 'string' ? fold(term.constant) : null)

const equalRead = ({ left, right }: Binary): Read => {
  const a = left.read
  const b = right.read
  if (left.type === 'null') return (lead) => b(lead) === null
  if (right.type === 'null') return (lead) => a(lead) === null
  if (left.type === 'string' && right.type === 'string') {
    const constantLeft = foldedConstant(left)
    const constantRight = foldedConstant(right)
    const constant = constantRight ?? constantLeft
    if (constant !== null) {
      const other = constantRight === null ? b : a
      return (lead) => {
        const value = other(lead)
        return typeof value === 'string' && (value === constant || fold(value) === constant)
      }
    }
  }
  if (left.type === right.type && (left.type === 'double' || left.type === 'bool'))
    return (lead) => {
      const value = a(lead)
      return value !== null && value === b(lead)
    }
  return (lead) => sameValue(a(lead), b(lead))
}

const equality = (binary: Binary): Term => {
  if (!comparable(binary.left.type, binary.right.type)) return incomparable(binary)
  const { left, right, op } = binary
  const equal = equalRead(binary)
  const read: Read = op === '==' ? equal : (lead) => equal(lead) !== true
  const literal = left.type === 'null' ? right : right.type === 'null' ? left : null
  const partial = literal === null ? ifKnown(left, right, read) : missing(literal, op === '==')
  return { type: 'bool', read, partial, ...place(binary) }
}

const ORDERS: Readonly<Record<string, (order: number) => boolean>> = {
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
}

const orderable = (type: ValueType): boolean => type === 'string' || type === 'double' || type === 'dyn'

const numberOrders: Readonly<Record<string, (a: Read, b: Read) => Read>> = {
  '<': (a, b) => (lead) => {
    const left = a(lead)
    const right = b(lead)
    return typeof left === 'number' && typeof right === 'number' && left < right
  },
  '<=': (a, b) => (lead) => {
    const left = a(lead)
    const right = b(lead)
    return typeof left === 'number' && typeof right === 'number' && left <= right
  },
  '>': (a, b) => (lead) => {
    const left = a(lead)
    const right = b(lead)
    return typeof left === 'number' && typeof right === 'number' && left > right
  },
  '>=': (a, b) => (lead) => {
    const left = a(lead)
    const right = b(lead)
    return typeof left === 'number' && typeof right === 'number' && left >= right
  },
}

const ordering = (binary: Binary): Term => {
  const { left, right, op } = binary
  if (!orderable(left.type) || !orderable(right.type) || !comparable(left.type, right.type)) return incomparable(binary)
  const a = left.read
  const b = right.read
  const ofNumbers = left.type === 'double' && right.type === 'double' ? numberOrders[op] : undefined
  const holds = ORDERS[op] ?? (() => false)
  const read: Read =
    ofNumbers?.(a, b) ??
    ((lead) => {
      const x = a(lead)
      const y = b(lead)
      if (x === null || y === null) return false
      const order = orderOf(x, y)
      return order !== null && holds(order)
    })
  return { type: 'bool', read, partial: ifKnown(left, right, read), ...place(binary) }
}

const membership = (binary: Binary): Term => {
  const { left, right, building } = binary
  if (!isList(right.type) && right.type !== 'dyn')
    return mismatch(
      binary,
      `"in" needs a list, and ${excerpt(building, right)} is ${typeName(right.type)}`,
      'a list such as ["a", "b"]; a text within a text is contains(x, "…")',
    )
  if (isList(right.type) && !comparable(left.type, elementOf(right.type)))
    return mismatch(
      binary,
      `cannot look for ${described(building, left)} in a list of ${elementOf(right.type) === 'double' ? 'numbers' : 'other values'}`,
      'a list of values of the same type',
    )
  const a = left.read
  const b = right.read
  if (Array.isArray(right.constant) && right.constant.every((item) => typeof item === 'string')) {
    const texts = new Set(right.constant.map(fold))
    const read: Read = (lead) => {
      const value = a(lead)
      if (typeof value === 'string') return texts.has(fold(value))
      // An object as a sender wrote it has no text of its own: asked for one, the rule could not be evaluated.
      const isObject = typeof value === 'object' && !Array.isArray(value)
      return value !== null && !isObject && texts.has(fold(String(value)))
    }
    return { type: 'bool', read, partial: ifKnown(left, right, read), ...place(binary) }
  }
  const read: Read = (lead) => {
    const value = a(lead)
    const list = b(lead)
    if (value === null || list === null || typeof list !== 'object') return false
    if (!Array.isArray(list)) return typeof value === 'string' && Object.hasOwn(list, value)
    for (const item of list) if (sameValue(value, item)) return true
    return false
  }
  return { type: 'bool', read, partial: ifKnown(left, right, read), ...place(binary) }
}

const COMPUTES: Readonly<Record<string, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
}

const JOINED_LENGTH_MAX = 10_000

const arithmetic = (binary: Binary): Term => {
  const { left, right, op, building } = binary
  const texts = op === '+' && (left.type === 'string' || right.type === 'string')
  const wanted: ValueType = texts ? 'string' : 'double'
  for (const side of [left, right])
    if (side.type !== wanted && side.type !== 'dyn')
      return {
        ...mismatch(
          binary,
          `cannot compute ${described(building, left)} ${op} ${described(building, right)}`,
          op === '+' ? 'two numbers or two texts' : 'two numbers',
        ),
        type: 'dyn',
      }
  const a = left.read
  const b = right.read
  if (texts) {
    const read: Read = (lead) => {
      const x = a(lead)
      const y = b(lead)
      if (x === null || y === null || typeof x === 'object' || typeof y === 'object') return null
      return `${x}${y}`.slice(0, JOINED_LENGTH_MAX)
    }
    return { type: 'string', read, ...place(binary) }
  }
  const compute = COMPUTES[op] ?? (() => Number.NaN)
  const read: Read = (lead) => {
    const x = numberOf(a(lead))
    const y = numberOf(b(lead))
    if (x === null || y === null) return null
    const result = compute(x, y)
    return Number.isFinite(result) ? result : null
  }
  return { type: 'double', read, ...place(binary) }
}

/** Whether the term may stand where a truth is asked; reports it where not. */
export const truthOf = (building: Building, term: Term): Read => {
  if (term.type === 'bool') return term.read
  if (term.type === 'dyn') return (lead) => isTrue(term.read(lead))
  building.issues.push({
    code: 'rule_type',
    message: `${excerpt(building, term)} is ${typeName(term.type)}`,
    start: term.start,
    end: term.end,
    expected: 'true or false',
  })
  return () => false
}

export const negated = (building: Building, inner: Term, start: number): Term => {
  const truth = truthOf(building, inner)
  const at = { start, end: inner.end }
  if (typeof inner.constant === 'boolean') return constantTerm('bool', !inner.constant, at)
  const partly = partialTruth(inner)
  return {
    type: 'bool',
    read: (lead) => truth(lead) !== true,
    partial: (lead) => {
      const value = partly(lead)
      return value === null ? null : value !== true
    },
    unmet: (lead, want) => unmetOf(inner, truth, lead, !want),
    ...at,
  }
}

/** `decides`: the truth of either side that is the truth of both together. */
const joined = (
  binary: Binary,
  { a, b, decides }: { readonly a: Read; readonly b: Read; readonly decides: boolean },
): Term => {
  const { left, right } = binary
  const partA = partialTruth(left)
  const partB = partialTruth(right)
  return {
    type: 'bool',
    read: decides ? (lead) => a(lead) === true || b(lead) === true : (lead) => a(lead) === true && b(lead) === true,
    partial: (lead) => {
      const one = partA(lead)
      if (one === decides) return decides
      const other = partB(lead)
      if (other === decides) return decides
      return one === null || other === null ? null : !decides
    },
    unmet: (lead, want) => [...unmetOf(left, a, lead, want), ...unmetOf(right, b, lead, want)],
    ...place(binary),
  }
}

const conjunction = (binary: Binary): Term => {
  const { left, right, building } = binary
  const a = truthOf(building, left)
  const b = truthOf(building, right)
  if (left.constant === false || right.constant === false) return constantTerm('bool', false, place(binary))
  if (left.constant === true && right.constant === true) return constantTerm('bool', true, place(binary))
  return joined(binary, { a, b, decides: false })
}

const disjunction = (binary: Binary): Term => {
  const { left, right, building } = binary
  const a = truthOf(building, left)
  const b = truthOf(building, right)
  if (left.constant === true || right.constant === true) return constantTerm('bool', true, place(binary))
  if (left.constant === false && right.constant === false) return constantTerm('bool', false, place(binary))
  return joined(binary, { a, b, decides: true })
}

/** The term of a binary operator, or null for one that rules do not have. */
export const binaryTerm = (binary: Binary): Term | null => {
  switch (binary.op) {
    case '==':
    case '!=':
      return equality(binary)
    case '<':
    case '<=':
    case '>':
    case '>=':
      return ordering(binary)
    case 'in':
      return membership(binary)
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return arithmetic(binary)
    case '&&':
      return conjunction(binary)
    case '||':
      return disjunction(binary)
    default:
      return null
  }
}
