import { Fault } from '../base/faults.ts'
import { EVENT_VERSIONS, type LeadEvent, type LeadEventType } from './events.ts'

/** An event as the journal holds it, of any version. */
export interface StoredShape {
  readonly type: string
  readonly v: number
  readonly at: number
  readonly data: unknown
  readonly sealed: unknown
}

type Lift = (event: StoredShape) => StoredShape

/** By type and the version it lifts from: `'lead.mapped@1'` makes a version 2 of a version 1. */
const LIFTS: Readonly<Record<string, Lift>> = {}

/**
 * Brings an event of an older shape to today's. An event newer than this program is a fault `revision_missing`:
 * the process gives its lease back and leaves the lead to one that knows it.
 */
export const upcast = (stored: StoredShape): LeadEvent => {
  const current = EVENT_VERSIONS[stored.type as LeadEventType] ?? 1
  let event = stored
  while (event.v < current) {
    const lift = LIFTS[`${event.type}@${event.v}`]
    if (!lift) break
    event = { ...lift(event), v: event.v + 1 }
  }
  if (event.v !== current) {
    throw new Fault('revision_missing', {
      message: 'This lead was worked on by another version of the program',
      detail: `event ${stored.type} has version ${stored.v}, this program knows ${current}`,
    })
  }
  return { type: event.type, at: event.at, data: event.data, sealed: event.sealed } as LeadEvent
}
