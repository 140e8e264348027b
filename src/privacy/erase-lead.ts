import { newId } from '../base/ids.ts'
import { seal } from '../base/seal.ts'
import { byteas, int4s, texts, uuids } from '../database/arrays.ts'
import { type Database, type Row, type Statement, sqlState } from '../database/pool.ts'
import { toldStatement } from '../journal/append-told.ts'
import type { Keyring } from '../journal/keyring.ts'
import type { LeadLoader, LoadedLead } from '../journal/read.ts'
import { encodeSegment } from '../journal/segment.ts'
import type { Delivery } from '../lead/deliveries.ts'
import type { LeadEvent } from '../lead/events.ts'
import { type DamagedLead, damagedStatements, readForErasure } from './damaged-lead.ts'
import { purgeStatements } from './purges.ts'
import { askedAbout, type Recipient } from './recipients.ts'
import type { Held } from './types.ts'

/**
 * One lead forgotten, in one transaction: its key and look-up columns gone, its claims and its place in the queue given
 * up, what its recipients must be told noted, and an event that says so at the end of its chain.
 *
 * It takes the lead's next sequence number. Whoever runs the lead meets that at the next commit, before anything more
 * is sent, loads it anew, and finds nothing to run.
 */
export interface LeadErased {
  readonly erased: boolean
  readonly notices: number
  readonly held: number
}

export interface EraseLead {
  readonly database: Database
  readonly keyring: Keyring
  readonly loader: LeadLoader
  readonly tenantId: string
  readonly leadId: string
  readonly requestId: string
  readonly why: 'request' | 'retention'
  readonly now: number
  /** When recipients must have acknowledged; null: they are not told. */
  readonly noticesDueAt: number | null
}

const TRIES = 12
const NOTHING: LeadErased = { erased: false, notices: 0, held: 0 }

/** It has the lead, or may have it: nobody knows of a call that was not answered, also where a person thinks not. */
const mayHaveIt = (delivery: Delivery): boolean =>
  delivery.outcome === 'success' ||
  delivery.parked ||
  delivery.inFlight !== null ||
  delivery.inDoubt ||
  delivery.code === 'destination.unknown_outcome'

const claimsOf = (loaded: LoadedLead): Buffer[] =>
  loaded.events.flatMap(({ data }) => {
    const { holds } = data as { readonly holds?: { readonly claims?: readonly string[] } }
    return (holds?.claims ?? []).map((key) => Buffer.from(key, 'base64url'))
  })

/** Whom an erasure is told to: a delivery that may have arrived, or an enricher that was asked. */
const recipientsOf = (loaded: LoadedLead, damaged: DamagedLead | null): readonly Recipient[] => {
  const known = [...loaded.lead.deliveries.values()].filter(mayHaveIt)
  const ids = new Set(known.map(({ id }) => id))
  return [...known, ...(damaged?.recipients ?? []).filter(({ id }) => !ids.has(id)), ...askedAbout(loaded)]
}

/** What enrichers said to this lead, or were about to: kept for others under these keys. */
const factsOf = (loaded: LoadedLead): Buffer[] => {
  const keys = new Set<string>()
  for (const { type, data, sealed } of loaded.events) {
    if (type === 'enrichment.started' && data.key !== undefined) keys.add(data.key)
    const answers =
      sealed && 'answers' in sealed
        ? (sealed.answers ?? [])
        : type === 'request.answered' && sealed
          ? [sealed.answer]
          : []
    for (const { kind, answer } of answers) {
      const { key } = answer as { readonly key?: string | null }
      if (kind === 'facts.fetch' && key) keys.add(key)
    }
  }
  return [...keys].map((key) => Buffer.from(key, 'base64url'))
}

const heldOf = (loaded: LoadedLead, keeps: readonly Held[], damaged: DamagedLead | null): object => {
  const submission = loaded.events.find((event) => event.type === 'lead.received')?.sealed
  return {
    lead_id: loaded.lead.id,
    received_at: new Date(loaded.lead.receivedAt).toISOString(),
    ...(damaged && { damaged: true }),
    ...(keeps.includes('submission') && { submission }),
    ...(keeps.includes('fields') && { fields: loaded.lead.fields, extra: loaded.lead.extra }),
    ...(keeps.includes('deliveries') && {
      deliveries: loaded.events
        .filter(({ type }) => type === 'delivery.opened' || type.startsWith('attempt.'))
        .map(({ type, at, data, sealed }) => ({ type, at: new Date(at).toISOString(), data, private: sealed })),
    }),
  }
}

const holdsOver = async ({ database, tenantId, leadId }: EraseLead): Promise<readonly Row[]> => {
  const [rows] = await database.batch(
    [tenantId],
    [
      {
        name: 'holds_over_lead',
        text: `select h.id, array_to_string(h.keeps, ',') as keeps, k.wrapped, k.tenant_key_version
               from millrace.lead l
               join millrace.legal_hold h on h.tenant_id = l.tenant_id and h.released_at is null
                 and (l.id = any (h.leads) or l.email_key = any (h.keys) or l.phone_key = any (h.keys))
               join millrace.sealing_key k on k.tenant_id = h.tenant_id and k.id = h.id and k.scope = 'evidence'
               where l.tenant_id = $1::uuid and l.id = $2::uuid`,
        values: [tenantId, leadId],
      },
    ],
  )
  return rows ?? []
}

const keepStatements = (
  asked: EraseLead,
  loaded: LoadedLead,
  holds: readonly Row[],
  damaged: DamagedLead | null,
): Statement[] =>
  holds.flatMap((row) => {
    const keeps = (row.keeps as string).split(',') as Held[]
    if (keeps.every((kept) => kept === 'consent')) return []
    const id = row.id as string
    const key = asked.keyring.openScopedKey(
      loaded.keys,
      'evidence',
      id,
      row.wrapped as Buffer,
      row.tenant_key_version as number,
    )
    return [
      {
        name: 'keep_held_evidence',
        text: `insert into millrace.held_evidence (tenant_id, hold_id, lead_id, at, sealed)
               values ($1::uuid, $2::uuid, $3::uuid, $4::timestamptz, $5) on conflict do nothing`,
        values: [
          asked.tenantId,
          id,
          asked.leadId,
          new Date(asked.now),
          seal(key, JSON.stringify(heldOf(loaded, keeps, damaged))),
        ],
      },
    ]
  })

const noticeStatements = (asked: EraseLead, loaded: LoadedLead, recipients: readonly Recipient[]): Statement[] => {
  const { tenantId, leadId, requestId, now, noticesDueAt } = asked
  if (noticesDueAt === null || recipients.length === 0) return []
  return [
    {
      name: 'notices_insert',
      text: `insert into millrace.recipient_notice (tenant_id, id, request_id, lead_id, delivery, flow_id, flow_version,
               destination, act, status, next_at, due_at, sealed)
             select $1::uuid, w.id, $2::uuid, $3::uuid, w.delivery, $4, $5::integer, w.destination, 'erase', 'due',
               $6::timestamptz, $7::timestamptz, w.sealed
             from unnest($8::uuid[], $9::text[], $10::text[], $11::bytea[]) as w(id, delivery, destination, sealed)
             on conflict do nothing`,
      values: [
        tenantId,
        requestId,
        leadId,
        loaded.lead.flow,
        loaded.lead.flowVersion,
        new Date(now),
        new Date(noticesDueAt),
        uuids(recipients.map(() => newId(now))),
        texts(recipients.map((delivery) => delivery.key ?? delivery.id)),
        texts(recipients.map((delivery) => delivery.destination)),
        byteas(recipients.map((delivery) => seal(loaded.keys.wrap, JSON.stringify({ reference: delivery.reference })))),
      ],
    },
  ]
}

const eraseStatements = (
  asked: EraseLead,
  loaded: LoadedLead,
  recipients: readonly Recipient[],
  damaged: DamagedLead | null,
): Statement[] => {
  const { tenantId, leadId, requestId, why, now } = asked
  const event: LeadEvent = {
    type: 'lead.erased',
    at: now,
    data: { request: requestId, why, notices: recipients.length, ...(damaged && { damaged: true }) },
    sealed: null,
  }
  const segment = encodeSegment({
    tenantId,
    leadId,
    previous: loaded.head,
    seq: Math.max(loaded.seq, damaged?.lastSeq ?? 0) + 1,
    at: now,
    events: [event],
    key: loaded.key ?? loaded.keys.wrap,
  })
  return [
    {
      name: 'erase_claims',
      text: `delete from millrace.claim where tenant_id = $1::uuid and key = any ($3::bytea[])
             and lead_id = $2::uuid and not kept`,
      values: [tenantId, leadId, byteas(claimsOf(loaded))],
    },
    {
      name: 'erase_lead',
      text: `with written as (
               update millrace.lead
               set wrapped_key = null, email_key = null, phone_key = null, status = $7, seq = $4::integer, head = $5,
                   code = case when closed_at is null then 'erased' else code end,
                   outcome = coalesce(outcome, 'failure'), closed_at = coalesce(closed_at, $6::timestamptz)
               where tenant_id = $1::uuid and id = $2::uuid and seq = $3::integer and wrapped_key is not null
               returning 1
             )
             select millrace.must('lead', (select count(*) from written), 1::bigint)`,
      values: [
        tenantId,
        leadId,
        loaded.seq,
        segment.seq,
        segment.hash,
        new Date(now),
        why === 'request' ? 'erased' : 'archived',
      ],
    },
    {
      name: 'erase_facts',
      text: 'delete from millrace.fact where tenant_id = $1::uuid and key = any ($2::bytea[])',
      values: [tenantId, byteas(factsOf(loaded))],
    },
    {
      name: 'erase_segment',
      text: `insert into millrace.segment (tenant_id, lead_id, at, seq, hash, events, sealed)
             select $1::uuid, $2::uuid, $3::timestamptz, w.seq, $5, $6, null from unnest($4::integer[]) as w(seq)`,
      values: [tenantId, leadId, new Date(now), int4s([segment.seq]), segment.hash, segment.events],
    },
    // Who was told of it, with its fields or without, is told of that too.
    toldStatement([
      {
        tenantId,
        subject: leadId,
        seq: segment.seq,
        position: 0,
        type: 'lead.erased',
        at: now,
        flow: loaded.lead.flow,
        test: loaded.lead.test,
      },
    ]),
    {
      name: 'erase_work',
      text: 'delete from millrace.work where tenant_id = $1::uuid and lead_id = $2::uuid',
      values: [tenantId, leadId],
    },
  ]
}

/** Forgets a lead; one that is forgotten already, or was never there, is left as it is. */
export const eraseLead = async (asked: EraseLead): Promise<LeadErased> => {
  const { database, loader, tenantId, leadId, why, noticesDueAt } = asked
  for (let tries = 1; ; tries += 1) {
    // Retention is in no hurry with what cannot be read: a person's right is.
    const read = why === 'request' ? await readForErasure(asked) : null
    const loaded = why === 'request' ? read?.loaded : await loader.load(tenantId, leadId)
    const damaged = read?.damaged ?? null
    if (!loaded?.key) return NOTHING
    const recipients = noticesDueAt === null || loaded.lead.test ? [] : recipientsOf(loaded, damaged)
    const holds = await holdsOver(asked)
    const keep = keepStatements(asked, loaded, holds, damaged)
    try {
      await database.batch(
        [tenantId],
        [
          ...(damaged ? damagedStatements(asked, loaded) : []),
          ...eraseStatements(asked, loaded, recipients, damaged),
          ...keep,
          ...noticeStatements(asked, loaded, recipients),
          ...purgeStatements(tenantId, leadId, asked.now),
        ],
      )
      return { erased: true, notices: recipients.length, held: keep.length }
    } catch (error) {
      // Somebody wrote to the lead in between: it is read anew, with whatever was sent meanwhile.
      const passing = ['MR001', '23505', '40P01', '40001'].includes(sqlState(error) ?? '')
      if (!passing || tries === TRIES) throw error
    }
  }
}
