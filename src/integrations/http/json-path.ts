import type { Json } from '../../kit/field.ts'

/**
 * JSON paths (RFC 9535, without filters): `result.0.status`, `$.items[*].id`, `$..error['message']`, `errors[-1]`.
 * Names and numbers may follow a dot or stand in brackets; `*` is each, `..` any depth.
 */

type Segment = { readonly kind: 'name'; readonly name: string } | { readonly kind: 'each' } | { readonly kind: 'deep' }

const NODES_MAX = 10_000

/** Null: it cannot be read. */
export const readJsonPath = (text: string): readonly Segment[] | null => {
  const segments: Segment[] = []
  const part = /(\.\.)|\.?(\*|[^.[\]'"*]+)|\.?\[(?:(\*)|(-?\d{1,9})|'([^']*)'|"([^"]*)")\]|\.(?=\[)/y
  part.lastIndex = text.startsWith('$') ? 1 : 0
  while (part.lastIndex < text.length) {
    const match = part.exec(text)
    if (match === null || match[0] === '') return null
    const [, deep, plain, star, index, single, double] = match
    if (deep !== undefined) segments.push({ kind: 'deep' })
    else if (plain === '*' || star !== undefined) segments.push({ kind: 'each' })
    else {
      const name = plain ?? index ?? single ?? double
      if (name !== undefined) segments.push({ kind: 'name', name })
    }
  }
  return segments.length > 0 || text === '$' ? segments : null
}

const childrenOf = (value: Json): readonly Json[] =>
  typeof value === 'object' && value !== null ? Object.values(value) : []

const memberOf = (value: Json, name: string): Json | undefined => {
  if (Array.isArray(value)) return /^-?\d+$/.test(name) ? value.at(Number(name)) : undefined
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? value[name] : undefined
}

/** The value and all that is inside it, outermost first. */
const allInside = (values: readonly Json[]): Json[] => {
  const all = [...values]
  // One by one: a list of a hundred thousand members is more than a call may have arguments.
  for (let at = 0; at < all.length && all.length < NODES_MAX; at++)
    for (const child of childrenOf(all[at] ?? null)) {
      if (all.length >= NODES_MAX) break
      all.push(child)
    }
  return all.slice(0, NODES_MAX)
}

/** The first value at the path, or undefined. */
export const jsonAt = (json: Json, segments: readonly Segment[]): Json | undefined => {
  let values: Json[] = [json]
  for (const segment of segments) {
    if (segment.kind === 'deep') values = allInside(values)
    else if (segment.kind === 'each') values = values.flatMap(childrenOf).slice(0, NODES_MAX)
    else
      values = values.flatMap((value) => {
        const member = memberOf(value, segment.name)
        return member === undefined ? [] : [member]
      })
  }
  return values[0]
}
