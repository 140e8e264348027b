/** What the template library's tree says about a template: its variables, its own names, the tags it uses. */
import {
  type Expression,
  type Filter,
  type Liquid,
  type Template as LiquidTemplate,
  type Token,
  TypeGuards,
  Value,
} from 'liquidjs'
import type { Segment } from './scope.ts'

/**
 * Tags that templates have. No loops: lists are written with `join`, and so no template runs long. No `capture`: it would
 * double a text over and over outside the memory limit, which `assign` with `append` obeys.
 */
export const TEMPLATE_TAGS: readonly string[] = ['assign', 'case', 'comment', 'echo', 'if', 'raw', 'unless', '#']

/** A variable of a template: `lead.phone.area`. */
interface Mention {
  /** Null where a part is computed: `lead[x]`. */
  readonly segments: readonly Segment[] | null
  readonly start: number
  readonly end: number
  /** Makes the library read the value under one name: paths are resolved by us, once. */
  rename(name: string): void
}

export interface TemplateSyntax {
  readonly mentions: readonly Mention[]
  /** Names the template gives itself by `assign`. */
  readonly ownNames: ReadonlySet<string>
}

type Tokens = Iterable<Token>

const isExpression = (value: unknown): value is Expression =>
  typeof value === 'object' && value !== null && 'postfix' in value

const argumentTokens = (filter: Filter): Token[] => {
  const tokens: Token[] = []
  for (const argument of filter.args) {
    const token: unknown = Array.isArray(argument) ? argument[1] : argument
    if (typeof token === 'object' && token !== null) tokens.push(token as Token)
  }
  return tokens
}

const expressionTokens = (expression: Expression): Tokens => expression.postfix

function* flatten(value: unknown): Generator<Token> {
  if (value instanceof Value) {
    for (const token of expressionTokens(value.initial)) yield* flatten(token)
    for (const filter of value.filters) for (const token of argumentTokens(filter)) yield* flatten(token)
  } else if (isExpression(value)) {
    for (const token of expressionTokens(value)) yield* flatten(token)
  } else if (TypeGuards.isRangeToken(value)) {
    yield* flatten(value.lhs)
    yield* flatten(value.rhs)
  } else if (typeof value === 'object' && value !== null && 'begin' in value) yield value as Token
}

const mentionsOf = (token: Token): Mention[] => {
  if (!TypeGuards.isPropertyAccessToken(token)) return []
  const mentions: Mention[] = []
  const segments: Segment[] = []
  let computed = token.variable !== undefined
  for (const prop of token.props) {
    const place = { start: prop.begin, end: prop.end }
    if (TypeGuards.isPropertyAccessToken(prop)) {
      computed = true
      mentions.push(...mentionsOf(prop))
    } else if ('content' in prop && (typeof prop.content === 'string' || typeof prop.content === 'number'))
      segments.push({ name: prop.content, ...place })
    else computed = true
  }
  mentions.push({
    segments: computed ? null : segments,
    start: token.begin,
    end: token.end,
    rename: (name) => {
      const first = token.props[0]
      if (first === undefined) return
      // The library's own way of a name is a token with `content`; its constructor is not exported.
      token.props = [Object.assign(Object.create(Object.getPrototypeOf(first)), first, { content: name })]
    },
  })
  return mentions
}

const visit = (templates: readonly LiquidTemplate[], mentions: Mention[], ownNames: Set<string>): void => {
  for (const template of templates) {
    for (const argument of template.arguments?.() ?? [])
      for (const token of flatten(argument)) mentions.push(...mentionsOf(token))
    for (const identifier of template.localScope?.() ?? []) ownNames.add(identifier.content)
    const children = template.children?.(false, true)
    if (children === undefined) continue
    const inner = children.next()
    if (inner.done === true && Array.isArray(inner.value)) visit(inner.value, mentions, ownNames)
  }
}

/** Parses the template and says what it mentions. Throws the library's errors. */
export const parseTemplate = (
  engine: Liquid,
  text: string,
): { readonly templates: LiquidTemplate[]; readonly syntax: TemplateSyntax } => {
  const templates = engine.parse(text)
  const mentions: Mention[] = []
  const ownNames = new Set<string>()
  visit(templates, mentions, ownNames)
  return { templates, syntax: { mentions, ownNames } }
}
