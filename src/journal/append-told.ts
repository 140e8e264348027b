import { bools, int4s, texts, timestamps, uuids } from '../database/arrays.ts'
import type { Statement } from '../database/pool.ts'
import { type ToldType, toldAs } from '../lead/told.ts'
import type { LeadCommit } from './append.ts'

/**
 * Who wants to be told. A tenant without subscribers costs its commits one look at a map; what a subscriber is owed is
 * written in the commit that journals it, and so is there if, and only if, that is.
 */
export interface Listeners {
  /** Types that anybody of the tenant has subscribed to; null: nobody has; undefined: it is not known here yet. */
  wanted(tenantId: string): ReadonlySet<string> | null | undefined
  learn(tenantId: string): Promise<void>
  /** Something is owed that was not: a hint to whoever sends. */
  onOwed(): void
}

export interface Told {
  readonly tenantId: string
  readonly subject: string
  readonly seq: number
  readonly position: number
  readonly type: string
  readonly at: number
  /** Null: of no flow. */
  readonly flow: string | null
  readonly test: boolean
}

/** Who may see them is decided by the row that stands at the commit, not by what this process has read. */
export const toldStatement = (told: readonly Told[]): Statement => ({
  name: 'append_told',
  text: `insert into millrace.webhook_event (tenant_id, webhook_id, subject, seq, position, type, at, next_at)
         select w.tenant_id, s.id, w.subject, w.seq, w.position, w.type, w.at, w.at
         from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::integer[], $5::text[], $6::timestamptz[], $7::text[], $8::boolean[])
           as w(tenant_id, subject, seq, position, type, at, flow_id, test)
         join millrace.webhook s on s.tenant_id = w.tenant_id and s.enabled
           and (w.type = any (s.events) or (w.type = 'lead.erased' and s.fields))
           and (s.flows is null or w.flow_id is null or w.flow_id = any (s.flows)) and (s.tests or not w.test)
         on conflict do nothing`,
  values: [
    uuids(told.map((one) => one.tenantId)),
    uuids(told.map((one) => one.subject)),
    int4s(told.map((one) => one.seq)),
    int4s(told.map((one) => one.position)),
    texts(told.map((one) => one.type)),
    timestamps(told.map((one) => one.at)),
    texts(told.map((one) => one.flow)),
    bools(told.map((one) => one.test)),
  ],
})

/** What was learnt may be forgotten again before the last is known: none of them is taken for one that nobody hears. */
export const learnAll = async (
  listeners: Pick<Listeners, 'wanted' | 'learn'>,
  tenants: readonly string[],
): Promise<void> => {
  for (;;) {
    const unknown = tenants.filter((tenant) => listeners.wanted(tenant) === undefined)
    if (unknown.length === 0) return
    await Promise.all(unknown.map((tenant) => listeners.learn(tenant)))
  }
}

/** What these commits are told of, where somebody listens. */
export const toldOf = (commits: readonly LeadCommit[], listeners: Pick<Listeners, 'wanted'>): readonly Told[] => {
  const told: Told[] = []
  for (const { tenantId, leadId, segment, columns, events } of commits) {
    const wanted = listeners.wanted(tenantId)
    if (!wanted) continue
    for (const [position, event] of events.entries()) {
      const type: ToldType | null = toldAs(event)
      if (type === null || !wanted.has(type)) continue
      const { flow, test } = columns
      told.push({ tenantId, subject: leadId, seq: segment.seq, position, type, at: event.at, flow, test })
    }
  }
  return told
}
