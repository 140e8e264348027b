import { createHash, type KeyObject } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { Fault } from '../base/faults.ts'
import { open, seal } from '../base/seal.ts'
import { EVENT_VERSIONS, isStepEvent, type LeadEvent, type StepEnded } from '../lead/events.ts'
import { upcast } from '../lead/upcast.ts'
import { DICTIONARY_1 } from './dictionary.ts'
import { packHalf, unpackHalf } from './pack.ts'

/**
 * A segment: the ordered events of one commit of one lead, as stored.
 *
 *   events  JSON text: [[type, t, data, v?], …], without personal data; `t` is ms from the segment's `at`, mostly below 0;
 *           the end of a step that succeeded leaves its outcome out
 *   sealed  the events' sealed halves, packed (pack.ts), a JSON array in the same order, under the lead's key; before
 *           sealing one byte says how it is written: 0 plain, 1 deflated with DICTIONARY_1
 *   hash    sha256(previous hash ‖ tenant ‖ lead ‖ seq ‖ at ‖ length of events ‖ events ‖ sealed)
 *
 * The hash covers the ciphertext, so that erasure, which destroys the key alone, leaves the chain whole.
 */
export interface Segment {
  readonly seq: number
  /** ms since 1970 */
  readonly at: number
  readonly events: string
  readonly sealed: Buffer | null
  readonly hash: Buffer
}

export const FIRST_HEAD = Buffer.alloc(32)

/** Most leads without a delivery stay below: deflating one costs this process as much as ten steps of its flow. */
const DEFLATE_FROM_BYTES = 1_500
const PLAIN = Buffer.from([0])
const DEFLATED = Buffer.from([1])
/**
 * A window of 4 KB holds the dictionary and most leads: small tables cost a third of the time of zlib's defaults, and
 * the dictionary takes what is alike in all leads, so 2 KB become some 300 bytes.
 */
const DEFLATE = { level: 1, windowBits: 12, memLevel: 4, dictionary: DICTIONARY_1 }
const INFLATED_BYTES_MAX = 64 * 1024 * 1024

export const segmentHash = (parts: {
  readonly previous: Uint8Array
  readonly tenantId: string
  readonly leadId: string
  readonly seq: number
  readonly at: number
  readonly events: string
  readonly sealed: Uint8Array | null
}): Buffer => {
  const digest = createHash('sha256')
  digest.update(parts.previous)
  digest.update(
    `${parts.tenantId}|${parts.leadId}|${parts.seq}|${parts.at}|${Buffer.byteLength(parts.events)}|${parts.events}`,
  )
  if (parts.sealed) digest.update(parts.sealed)
  return digest.digest()
}

const isEmpty = (half: object): boolean => {
  for (const _ in half) return false
  return true
}

const shortened = (event: LeadEvent): object => {
  if (!isStepEvent(event.type)) return event.data
  const { outcome, ...rest } = event.data as StepEnded
  return outcome === 'success' ? rest : event.data
}

export const encodeSegment = (options: {
  readonly tenantId: string
  readonly leadId: string
  readonly previous: Uint8Array
  readonly seq: number
  readonly at: number
  readonly events: readonly LeadEvent[]
  readonly key: KeyObject
}): Segment => {
  const { events, key, seq, at } = options
  const halves: unknown[] = []
  let secrets = false
  const plain = JSON.stringify(
    events.map((event) => {
      const empty = event.sealed === null || isEmpty(event.sealed)
      halves.push(empty ? 0 : packHalf(event.sealed as object))
      secrets ||= !empty
      const data = shortened(event)
      const v = EVENT_VERSIONS[event.type]
      return v === undefined ? [event.type, event.at - at, data] : [event.type, event.at - at, data, v]
    }),
  )
  let sealed: Buffer | null = null
  if (secrets) {
    const bytes = Buffer.from(JSON.stringify(halves))
    sealed = seal(
      key,
      bytes.length < DEFLATE_FROM_BYTES
        ? Buffer.concat([PLAIN, bytes], bytes.length + 1)
        : Buffer.concat([DEFLATED, deflateRawSync(bytes, DEFLATE)]),
    )
  }
  const hash = segmentHash({ ...options, events: plain, sealed })
  return { seq, at, events: plain, sealed, hash }
}

type StoredPlain = readonly [type: string, t: number, data: object, v?: number]

/** The events of a stored segment; sealed halves are null where the key is gone. */
export const decodeSegment = (
  stored: { readonly at: number; readonly events: string; readonly sealed: Buffer | null },
  key: KeyObject | null,
): LeadEvent[] => {
  const plain = JSON.parse(stored.events) as StoredPlain[]
  let halves: unknown[] = []
  if (stored.sealed && key) {
    const bytes = open(key, stored.sealed)
    const body =
      bytes[0] === 1
        ? inflateRawSync(bytes.subarray(1), { dictionary: DICTIONARY_1, maxOutputLength: INFLATED_BYTES_MAX })
        : bytes.subarray(1)
    halves = JSON.parse(body.toString('utf8')) as unknown[]
    if (halves.length !== plain.length)
      throw new Fault('internal', { message: 'Internal error', detail: 'a segment has halves of different lengths' })
  }
  const readable = key !== null
  return plain.map(([type, t, data, v], index) => {
    const half = halves[index]
    return upcast({
      type,
      v: v ?? 1,
      at: stored.at + t,
      data: isStepEvent(type) && !('outcome' in data) ? { outcome: 'success', ...data } : data,
      sealed: readable ? (half === undefined || half === 0 ? {} : unpackHalf(half as object)) : null,
    })
  })
}
