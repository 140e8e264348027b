/** From a checked document to a flow that runs. */
import { Fault } from '../base/faults.ts'
import type { FieldType, Json, Parsed } from '../kit/field.ts'
import type {
  CompiledDestination,
  CompiledEnricher,
  CompiledField,
  CompiledFlow,
  CompiledSource,
  CompiledStep,
  Registries,
} from '../kit/flow.ts'
import type { Compiler, LeadView, Rule, StepType } from '../kit/step.ts'
import { compileTerms } from '../kit/terms.ts'
import { createDestinationTools } from './destination-tools.ts'
import { BLOCKS, type FlowDocument, type SourceDocument, type StepDocument } from './document.ts'
import { readDurationMs } from './durations.ts'
import { compileMapping, compileOwnId, incomingScope, isTemplate, NO_LEAD } from './mapping.ts'
import { formatProblem } from './problems.ts'
import { ROUTE } from './references.ts'
import { compileExpression, compileRule } from './rules.ts'
import { leadScope, type Scope } from './scope.ts'
import { compileTemplate } from './templates.ts'

export interface CompileAsked {
  readonly document: FlowDocument
  readonly version: number
  readonly registries: Registries
}

const invalid = (message: string): Fault => new Fault('flow_invalid', { message })

interface Compiling extends CompileAsked {
  readonly scope: Scope
  readonly types: ReadonlyMap<string, FieldType>
  readonly destinations: ReadonlyMap<string, CompiledDestination>
}

const compilerFor = (
  compiling: Compiling,
  step: { readonly key: string; readonly type: Pick<StepType, 'references'> },
): Compiler => {
  const { document, scope, destinations } = compiling
  return {
    stepId: step.key,
    country: document.country,
    currency: document.currency,
    zone: document.zone,
    fieldTypes: new Map(document.fields.flatMap(({ name, type: of, keep }) => (keep ? [[name, of]] : []))),
    rule: (text) => compileRule(text, scope),
    expression: (text) => compileExpression(text, scope),
    template: (text) => compileTemplate(text, scope, step.type.references.templateNames),
    durationMs: (text) => {
      const ms = readDurationMs(text)
      if (ms === null) throw invalid(`"${text}" is no duration`)
      return ms
    },
    destination: (id) => {
      if (id === ROUTE) return { id, name: id }
      const destination = destinations.get(id)
      if (destination === undefined) throw invalid(`There is no destination "${id}"`)
      return { id: destination.id, name: destination.name, subscribed: destination.type.subscribed !== undefined }
    },
    parse: (field, raw, lead) => {
      const type = compiling.types.get(field)
      if (type === undefined) throw invalid(`There is no field "${field}"`)
      return type.parse(raw, { country: document.country, now: lead.receivedAt, fields: lead.fields })
    },
  }
}

/** Holds for leads that took the arm, and for which the step's own condition holds. */
const inArm = (arm: NonNullable<StepDocument['arm']>, guard: Rule | null): Rule => {
  const text = `${arm.branch} = ${arm.name}`
  const taken = (lead: LeadView): boolean => lead.steps?.[arm.branch]?.arm === arm.name
  return {
    text: guard === null ? text : `${text} && ${guard.text}`,
    holds: (lead) => taken(lead) && (guard === null || guard.holds(lead)),
    saw: (lead) => (guard !== null && taken(lead) ? guard.saw(lead) : {}),
    unmet: (lead) => (taken(lead) ? (guard?.unmet(lead) ?? []) : [{ wanted: text, saw: {} }]),
  }
}

/** `key`: what the step's counters and claims are kept under; a source's blocks have keys of their own. */
const compileStep = (
  compiling: Compiling,
  step: StepDocument,
  key: string,
  beside: StepDocument | null = null,
): CompiledStep => {
  const { registries, scope } = compiling
  const type = Object.hasOwn(registries.steps, step.type) ? registries.steps[step.type] : undefined
  if (type === undefined) throw invalid(`There is no step type "${step.type}"`)
  const compiler = { ...compilerFor(compiling, { key, type }), ...(beside && { beside: beside.config }) }
  const guard = step.guard === null ? null : compileRule(step.guard, scope)
  return {
    id: step.id,
    type: step.type,
    revision: type.revision,
    event: type.event,
    when: step.arm === null ? guard : inArm(step.arm, guard),
    onError: step.onError,
    run: type.create(step.config, compiler),
    caps: type.caps ? { scope: key, caps: type.caps(step.config, compiler) } : null,
    foresee: type.foresee?.(step.config, compiler) ?? null,
  }
}

const compileSource = (
  compiling: Compiling,
  source: SourceDocument,
  shared: { readonly blocks: ReadonlyMap<string, CompiledStep>; readonly steps: readonly CompiledStep[] },
): CompiledSource => {
  const { document } = compiling
  const program: CompiledStep[] = []
  for (const name of BLOCKS) {
    const ofFlow = shared.blocks.get(name)
    const block = source.blocks[name]
    const declared = document.blocks[name]
    // Turned away by the flow, a lead is told what its source's criteria would have said as well.
    if (name === 'accept' && declared !== null && block !== null)
      program.push(compileStep(compiling, declared, declared.id, block))
    else if (ofFlow !== undefined) program.push(ofFlow)
    if (block !== null) program.push(compileStep(compiling, block, `source.${source.id}.${name}`))
  }
  return {
    id: source.id,
    name: source.name,
    enabled: source.enabled,
    successStatus: source.successStatus,
    idField: source.idField,
    ownId: source.idField === null ? null : compileOwnId(source.idField),
    answerWithinMs: document.answerWithinMs,
    partial: source.partial,
    map: compileMapping({
      fields: document.fields.flatMap(({ name, compute }) => (compute === null ? [name] : [])),
      mapping: source.mapping,
      scope: incomingScope({ country: document.country, zone: document.zone }),
    }),
    program: [...program, ...shared.steps],
  }
}

const compileDestination = (
  { registries }: Pick<CompileAsked, 'registries'>,
  document: FlowDocument['destinations'][number],
  tools: CompiledDestination['tools'],
): CompiledDestination => {
  const { id, name, type, settings, attemptsMax, retryDelayMs, timeoutMs, policy, channels } = document
  const known = Object.hasOwn(registries.destinations, type) ? registries.destinations[type] : undefined
  if (known === undefined) throw invalid(`There is no destination type "${type}"`)
  return {
    id,
    name,
    type: known,
    settings,
    attemptsMax,
    retryDelayMs,
    timeoutMs,
    policy,
    channels,
    tools,
    terms: null,
  }
}

const compileDestinations = (asked: CompileAsked): Map<string, CompiledDestination> => {
  const { country, zone, destinations } = asked.document
  const tools = createDestinationTools({ country, zone })
  return new Map(destinations.map((document) => [document.id, compileDestination(asked, document, tools)]))
}

/** A lead waits for the answer: it is asked for again soon, unless the flow says otherwise. */
const ENRICHER_DELAYS_MS: readonly number[] = [1_000, 5_000]

const compileEnrichers = (asked: CompileAsked): Map<string, CompiledEnricher> => {
  const { country, zone, enrichers } = asked.document
  const { fields } = asked.registries
  const tools = createDestinationTools({ country, zone })
  return new Map(
    enrichers.map((document): [string, CompiledEnricher] => {
      const { id, freshForMs, retryDelayMs, policy } = document
      const facts = document.facts.map(({ name, type: of }) => {
        const type = Object.hasOwn(fields, of) ? fields[of] : undefined
        if (type === undefined) throw invalid(`There is no field type "${of}"`)
        return { name, type }
      })
      const delays = policy.retryDelaysMs ?? (retryDelayMs === null ? ENRICHER_DELAYS_MS : null)
      const destination = compileDestination(
        asked,
        { ...document, policy: { ...policy, retryDelaysMs: delays } },
        tools,
      )
      const context = { country, now: 0, fields: {} }
      const sample = facts.map(({ name, type }): [string, Json] => {
        const written = Object.hasOwn(document.sample, name) ? document.sample[name] : undefined
        return [name, written === undefined ? null : type.parse(written, context).normal]
      })
      return [id, { id, destination, facts, freshForMs, sample: Object.fromEntries(sample) }]
    }),
  )
}

/** Terms speak of leads, and so need the names that rules may use. */
const withTerms = (compiling: Compiling): ReadonlyMap<string, CompiledDestination> => {
  const terms = new Map(compiling.document.destinations.map((one) => [one.id, one.terms]))
  return new Map(
    [...compiling.destinations].map(([id, destination]) => {
      const compiler = compilerFor(compiling, { key: `destination.${id}`, type: { references: {} } })
      return [id, { ...destination, terms: compileTerms((terms.get(id) ?? {}) as never, compiler) }]
    }),
  )
}

const compileFields = ({ document, registries }: CompileAsked): CompiledField[] => {
  const above = new Map<string, FieldType>()
  return document.fields.map(({ name, type, required, keep, compute }) => {
    const known = Object.hasOwn(registries.fields, type) ? registries.fields[type] : undefined
    if (known === undefined) throw invalid(`There is no field type "${type}"`)
    const { country, zone, obscene } = document
    const scope = leadScope({
      fields: new Map(above),
      destinations: [],
      country,
      zone,
      obscene,
      places: registries.places,
    })
    above.set(name, known)
    if (compute === null) return { name, type: known, required, keep, compute: null }
    if (isTemplate(compute))
      return { name, type: known, required, keep, compute: compileTemplate(compute, scope).render }
    return { name, type: known, required, keep, compute: compileExpression(compute, scope).value }
  })
}

/** Fields are parsed in the order they are declared, each seeing those before it; a computed one is made of them. */
const parserOf = (fields: readonly CompiledField[], flow: LeadView['flow']): CompiledFlow['parse'] => {
  const isComputing = fields.some(({ compute }) => compute !== null)
  return (values, now, about) => {
    const parsed: Record<string, Parsed> = {}
    const context = { country: flow.country, now, fields: parsed }
    const view: LeadView | null = isComputing
      ? {
          ...NO_LEAD,
          receivedAt: now,
          now,
          flow,
          source: about?.source ?? NO_LEAD.source,
          extra: about?.extra ?? {},
          fields: parsed,
        }
      : null
    for (const { name, type, compute } of fields) {
      const sent: Json | undefined = Object.hasOwn(values, name) ? values[name] : undefined
      parsed[name] = type.parse(compute === null || view === null ? sent : compute(view), context)
    }
    return parsed
  }
}

/** What rules may ask of each enricher. */
export const factsOf = (
  enrichers: FlowDocument['enrichers'],
  { fields }: Pick<Registries, 'fields'>,
): ReadonlyMap<string, ReadonlyMap<string, FieldType | null>> =>
  new Map(enrichers.map(({ id, facts }) => [id, new Map(facts.map(({ name, type }) => [name, fields[type] ?? null]))]))

/** What the rules and templates of a document's steps see. */
export const scopeOf = (document: FlowDocument, registries: Registries): Scope =>
  leadScope({
    fields: new Map(document.fields.map(({ name, type }) => [name, registries.fields[type] ?? null])),
    destinations: document.destinations.map(({ id }) => id),
    enrichers: factsOf(document.enrichers, registries),
    steps: stepIdsOf(document),
    country: document.country,
    zone: document.zone,
    obscene: document.obscene,
    places: registries.places,
  })

const stepIdsOf = (document: FlowDocument): string[] => [
  ...BLOCKS.flatMap((name) => [`flow.${name}`, `source.${name}`]),
  ...document.steps.map(({ id }) => id),
]

/** Throws Fault('flow_invalid') that lists what is wrong, where anything is. */
export const compileFlow = (asked: CompileAsked): CompiledFlow => {
  const { document, version, registries } = asked
  if (document.problems.length > 0)
    throw invalid(
      `The flow has ${document.problems.length} problem${document.problems.length === 1 ? '' : 's'}:\n${document.problems.map((problem) => formatProblem(problem)).join('\n')}`,
    )
  const fields = compileFields(asked)
  const destinations = compileDestinations(asked)
  const types = new Map<string, FieldType>(fields.map(({ name, type }) => [name, type]))
  const scope = scopeOf(document, registries)
  const compiling: Compiling = { ...asked, scope, types, destinations }
  const blocks = new Map<string, CompiledStep>()
  for (const name of BLOCKS) {
    const block = document.blocks[name]
    if (block !== null) blocks.set(name, compileStep(compiling, block, block.id))
  }
  const steps = document.steps.map((step) => compileStep(compiling, step, step.id))
  return {
    id: document.id,
    name: document.name,
    version,
    country: document.country,
    currency: document.currency,
    zone: document.zone,
    fields,
    notKept: fields.flatMap(({ name, keep }) => (keep ? [] : [name])),
    sources: new Map(
      document.sources.map((source) => [source.id, compileSource(compiling, source, { blocks, steps })]),
    ),
    destinations: withTerms(compiling),
    enrichers: compileEnrichers(asked),
    parse: parserOf(fields, {
      id: document.id,
      name: document.name,
      version,
      country: document.country,
      currency: document.currency,
    }),
  }
}
