/** Holds what sources were told, what the buyer saw and what stands in the database against each other. */

import type { Call } from './buyer.ts'
import type { Evidence } from './evidence.ts'
import { type Findings, found } from './findings.ts'
import type { Submission } from './people.ts'
import type { Load } from './senders.ts'

export interface Case {
  readonly load: Load
  readonly calls: readonly Call[]
  readonly evidence: Evidence
  /** Reads as a logged-in user: over HTTP, through the program. */
  readonly read: (path: string) => Promise<{ readonly status: number; readonly body: unknown }>
}

const acceptable = ({ kind, idempotencyKey, repeats, sends, answer }: Submission): string | null => {
  if (answer === null) return 'was never acknowledged'
  const { status, code } = answer
  if (repeats) return status === 409 ? null : `repeats an accepted lead and was answered ${status} ${code}`
  // Asked for, or durable when something broke or took long: it goes on by itself.
  if (status === 202) return null
  // The first try was durable, though nobody heard of it.
  if (status === 409 && sends > 1 && idempotencyKey === null) return null
  const expected = kind === 'ordinary' || kind === 'flaky' ? 201 : 422
  return status === expected ? null : `was answered ${status} ${code} after ${sends} tries`
}

/** Every answer is one that its source may hear, and speaks of leads that exist. */
const checkAnswers = (findings: Findings, { load, evidence }: Case): void => {
  const acknowledged = load.submissions.filter(({ answer }) => answer !== null)
  findings.acknowledged += new Set(acknowledged.map(({ answer }) => answer?.leadId)).size
  const wrong: string[] = []
  const missing: string[] = []
  const open: string[] = []
  for (const submission of load.submissions) {
    const why = acceptable(submission)
    if (why !== null) wrong.push(`${submission.email} ${why}`)
    const { answer } = submission
    if (answer === null) continue
    const lead = evidence.leads.get(answer.leadId)
    if (lead === undefined) missing.push(`${submission.email} was told of lead ${answer.leadId}, which is not there`)
    else if (!lead.closed) open.push(`lead ${lead.id} of ${submission.email} did not come to an end`)
    if (answer.duplicateOf !== null && !evidence.leads.has(answer.duplicateOf))
      missing.push(`${submission.email} was told it repeats lead ${answer.duplicateOf}, which is not there`)
  }
  found(findings, null, wrong)
  found(findings, 'lost', missing)
  found(findings, 'unfinished', open)
  for (const [what, times] of load.wrong) findings.problems.push(`a source was answered ${what}, ${times} times`)
}

/** Each acknowledged email has exactly the accepted leads it must have: one, or where it was turned away none. */
const checkAccepted = (findings: Findings, { load, evidence }: Case): void => {
  const accepted = new Map<string, number>()
  for (const { outcome, emailKey } of evidence.leads.values())
    if (outcome === 'success' && emailKey !== null) accepted.set(emailKey, (accepted.get(emailKey) ?? 0) + 1)
  const expected = new Map<string, { email: string; count: number }>()
  for (const { answer, email, kind } of load.submissions) {
    const key = answer === null ? undefined : evidence.leads.get(answer.leadId)?.emailKey
    if (key) expected.set(key, { email, count: kind === 'ordinary' || kind === 'flaky' ? 1 : 0 })
  }
  const lost: string[] = []
  const doubled: string[] = []
  for (const [key, { email, count }] of expected) {
    const there = accepted.get(key) ?? 0
    if (there < count) lost.push(`${email} has no accepted lead`)
    if (there > count) doubled.push(`${email} has ${there} accepted leads, not ${count}`)
  }
  for (const [key, there] of accepted)
    if (there > 1 && !expected.has(key)) doubled.push(`an email that nobody was told of has ${there} accepted leads`)
  found(findings, 'lost', lost)
  found(findings, 'doubled', doubled)
}

/** Caps and claims count each accepted lead once, and nothing else. */
const checkCounts = (findings: Findings, { evidence }: Case): void => {
  const accepted = [...evidence.leads.values()].filter(({ outcome }) => outcome === 'success').length
  findings.figures.leads = evidence.leads.size
  findings.figures.accepted = accepted
  const { capUsed, claims, claimsWithoutLead, work } = evidence
  if (capUsed !== accepted)
    found(findings, 'doubled', [`the cap counts ${capUsed}, but ${accepted} leads were accepted`])
  if (claims !== accepted) found(findings, 'doubled', [`${claims} claims stand for ${accepted} accepted leads`])
  if (claimsWithoutLead > 0) found(findings, 'lost', [`${claimsWithoutLead} claims stand for leads that are not there`])
  if (work > 0) found(findings, 'unfinished', [`${work} rows of work are left over`])
  const open = [...evidence.leads.values()].filter(({ closed }) => !closed).length
  findings.figures.open = open
}

/** The buyer saw a lead under one key, and no call again whose answer stood in the journal. */
const checkCalls = (findings: Findings, { calls, evidence }: Case): void => {
  const keysOf = new Map<string, Set<string>>()
  const callsOf = new Map<string, Call[]>()
  for (const call of calls) {
    // One who was refused may come again as a new lead.
    if (!call.email.startsWith('refused.')) keysOf.set(call.email, (keysOf.get(call.email) ?? new Set()).add(call.key))
    callsOf.set(call.key, [...(callsOf.get(call.key) ?? []), call])
  }
  const doubled: string[] = []
  for (const [email, keys] of keysOf) if (keys.size > 1) doubled.push(`the buyer saw ${email} under ${keys.size} keys`)
  let again = 0
  for (const [key, each] of callsOf) {
    again += each.length - 1
    const journaled = evidence.calls.get(key)
    if (journaled === undefined) {
      doubled.push(`the buyer saw a delivery that no journal tells of (${each[0]?.email})`)
      continue
    }
    if (each.length > journaled.started)
      doubled.push(`${each[0]?.email} was sent ${each.length} times on ${journaled.started} journaled starts`)
    const { answeredAt } = journaled
    if (answeredAt !== null && each.some(({ at }) => at > answeredAt + CLOCK_MS))
      doubled.push(`${each[0]?.email} was sent again after its answer stood in the journal`)
  }
  findings.figures.calls = calls.length
  findings.figures.calls_repeated = again
  found(findings, 'doubled', doubled)
}

/** Both stamps are rounded to a millisecond, by two processes of one machine. */
const CLOCK_MS = 2
const READERS = 16

/** Every acknowledged lead can be read through the API, with its events from the first to the closing one. */
const checkReadable = async (findings: Findings, { load, read }: Case): Promise<void> => {
  const ids = [...new Set(load.submissions.flatMap(({ answer }) => (answer === null ? [] : [answer.leadId])))]
  const lost: string[] = []
  const reader = async (): Promise<void> => {
    for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
      const { status, body } = await read(`/api/v1/leads/${id}/events`)
      const types = status === 200 ? (body as { items: { type: string }[] }).items.map(({ type }) => type) : []
      if (types[0] !== 'lead.received' || types.at(-1) !== 'source.closed')
        lost.push(`lead ${id} reads ${status}, from ${types[0]} to ${types.at(-1)}`)
    }
  }
  await Promise.all(Array.from({ length: READERS }, reader))
  found(findings, 'lost', lost)
}

export const judge = async (findings: Findings, asked: Case): Promise<void> => {
  checkAnswers(findings, asked)
  checkAccepted(findings, asked)
  checkCounts(findings, asked)
  checkCalls(findings, asked)
  await checkReadable(findings, asked)
}
