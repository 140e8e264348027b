import type { Static } from 'typebox'
import type { StoredEvent } from '../journal/types.ts'
import type { Json } from '../kit/field.ts'
import type { MatchAnswer } from '../kit/requests.ts'
import type { JournaledAnswer } from '../lead/events.ts'
import type { LeadMatches } from './contract/matches.ts'
import { iso } from './times.ts'

type Match = Static<typeof LeadMatches>['items'][number]
type Note = Readonly<Record<string, Json>>

const textOf = (value: Json | undefined): string | null => (typeof value === 'string' ? value : null)

const answersIn = ({ sealed }: StoredEvent): readonly JournaledAnswer[] => {
  if (!sealed) return []
  const held = sealed as { readonly answers?: readonly JournaledAnswer[]; readonly answer?: JournaledAnswer }
  return [...(held.answers ?? []), ...(held.answer ? [held.answer] : [])]
}

const NOTHING = { decision: null, decided_by: null, matched_on: [], merged: [] }
const NO_WEIGHTS = { total: null, prior: null, kinship: null, fields: [] }

const probable = (event: StoredEvent, step: string, answer: MatchAnswer, isShown: boolean): Match => {
  const said = {
    ...NOTHING,
    kind: 'probable' as const,
    step,
    at: iso(event.at),
    band: answer.band,
    person_id: answer.person,
    candidates: answer.candidates,
    model: answer.model,
  }
  if (!('because' in answer))
    return { ...said, ...NO_WEIGHTS, candidate: null, lead_id: null, probability: answer.probability ?? null }
  const { because } = answer
  return {
    ...said,
    candidate: answer.candidate,
    lead_id: answer.leadId,
    merged: [...(answer.merged ?? [])],
    probability: because.probability,
    total: because.total,
    prior: because.prior,
    kinship: because.kinship,
    fields: [...because.fields]
      .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight))
      .map(({ group, levels, weight, rarity }) => ({
        group,
        levels: [...levels],
        weight,
        rarity: isShown ? rarity : null,
      })),
  }
}

const exact = (
  event: StoredEvent,
  step: string,
  note: Note,
  lead: { duplicateOf: string; person: string | null },
): Match => ({
  ...NOTHING,
  ...NO_WEIGHTS,
  kind: 'exact',
  step,
  at: iso(event.at),
  band: 'same',
  person_id: lead.person,
  candidate: null,
  lead_id: lead.duplicateOf,
  matched_on: ((note.matched_on ?? []) as readonly Json[]).filter((name) => typeof name === 'string'),
  candidates: null,
  model: null,
  probability: null,
})

/** Whom a lead was taken for, and why, as its journal tells it. Levels and weights name no value; rarities hint at one. */
export const matchesOf = (events: readonly StoredEvent[], isShown: boolean): Match[] => {
  const found: Match[] = []
  const decidedBy = new Map<string, string>()
  for (const event of events) {
    const data = event.data as { readonly step?: string; readonly note?: Note; readonly person?: string }
    const { step, note = {} } = data
    if (step === undefined) continue
    if (event.type === 'review.decided') decidedBy.set(step, event.data.by)
    for (const { kind, answer } of answersIn(event))
      if (kind === 'identity.match') found.push(probable(event, step, answer as unknown as MatchAnswer, isShown))
    const duplicateOf = (event.sealed as { readonly duplicate_of?: string } | null)?.duplicate_of
    if (event.type === 'duplicate.checked' && duplicateOf !== undefined)
      found.push(exact(event, step, note, { duplicateOf, person: data.person ?? null }))
    const decision = textOf(note.decision)
    const asked = found.findLast((match) => match.step === step)
    if (decision === null || !asked) continue
    const same = decision === 'approve' || decision === 'same'
    Object.assign(asked, {
      decision: asked.kind === 'exact' ? (same ? 'different' : 'same') : decision,
      decided_by: decidedBy.get(step) ?? null,
      person_id: data.person ?? asked.person_id,
    })
  }
  return found
}
