/**
 * What is wrong with an XPath that others' documents are read by: one that searches again and again for each thing it
 * found would hold everybody up. What it asks is judged by what it was read as, not by how it is written: spaces may
 * stand anywhere in it.
 */

/** Axes as the library numbers them. */
const ATTRIBUTE = 2
const CHILD = 3
const DESCENDANT_OR_SELF = 5
const SELF = 12
const DOWN: ReadonlySet<unknown> = new Set([ATTRIBUTE, CHILD, DESCENDANT_OR_SELF, SELF])
/** These find one thing at most. */
const ONE: ReadonlySet<unknown> = new Set([ATTRIBUTE, SELF])
const COMPARISON = /^(?:Equals|NotEqual|LessThan|GreaterThan)/

type Part = { readonly [name: string]: unknown }

const isPart = (value: unknown): value is Part => typeof value === 'object' && value !== null

const isMany = (value: unknown): boolean => {
  if (!isPart(value)) return false
  const { locationPath, filter, lhs, rhs } = value
  if (isPart(locationPath) && Array.isArray(locationPath.steps))
    return (
      locationPath.absolute === true || locationPath.steps.some((step: unknown) => isPart(step) && !ONE.has(step.axis))
    )
  return isMany(filter) || (value.constructor.name === 'BarOperation' && (isMany(lhs) || isMany(rhs)))
}

/** What is wrong with an expression as the library read it, or null. */
export const expressionFlaw = (expression: unknown): string | null => {
  let searches = 0

  const flawOf = (value: unknown, isInside: boolean): string | null => {
    if (Array.isArray(value)) {
      for (const item of value) {
        const flaw = flawOf(item, isInside)
        if (flaw !== null) return flaw
      }
      return null
    }
    if (!isPart(value)) return null
    if ('axis' in value) {
      if (!DOWN.has(value.axis)) return 'an XPath may go down, and to attributes, alone'
      if (value.axis === DESCENDANT_OR_SELF) searches += 1
      if (searches > 1 || (isInside && value.axis === DESCENDANT_OR_SELF))
        return 'an XPath may search with // once, and not inside [ ]'
    }
    if (isInside && value.absolute === true) return 'inside [ ], an XPath may not begin anew with /'
    if (value.functionName === 'id') return 'id() is not known here'
    if (COMPARISON.test(value.constructor.name) && isMany(value.lhs) && isMany(value.rhs))
      return 'an XPath may compare with texts and numbers, not with what another path finds'
    for (const [name, inner] of Object.entries(value)) {
      const flaw = flawOf(inner, isInside || name === 'predicates' || name === 'filterPredicates')
      if (flaw !== null) return flaw
    }
    return null
  }

  return flawOf(expression, false)
}
