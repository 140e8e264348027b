import { delayMs } from '../base/backoff.ts'
import type { Clock } from '../base/clock.ts'
import { describeError } from '../base/described-error.ts'
import { FAULTS, type FaultCode, isFault, POLICY } from '../base/faults.ts'
import { createInHand } from '../base/in-hand.ts'
import type { Database, Log } from '../database/pool.ts'
import type { Gate } from '../delivery/gate.ts'
import type { Lane } from '../delivery/lane.ts'
import { faultOfStatus, retryAfterMs } from '../kit/http-status.ts'
import { signatureHeaders } from '../kit/standard-webhooks.ts'
import { WEBHOOKS_FLOW } from '../lead/alert-place.ts'
import type { Outbound, OutboundResponse } from '../outbound/outbound.ts'
import { createOwed, type EventEnd, type OwedEvent, type Webhook } from './owed.ts'
import { disableSubscription, findRecipient, type Subscription, secretName } from './subscriptions.ts'

/**
 * Sends webhooks what they are owed, each lead's in order, at least once, under an id that is the same each time. What
 * people stop, breakers and emergency mode hold here as for any delivery.
 */
export interface FeedSender {
  /** Something is owed: look now. */
  hint(): void
  /** Sends all that is due; resolves when nothing is. */
  round(): Promise<void>
  /** Sends one event that nobody waited for, now; what came of it. */
  test(webhook: Webhook, now: number): Promise<TestAnswer>
  start(): void
  stop(): Promise<void>
}

export interface TestAnswer {
  readonly status: number | null
  readonly ms: number
  readonly code: FaultCode | null
  readonly reason: string | null
}

/** What a subscriber is told of an event; null: there is nothing left to tell. */
export type MakeBody = (
  webhook: Webhook,
  event: OwedEvent,
  wants: Pick<Subscription, 'fields'>,
) => Promise<string | null>

/** How a webhook's lane is called. */
export const FEED_FLOW = WEBHOOKS_FLOW

/** One after the other, the last for all that follow. */
const DELAYS_MS = [5_000, 5 * 60_000, 15 * 60_000, 3_600_000]
/** Three days of them: counted, and not by the clock, so that what is sent again after that has as many. */
const ATTEMPTS_MAX = 75
const AT_ONCE = 32
const WEBHOOKS_AT_ONCE = 1_000
const TIMEOUT_MS = 20_000
/** Longer than a call may take: a process that died in it is waited for so long. */
const LEASE_MS = 60_000
const LOOK_MS = 1_000
/** Of a webhook that may not be called now. */
const HELD_MS = 2_000

type Recipient = Pick<Subscription, 'fields' | 'previousUntil'>

type Credential = (tenantId: string) => Promise<{ secret(name: string): string }>

export const createFeedSender = (options: {
  readonly database: Database
  readonly clock: Clock
  readonly random: () => number
  readonly gate: Pick<Gate, 'admit' | 'stopped' | 'pauseByHouse'>
  readonly outbound: Pick<Outbound, 'send'>
  readonly credential: Credential
  readonly body: MakeBody
  /** Something came to an end that somebody should look at. */
  readonly onGivenUp: () => void
  readonly log: Log
}): FeedSender => {
  const { database, clock, random, gate, outbound, credential, body, onGivenUp, log } = options
  const owed = createOwed({ database, clock })
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> | null = null
  let running = false
  let stopping = false
  let again = false

  const behind = (error: unknown): void => {
    if (!isFault(error) || error.code !== 'database_unavailable')
      log.error({ errors: describeError(error) }, 'webhooks are behind; tried again')
  }
  const served = createInHand({ most: WEBHOOKS_AT_ONCE, onFailed: behind })

  const laneOf = ({ tenantId, id }: Webhook): Lane => ({ tenantId, flowId: FEED_FLOW, destination: id })

  const post = async (webhook: Webhook, subscription: Recipient, id: string, text: string) => {
    const { secret } = await credential(webhook.tenantId)
    const now = clock.now()
    const both = subscription.previousUntil !== null && subscription.previousUntil > now
    const secrets = [secret(secretName(webhook.id, 'secret'))]
    if (both) secrets.push(secret(secretName(webhook.id, 'previous')))
    return outbound.send({
      method: 'POST',
      url: secret(secretName(webhook.id, 'url')),
      headers: {
        accept: '*/*',
        'content-type': 'application/json',
        'webhook-id': id,
        ...signatureHeaders({ secrets, id, now, body: text }),
      },
      body: text,
      timeoutMs: TIMEOUT_MS,
    })
  }

  const failed = async (
    webhook: Webhook,
    event: OwedEvent,
    asked: { readonly code: FaultCode; readonly status: number | null; readonly retryAfterMs: number | null },
  ): Promise<EventEnd> => {
    const { code, status } = asked
    const now = clock.now()
    const policy = POLICY[FAULTS[code]]
    const end = { ...webhook, event, code, status, uncounted: false, nextAt: now }
    if (policy.after === 'pause') {
      await gate.pauseByHouse(laneOf(webhook), code)
      onGivenUp()
      return { ...end, state: 'waiting', nextAt: now + HELD_MS }
    }
    if (policy.retry === 'requeue') return { ...end, state: 'waiting', uncounted: true }
    const wait = delayMs({
      attempt: event.attempts,
      baseMs: 0,
      delaysMs: DELAYS_MS,
      random: random(),
      ...(asked.retryAfterMs !== null && { retryAfterMs: asked.retryAfterMs }),
    })
    const over = event.attempts >= ATTEMPTS_MAX
    if (policy.retry !== 'never' && !over) return { ...end, state: 'waiting', nextAt: now + wait }
    onGivenUp()
    return { ...end, state: 'dead' }
  }

  const sendOne = async (webhook: Webhook, subscription: Recipient, event: OwedEvent): Promise<EventEnd> => {
    const now = clock.now()
    const ended = { ...webhook, event, code: null, status: null, uncounted: false, nextAt: now }
    const pass = await gate.admit(laneOf(webhook), { concurrency: null, perSecond: null, breaker: null })
    if (!pass.admitted)
      return { ...ended, state: 'waiting', nextAt: Math.max(pass.until ?? 0, now + HELD_MS), uncounted: true }
    const beganAt = clock.now()
    let answer: Pick<OutboundResponse, 'status' | 'headers'>
    try {
      const text = await body(webhook, event, subscription)
      if (text === null) {
        pass.end({ is: 'void' })
        return { ...ended, state: 'sent', code: 'nothing_left' }
      }
      answer = await post(webhook, subscription, `${event.subject}.${event.seq}.${event.position}`, text)
    } catch (error) {
      if (!isFault(error)) {
        pass.end({ is: 'void' })
        throw error
      }
      const { code } = error
      const ours = FAULTS[code] === 'canceled' || FAULTS[code] === 'config' || code === 'database_unavailable'
      pass.end(ours ? { is: 'void' } : { is: 'failed', code, retryAfterMs: null, ms: clock.now() - beganAt })
      return failed(webhook, event, { code, status: null, retryAfterMs: error.retryAfterMs ?? null })
    }
    const { status, headers } = answer
    const ms = clock.now() - beganAt
    const code = faultOfStatus(status, headers)
    if (code === null) {
      pass.end({ is: 'answered', outcome: 'success', ms })
      return { ...ended, state: 'sent', status, nextAt: clock.now() }
    }
    const hint = retryAfterMs(headers, clock.now())
    const kind = FAULTS[code]
    if (kind === 'unavailable' || kind === 'throttled' || kind === 'ambiguous')
      pass.end({ is: 'failed', code, retryAfterMs: hint, ms })
    else pass.end({ is: 'answered', outcome: 'failure', ms })
    if (status === 410) {
      await disableSubscription(database, { ...webhook, code: 'unsubscribed', now: clock.now() })
      onGivenUp()
      return { ...ended, state: 'waiting', status, code, nextAt: clock.now() }
    }
    return failed(webhook, event, { code, status, retryAfterMs: hint })
  }

  /** What is due of one webhook; whether more may be. */
  const serve = async (webhook: Webhook): Promise<boolean> => {
    const now = clock.now()
    if (gate.stopped(laneOf(webhook)) !== null) return false
    const subscription = await findRecipient(database, webhook.tenantId, webhook.id)
    if (!subscription?.enabled) return false
    const taken = await owed.take(webhook, { now, until: now + LEASE_MS, most: AT_ONCE })
    await Promise.all(taken.map(async (event) => owed.end(await sendOne(webhook, subscription, event))))
    return taken.length > 0
  }

  /** All that is due of one webhook. */
  const serveAll = async (webhook: Webhook): Promise<void> => {
    let sent = false
    while (!stopping && (await serve(webhook))) sent = true
    // What came up while it was in hand was left to it.
    if (sent) hint()
  }

  const look = async (): Promise<void> => {
    for (const webhook of await owed.due(clock.now())) served.begin(webhook.id, () => serveAll(webhook))
  }

  const turn = (): void => {
    timer = undefined
    if (!running || looking) return
    again = false
    looking = look()
      .then(() => owed.nextAt(clock.now()))
      .catch((error) => {
        behind(error)
        return null
      })
      .then((next) => {
        looking = null
        const now = clock.now()
        schedule(again ? 0 : next === null ? LOOK_MS : Math.min(LOOK_MS, Math.max(0, next - now)))
      })
  }

  const schedule = (ms: number): void => {
    if (!running || looking) return
    clearTimeout(timer)
    timer = setTimeout(turn, ms)
    timer.unref()
  }

  const hint = (): void => {
    again = true
    schedule(0)
  }

  return {
    hint,
    round: async () => {
      await look()
      await served.idle()
    },
    test: async (webhook, now) => {
      const subscription = await findRecipient(database, webhook.tenantId, webhook.id)
      const beganAt = clock.now()
      if (!subscription) return { status: null, ms: 0, code: 'not_found', reason: 'There is no such webhook' }
      const text = JSON.stringify({ type: 'webhook.test', timestamp: new Date(now).toISOString(), data: {} })
      try {
        const { status, headers } = await post(webhook, subscription, `test.${webhook.id}.${now}`, text)
        const code = faultOfStatus(status, headers)
        return { status, ms: clock.now() - beganAt, code, reason: code === null ? null : `Answered ${status}` }
      } catch (error) {
        if (!isFault(error)) throw error
        return { status: null, ms: clock.now() - beganAt, code: error.code, reason: error.message }
      }
    },
    start: () => {
      running = true
      stopping = false
      schedule(0)
    },
    stop: async () => {
      running = false
      stopping = true
      clearTimeout(timer)
      await looking
      await served.idle().catch(() => undefined)
    },
  }
}
