import { texts } from '../database/arrays.ts'
import type { Database, Statement } from '../database/pool.ts'
import { forgetDeparted } from '../delivery/departed.ts'
import { WEBHOOKS_FLOW } from '../lead/alert-place.ts'

/** Who has subscribed to what is told of leads, as their tenant sees it. Addresses and keys stand among its secrets. */
export interface Subscription {
  readonly id: string
  readonly name: string
  readonly host: string
  readonly events: readonly string[]
  /** Null: leads of all flows. */
  readonly flows: readonly string[] | null
  readonly fields: boolean
  readonly tests: boolean
  readonly enabled: boolean
  readonly code: string | null
  readonly previousUntil: number | null
  readonly createdAt: number
  readonly changedAt: number
  readonly waiting: number
  readonly dead: number
}

export type SubscriptionSettings = Pick<
  Subscription,
  'name' | 'host' | 'events' | 'flows' | 'fields' | 'tests' | 'enabled'
>

export const secretName = (id: string, what: 'url' | 'secret' | 'previous'): string => `webhook/${id}/${what}`

/** Counted no further: more is much. */
const COUNTED_MAX = 10_000

const READ = `select w.id, w.name, w.host, array_to_string(w.events, ' ') as events, array_to_string(w.flows, ' ') as flows,
    w.fields, w.tests, w.enabled, w.code, w.previous_until, w.created_at, w.changed_at,
    (select count(*)::integer from (select from millrace.webhook_event e where e.tenant_id = w.tenant_id
       and e.webhook_id = w.id and e.state = 'waiting' limit ${COUNTED_MAX}) c) as waiting,
    (select count(*)::integer from (select from millrace.webhook_event e where e.tenant_id = w.tenant_id
       and e.webhook_id = w.id and e.state = 'dead' limit ${COUNTED_MAX}) c) as dead
  from millrace.webhook w`

const words = (text: string): string[] => text.split(' ').filter((word) => word !== '')

const subscriptionOf = (row: Readonly<Record<string, unknown>>): Subscription => ({
  id: row.id as string,
  name: row.name as string,
  host: row.host as string,
  events: words(row.events as string),
  flows: row.flows === null ? null : words(row.flows as string),
  fields: row.fields as boolean,
  tests: row.tests as boolean,
  enabled: row.enabled as boolean,
  code: row.code as string | null,
  previousUntil: row.previous_until as number | null,
  createdAt: row.created_at as number,
  changedAt: row.changed_at as number,
  waiting: row.waiting as number,
  dead: row.dead as number,
})

export const listSubscriptions = async (database: Database, tenantId: string): Promise<Subscription[]> => {
  const [rows = []] = await database.batch(
    [tenantId],
    [{ name: 'list_webhooks', text: `${READ} where w.tenant_id = $1::uuid order by w.id`, values: [tenantId] }],
  )
  return rows.map(subscriptionOf)
}

export const findSubscription = async (
  database: Database,
  tenantId: string,
  id: string,
): Promise<Subscription | null> => {
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'find_webhook',
        text: `${READ} where w.tenant_id = $1::uuid and w.id = $2::uuid`,
        values: [tenantId, id],
      },
    ],
  )
  return rows[0] ? subscriptionOf(rows[0]) : null
}

/** What whoever sends must know of it: read for every few events, and so nothing is counted. */
export const findRecipient = async (
  database: Database,
  tenantId: string,
  id: string,
): Promise<Pick<Subscription, 'enabled' | 'fields' | 'previousUntil'> | null> => {
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'find_webhook_recipient',
        text: `select enabled, fields, previous_until from millrace.webhook
               where tenant_id = $1::uuid and id = $2::uuid`,
        values: [tenantId, id],
      },
    ],
  )
  const [row] = rows
  if (!row) return null
  return {
    enabled: row.enabled as boolean,
    fields: row.fields as boolean,
    previousUntil: row.previous_until as number | null,
  }
}

/** All processes read anew who has subscribed, and the secrets. */
const raiseEpoch = (tenantId: string): Statement => ({
  name: 'raise_epoch',
  text: 'update millrace.tenant set config_epoch = config_epoch + 1 where id = $1::uuid',
  values: [tenantId],
})

const putSecret = (tenantId: string, name: string, sealed: Buffer, now: number): Statement => ({
  name: 'set_webhook_secret',
  text: `insert into millrace.secret (tenant_id, name, sealed, updated_at)
         values ($1::uuid, $2::text, $3::bytea, $4::timestamptz)
         on conflict (tenant_id, name) do update set sealed = excluded.sealed, updated_at = excluded.updated_at`,
  values: [tenantId, name, sealed, new Date(now)],
})

/** Made, or changed to what is said. `url` and `secret` as they are to be kept, sealed; left out: as they are. */
export const putSubscription = async (
  database: Database,
  asked: {
    readonly tenantId: string
    readonly id: string
    readonly settings: SubscriptionSettings
    readonly url?: Buffer
    readonly secret?: Buffer
    readonly now: number
  },
): Promise<void> => {
  const { tenantId, id, settings, url, secret, now } = asked
  await database.batch(
    [tenantId],
    [
      {
        name: 'put_webhook',
        text: `insert into millrace.webhook as w
                 (tenant_id, id, name, host, events, flows, fields, tests, enabled, created_at, changed_at)
               values ($1::uuid, $2::uuid, $3, $4, $5::text[], $6::text[], $7::boolean, $8::boolean, $9::boolean,
                 $10::timestamptz, $10::timestamptz)
               on conflict (tenant_id, id) do update
                 set name = excluded.name, host = excluded.host, events = excluded.events, flows = excluded.flows,
                     fields = excluded.fields, tests = excluded.tests, enabled = excluded.enabled,
                     changed_at = excluded.changed_at, code = case when excluded.enabled then null else w.code end`,
        values: [
          tenantId,
          id,
          settings.name,
          settings.host,
          texts(settings.events),
          settings.flows === null ? null : texts(settings.flows),
          settings.fields,
          settings.tests,
          settings.enabled,
          new Date(now),
        ],
      },
      ...(url === undefined ? [] : [putSecret(tenantId, secretName(id, 'url'), url, now)]),
      ...(secret === undefined ? [] : [putSecret(tenantId, secretName(id, 'secret'), secret, now)]),
      raiseEpoch(tenantId),
    ],
  )
}

/** The key of now becomes the one before, until then; false where there is no such subscription. */
export const rotateSecret = (
  database: Database,
  asked: {
    readonly tenantId: string
    readonly id: string
    readonly secret: Buffer
    readonly until: number
    readonly now: number
  },
): Promise<boolean> =>
  database.transaction([asked.tenantId], async (tx) => {
    const { tenantId, id, secret, until, now } = asked
    const known = await tx.query({
      text: `update millrace.webhook set previous_until = $3::timestamptz, changed_at = $4::timestamptz
             where tenant_id = $1::uuid and id = $2::uuid returning 1 as one`,
      values: [tenantId, id, new Date(until), new Date(now)],
    })
    if (known.length === 0) return false
    await tx.query({
      text: `insert into millrace.secret (tenant_id, name, sealed, updated_at)
             select tenant_id, $3, sealed, $4::timestamptz from millrace.secret
             where tenant_id = $1::uuid and name = $2
             on conflict (tenant_id, name) do update set sealed = excluded.sealed, updated_at = excluded.updated_at`,
      values: [tenantId, secretName(id, 'secret'), secretName(id, 'previous'), new Date(now)],
    })
    await tx.query(putSecret(tenantId, secretName(id, 'secret'), secret, now))
    await tx.query(raiseEpoch(tenantId))
    return true
  })

/**
 * False where there is none. What it is owed goes with it: nothing of it is sent from now on, and `forgetSome` and the
 * nightly round take the rows away.
 */
export const removeSubscription = (database: Database, tenantId: string, id: string): Promise<boolean> =>
  database.transaction([tenantId], async (tx) => {
    const removed = await tx.query({
      text: 'delete from millrace.webhook where tenant_id = $1::uuid and id = $2::uuid returning 1 as one',
      values: [tenantId, id],
    })
    if (removed.length === 0) return false
    await tx.query({
      text: 'delete from millrace.secret where tenant_id = $1::uuid and name like $2',
      values: [tenantId, `webhook/${id}/%`],
    })
    for (const statement of forgetDeparted(tenantId, WEBHOOKS_FLOW, [])) await tx.query(statement)
    await tx.query(raiseEpoch(tenantId))
    return true
  })

/** It asked to be left alone (410): nothing more is written for it, and what it is owed stays. */
export const disableSubscription = async (
  database: Database,
  asked: { readonly tenantId: string; readonly id: string; readonly code: string; readonly now: number },
): Promise<void> => {
  await database.batch(
    [asked.tenantId],
    [
      {
        name: 'disable_webhook',
        text: `update millrace.webhook set enabled = false, code = $3, changed_at = $4::timestamptz
               where tenant_id = $1::uuid and id = $2::uuid`,
        values: [asked.tenantId, asked.id, asked.code, new Date(asked.now)],
      },
      raiseEpoch(asked.tenantId),
    ],
  )
}
