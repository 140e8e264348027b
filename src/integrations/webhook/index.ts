import { batchFlaws } from '../../kit/batch.ts'
import { defineDestination } from '../../kit/destination.ts'
import { signatureHeaders } from '../../kit/standard-webhooks.ts'
import { textOf } from '../../kit/values.ts'
import { batch } from './batch.ts'
import { callOf, dataOf, eventOf, notSent, takes } from './event.ts'
import { readAnswer, SUCCESS } from './read.ts'
import { WebhookSettings } from './settings.ts'

/**
 * Events signed as Standard Webhooks (https://www.standardwebhooks.com, 1.0.0): `webhook-id` is the delivery's own id, the
 * same at every attempt; what is signed is id, time and body.
 */

export const webhook = defineDestination({
  type: 'webhook',
  summary: 'Posts events as JSON, signed as Standard Webhooks, in order for each lead.',
  settings: WebhookSettings,
  // The id is in a header, and the standard asks receivers to heed it.
  repeat: () => 'keyed',
  ordered: true,
  example: { url: 'https://hooks.example.com/millrace', secret: 'webhook-key', event: 'lead.delivered' },
  flaws: ({ batch: window }) => batchFlaws(window),
  batch,
  deliver: function* deliver(input, settings) {
    const event = eventOf(input.payload, settings)
    if (!takes(event, settings)) return { ...SUCCESS, reason: notSent(event) }
    const body = { type: event, timestamp: new Date(input.now).toISOString(), data: dataOf(input.payload, settings) }
    return readAnswer(yield callOf(input.deliveryId, JSON.stringify(body), settings), input.now)
  },
  authorize: (call, settings, credential) => {
    const names =
      settings.previous_secret === undefined ? [settings.secret] : [settings.secret, settings.previous_secret]
    const signed = signatureHeaders({
      secrets: names.map((name) => credential.secret(name)),
      id: textOf(call.headers['webhook-id']),
      now: credential.now,
      body: call.body ?? '',
    })
    return { ...call, headers: { ...call.headers, ...signed } }
  },
  check: () => null,
})
