import { bools, int4s, texts, timestamps, uuids } from '../database/arrays.ts'
import type { Statement } from '../database/pool.ts'
import { RANK_USUAL } from '../kit/priorities.ts'
import type { LeadCommit } from './append.ts'

/** When a lead goes on, and who runs it now. */
export interface WorkMark {
  readonly wakeAt: number
  readonly runner: number | null
  /** `flow/destination` of the delivery that is due first; left out: the lead itself is due. */
  readonly lane?: string
  /** False: it is due for something else besides, and is looked at though its lane is stopped. */
  readonly alone?: boolean
  /** Of that delivery: 0 comes first. Left out: as usual. */
  readonly priority?: number
}

/** Who takes a lead up again and when; nobody, where its journey is finished. */
export const workStatements = (commits: readonly LeadCommit[]): Statement[] => {
  const statements: Statement[] = []
  const open: (WorkMark & { readonly commit: LeadCommit })[] = []
  const closed: LeadCommit[] = []
  for (const commit of commits) {
    if (commit.work === null) {
      if (!commit.isNew) closed.push(commit)
    } else if (commit.work !== 'keep') open.push({ commit, ...commit.work })
  }
  if (open.length > 0) {
    statements.push({
      name: 'append_work',
      text: `
insert into millrace.work as k (tenant_id, lead_id, wake_at, runner, lane, alone, priority)
select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::integer[], $5::text[], $6::boolean[],
  $7::integer[]) as w(tenant_id, lead_id, wake_at, runner, lane, alone, priority)
order by 1, 2
on conflict (tenant_id, lead_id) do update
  set wake_at = excluded.wake_at, runner = excluded.runner, lane = excluded.lane, alone = excluded.alone,
      priority = excluded.priority,
      attempts = case when excluded.runner is null then 0 else k.attempts end`,
      values: [
        uuids(open.map((o) => o.commit.tenantId)),
        uuids(open.map((o) => o.commit.leadId)),
        timestamps(open.map((o) => o.wakeAt)),
        int4s(open.map((o) => o.runner)),
        texts(open.map((o) => o.lane ?? '')),
        bools(open.map((o) => o.alone ?? true)),
        int4s(open.map((o) => o.priority ?? RANK_USUAL)),
      ],
    })
  }
  if (closed.length > 0) {
    statements.push({
      name: 'append_done',
      text: `delete from millrace.work k using unnest($1::uuid[], $2::uuid[]) as w(tenant_id, lead_id)
             where k.tenant_id = w.tenant_id and k.lead_id = w.lead_id`,
      values: [uuids(closed.map((c) => c.tenantId)), uuids(closed.map((c) => c.leadId))],
    })
  }
  return statements
}
