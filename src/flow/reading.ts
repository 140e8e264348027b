/** What the reading of one flow shares: its text, its tables, its names, and the problems found so far. */
import type { FlowProblem, Registries } from '../kit/flow.ts'
import { nearest, oneOf } from './nearest.ts'
import { type Finding, ListFull, PROBLEMS_MAX, type Report } from './problems.ts'
import type { Issue, Scope } from './scope.ts'
import type { FlowSource, SourceNode, TextNode } from './source.ts'

export interface Reading {
  readonly source: FlowSource
  readonly registries: Registries
  readonly report: Report
  readonly scope: Scope
  readonly fieldNames: readonly string[]
  /** Names of fields that are computed out of others. */
  readonly computed: readonly string[]
  readonly destinationIds: readonly string[]
  readonly enricherIds: readonly string[]
  readonly currency: string
  /** Ids of the steps read so far; grows. */
  readonly stepIds: string[]
}

/** A part of a flow whose names others refer to. */
export interface NamesAsked {
  readonly node: SourceNode | undefined
  readonly registries: Registries
  readonly report: Report
}

/** How many of each a flow may have: reading and compiling multiply some of them with one another. */
const MOST = {
  fields: 500,
  sources: 500,
  destinations: 500,
  enrichers: 100,
  facts: 200,
  steps: 500,
  models: 500,
} as const

/** Reports a list or map with more entries than a flow may have; the part that is read on. */
export const atMost = <T>(
  report: Report,
  list: { readonly what: keyof typeof MOST; readonly entries: readonly T[]; readonly offset: number },
): readonly T[] => {
  const { what, entries, offset } = list
  if (entries.length <= MOST[what]) return entries
  report({
    code: 'too_large',
    message: `found ${entries.length} ${what}`,
    expected: `at most ${MOST[what]}`,
    offset,
    path: what,
  })
  return entries.slice(0, MOST[what])
}

/** Collects findings, each once, and puts them in the order of the text. */
export const collector = (): { readonly report: Report; problems(source: FlowSource): FlowProblem[] } => {
  const findings = new Map<string, Finding>()
  return {
    report: (finding) => {
      const key = `${finding.offset} ${finding.code} ${finding.message}`
      if (!findings.has(key)) findings.set(key, finding)
      if (findings.size >= PROBLEMS_MAX) throw new ListFull()
    },
    problems: (source) =>
      [...findings.values()]
        .toSorted((a, b) => a.offset - b.offset)
        .map(({ code, message, offset, path, expected, suggestion }) => ({
          code,
          message,
          ...source.position(offset),
          path,
          expected: expected ?? null,
          suggestion: suggestion ?? null,
        })),
  }
}

/** Puts an issue of a rule or template where it stands in the flow's text. */
export const reportIssue = (
  reading: Reading,
  at: { readonly issue: Issue; readonly node: TextNode; readonly path: string; readonly what: string },
): void => {
  const { issue, node, path, what } = at
  const told = issue.message.startsWith('unknown ') ? `${issue.message} in ${what}` : issue.message
  reading.report({
    code: issue.code,
    message: told,
    offset: reading.source.offsetIn(node, issue.start),
    path,
    expected: issue.expected ?? null,
    suggestion: issue.suggestion ?? null,
  })
}

/** Reports a name that is none of those known. */
export const reportUnknown = (
  report: Report,
  unknown: {
    readonly code: Finding['code']
    readonly what: string
    readonly name: string
    readonly names: readonly string[]
    readonly offset: number
    readonly path: string
  },
): void =>
  report({
    code: unknown.code,
    message: `unknown ${unknown.what} "${unknown.name}"`,
    expected: oneOf(unknown.names),
    suggestion: nearest(unknown.name, unknown.names),
    offset: unknown.offset,
    path: unknown.path,
  })
