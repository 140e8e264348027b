/**
 * The names rules and templates know, and what each reads from a lead.
 *
 * `lead.<field>` is the field's normal form and `lead.<field>.<part>` one of its parts. Each path is resolved once, when
 * the rule is compiled, to a function that reads it: at run time nothing is looked up by name but the field itself.
 */
import { own } from '../base/own.ts'
import type { FieldType, Json, Part } from '../kit/field.ts'
import type { PostalPlaces } from '../kit/places.ts'
import type { LeadView } from '../kit/step.ts'
import { isBlank } from '../kit/values.ts'
import { nearest, oneOf } from './nearest.ts'
import { type ObsceneChanges, obsceneWords, obscenityOf } from './obscene-words.ts'
import type { ProblemCode } from './problems.ts'
import { elementOf, isBlankValue, isList, memberOf, type Read, type ValueType } from './values.ts'

export interface Segment {
  readonly name: string | number
  /** Offsets in the rule's or template's text. */
  readonly start: number
  readonly end: number
}

/** Something wrong in a rule or template, by offsets in its own text. */
export interface Issue {
  readonly code: ProblemCode
  readonly message: string
  readonly start: number
  readonly end: number
  readonly expected?: string | null
  readonly suggestion?: string | null
}

export interface Resolved {
  readonly path: string
  readonly type: ValueType
  readonly read: Read
  /** What a template shows, where it differs: an amount of money keeps its decimals. */
  readonly show: Read
  /** What a lead known in part says, where it differs: null for a part of what is not known yet. */
  readonly partial?: Read
}

type Resolution = { readonly resolved: Resolved } | { readonly issue: Issue }

export interface Scope {
  readonly country: string
  readonly zone: string
  /** Stands between each value and the text around it, unless the template says `raw`; what it makes is always text. */
  readonly escape?: (text: string) => string
  /** Whether a text holds an obscene word, by the flow's list; absent where no lead is judged. */
  readonly isObscene?: (text: string) => boolean
  /** Where postal codes lie; absent where no table is loaded. */
  readonly places?: PostalPlaces
  resolve(segments: readonly Segment[]): Resolution
}

type Shown = Pick<Resolved, 'type' | 'read'> & { readonly show?: Read; readonly partial?: Read }

const partOf = (part: Part | undefined): Json => part ?? null

/** Every field has these besides its type's own parts. */
const everyPart = (name: string): Readonly<Record<string, Shown>> => ({
  valid: { type: 'bool', read: (lead) => lead.fields[name]?.valid ?? false },
  masked: { type: 'bool', read: (lead) => lead.fields[name]?.masked ?? false },
  raw: { type: 'dyn', read: (lead) => lead.fields[name]?.raw ?? null },
  blank: { type: 'bool', read: (lead) => isBlankValue(lead.fields[name]?.normal ?? null) },
})

const EVERY_PART = ['valid', 'masked', 'raw', 'blank'] as const

const OF_LEAD: Readonly<Record<string, Shown>> = {
  id: { type: 'string', read: (lead) => lead.id },
  test: { type: 'bool', read: (lead) => lead.test },
  received_at: { type: 'double', read: (lead) => lead.receivedAt },
  score: { type: 'double', read: (lead) => lead.score },
  class: { type: 'string', read: (lead) => lead.class },
  route: { type: 'string', read: (lead) => lead.route },
  price: {
    type: 'double',
    read: (lead) => (lead.price === null ? null : Number(lead.price.amount)),
    show: (lead) => lead.price?.amount ?? null,
  },
  sold_for: {
    type: 'double',
    read: (lead) => (lead.revenue ? Number(lead.revenue.amount) : null),
    show: (lead) => lead.revenue?.amount ?? null,
  },
}

/** Names every lead has; no field may be called so. */
export const LEAD_NAMES: readonly string[] = Object.keys(OF_LEAD)

const OF_SOURCE: Readonly<Record<string, Shown>> = {
  id: { type: 'string', read: (lead) => lead.source.id },
  name: { type: 'string', read: (lead) => lead.source.name },
}

const OF_FLOW: Readonly<Record<string, Shown>> = {
  id: { type: 'string', read: (lead) => lead.flow.id },
  name: { type: 'string', read: (lead) => lead.flow.name },
  version: { type: 'double', read: (lead) => lead.flow.version },
  country: { type: 'string', read: (lead) => lead.flow.country },
  currency: { type: 'string', read: (lead) => lead.flow.currency },
}

const NOW: Shown = { type: 'double', read: (lead) => lead.now }

const OF_DELIVERY = ['outcome', 'reference', 'captured'] as const
const OF_STEP = ['outcome', 'rule'] as const
/** What every enricher appends besides its facts. */
export const OF_ASKING: readonly string[] = ['outcome', 'reason']

const NOTHING: Readonly<Record<string, never>> = {}

export const pathText = (segments: readonly Segment[]): string =>
  segments
    .map(({ name }, index) =>
      typeof name === 'number' ? `[${name}]` : index === 0 ? name : /^\w+$/.test(name) ? `.${name}` : `["${name}"]`,
    )
    .join('')

const unknown = (asked: {
  readonly code: ProblemCode
  readonly what: string
  readonly segment: Segment
  readonly names: readonly string[]
}): Resolution => ({
  issue: {
    code: asked.code,
    message: `unknown ${asked.what} "${asked.segment.name}"`,
    start: asked.segment.start,
    end: asked.segment.end,
    expected: oneOf(asked.names),
    suggestion: nearest(String(asked.segment.name), asked.names),
  },
})

/** Goes on from a value whose members are known only at run time, or from a list to one of its entries. */
const descend = (from: Shown, rest: readonly Segment[], path: string): Resolution => {
  const first = rest[0]
  if (first === undefined) {
    const { type, read, show = read, partial } = from
    return { resolved: { path, type, read, show, ...(partial && { partial }) } }
  }
  const dynamic = from.type === 'dyn' || from.type === 'map'
  if (!dynamic && !(isList(from.type) && typeof first.name === 'number'))
    return {
      issue: {
        code: 'unknown_part',
        message: isList(from.type) ? `a list has no part "${first.name}"` : `"${path}" has no part "${first.name}"`,
        start: first.start,
        end: first.end,
        expected: isList(from.type) ? 'an index such as [0]' : null,
      },
    }
  const names = rest.map(({ name }) => name)
  const read: Read = (lead) => {
    let value = from.read(lead)
    for (const name of names) value = memberOf(value, name)
    return value
  }
  const type = dynamic || rest.length > 1 ? 'dyn' : elementOf(from.type)
  return { resolved: { path, type, read, show: read } }
}

const incomplete = (segments: readonly Segment[], names: readonly string[]): Resolution => {
  const last = segments[segments.length - 1]
  return {
    issue: {
      code: 'unknown_variable',
      message: `"${pathText(segments)}" is no value by itself`,
      start: segments[0]?.start ?? 0,
      end: last?.end ?? 0,
      expected: `${pathText(segments)}. followed by ${oneOf(names)}`,
    },
  }
}

/** Where no flow says what the names are: any path is something. */
export const anyScope: Scope = {
  country: 'US',
  zone: 'UTC',
  resolve: (segments) => {
    const read: Read = () => null
    return { resolved: { path: pathText(segments), type: 'dyn', read, show: read } }
  },
}

export interface LeadNames {
  /** Null: a field whose type is unknown; nothing said about it is judged. */
  readonly fields: ReadonlyMap<string, FieldType | null>
  readonly destinations: readonly string[]
  /** The facts of each enricher, by their names. */
  readonly enrichers?: ReadonlyMap<string, ReadonlyMap<string, FieldType | null>>
  /** Steps that a rule may ask for; grows while a flow is read, so that a step knows those before it. */
  readonly steps?: readonly string[]
  readonly country: string
  /** IANA */
  readonly zone: string
  /** Changes of the list of obscene words, or null for the one that is shipped. */
  readonly obscene?: ObsceneChanges | null
  readonly places?: PostalPlaces | undefined
}

/** What rules and templates of steps see. */
export const leadScope = (names: LeadNames): Scope => {
  const fieldNames = [...names.fields.keys()]

  const ofField = (field: string, type: FieldType | null, segments: readonly Segment[]): Resolution => {
    const path = pathText(segments)
    if (type === null) return descend({ type: 'dyn', read: () => null }, segments.slice(2), path)
    const value: Shown = {
      type: type.value,
      read: (lead) => partOf(lead.fields[field]?.normal),
    }
    const segment = segments[2]
    if (segment === undefined) return descend(value, [], path)
    if (typeof segment.name === 'number') return descend(value, segments.slice(2), path)
    const part = segment.name
    const ifSent =
      (read: Read): Read =>
      (lead) =>
        isBlank(lead.fields[field]) ? null : read(lead)
    const common = own(everyPart(field), part)
    if (common !== undefined) return descend({ ...common, partial: ifSent(common.read) }, segments.slice(3), path)
    const partType = own(type.parts, part)
    if (partType === undefined)
      return unknown({
        code: 'unknown_part',
        what: `part of ${field}`,
        segment,
        names: [...Object.keys(type.parts), ...EVERY_PART],
      })
    // A lead read back from its journal has no parts that are null or false.
    const absent = partType === 'bool' ? false : null
    const read = (lead: LeadView): Json => {
      const parsed = lead.fields[field]
      return parsed === undefined ? null : partOf(parsed.parts[part] ?? absent)
    }
    return descend({ type: partType, read, partial: ifSent(read) }, segments.slice(3), path)
  }

  const ofTable = (table: Readonly<Record<string, Shown>>, what: string, segments: readonly Segment[]): Resolution => {
    const segment = segments[1]
    if (segment === undefined) return incomplete(segments, Object.keys(table))
    const found = own(table, String(segment.name))
    if (found === undefined)
      return unknown({ code: 'unknown_variable', what: `part of ${what}`, segment, names: Object.keys(table) })
    return descend(found, segments.slice(2), pathText(segments))
  }

  const ofDeliveries = (segments: readonly Segment[]): Resolution => {
    const [, destination, part] = segments
    if (destination === undefined) return incomplete(segments, names.destinations)
    if (!names.destinations.includes(String(destination.name)))
      return unknown({
        code: 'unknown_destination',
        what: 'destination',
        segment: destination,
        names: names.destinations,
      })
    if (part === undefined) return incomplete(segments, OF_DELIVERY)
    const id = String(destination.name)
    const wanted = part.name
    if (wanted === 'captured') {
      const captured = (lead: LeadView): Json => (own(lead.deliveries, id)?.captured as Json | undefined) ?? null
      return descend({ type: 'dyn', read: captured }, segments.slice(3), pathText(segments))
    }
    if (wanted !== 'outcome' && wanted !== 'reference')
      return unknown({ code: 'unknown_part', what: 'part of a delivery', segment: part, names: OF_DELIVERY })
    const read = (lead: LeadView): Json => own(lead.deliveries, id)?.[wanted] ?? null
    return descend({ type: 'string', read }, segments.slice(3), pathText(segments))
  }

  const ofAppended = (segments: readonly Segment[]): Resolution => {
    const [, enricher, ...rest] = segments
    const enrichers = names.enrichers ?? new Map<string, ReadonlyMap<string, FieldType | null>>()
    if (enricher === undefined) return incomplete(segments, [...enrichers.keys()])
    const id = String(enricher.name)
    const facts = enrichers.get(id)
    if (facts === undefined)
      return unknown({
        code: 'unknown_enricher',
        what: 'enricher',
        segment: enricher,
        names: [...enrichers.keys()],
      })
    const known = [...facts.keys(), ...OF_ASKING]
    const [first] = rest
    if (first === undefined) return incomplete(segments, known)
    // The longest name there is: `company.name` before `company`.
    for (let length = rest.length; length > 0; length -= 1) {
      const fact = rest
        .slice(0, length)
        .map(({ name }) => name)
        .join('.')
      if (!known.includes(fact)) continue
      const type = facts.get(fact)
      const read = (lead: LeadView): Json => own(own(lead.appended ?? NOTHING, id) ?? NOTHING, fact) ?? null
      const value: ValueType = type === null ? 'dyn' : (type?.value ?? 'string')
      return descend({ type: value, read }, rest.slice(length), pathText(segments))
    }
    const wanted = rest.map(({ name }) => name).join('.')
    const segment = { ...first, name: wanted, end: rest.at(-1)?.end ?? first.end }
    return unknown({ code: 'unknown_variable', what: `fact of ${id}`, segment, names: known })
  }

  const ofSteps = (segments: readonly Segment[]): Resolution => {
    const [, step, part] = segments
    const known = names.steps ?? []
    if (step === undefined) return incomplete(segments, known)
    if (!known.includes(String(step.name)))
      return unknown({ code: 'unknown_variable', what: 'earlier step', segment: step, names: known })
    if (part === undefined) return incomplete(segments, OF_STEP)
    const id = String(step.name)
    const wanted = part.name
    if (wanted !== 'outcome' && wanted !== 'rule')
      return unknown({ code: 'unknown_part', what: 'part of a step', segment: part, names: OF_STEP })
    const read = (lead: LeadView): Json => own(lead.steps ?? NOTHING, id)?.[wanted] ?? null
    return descend({ type: 'string', read }, segments.slice(3), pathText(segments))
  }

  const roots = ['lead', 'source', 'flow', 'now', 'extra', 'deliveries', 'steps', 'appended']

  return {
    country: names.country,
    zone: names.zone,
    isObscene: obscenityOf(obsceneWords(names.obscene ?? null)),
    ...(names.places && { places: names.places }),
    resolve: (segments) => {
      const [root, second] = segments
      switch (root?.name) {
        case 'lead': {
          if (second === undefined) return incomplete(segments, fieldNames)
          const type = typeof second.name === 'string' ? names.fields.get(second.name) : undefined
          if (type !== undefined && typeof second.name === 'string') return ofField(second.name, type, segments)
          const found = own(OF_LEAD, String(second.name))
          if (found !== undefined) return descend(found, segments.slice(2), pathText(segments))
          return unknown({
            code: 'unknown_field',
            what: 'field',
            segment: second,
            names: [...fieldNames, ...LEAD_NAMES],
          })
        }
        case 'source':
          return ofTable(OF_SOURCE, 'source', segments)
        case 'flow':
          return ofTable(OF_FLOW, 'flow', segments)
        case 'now':
          return descend(NOW, segments.slice(1), pathText(segments))
        case 'extra':
          if (second === undefined) return incomplete(segments, ['the name the source sends'])
          return descend({ type: 'dyn', read: (lead) => lead.extra as Json }, segments.slice(1), pathText(segments))
        case 'deliveries':
          return ofDeliveries(segments)
        case 'steps':
          return ofSteps(segments)
        case 'appended':
          return ofAppended(segments)
        default: {
          const segment = root ?? { name: '', start: 0, end: 0 }
          const field = typeof segment.name === 'string' && names.fields.has(segment.name)
          const found = unknown({
            code: 'unknown_variable',
            what: 'name',
            segment,
            names: roots,
          })
          if (!field || !('issue' in found)) return found
          return { issue: { ...found.issue, expected: null, suggestion: `lead.${segment.name}` } }
        }
      }
    },
  }
}
