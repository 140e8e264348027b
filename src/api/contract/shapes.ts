import { Type } from 'typebox'

/** Pieces that the shapes of several resources are made of. */

interface Words {
  readonly description?: string
}

/**
 * A text or null. A list of types instead of a union: the serializer then needs no validation to choose between them.
 */
export const TextOrNull = (words: Words = {}) => Type.Unsafe<string | null>({ type: ['string', 'null'], ...words })
export const NumberOrNull = (words: Words = {}) => Type.Unsafe<number | null>({ type: ['number', 'null'], ...words })
export const BooleanOrNull = (words: Words = {}) => Type.Unsafe<boolean | null>({ type: ['boolean', 'null'], ...words })

export const Time = (description: string) => Type.String({ format: 'date-time', description })
export const TimeOrNull = (description: string) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'date-time', description })

/** By names that are not known beforehand. */
export const TextsByName = (description: string) =>
  Type.Unsafe<Readonly<Record<string, string>>>({
    type: 'object',
    additionalProperties: { type: 'string' },
    description,
  })

/** Anything that JSON can say. */
export const AnyJson = (description: string) => Type.Unsafe<unknown>({ description })

/** A name in an address: of a flow, source, list or secret. */
export const Name = (description: string) =>
  Type.String({ minLength: 1, maxLength: 100, pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$', description })

export const LeadId = Type.String({ description: 'Id of a lead: a UUID, version 7.' })

/** An answer without a body: 204. */
export const Nothing = (description: string) => Type.Unsafe<undefined>({ type: 'null', description })
