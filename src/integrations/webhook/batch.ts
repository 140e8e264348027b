import { nextOf } from '../../kit/batch.ts'
import type { AttemptResult, BatchType } from '../../kit/destination.ts'
import { callOf, eventOf, eventsOf, notSent, takes } from './event.ts'
import { readAnswer, SUCCESS } from './read.ts'
import { EVENTS_MAX, type WebhookSettings } from './settings.ts'

/**
 * Many events in one signed call: `{"type": "batch", "timestamp": …, "data": {"events": [{"id", "type", "data"}]}}`.
 * `webhook-id` is the batch's own, the same at every attempt; the id of an event is what it would have had alone.
 */
export const batch: BatchType<WebhookSettings> = {
  uses: (settings) => settings.batch !== undefined,
  rowsMax: (settings) => settings.batch?.max ?? EVENTS_MAX,
  nextAt: (settings, now) => nextOf(settings.batch, now),
  name: ({ id }) => `batch_${id}`,
  content: (rows, settings) => JSON.stringify(eventsOf(rows, settings)),
  deliver: function* deliver({ name, madeAt, now, content, rows }, settings) {
    const results = new Map<string, AttemptResult>()
    for (const { deliveryId, payload } of rows) {
      const event = eventOf(payload, settings)
      if (!takes(event, settings)) results.set(deliveryId, { ...SUCCESS, reason: notSent(event) })
    }
    if (results.size < rows.length) {
      const head = `{"type":"batch","timestamp":${JSON.stringify(new Date(madeAt).toISOString())}`
      const told = readAnswer(yield callOf(name, `${head},"data":{"events":${content}}}`, settings), now)
      if (told.outcome === 'error') return told
      for (const { deliveryId } of rows) if (!results.has(deliveryId)) results.set(deliveryId, told)
    }
    return { outcome: 'each', results }
  },
}
