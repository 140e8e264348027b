import type { Static } from 'typebox'
import { Fault } from '../base/faults.ts'
import { isId } from '../base/ids.ts'
import type { DeliveryPlace, DeliveryRow } from '../delivery/read.ts'
import type { StoredEvent } from '../journal/types.ts'
import type { Delivery } from '../lead/deliveries.ts'
import type { DeliveryDetail, DeliveryPage } from './contract/deliveries.ts'
import { readCursor, writeCursor } from './cursor.ts'
import { iso, isoOrNull } from './times.ts'

/** Deliveries in the shapes of the contract. */

type Summary = Static<typeof DeliveryPage>['items'][number]

/** `isStopped`: whether the destination is paused or its breaker open. */
export const summaryOf = (row: DeliveryRow, isStopped: (row: DeliveryRow) => boolean): Summary => ({
  ...row,
  state: (row.state === 'waiting' && isStopped(row) ? 'held' : row.state) as Summary['state'],
  opened_at: iso(row.opened_at),
  changed_at: iso(row.changed_at),
  next_at: isoOrNull(row.next_at),
})

export const deliveryPageOf = (
  rows: readonly DeliveryRow[],
  limit: number,
  isStopped: (row: DeliveryRow) => boolean,
): Static<typeof DeliveryPage> => {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return {
    items: shown.map((row) => summaryOf(row, isStopped)),
    next_cursor: rows.length > limit && last ? `${writeCursor(last.lead_id)}.${writeCursor(last.id)}` : null,
  }
}

/** Throws Fault `invalid_request`. */
export const readPlace = (cursor: string | undefined): DeliveryPlace | null => {
  if (cursor === undefined) return null
  const [lead = '', id = ''] = cursor.split('.')
  return { leadId: readCursor(lead), id: readCursor(id) }
}

type Exchange = Static<typeof DeliveryDetail>['exchanges'][number]

/** Both sides of every call, out of the journal; a call that was given up has one. */
const exchangesOf = (events: readonly StoredEvent[], id: string): Exchange[] => {
  const exchanges: Exchange[] = []
  for (const event of events) {
    if (event.type === 'attempt.answered' && event.data.delivery === id)
      exchanges.push({
        at: iso(event.at),
        attempt: event.data.attempt,
        status: event.data.status,
        ms: event.data.ms,
        outcome: null,
        code: null,
        reason: null,
        request: event.sealed?.request ?? null,
        response: event.sealed?.response ?? null,
      })
    if (event.type !== 'attempt.ended' || event.data.delivery !== id) continue
    const { attempt, outcome, code } = event.data
    const told = { outcome, code, reason: event.sealed?.reason ?? null }
    const answered = exchanges.at(-1)
    if (answered?.attempt === attempt && answered.outcome === null && event.sealed?.request === undefined)
      Object.assign(answered, told)
    else
      exchanges.push({
        at: iso(event.at),
        attempt,
        status: null,
        ms: null,
        ...told,
        request: event.sealed?.request ?? null,
        response: null,
      })
  }
  return exchanges
}

export const deliveryDetailOf = (asked: {
  readonly summary: Summary
  readonly delivery: Delivery
  readonly events: readonly StoredEvent[]
}): Static<typeof DeliveryDetail> => {
  const { summary, delivery, events } = asked
  return {
    ...summary,
    step: delivery.step,
    reason: delivery.reason,
    reference: delivery.reference,
    payload: delivery.payload,
    held_by: delivery.outcome === 'open' ? delivery.held : null,
    exchanges: exchangesOf(events, delivery.id),
  }
}

/** Throws Fault `not_found`, in the words of any lead that is not there. */
export const requireIds = (...ids: readonly string[]): void => {
  if (!ids.every(isId)) throw new Fault('not_found', { message: 'There is no such lead' })
}
