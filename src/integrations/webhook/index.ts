import { type AttemptResult, type Call, type DeliveryInput, defineDestination } from '../../kit/destination.ts'
import { faultOfStatus, retryAfterMs } from '../../kit/http-status.ts'
import { signatureHeaders } from '../../kit/standard-webhooks.ts'
import { textOf } from '../../kit/values.ts'
import { WebhookSettings } from './settings.ts'

/**
 * Events signed as Standard Webhooks (https://www.standardwebhooks.com, 1.0.0): `webhook-id` is the delivery's own id, the
 * same at every attempt; what is signed is id, time and body.
 */

const DEFAULT_EVENT = 'lead.delivered'

const eventOf = (input: DeliveryInput, settings: WebhookSettings): string =>
  typeof input.payload.event === 'string' && settings.when !== undefined
    ? input.payload.event
    : (settings.event ?? DEFAULT_EVENT)

const callOf = (input: DeliveryInput, settings: WebhookSettings, event: string): Call => {
  const { event: named, ...rest } = input.payload
  const data = settings.when === undefined && named !== undefined ? input.payload : rest
  return {
    method: 'POST',
    url: settings.url,
    headers: {
      accept: '*/*',
      'content-type': 'application/json',
      ...Object.fromEntries(Object.entries(settings.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])),
      'webhook-id': input.deliveryId,
    },
    body: JSON.stringify({ type: event, timestamp: new Date(input.now).toISOString(), data }),
  }
}

const SUCCESS: AttemptResult = { outcome: 'success', reference: null, price: null, reason: null }

export const webhook = defineDestination({
  type: 'webhook',
  summary: 'Posts events as JSON, signed as Standard Webhooks, in order for each lead.',
  settings: WebhookSettings,
  // The id is in a header, and the standard asks receivers to heed it.
  repeat: () => 'keyed',
  ordered: true,
  example: { url: 'https://hooks.example.com/millrace', secret: 'webhook-key', event: 'lead.delivered' },
  deliver: function* deliver(input, settings) {
    const event = eventOf(input, settings)
    if (settings.when !== undefined && !settings.when.includes(event))
      return { ...SUCCESS, reason: `Not sent: the webhook does not take "${event}"` }
    const answer = yield callOf(input, settings, event)
    const code = faultOfStatus(answer.status, answer.headers)
    if (code === null) return SUCCESS
    const reason = `Answered ${answer.status}`
    return code === 'destination.rejected'
      ? { outcome: 'failure', reason, code }
      : { outcome: 'error', reason, code, retryAfterMs: retryAfterMs(answer.headers, input.now) }
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
