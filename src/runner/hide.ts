import type { AttemptResult } from '../kit/destination.ts'
import type { Json, Parsed } from '../kit/field.ts'
import type { CompiledFlow } from '../kit/flow.ts'
import type { Delivery } from '../lead/deliveries.ts'
import type { LeadEvent } from '../lead/events.ts'

/**
 * Values that are used while a lead is under way and written down nowhere: fields that their flow does not keep, a Social
 * Security number unless it says otherwise. Rules, mappings and hashed look-ups see them; what goes into the journal has
 * them taken out, wherever they stand: fields, the submission, what rules saw, payloads, calls, answers, reasons.
 */
export interface Hiding {
  event(event: LeadEvent): LeadEvent
  text(text: string): string
  value(value: Json): Json
}

/** Stands in the journal where such a value stood. */
export const NOT_KEPT = '[not kept]'

/** Shorter texts stand in too many places by chance: of those only the field itself is hidden. */
const TEXT_CHARS_MIN = 4
const DIGITS_MIN = 6

const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')

const xml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** However the value may be written: in JSON, in XML, in an address or form; a number with other marks between its digits. */
const formsOf = (text: string): string[] => {
  const trimmed = text.trim()
  if (trimmed.length < TEXT_CHARS_MIN) return []
  const encoded = encodeURIComponent(trimmed)
  const forms = [
    trimmed,
    JSON.stringify(trimmed).slice(1, -1),
    xml(trimmed),
    encoded,
    encoded.replaceAll('%20', '+'),
  ].map(literal)
  const digits = trimmed.replace(/\D/g, '')
  const isNumber = digits.length >= DIGITS_MIN && /^[\d\s().+/-]+$/.test(trimmed)
  return isNumber ? [...forms, [...digits].join('(?:[\\s.()/-]|%20|\\+){0,3}')] : forms
}

const NESTED_MAX = 20

/** Every text and number in a value. */
const textsOf = (value: Json | undefined, depth = 0): string[] => {
  if (value === undefined || value === null || typeof value === 'boolean' || depth > NESTED_MAX) return []
  if (typeof value !== 'object') return [String(value)]
  return (Array.isArray(value) ? value : Object.values(value)).flatMap((inner) => textsOf(inner, depth + 1))
}

/** What of a field is kept: that it was there, and whether it was right. */
const hiddenField = (field: Parsed): Parsed =>
  field.raw === null ? field : { raw: NOT_KEPT, normal: null, valid: field.valid, masked: true, parts: {} }

const isFields = (value: Json): value is { [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Null where the lead has no such value. `values`: as they were sent, by field. */
export const hidingOf = (
  names: readonly string[],
  values: Readonly<Record<string, Json>>,
  fields: Readonly<Record<string, Parsed>>,
): Hiding | null => {
  const sent = names.filter((name) => (fields[name]?.raw ?? null) !== null)
  if (sent.length === 0) return null
  const texts = new Set(sent.flatMap((name) => [...textsOf(values[name]), ...textsOf(fields[name]?.normal)]))
  const forms = [...new Set([...texts].flatMap(formsOf))].toSorted((a, b) => b.length - a.length)
  const pattern = forms.length === 0 ? null : new RegExp(forms.join('|'), 'gi')
  const parts = sent.map((name) => `lead.${name}.`)
  const text = (from: string): string => (pattern === null ? from : from.replace(pattern, NOT_KEPT))

  const value = (from: Json): Json => {
    if (typeof from === 'string') return text(from)
    if (typeof from === 'number') return text(String(from)) === String(from) ? from : NOT_KEPT
    if (from === null || typeof from === 'boolean') return from
    if (Array.isArray(from)) return from.map(value)
    return Object.fromEntries(
      Object.entries(from).map(([name, inner]): [string, Json] => {
        // What a rule saw of it: `lead.ssn.last4`.
        const isPart = typeof inner === 'string' && parts.some((part) => name.startsWith(part))
        return [name, isPart ? NOT_KEPT : value(inner)]
      }),
    )
  }

  const sealedOf = (sealed: Json): Json => {
    if (!isFields(sealed)) return value(sealed)
    const { fields: written, ...rest } = sealed
    const hidden = value(rest)
    if (written === undefined || !isFields(written) || !isFields(hidden)) return value(sealed)
    const kept = Object.entries(written).map(([name, field]): [string, Json] => [
      name,
      sent.includes(name) ? (hiddenField(field as unknown as Parsed) as unknown as Json) : value(field),
    ])
    return { ...hidden, fields: Object.fromEntries(kept) }
  }

  return {
    text,
    value,
    event: (event) =>
      event.sealed === null
        ? event
        : ({ ...event, sealed: sealedOf(event.sealed as unknown as Json) } as unknown as LeadEvent),
  }
}

/** Whether a delivery was to carry a value that was not kept. */
export const isBereft = (flow: Pick<CompiledFlow, 'notKept'>, { payload }: Pick<Delivery, 'payload'>): boolean =>
  flow.notKept.length > 0 && JSON.stringify(payload).includes(NOT_KEPT)

/** What such a delivery ends as. */
export const BEREFT: AttemptResult = {
  outcome: 'error',
  code: 'value_not_kept',
  reason: 'It needs a value that is not kept: nothing was sent',
  retryAfterMs: null,
}
