import type { BatchRow, Call, DeliveryInput } from '../../kit/destination.ts'
import type { WebhookSettings } from './settings.ts'

/** What a delivery is told as, and the call that tells it. */

type Payload = DeliveryInput['payload']

const DEFAULT_EVENT = 'lead.delivered'

export const eventOf = (payload: Payload, settings: WebhookSettings): string =>
  typeof payload.event === 'string' && settings.when !== undefined ? payload.event : (settings.event ?? DEFAULT_EVENT)

/** Whether the webhook takes events of that name. */
export const takes = (event: string, settings: WebhookSettings): boolean =>
  settings.when === undefined || settings.when.includes(event)

export const dataOf = (payload: Payload, settings: WebhookSettings): Payload => {
  const { event: named, ...rest } = payload
  return settings.when === undefined && named !== undefined ? payload : rest
}

export const notSent = (event: string): string => `Not sent: the webhook does not take "${event}"`

/** Of a batch, those that are told: each with its own id, which receivers know it by. */
export const eventsOf = (rows: readonly BatchRow[], settings: WebhookSettings) =>
  rows
    .map(({ key, payload }) => ({ id: key, type: eventOf(payload, settings), data: dataOf(payload, settings) }))
    .filter(({ type }) => takes(type, settings))

export const callOf = (id: string, body: string, settings: WebhookSettings): Call => ({
  method: 'POST',
  url: settings.url,
  headers: {
    accept: '*/*',
    'content-type': 'application/json',
    ...Object.fromEntries(Object.entries(settings.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])),
    'webhook-id': id,
  },
  body,
})
