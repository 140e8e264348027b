import { type Static, Type } from 'typebox'
import { BATCH_WORDS, batchParts } from '../../kit/batch.ts'
import { Closed } from '../../kit/config-parts.ts'

/** Events in one call at most. */
export const EVENTS_MAX = 1_000

const SecretName = (description: string) => Type.String({ minLength: 1, maxLength: 100, description })

export const WebhookSettings = Closed({
  url: Type.String({
    pattern: '^https?://[^\\s/?#@]+(?:[/?#]\\S*)?$',
    maxLength: 2000,
    description: 'Where events are posted, with `https://`.',
  }),
  secret: SecretName(
    'Name of the stored secret that signs: `whsec_` and 24 to 64 bytes in base64, or any other text, which then is the key.',
  ),
  previous_secret: Type.Optional(
    SecretName(
      'The secret before: while it stands here each event carries both signatures, so that receivers can change over.',
    ),
  ),
  event: Type.Optional(
    Type.String({
      pattern: '^[a-z][a-z0-9_]*(\\.[a-z0-9_]+)*$',
      maxLength: 100,
      default: 'lead.delivered',
      description: 'The `type` of the event; receivers choose by it.',
    }),
  ),
  when: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
      minItems: 1,
      description:
        'Events that are sent; others count as taken without a call. Several deliver steps may then share one webhook, each ' +
        'naming its event as `event` in its map.',
    }),
  ),
  batch: Type.Optional(
    Closed(batchParts(EVENTS_MAX), {
      description:
        `${BATCH_WORDS} The body is \`{"type":"batch","timestamp":…,"data":{"events":[{"id":…,"type":…,"data":…}]}}\`; the ` +
        'id of each event is the one it would have had alone, `webhook-id` the batch’s.',
    }),
  ),
  headers: Type.Optional(
    Type.Record(Type.String({ pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" }), Type.String({ pattern: '^[\\t -~]*$' }), {
      additionalProperties: false,
      description: 'Further headers of every call. They stand in plain.',
    }),
  ),
})

export type WebhookSettings = Static<typeof WebhookSettings>
