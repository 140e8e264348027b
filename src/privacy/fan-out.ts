import type { Clock } from '../base/clock.ts'
import { newId } from '../base/ids.ts'
import { seal } from '../base/seal.ts'
import { byteas, int8s, texts, uuids } from '../database/arrays.ts'
import type { Database } from '../database/pool.ts'
import type { LeadLoader, LoadedLead } from '../journal/read.ts'
import type { NoticeTools } from './notices.ts'
import { askedAbout, type Recipient } from './recipients.ts'
import { readRequest, settleRequest } from './requests.ts'
import type { NoticeAct, PrivacyRequest } from './types.ts'

/**
 * Tells on: whoever received a person's leads, and whoever was asked about them and can be told so, hears that a consent
 * was taken back, that processing is restricted, or that something was mended. Erasures note their own, since afterwards
 * nobody could know whom to tell.
 */
export interface FanOut {
  /** Notes what recipients must be told for requests that are not gone through. */
  round(): Promise<void>
  carryOut(request: PrivacyRequest): Promise<void>
}

const LEADS_MAX = 500
const ACTS: Readonly<Record<string, NoticeAct>> = {
  revoke: 'revoke',
  restrict: 'restrict',
  object: 'restrict',
  rectify: 'rectify',
}

export const createFanOut = (options: {
  readonly database: Database
  readonly loader: LeadLoader
  readonly clock: Clock
  readonly tools: Pick<NoticeTools, 'destination'>
}): FanOut => {
  const { database, loader, clock, tools } = options

  /** Enrichers without a way to be told this are not told, as with an erasure; a destination without one is a person's to tell. */
  const inquiriesOf = async (loaded: LoadedLead, act: NoticeAct): Promise<readonly Recipient[]> => {
    const { tenantId, flow, flowVersion, id: leadId } = loaded.lead
    const told: Recipient[] = []
    for (const inquiry of askedAbout(loaded)) {
      const enricher = await tools.destination(tenantId, { flow, flowVersion, destination: inquiry.destination })
      const { reference, id: deliveryId } = inquiry
      const input = { act, requestId: '', leadId, deliveryId, reference, now: clock.now() }
      if (enricher?.type.forget?.(input, enricher.settings as never)) told.push(inquiry)
    }
    return told
  }

  const carryOut: FanOut['carryOut'] = async (request) => {
    const { tenantId, id, subject } = request
    const act = ACTS[request.kind]
    if (act === undefined) return
    const [leads = []] = await database.batch(
      [tenantId],
      [
        {
          name: 'leads_of_person',
          text: `select id from (
                   select id from millrace.lead where tenant_id = $1::uuid and id = any ($3::uuid[]) and wrapped_key is not null
                   union
                   select id from millrace.lead where tenant_id = $1::uuid and email_key = any ($2::bigint[])
                   union
                   select id from millrace.lead where tenant_id = $1::uuid and phone_key = any ($2::bigint[])
                 ) found order by id desc limit ${LEADS_MAX}`,
          values: [tenantId, int8s([...subject.keys]), uuids([...subject.leads])],
        },
      ],
    )
    const now = clock.now()
    let told = 0
    for (const row of leads) {
      const loaded = await loader.load(tenantId, row.id as string)
      if (!loaded || loaded.lead.test) continue
      const recipients: readonly Recipient[] = [
        ...[...loaded.lead.deliveries.values()].filter(({ outcome }) => outcome === 'success'),
        ...(await inquiriesOf(loaded, act)),
      ]
      if (recipients.length === 0) continue
      told += recipients.length
      await database.batch(
        [tenantId],
        [
          {
            name: 'fan_out_notices',
            text: `insert into millrace.recipient_notice (tenant_id, id, request_id, lead_id, delivery, flow_id,
                     flow_version, destination, act, status, next_at, due_at, sealed)
                   select $1::uuid, w.id, $2::uuid, $3::uuid, w.delivery, $4, $5::integer, w.destination, $6, 'due',
                     $7::timestamptz, $8::timestamptz, w.sealed
                   from unnest($9::uuid[], $10::text[], $11::text[], $12::bytea[]) as w(id, delivery, destination, sealed)
                   on conflict do nothing`,
            values: [
              tenantId,
              id,
              row.id as string,
              loaded.lead.flow,
              loaded.lead.flowVersion,
              act,
              new Date(now),
              new Date(request.dueAt),
              uuids(recipients.map(() => newId(now))),
              texts(recipients.map((delivery) => delivery.key ?? delivery.id)),
              texts(recipients.map((delivery) => delivery.destination)),
              byteas(recipients.map(({ reference }) => seal(loaded.keys.wrap, JSON.stringify({ reference })))),
            ],
          },
        ],
      )
    }
    await database.batch(
      [tenantId],
      [
        {
          name: 'fan_out_done',
          text: `update millrace.privacy_request set status = 'waiting', data = $3
                 where tenant_id = $1::uuid and id = $2::uuid and status = 'working'`,
          values: [tenantId, id, JSON.stringify({ ...request.data, leads: leads.length, notices: told })],
        },
        settleRequest(tenantId, id, now),
      ],
    )
  }

  return {
    carryOut,
    round: async () => {
      const tenants = await database.definer<{ id: string }>({
        name: 'find_tenants',
        text: 'select id from millrace.find_tenants()',
      })
      for (const { id: tenantId } of tenants) {
        const [rows = []] = await database.batch(
          [tenantId],
          [
            {
              name: 'fan_out_working',
              text: `select id from millrace.privacy_request
                     where tenant_id = $1::uuid and status = 'working' and kind <> 'erase' limit 100`,
              values: [tenantId],
            },
          ],
        )
        for (const row of rows) {
          const request = await readRequest(database, tenantId, row.id as string)
          if (request) await carryOut(request)
        }
      }
    },
  }
}
