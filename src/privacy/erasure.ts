import type { Audit } from '../audit/audit.ts'
import type { Actor } from '../audit/types.ts'
import { eachByItself } from '../base/by-itself.ts'
import type { Clock } from '../base/clock.ts'
import { Fault } from '../base/faults.ts'
import { newId } from '../base/ids.ts'
import { int8s } from '../database/arrays.ts'
import type { Database, Tx } from '../database/pool.ts'
import { isPassing, signingKey } from '../journal/anchors.ts'
import type { Keyring } from '../journal/keyring.ts'
import type { LeadLoader } from '../journal/read.ts'
import { eraseLead } from './erase-lead.ts'
import { findLeads, forgottenOf, listed, noteLook } from './erasure-looks.ts'
import type { Ledger, LedgerEntry } from './ledger.ts'
import { signReceipt } from './receipt.ts'
import { insertRequest, noticesOf, readRequest } from './requests.ts'
import type { PrivacyRequest, Subject } from './types.ts'

/** Days within which a request must be ended, and recipients have acknowledged. GDPR article 12(3): one month. */
export const ERASURE_DAYS = 30
const DAY_MS = 86_400_000
/** One process at a time writes to the ledger, whatever machine it runs on. */
const LEDGER_LOCK = 4_183_270_116

export interface Erasure {
  /**
   * Makes the request durable, in the ledger and in the database, and blocks the person: from here on nothing of them
   * comes in. The leads there are go with `carryOut`.
   */
  open(asked: {
    readonly tenantId: string
    readonly subject: Subject
    readonly scope: 'person' | 'lead'
    readonly actor: Actor
  }): Promise<PrivacyRequest>
  /**
   * Goes through the leads of a request, past those that cannot be forgotten now: then it throws at the end, and the
   * request stays under way. `looksMax` bounds how many are gone through now; all that is left is the sweep's. Done again,
   * it does no harm.
   */
  carryOut(
    tenantId: string,
    requestId: string,
    options?: { readonly looksMax?: number; readonly onProgress?: (leads: number) => void },
  ): Promise<PrivacyRequest>
  /**
   * Brings ledger and database together: what the ledger remembers and a restored database does not is erased again;
   * what the database knows and the file does not is written there. Gives the requests that were carried out again.
   */
  reapply(): Promise<number>
  /** Carries out what was broken off, and forgets leads of the erased that came in before a process heard of it. */
  sweep(): Promise<void>
}

export const createErasure = (options: {
  readonly database: Database
  readonly keyring: Keyring
  readonly loader: LeadLoader
  readonly audit: Audit
  readonly clock: Clock
  readonly ledger: Ledger
  /** Who is erased has changed: this process must not wait until it hears of it. */
  readonly onBlocked: (tenantId: string) => void
}): Erasure => {
  const { database, keyring, loader, audit, clock, ledger } = options

  /** Blocks the person and makes the row; the caller's transaction decides whether both stand. */
  const note = async (tx: Tx, request: PrivacyRequest, scope: 'person' | 'lead'): Promise<void> => {
    const { tenantId, id, at, subject } = request
    await tx.query(insertRequest(request))
    if (scope === 'lead' || subject.keys.length === 0) return
    await tx.query({
      name: 'block_erased',
      text: `insert into millrace.person_block (tenant_id, key, channel, why, at, request_id)
             select $1::uuid, w.key, 'all', 'erased', $3::timestamptz, $4::uuid from unnest($2::bigint[]) as w(key)
             on conflict do nothing`,
      values: [tenantId, int8s([...subject.keys]), new Date(at), id],
    })
    await tx.query({
      name: 'raise_epoch',
      text: 'update millrace.tenant set config_epoch = config_epoch + 1 where id = $1::uuid',
      values: [tenantId],
    })
  }

  const requestFrom = (entry: LedgerEntry, actor: Actor): PrivacyRequest => ({
    tenantId: entry.tenantId,
    id: entry.requestId,
    kind: 'erase',
    status: 'working',
    at: entry.at,
    actor,
    dueAt: entry.at + ERASURE_DAYS * DAY_MS,
    completedAt: null,
    subject: { keys: entry.keys, leads: entry.leads },
    data: { scope: entry.scope },
    receipt: null,
  })

  const open: Erasure['open'] = async ({ tenantId, subject, scope, actor }) => {
    const at = clock.now()
    const entry: LedgerEntry = { tenantId, requestId: newId(at), at, scope, keys: subject.keys, leads: subject.leads }
    const request = requestFrom(entry, actor)
    await database.transaction([tenantId], async (tx) => {
      await tx.query({ text: 'select pg_advisory_xact_lock($1::bigint)', values: [LEDGER_LOCK] })
      // On the disk before the database knows: a crash between the two is an erasure that is carried out at the start.
      ledger.append(entry)
      await note(tx, request, scope)
      await audit.recordIn(tx, [
        {
          tenantId,
          actor,
          action: 'privacy.erase',
          resource: 'privacy_request',
          resourceId: request.id,
          data: { scope, leads: subject.leads.length, keys: subject.keys.length },
        },
      ])
    })
    options.onBlocked(tenantId)
    return request
  }

  /**
   * Of the leads that any run of it, in any process, went through, those that are forgotten; they are noted before they
   * are gone through, so that one that was broken off left none out. `damaged` is noted with each erasure.
   */
  const forgotten = async ({
    tenantId,
    id,
  }: PrivacyRequest): Promise<Record<'leads' | 'damaged', readonly string[]>> => {
    const data = (await readRequest(database, tenantId, id))?.data
    const [rows = []] = await database.batch([tenantId], [forgottenOf(tenantId, listed(data?.erased))])
    const leads = rows.map((row) => row.id as string)
    const known = new Set(leads)
    return { leads, damaged: listed(data?.damaged).filter((lead) => known.has(lead)) }
  }

  const finish = async (request: PrivacyRequest, held: number): Promise<PrivacyRequest> => {
    const { tenantId, id } = request
    const now = clock.now()
    const { leads, damaged } = await forgotten(request)
    const notices = await noticesOf(database, tenantId, id)
    const waits = notices.some(({ status }) => status !== 'acknowledged')
    const receipt = signReceipt(signingKey(keyring, 'receipt'), {
      kind: 'erasure',
      tenant: tenantId,
      request: id,
      requested_at: new Date(request.at).toISOString(),
      erased_at: new Date(now).toISOString(),
      scope: request.data.scope,
      subject: request.subject.keys.map((key) => BigInt.asUintN(64, key).toString(16).padStart(16, '0')),
      leads,
      ...(damaged.length > 0 && { damaged }),
      recipients: notices.map((notice) => ({
        destination: notice.destination,
        delivery: notice.delivery,
        due_at: new Date(notice.dueAt).toISOString(),
      })),
      held_under_legal_hold: held,
    })
    const counted = { leads: leads.length, notices: notices.length, held }
    const data = { ...request.data, ...counted, ...(damaged.length > 0 && { damaged }) }
    await database.transaction([tenantId], async (tx) => {
      await tx.query({
        name: 'erasure_finish',
        text: `update millrace.privacy_request set status = $3, receipt = $4, data = $5,
                 completed_at = case when $3 = 'done' then $6::timestamptz end
               where tenant_id = $1::uuid and id = $2::uuid`,
        values: [
          tenantId,
          id,
          waits ? 'waiting' : 'done',
          JSON.stringify(receipt),
          JSON.stringify(data),
          new Date(now),
        ],
      })
      await audit.recordIn(tx, [
        {
          tenantId,
          actor: { kind: 'system', id: 'erasure' },
          action: 'privacy.erased',
          resource: 'privacy_request',
          resourceId: id,
          data: { ...counted, ...(damaged.length > 0 && { damaged: damaged.length }) },
        },
      ])
    })
    return (await readRequest(database, tenantId, id)) ?? request
  }

  const carryOut: Erasure['carryOut'] = async (tenantId, requestId, { looksMax, onProgress } = {}) => {
    const request = await readRequest(database, tenantId, requestId)
    if (request?.kind !== 'erase') throw new Fault('not_found', { message: 'There is no such erasure' })
    if (request.status !== 'working') return request
    const scope = request.data.scope === 'lead' ? 'lead' : 'person'
    let done = listed(request.data.erased).length
    /** Those that could not be forgotten now. */
    const past: string[] = []
    let failed: { readonly error: unknown } | null = null
    let held = Number(request.data.held ?? 0)
    for (let looks = 0; looksMax === undefined || looks < looksMax; looks += 1) {
      const [rows = []] = await database.batch([tenantId], [findLeads(tenantId, request.subject, scope, past)])
      if (rows.length === 0 && failed === null) return finish({ ...request, data: { scope } }, held)
      if (rows.length === 0) break
      await database.batch(
        [tenantId],
        [
          noteLook(
            request,
            rows.map((row) => row.id as string),
          ),
        ],
      )
      for (const row of rows) {
        const leadId = row.id as string
        const now = clock.now()
        const noticesDueAt = request.at + ERASURE_DAYS * DAY_MS
        try {
          const asked = { database, keyring, loader, tenantId, leadId, requestId, now, noticesDueAt }
          const { erased, held: kept } = await eraseLead({ ...asked, why: 'request' })
          if (erased) done += 1
          held += kept
        } catch (error) {
          if (isPassing(error)) throw error
          past.push(leadId)
          failed ??= { error }
        }
      }
      await database.batch(
        [tenantId],
        [
          {
            name: 'erasure_progress',
            text: `update millrace.privacy_request set data = (data::jsonb || jsonb_build_object('held', $3::integer))::text
                   where tenant_id = $1::uuid and id = $2::uuid`,
            values: [tenantId, requestId, held],
          },
        ],
      )
      onProgress?.(done)
    }
    if (failed && looksMax === undefined) throw failed.error
    return (await readRequest(database, tenantId, requestId)) ?? request
  }

  const tenantIds = async (): Promise<string[]> =>
    (
      await database.definer<{ id: string }>({
        name: 'find_tenants',
        text: 'select id from millrace.find_tenants()',
      })
    ).map(({ id }) => id)

  /** Opens again what ended, because one of its leads is there again. */
  const reopen = async (entry: LedgerEntry): Promise<boolean> => {
    const { tenantId } = entry
    const [rows = []] = await database.batch([tenantId], [findLeads(tenantId, entry, entry.scope)])
    if (rows.length === 0) return false
    await database.batch(
      [tenantId],
      [
        {
          name: 'erasure_reopen',
          text: `update millrace.privacy_request set status = 'working' where tenant_id = $1::uuid and id = $2::uuid`,
          values: [tenantId, entry.requestId],
        },
      ],
    )
    return true
  }

  const knownErasures = async (tenantId: string) => {
    const [rows = []] = await database.batch(
      [tenantId],
      [
        {
          name: 'erasures_known',
          text: `select id, at, keys::text[] as keys, leads::text[] as leads, data from millrace.privacy_request
                 where tenant_id = $1::uuid and kind = 'erase'`,
          values: [tenantId],
        },
      ],
    )
    return rows.map((row) => row.id as string)
  }

  return {
    open,
    carryOut,
    reapply: async () => {
      const entries = ledger.read()
      let again = 0
      for (const tenantId of await tenantIds()) {
        const mine = entries.filter((entry) => entry.tenantId === tenantId)
        const known = new Set(await knownErasures(tenantId))
        for (const entry of mine) {
          if (known.has(entry.requestId)) {
            if (!(await reopen(entry))) continue
          } else {
            const request = requestFrom(entry, { kind: 'system', id: 'ledger' })
            await database.transaction([tenantId], async (tx) => {
              await note(tx, request, entry.scope)
              await audit.recordIn(tx, [
                {
                  tenantId,
                  actor: request.actor,
                  action: 'privacy.reapply',
                  resource: 'privacy_request',
                  resourceId: request.id,
                },
              ])
            })
          }
          // Where a lead cannot be forgotten, the server must still start: the sweep goes on, and says what is wrong.
          await carryOut(tenantId, entry.requestId).catch((error) => {
            if (isPassing(error)) throw error
          })
          again += 1
        }
        const written = new Set(mine.map(({ requestId }) => requestId))
        for (const id of known) {
          if (written.has(id)) continue
          const request = await readRequest(database, tenantId, id)
          if (!request) continue
          await database.transaction([tenantId], async (tx) => {
            await tx.query({ text: 'select pg_advisory_xact_lock($1::bigint)', values: [LEDGER_LOCK] })
            ledger.append({
              tenantId,
              requestId: id,
              at: request.at,
              scope: request.data.scope === 'lead' ? 'lead' : 'person',
              ...request.subject,
            })
          })
        }
      }
      return again
    },
    sweep: async () =>
      eachByItself(await tenantIds(), async (tenantId) => {
        const [working = [], slipped = []] = await database.batch(
          [tenantId],
          [
            {
              name: 'erasures_working',
              text: `select id from millrace.privacy_request
                     where tenant_id = $1::uuid and status = 'working' and kind = 'erase'`,
              values: [tenantId],
            },
            {
              name: 'erasures_slipped',
              text: `select distinct b.request_id as id from millrace.person_block b
                     where b.tenant_id = $1::uuid and b.why = 'erased' and b.at > $2::timestamptz
                       and b.request_id is not null
                       and (exists (select from millrace.lead l where l.tenant_id = b.tenant_id and l.email_key = b.key)
                         or exists (select from millrace.lead l where l.tenant_id = b.tenant_id and l.phone_key = b.key))`,
              values: [tenantId, new Date(clock.now() - DAY_MS)],
            },
          ],
        )
        for (const row of slipped)
          await database.batch(
            [tenantId],
            [
              {
                name: 'erasure_reopen',
                text: `update millrace.privacy_request set status = 'working' where tenant_id = $1::uuid and id = $2::uuid`,
                values: [tenantId, row.id as string],
              },
            ],
          )
        await eachByItself(new Set([...working, ...slipped].map((row) => row.id as string)), async (id) => {
          await carryOut(tenantId, id)
        })
      }),
  }
}
