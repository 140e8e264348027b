import { type Static, Type } from 'typebox'
import { Fault } from '../base/faults.ts'
import { Closed } from './config-parts.ts'
import { type DestinationType, defineDestination } from './destination.ts'
import { faultOfStatus, retryAfterMs } from './http-status.ts'

/**
 * Destinations that others subscribe to by themselves (REST hooks): each subscription is an address of its own, kept
 * sealed among the tenant's secrets, and each gets a delivery of its own.
 */

const HookSettings = Closed({
  hosts: Type.Optional(
    Type.Array(
      Type.String({ pattern: '^[a-z0-9.-]+(:\\d{1,5})?$', maxLength: 253, description: 'A host, with its port.' }),
      {
        minItems: 1,
        maxItems: 20,
        description: 'Hosts that may subscribe, in place of those of the service.',
      },
    ),
  ),
})

type HookSettings = Static<typeof HookSettings>

/** In the journal, instead of an address that is itself the key to what is behind it. */
const SHOWN = 'hook:'

/** Whether an address may subscribe: of the service, or of a host that the settings name. */
const takes = (url: string, settings: HookSettings, own: RegExp): boolean => {
  const parsed = URL.parse(url)
  if (parsed === null || parsed.username !== '' || parsed.password !== '') return false
  if (settings.hosts !== undefined) return settings.hosts.includes(parsed.host)
  return parsed.protocol === 'https:' && own.test(parsed.hostname)
}

export const defineHookDestination = (asked: {
  readonly type: string
  readonly summary: string
  /** Host names of the service. */
  readonly own: RegExp
  /** What a 400 says where it is not the lead that is wrong: it has no room for now. */
  readonly full?: RegExp
}): DestinationType<typeof HookSettings> =>
  defineDestination({
    type: asked.type,
    summary: asked.summary,
    settings: HookSettings,
    // The id of the delivery is in the body: the service’s own step against duplicates takes it.
    repeat: () => 'keyed',
    example: {},
    subscribed: { takes: (url, settings) => takes(url, settings, asked.own) },
    deliver: function* deliver(input) {
      if (input.hook === undefined)
        return { outcome: 'failure', reason: 'Nobody has subscribed', code: 'destination.rejected' }
      const answer = yield {
        method: 'POST',
        url: `${SHOWN}${input.hook}`,
        headers: { accept: 'application/json', 'content-type': 'application/json' },
        body: JSON.stringify({ id: input.deliveryId, lead_id: input.leadId, ...input.payload }),
      }
      if (answer.status === 410)
        return { outcome: 'failure', reason: 'It has unsubscribed', code: 'destination.rejected', unsubscribe: true }
      const isFull = answer.status === 400 && asked.full?.test(answer.body) === true
      const code = isFull ? 'destination.throttled' : faultOfStatus(answer.status, answer.headers)
      if (code === null) return { outcome: 'success', reference: null, price: null, reason: null }
      const reason = `Answered ${answer.status}`
      return code === 'destination.rejected'
        ? { outcome: 'failure', reason, code }
        : { outcome: 'error', reason, code, retryAfterMs: retryAfterMs(answer.headers, input.now) }
    },
    authorize: (call, settings, credential) => {
      const url = credential.secret(call.url.slice(SHOWN.length))
      if (!takes(url, settings, asked.own))
        throw new Fault('setting_invalid', {
          message: 'The flow no longer lets the host of this subscription subscribe',
        })
      return { ...call, url }
    },
    check: () => null,
  })
