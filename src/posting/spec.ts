/** What a source is told of how to send leads, made of its flow: nothing of it is written by hand, so nothing of it ages. */

import { scopeOf } from '../flow/compile.ts'
import type { FlowDocument, StepDocument } from '../flow/document.ts'
import { NO_LEAD } from '../flow/mapping.ts'
import { compileRule } from '../flow/rules.ts'
import type { Json } from '../kit/field.ts'
import type { CompiledFlow, Registries } from '../kit/flow.ts'
import type { LeadView, Rule } from '../kit/step.ts'
import { FORMATS, type Sample, sampleIn } from './formats.ts'
import { type Payload, type Place, payloadOf, placeOf } from './payload.ts'
import { findValues, type SentField } from './values.ts'
import { inWords, labelsOf } from './words.ts'

export interface DocumentedField {
  /** What is sent under: a key, or a path into nested values. */
  readonly key: string
  readonly names: readonly (string | number)[]
  readonly field: string
  readonly label: string
  readonly type: string
  readonly about: string
  readonly required: boolean
  readonly example: string
}

export interface DocumentedRule {
  readonly of: 'flow' | 'source'
  readonly words: string
  /** What a lead that does not fulfil it is told, where that is fixed. */
  readonly reason: string | null
}

export interface SubmissionSpec {
  readonly flow: {
    readonly id: string
    readonly name: string
    readonly version: number
    readonly country: string
    readonly currency: string
  }
  readonly source: {
    readonly id: string
    readonly name: string
    readonly enabled: boolean
    readonly success_status: number
    readonly id_key: string | null
  }
  readonly path: string
  readonly fields: readonly DocumentedField[]
  readonly rules: readonly DocumentedRule[]
  readonly lists: readonly string[]
  /** Whether leads that a provider finds wrong are turned away. */
  readonly verified: boolean
  readonly samples: readonly Sample[]
  readonly payload: Payload
  /** Rules that the samples do not fulfil, in words: none was found that does. */
  readonly unmet: readonly string[]
}

const rulesIn = (block: StepDocument | null): readonly { readonly when: string; readonly reason: string | null }[] => {
  const criteria = block?.config.criteria
  if (!Array.isArray(criteria)) return []
  return criteria.flatMap((criterion) => {
    if (criterion === null || typeof criterion !== 'object' || Array.isArray(criterion)) return []
    const { when, else: reason } = criterion
    if (typeof when !== 'string') return []
    return [{ when, reason: typeof reason === 'string' && !reason.includes('{') ? reason : null }]
  })
}

const requiredIn = (block: StepDocument | null): readonly string[] => {
  const required = block?.config.required
  return Array.isArray(required) ? required.filter((name) => typeof name === 'string') : []
}

const listsIn = (block: StepDocument | null): readonly string[] => {
  const lists = block?.config.lists
  return Array.isArray(lists) ? lists.filter((name) => typeof name === 'string') : []
}

/** Filters on the way: what they want is the flow's own affair, and yet a sample must pass them. */
const filtersOf = (document: FlowDocument): readonly string[] =>
  document.steps.flatMap(({ type, guard, arm, config }) =>
    type === 'filter' &&
    guard === null &&
    arm === null &&
    typeof config.when === 'string' &&
    !/\blead\.(?:score|class|route|price)\b|\bsteps\.|\bdeliveries\.|\bappended\b/.test(config.when)
      ? [config.when]
      : [],
  )

export interface SpecAsked {
  readonly document: FlowDocument
  readonly flow: CompiledFlow
  readonly registries: Registries
  readonly source: string
  /** ms since 1970 */
  readonly now: number
}

/** Null where the flow has no such source. */
export const submissionSpec = ({ document, flow, registries, source: id, now }: SpecAsked): SubmissionSpec | null => {
  const source = flow.sources.get(id)
  const written = document.sources.find((one) => one.id === id)
  if (!source || !written) return null
  const scope = scopeOf(document, registries)
  const places = new Map<string, Place | null>(
    document.fields.flatMap(({ name, compute }) => {
      const takings = Object.hasOwn(written.mapping, name) ? written.mapping[name] : undefined
      return compute === null ? [[name, placeOf(name, takings)] as const] : []
    }),
  )
  const required = new Set([...requiredIn(document.blocks.accept), ...requiredIn(written.blocks.accept)])
  const sent = flow.fields.flatMap(({ name, type }): SentField[] =>
    places.get(name) ? [{ name, type, required: required.has(name) }] : [],
  )
  const leadOf = (values: Readonly<Record<string, Json>>): LeadView => {
    const mapped = source.map(payloadOf(values as Readonly<Record<string, string>>, places))
    const about = { source: { id, name: source.name }, extra: mapped.extra }
    return {
      ...NO_LEAD,
      ...about,
      receivedAt: now,
      now,
      flow: { id: flow.id, name: flow.name, version: flow.version, country: flow.country, currency: flow.currency },
      fields: flow.parse(mapped.values, now, about),
      partial: source.partial,
    }
  }
  const ofFlow = rulesIn(document.blocks.accept)
  const ofSource = rulesIn(written.blocks.accept)
  const rules: Rule[] = [...[...ofFlow, ...ofSource].map(({ when }) => when), ...filtersOf(document)].map((text) =>
    compileRule(text, scope),
  )
  // Each sample is another person, also of another source: none is the duplicate of another.
  const before = document.sources.indexOf(written) * FORMATS.length
  const found = FORMATS.map((format, index) => ({
    format,
    ...findValues({ fields: sent, rules, lead: leadOf, country: flow.country, now, nth: before + index }),
  }))
  const naming = labelsOf(document.fields, document.enrichers)
  const [shown] = found
  const payload = payloadOf(shown?.values ?? {}, places)
  const shownRules = new Set([...ofFlow, ...ofSource].map(({ when }) => when))
  return {
    flow: { id: flow.id, name: flow.name, version: flow.version, country: flow.country, currency: flow.currency },
    source: {
      id,
      name: source.name,
      enabled: source.enabled,
      success_status: source.successStatus,
      id_key: source.idField,
    },
    path: `/flows/${flow.id}/sources/${id}/submit`,
    fields: sent.flatMap(({ name, type }) => {
      const place = places.get(name)
      if (!place) return []
      return [
        {
          key: place.text,
          names: place.names,
          field: name,
          label: naming.labelOf(name),
          type: type.type,
          about: type.summary,
          required: required.has(name) && !source.partial,
          example: shown?.values[name] ?? '',
        },
      ]
    }),
    rules: [
      ...ofFlow.map(({ when, reason }): DocumentedRule => ({ of: 'flow', words: inWords(when, naming), reason })),
      ...ofSource.map(({ when, reason }): DocumentedRule => ({ of: 'source', words: inWords(when, naming), reason })),
    ],
    lists: [...new Set([...listsIn(document.blocks.suppress), ...listsIn(written.blocks.suppress)])],
    verified: document.steps.some(({ type, config }) => type === 'verify' && config.failed !== 'flag'),
    samples: found.flatMap(({ format, values }) => sampleIn(format, payloadOf(values, places)) ?? []),
    payload,
    unmet: [
      ...new Set(
        found.flatMap(({ failing }) =>
          failing.map((text) => (shownRules.has(text) ? inWords(text, naming) : 'a filter of the flow')),
        ),
      ),
    ],
  }
}
