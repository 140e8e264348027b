import type { Actor } from '../audit/types.ts'
import { int8s, uuids } from '../database/arrays.ts'
import type { Database, Row, Statement } from '../database/pool.ts'
import type { Notice, NoticeAct, NoticeStatus, PrivacyRequest, RequestKind, RequestStatus } from './types.ts'

/** Rows of requests and of the notices that follow from them. */

const COLUMNS = `id, kind, status, at, actor_kind, actor, due_at, completed_at, keys::text[] as keys, leads::text[] as leads,
  data, receipt`

const listOf = (value: unknown): readonly string[] =>
  Array.isArray(value)
    ? (value as string[])
    : String(value ?? '{}')
        .slice(1, -1)
        .split(',')
        .filter((part) => part !== '')

const requestOf = (tenantId: string, row: Row): PrivacyRequest => ({
  tenantId,
  id: row.id as string,
  kind: row.kind as RequestKind,
  status: row.status as RequestStatus,
  at: row.at as number,
  actor: { kind: row.actor_kind as Actor['kind'], id: row.actor as string },
  dueAt: row.due_at as number,
  completedAt: row.completed_at as number | null,
  subject: { keys: listOf(row.keys).map(BigInt), leads: listOf(row.leads) },
  data: JSON.parse(row.data as string) as Record<string, unknown>,
  receipt: row.receipt as string | null,
})

export const insertRequest = (request: PrivacyRequest): Statement => ({
  name: 'privacy_request_insert',
  text: `insert into millrace.privacy_request
           (tenant_id, id, kind, status, at, actor_kind, actor, due_at, completed_at, keys, leads, data, receipt)
         values ($1::uuid, $2::uuid, $3, $4, $5::timestamptz, $6, $7, $8::timestamptz, $9::timestamptz, $10::bigint[],
           $11::uuid[], $12, $13)
         on conflict do nothing`,
  values: [
    request.tenantId,
    request.id,
    request.kind,
    request.status,
    new Date(request.at),
    request.actor.kind,
    request.actor.id,
    new Date(request.dueAt),
    request.completedAt === null ? null : new Date(request.completedAt),
    int8s([...request.subject.keys]),
    uuids([...request.subject.leads]),
    JSON.stringify(request.data),
    request.receipt,
  ],
})

export const readRequest = async (database: Database, tenantId: string, id: string): Promise<PrivacyRequest | null> => {
  const [rows] = await database.batch(
    [tenantId],
    [
      {
        name: 'privacy_request_read',
        text: `select ${COLUMNS} from millrace.privacy_request where tenant_id = $1::uuid and id = $2::uuid`,
        values: [tenantId, id],
      },
    ],
  )
  const row = rows?.[0]
  return row ? requestOf(tenantId, row) : null
}

/** Newest first; `before` is the id the last page ended with. */
export const listRequests = async (
  database: Database,
  tenantId: string,
  filter: { readonly kind?: string; readonly status?: string },
  page: { readonly before: string | null; readonly limit: number },
): Promise<PrivacyRequest[]> => {
  const [rows] = await database.batch(
    [tenantId],
    [
      {
        name: 'privacy_request_list',
        text: `select ${COLUMNS} from millrace.privacy_request
               where tenant_id = $1::uuid and ($2::uuid is null or id < $2::uuid)
                 and ($3::text is null or kind = $3::text) and ($4::text is null or status = $4::text)
               order by id desc limit $5::integer`,
        values: [tenantId, page.before, filter.kind ?? null, filter.status ?? null, page.limit],
      },
    ],
  )
  return (rows ?? []).map((row) => requestOf(tenantId, row))
}

const NOTICE = `id, request_id, lead_id, delivery, flow_id, flow_version, destination, act, status, attempts, next_at, due_at,
  told_at, acknowledged_at, acknowledged_by, code`

export const noticeOf = (row: Row): Notice => ({
  id: row.id as string,
  requestId: row.request_id as string,
  leadId: row.lead_id as string,
  delivery: row.delivery as string,
  flow: row.flow_id as string,
  flowVersion: row.flow_version as number,
  destination: row.destination as string,
  act: row.act as NoticeAct,
  status: row.status as NoticeStatus,
  attempts: row.attempts as number,
  nextAt: row.next_at as number,
  dueAt: row.due_at as number,
  toldAt: row.told_at as number | null,
  acknowledgedAt: row.acknowledged_at as number | null,
  acknowledgedBy: row.acknowledged_by as string | null,
  code: row.code as string | null,
})

export const noticesOf = async (database: Database, tenantId: string, requestId: string): Promise<Notice[]> => {
  const [rows] = await database.batch(
    [tenantId],
    [
      {
        name: 'notices_of_request',
        text: `select ${NOTICE} from millrace.recipient_notice
               where tenant_id = $1::uuid and request_id = $2::uuid order by id`,
        values: [tenantId, requestId],
      },
    ],
  )
  return (rows ?? []).map(noticeOf)
}

/** Ends a request whose recipients have all acknowledged, or said no to a person. */
export const settleRequest = (tenantId: string, requestId: string, now: number): Statement => ({
  name: 'privacy_request_settle',
  text: `update millrace.privacy_request r set status = 'done', completed_at = $3::timestamptz
         where r.tenant_id = $1::uuid and r.id = $2::uuid and r.status = 'waiting'
           and not exists (select from millrace.recipient_notice n where n.tenant_id = r.tenant_id
             and n.request_id = r.id and n.status in ('due', 'manual', 'refused'))`,
  values: [tenantId, requestId, new Date(now)],
})
