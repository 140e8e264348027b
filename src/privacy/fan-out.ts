import { eachByItself } from '../base/by-itself.ts'
import type { Clock } from '../base/clock.ts'
import { type FaultCode, isFault } from '../base/faults.ts'
import { newId } from '../base/ids.ts'
import { seal } from '../base/seal.ts'
import { byteas, int8s, texts, uuids } from '../database/arrays.ts'
import type { Database } from '../database/pool.ts'
import { isPassing } from '../journal/anchors.ts'
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
  /** The same for one that somebody just made, of its newest leads: what is left, or cannot be noted now, the rounds do. */
  begin(request: PrivacyRequest): Promise<void>
}

/** `unread`: why it cannot be seen whether it can be told; null: it can. */
type Noted = Recipient & { readonly unread: FaultCode | null }

/** Leads of one look; those of a request are gone through look by look until none is left. */
const LOOK = 500
/** Between tries of a request of which something cannot be noted: each goes through all of its leads. */
const AGAIN_MS = 60_000
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

  /**
   * Enrichers without a way to be told this are not told, as with an erasure; a destination without one is a person's to
   * tell. One whose flow cannot be read now is noted with why, and whether it can be told is seen when it can be read.
   */
  const inquiriesOf = async (loaded: LoadedLead, act: NoticeAct): Promise<readonly Noted[]> => {
    const { tenantId, flow, flowVersion, id: leadId } = loaded.lead
    const told: Noted[] = []
    for (const inquiry of askedAbout(loaded)) {
      try {
        const enricher = await tools.destination(tenantId, { flow, flowVersion, destination: inquiry.destination })
        const { reference, id: deliveryId } = inquiry
        const input = { act, requestId: '', leadId, deliveryId, reference, now: clock.now() }
        if (enricher?.type.forget?.(input, enricher.settings as never)) told.push({ ...inquiry, unread: null })
      } catch (error) {
        if (isPassing(error)) throw error
        told.push({ ...inquiry, unread: isFault(error) ? error.code : 'internal' })
      }
    }
    return told
  }

  /** Gives how many recipients its lead has. */
  const noteLead = async (request: PrivacyRequest, act: NoticeAct, leadId: string): Promise<number> => {
    const { tenantId, id } = request
    const loaded = await loader.load(tenantId, leadId)
    if (!loaded || loaded.lead.test) return 0
    const recipients: readonly Noted[] = [
      ...[...loaded.lead.deliveries.values()]
        .filter(({ outcome }) => outcome === 'success')
        .map((delivery) => ({ ...delivery, unread: null })),
      ...(await inquiriesOf(loaded, act)),
    ]
    if (recipients.length === 0) return 0
    const now = clock.now()
    await database.batch(
      [tenantId],
      [
        {
          name: 'fan_out_notices',
          text: `insert into millrace.recipient_notice (tenant_id, id, request_id, lead_id, delivery, flow_id,
                   flow_version, destination, act, status, next_at, due_at, sealed, code)
                 select $1::uuid, w.id, $2::uuid, $3::uuid, w.delivery, $4, $5::integer, w.destination, $6, 'due',
                   $7::timestamptz, $8::timestamptz, w.sealed, w.code
                 from unnest($9::uuid[], $10::text[], $11::text[], $12::bytea[], $13::text[])
                   as w(id, delivery, destination, sealed, code)
                 on conflict do nothing`,
          values: [
            tenantId,
            id,
            leadId,
            loaded.lead.flow,
            loaded.lead.flowVersion,
            act,
            new Date(now),
            new Date(request.dueAt),
            uuids(recipients.map(() => newId(now))),
            texts(recipients.map((delivery) => delivery.key ?? delivery.id)),
            texts(recipients.map((delivery) => delivery.destination)),
            byteas(
              recipients.map(({ reference, unread }) =>
                seal(loaded.keys.wrap, JSON.stringify({ reference, ...(unread !== null && { unread: true }) })),
              ),
            ),
            texts(recipients.map(({ unread }) => unread)),
          ],
        },
      ],
    )
    return recipients.length
  }

  /** By request: not before then, ms since 1970. */
  const againAt = new Map<string, number>()

  /** The newest leads of a person that are older than this one. */
  const leadsOf = async ({ tenantId, subject }: PrivacyRequest, before: string | null): Promise<string[]> => {
    const [rows = []] = await database.batch(
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
                 ) found where $4::uuid is null or id < $4::uuid order by id desc limit ${LOOK}`,
          values: [tenantId, int8s([...subject.keys]), uuids([...subject.leads]), before],
        },
      ],
    )
    return rows.map((row) => row.id as string)
  }

  const carryOut = async (request: PrivacyRequest, looksMax = Number.POSITIVE_INFINITY): Promise<void> => {
    const { tenantId, id } = request
    const act = ACTS[request.kind]
    if (act === undefined) return
    const now = clock.now()
    const failures: unknown[] = []
    let told = 0
    let seen = 0
    let before: string | null = null
    for (let looks = 1; ; looks += 1) {
      const leads = await leadsOf(request, before)
      await eachByItself(leads, async (leadId) => {
        told += await noteLead(request, act, leadId)
      }).catch((error) => {
        if (isPassing(error)) throw error
        failures.push(error)
      })
      seen += leads.length
      before = leads.at(-1) ?? null
      if (leads.length < LOOK) break
      if (looks === looksMax) return
    }
    // Of the other leads everybody is told meanwhile; the request stays under way, and is gone through again.
    if (failures.length > 0) {
      againAt.set(id, now + AGAIN_MS)
      throw failures[0]
    }
    againAt.delete(id)
    await database.batch(
      [tenantId],
      [
        {
          name: 'fan_out_done',
          text: `update millrace.privacy_request set status = 'waiting', data = $3
                 where tenant_id = $1::uuid and id = $2::uuid and status = 'working'`,
          values: [tenantId, id, JSON.stringify({ ...request.data, leads: seen, notices: told })],
        },
        settleRequest(tenantId, id, now),
      ],
    )
  }

  return {
    // Whoever asked was heard: what is wrong with a lead of theirs is not theirs to mend.
    begin: (request) => carryOut(request, 1).catch(() => undefined),
    round: async () => {
      const tenants = await database.definer<{ id: string }>({
        name: 'find_tenants',
        text: 'select id from millrace.find_tenants()',
      })
      await eachByItself(tenants, async ({ id: tenantId }) => {
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
        const due = rows.map((row) => row.id as string).filter((id) => (againAt.get(id) ?? 0) <= clock.now())
        await eachByItself(due, async (id) => {
          const request = await readRequest(database, tenantId, id)
          if (request) await carryOut(request)
        })
      })
    },
  }
}
