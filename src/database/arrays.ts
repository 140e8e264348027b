/**
 * Arrays for `unnest($1::uuid[], $2::bytea[], …)`, in Postgres' binary form.
 *
 * A gathered statement carries thousands of values: as text they would be escaped here and parsed again there.
 * The driver sends any Buffer in binary format, so one Buffer holds a whole array. The cast in the statement must
 * name exactly the encoder's type: the server refuses an array whose element type is another.
 *
 * Layout, all big-endian: int32 dimensions, int32 has-nulls, int32 element oid, then per dimension int32 length and
 * int32 lower bound, then per element int32 byte length (-1 for null) and the bytes. An empty array has no dimension.
 * Source: `array_send` and the types' own `*_send` functions in the Postgres sources.
 */

const OID = {
  bool: 16,
  bytea: 17,
  int8: 20,
  int4: 23,
  text: 25,
  json: 114,
  float8: 701,
  timestamptz: 1184,
  uuid: 2950,
  jsonb: 3802,
} as const

const HEADER_BYTES = 20
const EMPTY_BYTES = 12
const LENGTH_BYTES = 4

/** 2000-01-01T00:00:00Z in milliseconds since 1970: where Postgres counts from. */
const POSTGRES_EPOCH_MS = 946_684_800_000

/** The last moment JavaScript's own dates can hold (year 275760); Postgres goes on to 294276. */
const TIMESTAMP_MS_MAX = 8_640_000_000_000_000

const INT32_MAX = 2_147_483_647

const header = (bytes: number, count: number, hasNull: boolean, oid: number): Buffer => {
  if (bytes > INT32_MAX / 2) throw new RangeError(`an array of ${bytes} bytes is more than one parameter can carry`)
  const buffer = Buffer.allocUnsafe(count === 0 ? EMPTY_BYTES : bytes)
  buffer.writeInt32BE(count === 0 ? 0 : 1, 0)
  buffer.writeInt32BE(hasNull ? 1 : 0, 4)
  buffer.writeInt32BE(oid, 8)
  if (count > 0) {
    buffer.writeInt32BE(count, 12)
    buffer.writeInt32BE(1, 16)
  }
  return buffer
}

interface Fixed<T> {
  readonly oid: number
  readonly bytes: number
  readonly write: (buffer: Buffer, value: T, at: number) => void
}

const fixed =
  <T>({ oid, bytes, write }: Fixed<T>) =>
  (values: readonly (T | null)[]): Buffer => {
    let nulls = 0
    for (const value of values) if (value === null) nulls += 1
    const size = HEADER_BYTES + values.length * LENGTH_BYTES + (values.length - nulls) * bytes
    const buffer = header(size, values.length, nulls > 0, oid)
    let at = HEADER_BYTES
    for (const value of values) {
      if (value === null) {
        at = buffer.writeInt32BE(-1, at)
      } else {
        at = buffer.writeInt32BE(bytes, at)
        write(buffer, value, at)
        at += bytes
      }
    }
    return buffer
  }

const hexDigit = (code: number): number => {
  if (code >= 48 && code <= 57) return code - 48
  if (code >= 97 && code <= 102) return code - 87
  if (code >= 65 && code <= 70) return code - 55
  throw new RangeError('not a uuid: 32 hexadecimal digits in five groups are expected')
}

const writeUuid = (buffer: Buffer, value: string, at: number): void => {
  if (value.length !== 36) throw new RangeError('not a uuid: 36 characters are expected')
  let from = 0
  for (let byte = 0; byte < 16; byte += 1) {
    if (from === 8 || from === 13 || from === 18 || from === 23) from += 1
    buffer[at + byte] = (hexDigit(value.charCodeAt(from)) << 4) | hexDigit(value.charCodeAt(from + 1))
    from += 2
  }
}

const writeInteger64 = (buffer: Buffer, value: bigint | number, at: number): void => {
  if (typeof value === 'bigint') {
    buffer.writeBigInt64BE(value, at)
    return
  }
  if (!Number.isSafeInteger(value)) throw new RangeError('not a safe integer: give a bigint')
  buffer.writeInt32BE(Math.floor(value / 4_294_967_296), at)
  buffer.writeUInt32BE(value >>> 0, at + 4)
}

const writeTimestamp = (buffer: Buffer, ms: number, at: number): void => {
  if (!(Math.abs(ms) <= TIMESTAMP_MS_MAX)) throw new RangeError('not a time in milliseconds since 1970')
  const micros = Math.round((ms - POSTGRES_EPOCH_MS) * 1000)
  if (Number.isSafeInteger(micros)) writeInteger64(buffer, micros, at)
  else buffer.writeBigInt64BE(BigInt(Math.trunc(ms - POSTGRES_EPOCH_MS)) * 1000n, at)
}

const textual =
  (oid: number, prefix?: number) =>
  (values: readonly (string | null)[]): Buffer => {
    const extra = prefix === undefined ? 0 : 1
    let size = HEADER_BYTES
    let hasNull = false
    const lengths = new Array<number>(values.length)
    for (let index = 0; index < values.length; index += 1) {
      const value = values[index]
      const length = value === null || value === undefined ? -1 : Buffer.byteLength(value) + extra
      if (length === -1) hasNull = true
      lengths[index] = length
      size += LENGTH_BYTES + Math.max(0, length)
    }
    const buffer = header(size, values.length, hasNull, oid)
    let at = HEADER_BYTES
    for (let index = 0; index < values.length; index += 1) {
      const value = values[index]
      const length = lengths[index] ?? -1
      at = buffer.writeInt32BE(length, at)
      if (value === null || value === undefined) continue
      if (prefix !== undefined) buffer[at] = prefix
      buffer.write(value, at + extra, 'utf8')
      at += length
    }
    return buffer
  }

/** `uuid[]` from canonical text. Throws a RangeError on anything else. */
export const uuids = fixed<string>({ oid: OID.uuid, bytes: 16, write: writeUuid })

/** `int4[]`. Throws a RangeError outside -2³¹…2³¹-1. */
export const int4s = fixed<number>({
  oid: OID.int4,
  bytes: 4,
  write: (buffer, value, at) => {
    if (!Number.isInteger(value)) throw new RangeError('not an integer')
    buffer.writeInt32BE(value, at)
  },
})

/** `int8[]`. Numbers must be safe integers; larger ones come as bigint. */
export const int8s = fixed<bigint | number>({ oid: OID.int8, bytes: 8, write: writeInteger64 })

/** `float8[]`. */
export const float8s = fixed<number>({
  oid: OID.float8,
  bytes: 8,
  write: (buffer, value, at) => {
    buffer.writeDoubleBE(value, at)
  },
})

/** `bool[]`. */
export const bools = fixed<boolean>({
  oid: OID.bool,
  bytes: 1,
  write: (buffer, value, at) => {
    buffer[at] = value ? 1 : 0
  },
})

/** `timestamptz[]` from milliseconds since 1970, kept to the microsecond. */
export const timestamps = fixed<number>({ oid: OID.timestamptz, bytes: 8, write: writeTimestamp })

/** `text[]`. Postgres holds no NUL character: a value with one fails its whole statement (22021). */
export const texts = textual(OID.text)

/** `json[]` from JSON text, kept as written. */
export const jsons = textual(OID.json)

/** `jsonb[]` from JSON text. The leading 1 of each element is the version of jsonb's wire form. */
export const jsonbs = textual(OID.jsonb, 1)

/** `bytea[]`. */
export const byteas = (values: readonly (Uint8Array | null)[]): Buffer => {
  let size = HEADER_BYTES
  let hasNull = false
  for (const value of values) {
    size += LENGTH_BYTES
    if (value === null) hasNull = true
    else size += value.length
  }
  const buffer = header(size, values.length, hasNull, OID.bytea)
  let at = HEADER_BYTES
  for (const value of values) {
    at = buffer.writeInt32BE(value === null ? -1 : value.length, at)
    if (value === null) continue
    buffer.set(value, at)
    at += value.length
  }
  return buffer
}
