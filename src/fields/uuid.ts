import { defineField } from '../kit/field.ts'
import type { Reading } from './settled.ts'
import { clean, isMasked } from './text.ts'

const TEXT_CHARS_MAX = 60

const HYPHENATED = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
// Without hyphens any MD5 would do: here version and variant have to be right.
const PLAIN = /^([0-9a-f]{8})([0-9a-f]{4})([1-8][0-9a-f]{3})([89ab][0-9a-f]{3})([0-9a-f]{12})$/
const STANDARD = /^.{14}([1-8]).{4}[89ab]/

/** All zeros or all ones: they stand for no thing at all. */
const EMPTY = /^(?:[0-]+|[f-]+)$/

// 100-nanosecond steps from the start of the Gregorian calendar to 1970.
const GREGORIAN_OFFSET = 122_192_928_000_000_000n

/** Milliseconds since 1970 at which it was made, of the versions that say so: 1, 6 and 7. */
const madeAt = (text: string, version: number): number | null => {
  const [low = '', mid = '', high = ''] = text.split('-')
  const steps = (digits: string) => Number((BigInt(`0x${digits}`) - GREGORIAN_OFFSET) / 10_000n)
  if (version === 1) return steps(high.slice(1) + mid + low)
  if (version === 6) return steps(low + mid + high.slice(1))
  return version === 7 ? Number.parseInt(low + mid, 16) : null
}

const read = (text: string): Reading => {
  const bare = text.replace(/^urn:uuid:/, '').replace(/^\{(.*)\}$/, '$1')
  const written = HYPHENATED.test(bare) ? bare : PLAIN.exec(bare)?.slice(1).join('-')
  if (written === undefined) {
    const normal = text === '' || text.length > TEXT_CHARS_MAX ? null : text
    return { normal, valid: false, masked: isMasked(text), parts: { version: null, made_at: null } }
  }
  const found = STANDARD.exec(written)?.[1]
  const version = found === undefined ? null : Number(found)
  return {
    normal: written,
    valid: !EMPTY.test(written),
    masked: false,
    parts: { version, made_at: version === null ? null : madeAt(written, version) },
  }
}

export const uuid = defineField({
  type: 'uuid',
  summary:
    'A UUID in small letters with hyphens, from any case, with braces, `urn:uuid:` or without hyphens. All zeros or all ones are not valid. `made_at` is milliseconds since 1970, of versions 1, 6 and 7.',
  // It stands for one thing in some other system, which may be a person.
  personal: true,
  value: 'string',
  parts: { version: 'double', made_at: 'double' },
  examples: [
    '01890a5d-ac96-774b-bcce-b302099a8057',
    '{01890A5D-AC96-774B-BCCE-B302099A8057}',
    'f81d4fae7dec41d0a76500a0c91e6bf6',
    'urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8',
    '00000000-0000-0000-0000-000000000000',
    'none',
  ],
  parse: (raw) => {
    const { raw: kept, text } = clean(raw)
    return { raw: kept, ...read(text.trim().toLowerCase().trim()) }
  },
})
