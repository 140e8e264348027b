import { hash, type KeyObject } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { Fault } from '../base/faults.ts'
import { open, seal } from '../base/seal.ts'
import { EVENT_VERSIONS, isStepEvent, type LeadEvent, type StepEnded } from '../lead/events.ts'
import { upcast } from '../lead/upcast.ts'
import { DICTIONARY_1 } from './dictionary.ts'
import { packHalf, unpackHalf } from './pack.ts'
import { packNote, unpackNote, withoutUsual, withUsual } from './usual.ts'

/**
 * A segment: the ordered events of one commit of one lead, as stored.
 *
 *   events  JSON text, without personal data: a list of [type, t, data, v?], or of [type, t, step, data?, v?] for the end
 *           of a step; `t` is ms from the segment's `at`, mostly below 0. The end of a step that succeeded leaves its
 *           outcome out, others what is usual (usual.ts), and the closing summary the lead's id
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
const DEFLATE_FROM = 1_500
const PLAIN = '\0'
const DEFLATED = Buffer.from([1])
/**
 * A window of 4 KB holds the dictionary and most leads: small tables cost a third of the time of zlib's defaults, and
 * the dictionary takes what is alike in all leads, so 2 KB become some 300 bytes.
 */
const DEFLATE = { level: 1, windowBits: 12, memLevel: 4, dictionary: DICTIONARY_1 }
const INFLATED_BYTES_MAX = 64 * 1024 * 1024

/** What a segment's hash is made of, laid side by side: hashed in one go, it costs half of what it costs in three parts. */
const together = Buffer.allocUnsafeSlow(32 * 1024)

export const segmentHash = (parts: {
  readonly previous: Uint8Array
  readonly tenantId: string
  readonly leadId: string
  readonly seq: number
  readonly at: number
  readonly events: string
  readonly sealed: Uint8Array | null
}): Buffer => {
  const { previous, tenantId, leadId, seq, at, events, sealed } = parts
  const head = `${tenantId}|${leadId}|${seq}|${at}|${Buffer.byteLength(events)}|`
  // At most three bytes for each UTF-16 unit.
  const most = previous.length + head.length + 3 * events.length + (sealed?.length ?? 0)
  const whole = most <= together.length ? together : Buffer.allocUnsafe(most)
  whole.set(previous)
  let end = previous.length
  end += whole.write(head, end, 'latin1')
  end += whole.write(events, end)
  if (sealed) whole.set(sealed, end)
  return hash('sha256', whole.subarray(0, end + (sealed?.length ?? 0)), 'buffer')
}

/** Says nothing: has no members, or none that is not null. */
const isEmpty = (half: object): boolean => {
  for (const name in half) if ((half as Record<string, unknown>)[name] !== null) return false
  return true
}

type StoredPlain = readonly [type: string, t: number, ...rest: readonly (string | number | object)[]]

/** The plain half of an event as it is stored. */
const packPlain = (event: LeadEvent, t: number): StoredPlain => {
  const v = EVENT_VERSIONS[event.type]
  const version = v === undefined ? [] : [v]
  if (isStepEvent(event.type)) {
    const { step, outcome, note, ...rest } = event.data as StepEnded
    const noted = note === undefined ? rest : { ...rest, note: packNote(note) }
    const data = outcome === 'success' ? noted : { outcome, ...noted }
    return v === undefined && isEmpty(data) ? [event.type, t, step] : [event.type, t, step, data, ...version]
  }
  if (event.type === 'source.closed') {
    const { lead_id: _lead, ...rest } = event.data
    return [event.type, t, withoutUsual({ ...event, data: rest as typeof event.data }), ...version]
  }
  return [event.type, t, withoutUsual(event), ...version]
}

const unpackPlain = (stored: StoredPlain, leadId: string): { type: string; t: number; data: object; v: number } => {
  const [type, t, first, second, third] = stored
  if (typeof first === 'string') {
    const data: { note?: StepEnded['note'] } = {
      step: first,
      outcome: 'success',
      ...(second as object | undefined),
    } as object
    if (data.note) data.note = unpackNote(data.note)
    return { type, t, data, v: (third as number | undefined) ?? 1 }
  }
  const data = withUsual(type, type === 'source.closed' ? { lead_id: leadId, ...(first as object) } : (first as object))
  return { type, t, data, v: (second as number | undefined) ?? 1 }
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
      return packPlain(event, event.at - at)
    }),
  )
  let sealed: Buffer | null = null
  if (secrets) {
    const text = JSON.stringify(halves)
    sealed = seal(
      key,
      text.length < DEFLATE_FROM ? PLAIN + text : Buffer.concat([DEFLATED, deflateRawSync(text, DEFLATE)]),
    )
  }
  const hash = segmentHash({ ...options, events: plain, sealed })
  return { seq, at, events: plain, sealed, hash }
}

/** The events of a stored segment; sealed halves are null where the key is gone. */
export const decodeSegment = (
  stored: {
    readonly leadId: string
    readonly at: number
    readonly events: string
    readonly sealed: Buffer | null
  },
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
  return plain.map((event, index) => {
    const half = halves[index]
    const { type, t, data, v } = unpackPlain(event, stored.leadId)
    return upcast({
      type,
      v,
      at: stored.at + t,
      data,
      sealed: readable ? (half === undefined || half === 0 ? {} : unpackHalf(half as object)) : null,
    })
  })
}
