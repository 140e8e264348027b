/**
 * Which of the values that a person's leads gave is the person's, field by field. Nothing is stored of it: it follows
 * from the leads there are, so merging, taking back and erasing lose nothing and leave nothing behind.
 */
import { own } from '../base/own.ts'
import type { Json, Parsed } from '../kit/field.ts'
import { isBlank, textOf } from '../kit/values.ts'

export const RULES = ['verified', 'trusted', 'newest', 'longest'] as const
export type Rule = (typeof RULES)[number]

/** Rules in their order: the first that prefers one of two values decides. */
export interface Survivorship {
  readonly otherwise: readonly Rule[]
  readonly fields: Readonly<Record<string, readonly Rule[]>>
  /** Sources, `flow/source`, the most trusted first. */
  readonly trusted: readonly string[]
}

export const DEFAULT_SURVIVORSHIP: Survivorship = { otherwise: ['verified', 'newest'], fields: {}, trusted: [] }

/** What one lead says. */
export interface Contribution {
  readonly leadId: string
  readonly flow: string
  readonly flowVersion: number
  readonly source: string
  /** ms since 1970 */
  readonly receivedAt: number
  readonly fields: Readonly<Record<string, Parsed>>
}

export interface Survivor {
  readonly field: Parsed
  readonly from: Contribution
  /** The rule that decided last; null where there was nothing to decide. */
  readonly rule: Rule | null
  /** Other values that leads gave. */
  readonly others: number
}

interface Candidate {
  readonly field: Parsed
  readonly from: Contribution
}

const trustOf = (trusted: readonly string[], { flow, source }: Contribution): number => {
  const at = trusted.indexOf(`${flow}/${source}`)
  return at < 0 ? trusted.length : at
}

const lengthOf = ({ field }: Candidate): number => textOf(field.normal as Json).length

/** Below 0: the first is preferred. */
const preference = (rule: Rule, a: Candidate, b: Candidate, trusted: readonly string[]): number => {
  switch (rule) {
    case 'verified':
      return Number(b.field.valid) - Number(a.field.valid)
    case 'trusted':
      return trustOf(trusted, a.from) - trustOf(trusted, b.from)
    case 'newest':
      return b.from.receivedAt - a.from.receivedAt
    case 'longest':
      return lengthOf(b) - lengthOf(a)
  }
}

const survivorOf = (candidates: readonly Candidate[], rules: readonly Rule[], trusted: readonly string[]): Survivor => {
  let [best] = candidates as [Candidate]
  let decided: Rule | null = null
  for (const candidate of candidates.slice(1)) {
    const rule = rules.find((each) => preference(each, best, candidate, trusted) !== 0)
    // Equal by every rule: the lead that came later, by its id, so that the order of reading changes nothing.
    const isBetter =
      rule === undefined ? candidate.from.leadId > best.from.leadId : preference(rule, candidate, best, trusted) < 0
    if (isBetter) best = candidate
    decided = rule ?? decided
  }
  const values = new Set(candidates.map(({ field }) => textOf(field.normal as Json)))
  return { ...best, rule: decided, others: values.size - 1 }
}

export const survive = (
  contributions: readonly Contribution[],
  { otherwise, fields, trusted }: Survivorship,
): ReadonlyMap<string, Survivor> => {
  const byName = new Map<string, Candidate[]>()
  for (const from of contributions)
    for (const [name, field] of Object.entries(from.fields)) {
      if (isBlank(field) || field.normal === null || field.masked) continue
      byName.set(name, [...(byName.get(name) ?? []), { field, from }])
    }
  return new Map(
    [...byName].map(([name, candidates]) => [name, survivorOf(candidates, own(fields, name) ?? otherwise, trusted)]),
  )
}
