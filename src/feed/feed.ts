import type { Clock } from '../base/clock.ts'
import type { Database, Log } from '../database/pool.ts'
import type { Gate } from '../delivery/gate.ts'
import { type Keyring, openUnderTenant, type TenantKeys } from '../journal/keyring.ts'
import type { LeadLoader, LoadedLead } from '../journal/read.ts'
import type { Outbound } from '../outbound/outbound.ts'
import { findAlert, ownersOf, readAlertEmails } from './alert-store.ts'
import { type Alerts, createAlerts, type SendMail } from './alerts.ts'
import { bodyOf } from './body.ts'
import { createListeners } from './listeners.ts'
import type { OwedEvent, Webhook } from './owed.ts'
import { createSendAgain, type SendAgain } from './send-again.ts'
import { createFeedSender, type FeedSender } from './sender.ts'

/** Everything that tells others what happens: who listens, what they are sent, and what is raised as an alert. */
export interface Feed {
  readonly listeners: ReturnType<typeof createListeners>
  readonly sender: FeedSender
  readonly sendAgain: SendAgain
  readonly alerts: Alerts
  stop(): Promise<void>
}

export const createFeed = (options: {
  readonly database: Database
  /** For what people ask for: each change has its entry in its own transaction. */
  readonly changes: Database
  readonly clock: Clock
  readonly random: () => number
  readonly gate: Pick<Gate, 'admit' | 'stopped' | 'pauseByHouse'>
  readonly outbound: Pick<Outbound, 'send'>
  readonly keyring: Keyring
  readonly loader: LeadLoader
  readonly credential: (keys: TenantKeys) => Promise<{ secret(name: string): string }>
  /** Whether what is personal of a lead may leave: not where its person objected to it. */
  readonly mayShow: (loaded: LoadedLead) => Promise<boolean>
  readonly mail: SendMail | null
  readonly publicUrl: string | null
  readonly log: Log
}): Feed => {
  const { database, clock, random, gate, outbound, keyring, loader, credential, mayShow, mail, publicUrl, log } =
    options

  const alertBody = async ({ tenantId }: Webhook, event: OwedEvent): Promise<string | null> => {
    const alert = await findAlert(database, tenantId, event.subject)
    if (!alert) return null
    const { id, kind, subject, severity, code, count, raisedAt } = alert
    return JSON.stringify({
      type: event.type,
      timestamp: new Date(event.at).toISOString(),
      data: { alert: { id, kind, subject, severity, code, count, raised_at: new Date(raisedAt).toISOString() } },
    })
  }

  const body = async (
    webhook: Webhook,
    event: OwedEvent,
    wants: { readonly fields: boolean },
  ): Promise<string | null> => {
    if (event.type.startsWith('alert.')) return alertBody(webhook, event)
    // Whoever has a copy must hear that it is gone, of a lead whose journal is damaged too.
    const read = event.type === 'lead.erased' ? loader.salvage : loader.load
    const loaded = await read(webhook.tenantId, event.subject)
    if (!loaded) return null
    const withFields = wants.fields && loaded.key !== null && (await mayShow(loaded))
    return bodyOf(loaded, { ...event, withFields })
  }

  const recipients = async (tenantId: string): Promise<readonly string[]> => {
    const keys = await keyring.tenant(tenantId)
    const opened = (sealed: Buffer): string => openUnderTenant(keys, sealed).toString('utf8')
    const said = await readAlertEmails(database, tenantId)
    return said === null ? (await ownersOf(database, tenantId)).map(opened) : (JSON.parse(opened(said)) as string[])
  }

  const alerts = createAlerts({
    database,
    clock,
    log,
    mail,
    recipients,
    publicUrl,
    onOwed: () => sender.hint(),
  })
  const sender = createFeedSender({
    database,
    clock,
    random,
    gate,
    outbound,
    credential: async (tenantId) => credential(await keyring.tenant(tenantId)),
    body,
    onGivenUp: alerts.hint,
    log,
  })
  return {
    listeners: createListeners({ database, onOwed: sender.hint }),
    sender,
    sendAgain: createSendAgain({ database: options.changes, clock }),
    alerts,
    stop: async () => {
      await alerts.stop()
      await sender.stop()
    },
  }
}
