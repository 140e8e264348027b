/**
 * What a field type is: a parser from anything a sender may write to a raw, a normal form and parts.
 * `valid` is a value the flow decides about, never a gate.
 */

/** A value that survives JSON. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** One part of a parsed value: `lead.phone.area`. */
export type Part = string | number | boolean | null | string[]

export interface Parsed {
  /** As it came, unless it was too large or not representable: then cut or written as text. */
  readonly raw: Json
  /** The one way this value is written, or null where it is blank or beyond understanding. Parsing it again changes nothing. */
  readonly normal: string | number | boolean | string[] | null
  readonly valid: boolean
  /** Part of the value was hidden by its sender (`512*******`). */
  readonly masked: boolean
  /** As declared by the type. Read back from the journal, those that were null or false are absent. */
  readonly parts: Readonly<Record<string, Part>>
}

export interface ParseContext {
  /** ISO 3166-1 alpha-2 of the flow: what a number without a country code belongs to. */
  readonly country: string
  /** Milliseconds since 1970, of the submission: ages and relative dates count from it. */
  readonly now: number
  /** Fields of the same lead parsed before this one. */
  readonly fields: Readonly<Record<string, Parsed>>
}

/** How a rule sees a value or a part. */
export type RuleType = 'string' | 'double' | 'bool' | 'list<string>'

export interface FieldType {
  /** Name in flows: `phone`. */
  readonly type: string
  readonly summary: string
  /** Whether a value of this type identifies a person and so is sealed. */
  readonly personal: boolean
  /** False: a value of it is used while a lead is under way and kept nowhere, unless the flow says `keep: true`. */
  readonly kept?: false
  readonly value: RuleType
  readonly parts: Readonly<Record<string, RuleType>>
  /** Values a sender might write, the first of them valid. */
  readonly examples: readonly string[]
  parse(raw: unknown, context: ParseContext): Parsed
}

export const defineField = (type: FieldType): FieldType => type
