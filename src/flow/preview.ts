/**
 * A flow on one lead, with every intermediate value: what was mapped and parsed, what each rule saw and came to, what each
 * template writes. Steps that ask nothing of the outside world are run; of the others the first question is named, and
 * nothing is asked.
 */

import { isFault } from '../base/faults.ts'
import { own } from '../base/own.ts'
import type { Json, Parsed } from '../kit/field.ts'
import type { CompiledSource, CompiledStep, Registries } from '../kit/flow.ts'
import type { Appended, LeadPatch, LeadView, StepResult, Unmet } from '../kit/step.ts'
import { scopeOf } from './compile.ts'
import { BLOCKS, type FlowDocument, type StepDocument, type Taking } from './document.ts'
import { compileExpression, compileRule } from './rules.ts'
import type { Scope } from './scope.ts'
import { readTemplate } from './templates.ts'

interface Placed {
  /** Where it stands in the step's settings: `rules[0].when`. */
  readonly path: string
  readonly text: string
}

export interface PreviewedRule extends Placed {
  readonly holds: boolean
  readonly saw: { readonly [path: string]: Json }
  /** The parts that were not as wanted. */
  readonly unmet: readonly Unmet[]
}

export interface PreviewedValue extends Placed {
  readonly value: Json
  /** Names in it that this lead has no value for. */
  readonly missing: readonly string[]
}

export interface PreviewedField {
  readonly name: string
  readonly type: string
  /** Where its value comes from, in the words of the mapping. */
  readonly from: readonly { readonly way: 'name' | 'path' | 'template' | 'value' | 'computed'; readonly text: string }[]
  readonly raw: Json
  readonly normal: Json
  readonly valid: boolean
  readonly masked: boolean
  readonly parts: Parsed['parts']
}

export interface PreviewedStep {
  readonly id: string
  readonly type: string
  /** Whether the journey comes here: false after a step that ended it. */
  readonly reached: boolean
  /** `skipped`: its condition does not hold. `asks`: what it does depends on an answer that is not known here. */
  readonly outcome: 'success' | 'failure' | 'skip' | 'rejected' | 'stopped' | 'skipped' | 'asks' | 'fault'
  readonly code: string | null
  readonly reason: string | null
  readonly field_errors: Readonly<Record<string, string>> | null
  /** The kind of the first question it would ask. */
  readonly asks: string | null
  readonly when: PreviewedRule | null
  readonly rules: readonly PreviewedRule[]
  readonly expressions: readonly PreviewedValue[]
  readonly templates: readonly PreviewedValue[]
  readonly set: LeadPatch | null
}

export interface Preview {
  readonly fields: readonly PreviewedField[]
  readonly extra: Readonly<Record<string, Json>>
  readonly steps: readonly PreviewedStep[]
  /** The lead after them, as far as it is known. */
  readonly after: Pick<LeadView, 'score' | 'class' | 'route' | 'price'>
}

export interface PreviewAsked {
  readonly document: FlowDocument
  readonly registries: Registries
  readonly source: CompiledSource
  readonly lead: LeadView
  /** What enrichers said of this lead, or say of test leads: none is asked. */
  readonly facts: Appended
}

/** The texts at a path of a config; `*` stands for every entry. */
const textsIn = (value: Json | undefined, keys: readonly string[], path: string): Placed[] => {
  const [key, ...rest] = keys
  if (key === undefined) return typeof value === 'string' ? [{ path, text: value }] : []
  if (value === null || typeof value !== 'object') return []
  if (Array.isArray(value))
    return key === '*' ? value.flatMap((item, index) => textsIn(item, rest, `${path}[${index}]`)) : []
  return Object.entries(value)
    .filter(([name]) => key === '*' || name === key)
    .flatMap(([name, inner]) => textsIn(inner, rest, path === '' ? name : `${path}.${name}`))
}

const judge = (placed: Placed, scope: Scope, lead: LeadView): PreviewedRule => {
  const rule = compileRule(placed.text, scope)
  return { ...placed, holds: rule.holds(lead), saw: rule.saw(lead), unmet: rule.unmet(lead) }
}

const write = (placed: Placed, scope: Scope, lead: LeadView, names: readonly string[]): PreviewedValue => {
  const { template, mentioned = [] } = readTemplate(placed.text, scope, names)
  const missing = mentioned.filter(({ read }) => read(lead) === null).map(({ path }) => path)
  return { ...placed, value: template?.render(lead) ?? null, missing }
}

const takingsOf = (
  document: FlowDocument,
  sourceId: string,
  field: FlowDocument['fields'][number],
): PreviewedField['from'] => {
  if (field.compute !== null) return [{ way: 'computed', text: field.compute }]
  const mapping = document.sources.find(({ id }) => id === sourceId)?.mapping ?? {}
  const takings: readonly Taking[] | undefined = Object.hasOwn(mapping, field.name) ? mapping[field.name] : undefined
  return takings?.map(({ from, text }) => ({ way: from, text })) ?? [{ way: 'name', text: field.name }]
}

const documentsOf = (document: FlowDocument, sourceId: string): ReadonlyMap<string, StepDocument> => {
  const source = document.sources.find(({ id }) => id === sourceId)
  const blocks = BLOCKS.flatMap((name) => [document.blocks[name], source?.blocks[name] ?? null])
  return new Map([...blocks, ...document.steps].flatMap((step) => (step === null ? [] : [[step.id, step]])))
}

type Ended =
  | { readonly result: StepResult }
  | { readonly asks: string; readonly enricher: string | null }
  | { readonly fault: string }

/** Runs the step until it asks. */
const runAlone = (step: CompiledStep, lead: LeadView): Ended => {
  try {
    const program = step.run(lead)
    const turn = program.next()
    if (turn.done) return { result: turn.value }
    const request = turn.value
    const [first] = 'children' in request ? request.children : [request]
    return { asks: first?.kind ?? request.kind, enricher: first?.kind === 'facts.fetch' ? first.input.enricher : null }
  } catch (error) {
    return { fault: isFault(error) ? error.message : 'the step threw' }
  }
}

const outcomeOf = (result: StepResult): PreviewedStep['outcome'] => {
  if (result.kind === 'reject') return 'rejected'
  return result.kind === 'stop' ? 'stopped' : result.outcome
}

interface Going {
  /** As every step so far would leave it, also those that are not reached. */
  lead: LeadView
  /** As those leave it that are reached. */
  reached: LeadView
  isOver: boolean
}

/** With what the enricher that the step asks would say. */
const told = (lead: LeadView, facts: Appended, ended: Ended): LeadView => {
  const enricher = 'enricher' in ended ? ended.enricher : null
  const said = enricher === null ? undefined : own(facts, enricher)
  return enricher === null || said === undefined ? lead : { ...lead, appended: { ...lead.appended, [enricher]: said } }
}

const applied = (lead: LeadView, step: CompiledStep, ended: Ended): LeadView => {
  const result = 'result' in ended ? ended.result : null
  const set = result === null || result.kind === 'reject' ? undefined : result.set
  const decided = {
    outcome: result === null ? 'success' : result.kind === 'next' ? result.outcome : 'success',
    rule: result?.rule ?? null,
    arm: set?.arm ?? null,
  }
  return {
    ...lead,
    fields: { ...lead.fields, ...set?.fields },
    score: set?.score ?? lead.score,
    class: set?.class ?? lead.class,
    route: set?.route ?? lead.route,
    price: set?.price ?? lead.price,
    appended: { ...lead.appended, ...set?.appended },
    steps: { ...lead.steps, [step.id]: decided },
  }
}

const previewStep = (asked: {
  readonly step: CompiledStep
  readonly document: StepDocument | undefined
  readonly registries: Registries
  readonly scope: Scope
  readonly facts: Appended
  readonly going: Going
}): PreviewedStep => {
  const { step, document, registries, scope, facts, going } = asked
  const ended = runAlone(step, going.lead)
  const lead = told(going.lead, facts, ended)
  const references = registries.steps[step.type]?.references ?? {}
  const config: Json = document?.config ?? {}
  const at = (paths: readonly string[] | undefined): Placed[] =>
    (paths ?? []).flatMap((path) => textsIn(config, path.split('.'), ''))
  const when = step.when && {
    path: 'when',
    text: step.when.text,
    holds: step.when.holds(lead),
    saw: step.when.saw(lead),
    unmet: step.when.unmet(lead),
  }
  const base = {
    id: step.id,
    type: step.type,
    reached: !going.isOver,
    when,
    rules: at(references.rules).map((placed) => judge(placed, scope, lead)),
    expressions: at(references.expressions).map((placed) => ({
      ...placed,
      value: compileExpression(placed.text, scope).value(lead),
      missing: [],
    })),
    templates: at(references.templates).map((placed) => write(placed, scope, lead, references.templateNames ?? [])),
    code: null,
    reason: null,
    field_errors: null,
    asks: null,
    set: null,
  }
  if (when !== null && !when.holds) return { ...base, outcome: 'skipped' }
  going.lead = applied(lead, step, ended)
  if (!going.isOver) going.reached = going.lead
  if ('asks' in ended) return { ...base, outcome: 'asks', asks: ended.asks }
  if ('fault' in ended) return { ...base, outcome: 'fault', reason: ended.fault }
  const { result } = ended
  if (result.kind !== 'next') going.isOver = true
  return {
    ...base,
    outcome: outcomeOf(result),
    ...(result.kind === 'reject'
      ? { code: result.code, reason: result.reason, field_errors: result.fieldErrors ?? null }
      : { set: result.set ?? null }),
  }
}

/** Runs what can be run of a flow on a lead, and tells everything on the way. Asks and changes nothing. */
export const previewFlow = ({ document, registries, source, lead, facts }: PreviewAsked): Preview => {
  const scope = scopeOf(document, registries)
  const documents = documentsOf(document, source.id)
  const going: Going = { lead, reached: lead, isOver: false }
  const steps = source.program.map((step) =>
    previewStep({ step, document: documents.get(step.id), registries, scope, facts, going }),
  )
  const fields = document.fields.map((field): PreviewedField => {
    const { raw, normal, valid, masked, parts } = lead.fields[field.name] ?? {
      raw: null,
      normal: null,
      valid: false,
      masked: false,
      parts: {},
    }
    return {
      name: field.name,
      type: field.type,
      from: takingsOf(document, source.id, field),
      raw,
      normal,
      valid,
      masked,
      parts,
    }
  })
  const { score, class: classed, route, price } = going.reached
  return { fields, extra: lead.extra, steps, after: { score, class: classed, route, price } }
}
