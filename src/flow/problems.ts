import type { FlowProblem } from '../kit/flow.ts'

/** Every code a problem may carry, and what it means. Closed. */
export const PROBLEM_CODES = {
  syntax: 'the text is not YAML or JSON',
  too_large: 'the text, or what its aliases unfold to, is beyond the bounds',
  unknown_key: 'a key that has no meaning here',
  missing_key: 'a key that must be there is not',
  duplicate_key: 'a key stands twice in one map',
  shape: 'a value of the wrong kind or out of range',
  unknown_type: 'a field type that does not exist',
  reserved_name: 'a field has the name of something every lead has',
  unknown_step: 'a step type that does not exist',
  unknown_field: 'a name that is no field of the flow',
  unknown_part: 'a part that the field does not have',
  unknown_variable: 'a name that rules and templates do not know',
  unknown_function: 'a function that rules do not have',
  unknown_filter: 'a filter that templates do not have',
  unknown_destination: 'a destination that is not defined',
  unknown_destination_type: 'a destination type that does not exist',
  unknown_enricher: 'an enricher that is not defined',
  unknown_model: 'a scorecard that is not defined',
  rule_syntax: 'a rule that cannot be read',
  rule_type: 'a rule that compares or yields the wrong type',
  template_syntax: 'a template that cannot be read',
  duration: 'not a duration',
  money: 'not an amount of money',
  zone: 'not a time zone',
  currency: 'not a currency',
  country: 'not a country',
  mapping: 'a mapping path that cannot be read',
  duplicate_id: 'an id stands twice',
  duplicate_name: 'two destinations of one name: whoever is told what became of each sees one of them',
  second_document: 'what stands behind a flow as another document: it is read by nobody',
  ambiguous_id: 'two steps of one type without ids',
  unreachable: 'a step that no lead can reach',
  never_set: 'a value that no earlier step sets',
} as const satisfies Record<string, string>

export type ProblemCode = keyof typeof PROBLEM_CODES

/**
 * Those that take nothing away from what was read: all of the flow stands as it was written. Nobody publishes it so; whether
 * what was published before they were looked for can run is said by compiling it.
 */
export const ADVICE: ReadonlySet<string> = new Set<ProblemCode>([
  'unknown_field',
  'unknown_part',
  'unknown_destination',
  'unknown_enricher',
  'unreachable',
  'never_set',
  'duplicate_name',
  'second_document',
])

/** A problem before its offset in the text was turned into line and column. */
export interface Finding {
  readonly code: ProblemCode
  readonly message: string
  /** Offset in the flow's text. */
  readonly offset: number
  readonly path: string
  readonly expected?: string | null
  readonly suggestion?: string | null
}

export type Report = (finding: Finding) => void

/** A flow with thousands of problems is some other file: what comes after these is not listed. */
export const PROBLEMS_MAX = 200

/** Thrown by a `Report` whose list is full: to look further, and for what each mistake may have meant, is work for nobody. */
export class ListFull extends Error {}

/** Names stand in quotes; in a mix-up of types the quotes are the point, so those are as they would be written. */
const suggested = ({ code, suggestion }: FlowProblem): string =>
  code === 'rule_type' ? (suggestion ?? '') : `"${suggestion}"`

/** One line: `flow.yaml:12:9 unknown field "emial" in rule: expected one of email, phone; did you mean "email"?` */
export const formatProblem = (problem: FlowProblem, file?: string): string => {
  const where = file === undefined ? '' : `${file}:`
  const expected = problem.expected === null ? '' : `: expected ${problem.expected}`
  const suggestion = problem.suggestion === null ? '' : `; did you mean ${suggested(problem)}?`
  return `${where}${problem.line}:${problem.column} ${problem.message}${expected}${suggestion}`
}

const EXCERPT_LENGTH_MAX = 160

/** The line of the problem with a caret below its column, for people at a terminal. */
export const excerptOf = (problem: FlowProblem, text: string): string => {
  const line = text.split('\n', problem.line)[problem.line - 1]?.replace(/\r$/, '') ?? ''
  const start = Math.max(0, problem.column - EXCERPT_LENGTH_MAX)
  const shown = line.slice(start, start + EXCERPT_LENGTH_MAX + 40)
  const before = shown.slice(0, problem.column - 1 - start).replace(/[^\t]/g, ' ')
  return `  ${shown}\n  ${before}^`
}
