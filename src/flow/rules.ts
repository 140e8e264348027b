/**
 * Rules: CEL expressions over a lead.
 *
 * A rule is parsed, checked and compiled once, when its flow is published. At run time it never throws: where it has to
 * give up (a pattern on a very long text, loops without end) it is false, and `saw` says so under `fault`.
 */
import { Environment, ParseError } from '@marcbachmann/cel-js'
import { Fault } from '../base/faults.ts'
import type { Json } from '../kit/field.ts'
import type { Expression, LeadView, Rule, Unmet } from '../kit/step.ts'
import { buildTerm } from './rule-build.ts'
import { truthOf } from './rule-operators.ts'
import { type Building, LOOP_STEPS_MAX, partialTruth, RuleGivenUp, type Term, unmetOf } from './rule-term.ts'
import type { Issue, Resolved, Scope } from './scope.ts'
import type { ValueType } from './values.ts'

const RULE_LENGTH_MAX = 4000

const environment = new Environment({
  homogeneousAggregateLiterals: false,
  limits: { maxAstNodes: 2000, maxDepth: 100, maxListElements: 1000, maxCallArguments: 10 },
})

export interface RuleReading {
  readonly issues: readonly Issue[]
  /** Null where there are issues. */
  readonly rule: Rule | null
  /** True or false where the rule is so for every lead. */
  readonly constant: boolean | null
  /** Paths the rule mentions. */
  readonly paths: readonly string[]
}

export interface ExpressionReading {
  readonly issues: readonly Issue[]
  readonly expression: Expression | null
  readonly paths: readonly string[]
}

const WORDS: Readonly<Record<string, string>> = {
  and: '&&',
  or: '||',
  not: '!',
  is: '==',
  '=': '==',
  '&': '&&',
  '|': '||',
}

const TOKENS: Readonly<Record<string, string>> = {
  EOF: 'the end of the rule',
  RPAREN: '")"',
  RBRACKET: '"]"',
  RBRACE: '"}"',
  IDENTIFIER: 'a name',
}

/** The library's refusal in our words, at the place it names. */
const syntaxIssue = (error: ParseError, text: string): Issue => {
  const start = Math.min(error.range?.start ?? 0, text.length)
  const end = Math.max(error.range?.end ?? start, start)
  const word = /^(?:[A-Za-z_]\w*|.)/.exec(text.slice(start))?.[0] ?? ''
  const meant = WORDS[word.toLowerCase()] ?? null
  if (error.code === 'expected_token' || error.code === 'unexpected_token') {
    const wanted = /Expected (\w+)/.exec(error.summary)?.[1]
    return {
      code: 'rule_syntax',
      message: word === '' ? 'the rule ends too early' : `cannot read the rule at "${word}"`,
      start,
      end,
      expected: wanted === undefined ? 'a value' : (TOKENS[wanted] ?? wanted.toLowerCase()),
      suggestion: meant,
    }
  }
  if (error.code === 'unexpected_character')
    return {
      code: 'rule_syntax',
      message: `cannot read the rule at "${word}"`,
      start,
      end,
      expected: 'an operator such as ==, && or in',
      suggestion: meant,
    }
  const summary = error.summary.charAt(0).toLowerCase() + error.summary.slice(1)
  return { code: 'rule_syntax', message: `cannot read the rule: ${summary}`, start, end }
}

interface Built {
  readonly issues: Issue[]
  readonly term: Term | null
  readonly building: Building
}

const build = (text: string, scope: Scope): Built => {
  const building: Building = {
    text,
    scope,
    issues: [],
    paths: new Map(),
    mentions: [],
    budget: { left: 0 },
    locals: new Map(),
  }
  const { issues } = building
  if (text.length > RULE_LENGTH_MAX) {
    issues.push({
      code: 'rule_syntax',
      message: `the rule has ${text.length} characters`,
      start: 0,
      end: 0,
      expected: `at most ${RULE_LENGTH_MAX}`,
    })
    return { issues, term: null, building }
  }
  try {
    return { issues, term: buildTerm(environment.parse(text).ast, building), building }
  } catch (error) {
    if (error instanceof ParseError) issues.push(syntaxIssue(error, text))
    else if (error instanceof RangeError)
      issues.push({ code: 'rule_syntax', message: 'the rule is nested too deeply', start: 0, end: 0 })
    else throw error
    return { issues, term: null, building }
  }
}

const sawOf = (paths: readonly Resolved[], lead: LeadView): { [path: string]: Json } => {
  const saw: { [path: string]: Json } = {}
  for (const { path, read } of paths) {
    try {
      saw[path] = read(lead)
    } catch {
      saw[path] = null
    }
  }
  return saw
}

const givenUp = (error: unknown): string => (error instanceof RuleGivenUp ? error.message : 'it could not be evaluated')

/** One part of a rule that was not as wanted, in the rule's own words. */
const tell = (
  { text, mentions }: Building,
  mentioned: readonly Resolved[],
  lead: LeadView,
  part: { readonly start: number; readonly end: number; readonly want: boolean },
): Unmet => {
  const words = text.slice(part.start, part.end)
  const within = new Set(
    mentions.filter(({ start, end }) => start >= part.start && end <= part.end).map(({ path }) => path),
  )
  return {
    wanted: part.want ? words : `!(${words})`,
    saw: sawOf(
      mentioned.filter(({ path }) => within.has(path)),
      lead,
    ),
  }
}

/** Reads a rule: a condition that is true or false of a lead. */
export const readRule = (text: string, scope: Scope): RuleReading => {
  const { issues, term, building } = build(text, scope)
  const mentioned = [...building.paths.values()]
  const paths = mentioned.map(({ path }) => path)
  if (term === null) return { issues, rule: null, constant: null, paths }
  const truth = issues.length === 0 ? truthOf(building, term) : term.read
  if (issues.length > 0) return { issues, rule: null, constant: null, paths }
  const { budget } = building
  const partly = partialTruth(term)
  const evaluate = (lead: LeadView): boolean => {
    budget.left = LOOP_STEPS_MAX
    return lead.partial === true ? partly(lead) !== false : truth(lead) === true
  }
  const holds = (lead: LeadView): boolean => {
    try {
      return evaluate(lead)
    } catch {
      return false
    }
  }
  const unmet = (lead: LeadView): readonly Unmet[] => {
    if (holds(lead)) return []
    budget.left = LOOP_STEPS_MAX
    try {
      return unmetOf(term, truth, lead, true).map((part) => tell(building, mentioned, lead, part))
    } catch {
      return [{ wanted: text, saw: sawOf(mentioned, lead) }]
    }
  }
  const rule: Rule = {
    text,
    holds,
    unmet,
    saw: (lead) => {
      const saw = sawOf(mentioned, lead)
      let isMet = false
      try {
        isMet = evaluate(lead)
      } catch (error) {
        saw.fault = givenUp(error)
      }
      if (!isMet) saw.wanted = unmet(lead).map(({ wanted }) => wanted)
      return saw
    },
  }
  return { issues, rule, constant: typeof term.constant === 'boolean' ? term.constant : null, paths }
}

/** Reads an expression: it yields any value, null where something it needs is missing. */
export const readExpression = (text: string, scope: Scope): ExpressionReading => {
  const { issues, term, building } = build(text, scope)
  const paths = [...building.paths.keys()]
  if (term === null || issues.length > 0) return { issues, expression: null, paths }
  const { budget } = building
  const expression: Expression = {
    text,
    value: (lead) => {
      budget.left = LOOP_STEPS_MAX
      try {
        return term.read(lead)
      } catch {
        return null
      }
    },
  }
  return { issues, expression, paths }
}

/** The type of an expression; `dyn` where it cannot be read. */
export const expressionType = (text: string, scope: Scope): ValueType => build(text, scope).term?.type ?? 'dyn'

/** An issue as one line, with its column in the rule or template. */
const issueText = (issue: Issue): string => {
  const expected = issue.expected ? `: expected ${issue.expected}` : ''
  const suggestion = issue.suggestion ? `; did you mean "${issue.suggestion}"?` : ''
  return `${issue.message} at column ${issue.start + 1}${expected}${suggestion}`
}

export const refuse = (what: string, text: string, issues: readonly Issue[]): never => {
  throw new Fault('flow_invalid', { message: `The ${what} "${text}" is wrong: ${issues.map(issueText).join('; ')}` })
}

/** Compiles a rule; throws Fault('flow_invalid') that lists what is wrong. */
export const compileRule = (text: string, scope: Scope): Rule => {
  const { rule, issues } = readRule(text, scope)
  return rule ?? refuse('rule', text, issues)
}

/** Compiles an expression; throws Fault('flow_invalid') that lists what is wrong. */
export const compileExpression = (text: string, scope: Scope): Expression => {
  const { expression, issues } = readExpression(text, scope)
  return expression ?? refuse('expression', text, issues)
}
