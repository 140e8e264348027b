import { hmac } from '../base/signing.ts'

/** Signatures of Standard Webhooks (https://www.standardwebhooks.com, 1.0.0): what is signed is id, time and body. */

/** The part after `whsec_` is base64; a secret without that prefix is the key itself. */
const keyOf = (secret: string): string | Uint8Array =>
  secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : secret

export const signatureOf = (asked: {
  readonly secret: string
  readonly id: string
  /** Seconds since 1970. */
  readonly timestamp: number
  readonly body: string
}): string =>
  `v1,${hmac({
    algorithm: 'sha256',
    key: keyOf(asked.secret),
    text: `${asked.id}.${asked.timestamp}.${asked.body}`,
    encoding: 'base64',
  })}`

/** One signature for each secret, the newest first: while one is exchanged, receivers may go by either. */
export const signatureHeaders = (asked: {
  readonly secrets: readonly string[]
  readonly id: string
  /** ms since 1970 */
  readonly now: number
  readonly body: string
}): Readonly<Record<'webhook-timestamp' | 'webhook-signature', string>> => {
  const { id, body } = asked
  const timestamp = Math.floor(asked.now / 1000)
  return {
    'webhook-timestamp': String(timestamp),
    'webhook-signature': asked.secrets.map((secret) => signatureOf({ secret, id, timestamp, body })).join(' '),
  }
}
