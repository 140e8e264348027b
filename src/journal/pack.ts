import type { Json, Parsed, Part } from '../kit/field.ts'
import type { JournaledAnswer } from '../lead/events.ts'

/**
 * Sealed halves as they are written: parsed fields and answers as short lists, since every lead has a dozen of them and
 * names of keys would be two thirds of what is sealed.
 *
 *   field   [normal, parts, flags, raw]   flags: 1 not valid, 2 masked, 4 raw differs from normal and follows.
 *           Parts that are null or false are left out, no parts are 0, and what is 0 at the end is left out.
 *   answer  [kind, fingerprint, answer, name, version]   the name where it is not the kind, the version where it is not 1
 */
type PackedField = readonly [normal: Parsed['normal'], parts?: Record<string, Part> | 0, flags?: number, raw?: Json]
type PackedAnswer = readonly [kind: string, fp: string, answer: Json, name?: string | 0, v?: number]

const INVALID = 1
const MASKED = 2
const RAW_DIFFERS = 4

const packParts = (parts: Parsed['parts']): Record<string, Part> | 0 => {
  let packed: Record<string, Part> | 0 = 0
  for (const name in parts) {
    const part = parts[name]
    if (part === null || part === false || part === undefined) continue
    if (packed === 0) packed = {}
    packed[name] = part
  }
  return packed
}

const packField = (field: Parsed): PackedField => {
  const parts = packParts(field.parts)
  const flags =
    (field.valid ? 0 : INVALID) | (field.masked ? MASKED : 0) | (field.raw === field.normal ? 0 : RAW_DIFFERS)
  if (flags & RAW_DIFFERS) return [field.normal, parts, flags, field.raw]
  if (flags !== 0) return [field.normal, parts, flags]
  return parts === 0 ? [field.normal] : [field.normal, parts]
}

const unpackField = ([normal, parts = 0, flags = 0, raw = null]: PackedField): Parsed => ({
  raw: flags & RAW_DIFFERS ? raw : normal,
  normal,
  valid: (flags & INVALID) === 0,
  masked: (flags & MASKED) !== 0,
  parts: parts === 0 ? {} : parts,
})

const packAnswer = ({ name, kind, v, fp, answer }: JournaledAnswer): PackedAnswer => {
  if (v !== 1) return [kind, fp, answer, name === kind ? 0 : name, v]
  return name === kind ? [kind, fp, answer] : [kind, fp, answer, name]
}

const unpackAnswer = ([kind, fp, answer, name = 0, v = 1]: PackedAnswer): JournaledAnswer => ({
  name: name === 0 ? kind : name,
  kind,
  v,
  fp,
  answer,
})

interface Half {
  readonly fields?: Readonly<Record<string, Parsed>>
  readonly answers?: readonly JournaledAnswer[]
  readonly answer?: JournaledAnswer
}

const mapped = <A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> => {
  const result: Record<string, B> = {}
  for (const name in record) result[name] = change(record[name] as A)
  return result
}

/** What stands in place of a sealed half; one without fields and answers is written as it is. */
export const packHalf = (half: object): object => {
  const { fields, answers, answer } = half as Half
  if (!fields && !answers && !answer) return half
  const packed: Record<string, unknown> = { ...half }
  if (fields) packed.fields = mapped(fields, packField)
  if (answers) packed.answers = answers.map(packAnswer)
  if (answer) packed.answer = packAnswer(answer)
  return packed
}

export const unpackHalf = (packed: object): object => {
  const { fields, answers, answer } = packed as {
    fields?: Record<string, PackedField>
    answers?: PackedAnswer[]
    answer?: PackedAnswer
  }
  if (!fields && !answers && !answer) return packed
  const half: Record<string, unknown> = { ...packed }
  if (fields) half.fields = mapped(fields, unpackField)
  if (answers) half.answers = answers.map(unpackAnswer)
  if (answer) half.answer = unpackAnswer(answer)
  return half
}
