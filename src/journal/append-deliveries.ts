import type { Money } from '../base/money.ts'
import { int4s, texts, timestamps, uuids } from '../database/arrays.ts'
import type { Statement } from '../database/pool.ts'
import type { LeadCommit } from './append.ts'

/** What is shown of a delivery, without personal data. */
export interface DeliveryColumns {
  readonly id: string
  readonly openedAt: number
  readonly changedAt: number
  readonly nextAt: number | null
  readonly attempts: number
  readonly flow: string
  readonly destination: string
  readonly state: 'waiting' | 'unknown' | 'delivered' | 'refused' | 'passed' | 'dead' | 'discarded'
  readonly code: string | null
  /** What it pays; null: it did not take the lead, or said no price. */
  readonly paid: Money | null
}

/** Deliveries as a commit leaves them. */
export const deliveryStatements = (commits: readonly LeadCommit[]): Statement[] => {
  const all = commits.flatMap((commit) => commit.deliveries.map((delivery) => ({ commit, delivery })))
  if (all.length === 0) return []
  return [
    {
      name: 'append_deliveries',
      text: `
insert into millrace.delivery as d
  (tenant_id, lead_id, id, opened_at, changed_at, next_at, attempts, flow_id, destination, state, code, paid, currency)
select tenant_id, lead_id, id, opened_at, changed_at, next_at, attempts, flow_id, destination, state, code,
  paid::numeric, currency
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[],
  $7::integer[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[])
  as w (tenant_id, lead_id, id, opened_at, changed_at, next_at, attempts, flow_id, destination, state, code, paid, currency)
order by 1, 2, 3
on conflict (tenant_id, lead_id, id) do update
  set changed_at = excluded.changed_at, next_at = excluded.next_at, attempts = excluded.attempts,
      state = excluded.state, code = excluded.code, paid = excluded.paid, currency = excluded.currency`,
      values: [
        uuids(all.map((a) => a.commit.tenantId)),
        uuids(all.map((a) => a.commit.leadId)),
        uuids(all.map((a) => a.delivery.id)),
        timestamps(all.map((a) => a.delivery.openedAt)),
        timestamps(all.map((a) => a.delivery.changedAt)),
        timestamps(all.map((a) => a.delivery.nextAt)),
        int4s(all.map((a) => a.delivery.attempts)),
        texts(all.map((a) => a.delivery.flow)),
        texts(all.map((a) => a.delivery.destination)),
        texts(all.map((a) => a.delivery.state)),
        texts(all.map((a) => a.delivery.code)),
        texts(all.map((a) => a.delivery.paid?.amount ?? null)),
        texts(all.map((a) => a.delivery.paid?.currency ?? null)),
      ],
    },
  ]
}
