import { byteas, int4s, uuids } from '../database/arrays.ts'
import type { Database, Tx } from '../database/pool.ts'

/** What waits for a batch, and the files made of it. */

export interface Lane {
  readonly tenantId: string
  readonly flowId: string
  readonly destination: string
}

export interface WaitingItem extends Lane {
  readonly delivery: string
  readonly leadId: string
  readonly attempt: number
  /** ms since 1970 */
  readonly dueAt: number
}

export interface ItemState {
  readonly dueAt: number
  readonly attempt: number
  /** What its batch’s answer said of it, sealed under its lead’s key. */
  readonly result: Buffer | null
  /** Null: it is in no file yet. */
  readonly file: {
    readonly name: string
    readonly state: 'writing' | 'sent' | 'failed'
    readonly code: string | null
    /** 0: its lead was gone when the file was made. */
    readonly line: number | null
  } | null
}

export interface OpenFile extends Lane {
  readonly id: string
  readonly name: string
  readonly attempts: number
  /** Whoever had it in hand has died with it: nobody knows whether it was sent. */
  readonly isAbandoned: boolean
  readonly madeAt: number
  /** In the order of their lines. */
  readonly items: readonly { readonly delivery: string; readonly leadId: string }[]
}

export interface FileEnd {
  readonly state: 'writing' | 'sent' | 'failed'
  readonly rows: number
  readonly bytes: number
  readonly digest: Buffer | null
  readonly code: string | null
  /** By delivery. */
  readonly lines: ReadonlyMap<string, number>
  /** By delivery, sealed. */
  readonly results: ReadonlyMap<string, Buffer>
  /** ms since 1970, where it is tried again. */
  readonly nextAt: number
}

export interface Batches {
  find(tenantId: string, delivery: string): Promise<ItemState | null>
  /** Twice is once. */
  add(item: WaitingItem): Promise<void>
  due(now: number): Promise<readonly Lane[]>
  /** A lead that has something in what is due there; null: nothing is. */
  waiting(lane: Lane, now: number): Promise<string | null>
  /** Makes a file of what is due, or takes one up whose time has come; it is this caller's for a while. */
  take(
    lane: Lane,
    asked: { readonly now: number; readonly id: string; readonly name: string; readonly rowsMax: number },
  ): Promise<OpenFile | null>
  /** Keeps it for this caller a while longer; false where it was too late, and another has it. */
  renew(file: OpenFile, now: number): Promise<boolean>
  /** Nothing where another has it by now. */
  end(file: OpenFile, end: FileEnd, now: number): Promise<void>
}

/** Destinations in one look: those that are stopped stand among them. */
const DUE_MAX = 1_000
/** Longer than a file takes to write: until then no other process has it in hand. */
const LEASE_MS = 5 * 60_000

const ms = (value: unknown): number => Number(value)

const itemsOf = async (tx: Tx, lane: Lane, file: string) =>
  (
    await tx.query<{ delivery: string; lead_id: string }>({
      text: `select delivery, lead_id from millrace.batch_item
             where tenant_id = $1::uuid and file = $2::uuid order by delivery`,
      values: [lane.tenantId, file],
    })
  ).map((row) => ({ delivery: row.delivery, leadId: row.lead_id }))

export const createBatches = ({ database }: { readonly database: Database }): Batches => ({
  find: async (tenantId, delivery) => {
    const [rows] = await database.batch(
      [tenantId],
      [
        {
          name: 'find_batch_item',
          text: `select i.due_at, i.line, i.attempt, i.result, f.name, f.state, f.code
                 from millrace.batch_item i
                 left join millrace.batch_file f on f.tenant_id = i.tenant_id and f.id = i.file
                 where i.tenant_id = $1::uuid and i.delivery = $2::uuid`,
          values: [tenantId, delivery],
        },
      ],
    )
    const row = rows?.[0]
    if (!row) return null
    return {
      dueAt: ms(row.due_at),
      attempt: row.attempt as number,
      result: row.result as Buffer | null,
      file:
        row.name === null
          ? null
          : {
              name: row.name as string,
              state: row.state as 'writing' | 'sent' | 'failed',
              code: row.code as string | null,
              line: row.line as number | null,
            },
    }
  },

  add: async ({ tenantId, delivery, leadId, flowId, destination, attempt, dueAt }) => {
    await database.batch(
      [tenantId],
      [
        {
          name: 'add_batch_item',
          text: `insert into millrace.batch_item as i (tenant_id, delivery, lead_id, flow_id, destination, due_at, attempt)
                 values ($1::uuid, $2::uuid, $3::uuid, $4, $5, $6::timestamptz, $7::integer)
                 on conflict (tenant_id, delivery) do update
                   set due_at = excluded.due_at, attempt = excluded.attempt, file = null, line = null, result = null
                   where i.attempt < excluded.attempt`,
          values: [tenantId, delivery, leadId, flowId, destination, new Date(dueAt), attempt],
        },
      ],
    )
  },

  due: async (now) => {
    const rows = await database.definer<{ tenant_id: string; flow_id: string; destination: string }>({
      name: 'due_batches',
      text: 'select tenant_id, flow_id, destination from millrace.due_batches($1::timestamptz, $2::integer)',
      values: [new Date(now), DUE_MAX],
    })
    return rows.map((row) => ({ tenantId: row.tenant_id, flowId: row.flow_id, destination: row.destination }))
  },

  waiting: async ({ tenantId, flowId, destination }, now) => {
    const [rows] = await database.batch(
      [tenantId],
      [
        {
          name: 'find_waiting_batch',
          text: `select lead_id from (
                   (select lead_id from millrace.batch_item
                    where tenant_id = $1::uuid and flow_id = $2 and destination = $3
                      and file is null and due_at <= $4::timestamptz
                    order by due_at limit 1)
                   union all
                   (select i.lead_id from millrace.batch_file f
                    join millrace.batch_item i on i.tenant_id = f.tenant_id and i.file = f.id
                    where f.tenant_id = $1::uuid and f.flow_id = $2 and f.destination = $3
                      and f.state = 'writing' and f.next_at <= $4::timestamptz
                    limit 1)) w limit 1`,
          values: [tenantId, flowId, destination, new Date(now)],
        },
      ],
    )
    return (rows?.[0]?.lead_id as string | undefined) ?? null
  },

  take: (lane, { now, id, name, rowsMax }) =>
    database.transaction([lane.tenantId], async (tx) => {
      const of = [lane.tenantId, lane.flowId, lane.destination]
      const [begun] = await tx.query<{
        id: string
        name: string
        attempts: number
        made_at: number
        abandoned: boolean
      }>({
        text: `update millrace.batch_file f set attempts = f.attempts + 1, next_at = $5::timestamptz, code = null
               from (
                 select tenant_id, id, code from millrace.batch_file
                 where tenant_id = $1::uuid and flow_id = $2 and destination = $3
                   and state = 'writing' and next_at <= $4::timestamptz
                 order by next_at limit 1 for update skip locked) was
               where f.tenant_id = was.tenant_id and f.id = was.id
               returning f.id, f.name, f.attempts, f.made_at, was.code is null as abandoned`,
        values: [...of, new Date(now), new Date(now + LEASE_MS)],
      })
      if (begun) {
        const items = await itemsOf(tx, lane, begun.id)
        const { id: of, name: as, attempts, abandoned: isAbandoned } = begun
        return { ...lane, id: of, name: as, attempts, isAbandoned, madeAt: ms(begun.made_at), items }
      }
      const waiting = await tx.query<{ delivery: string }>({
        text: `select delivery from millrace.batch_item
               where tenant_id = $1::uuid and flow_id = $2 and destination = $3
                 and file is null and due_at <= $4::timestamptz
               order by due_at, delivery limit $5::integer for update skip locked`,
        values: [...of, new Date(now), rowsMax],
      })
      if (waiting.length === 0) return null
      await tx.query({
        text: `insert into millrace.batch_file (tenant_id, id, flow_id, destination, name, state, attempts, made_at, next_at)
               values ($1::uuid, $4::uuid, $2, $3, $5, 'writing', 1, $6::timestamptz, $7::timestamptz)`,
        values: [...of, id, name, new Date(now), new Date(now + LEASE_MS)],
      })
      await tx.query({
        text: `update millrace.batch_item set file = $2::uuid
               where tenant_id = $1::uuid and delivery = any ($3::uuid[])`,
        values: [lane.tenantId, id, `{${waiting.map(({ delivery }) => delivery).join(',')}}`],
      })
      return { ...lane, id, name, attempts: 1, isAbandoned: false, madeAt: now, items: await itemsOf(tx, lane, id) }
    }),

  renew: async (file, now) => {
    const [rows] = await database.batch(
      [file.tenantId],
      [
        {
          name: 'renew_batch',
          text: `update millrace.batch_file set next_at = $4::timestamptz
                 where tenant_id = $1::uuid and id = $2::uuid and state = 'writing' and attempts = $3::integer
                 returning 1 as one`,
          values: [file.tenantId, file.id, file.attempts, new Date(now + LEASE_MS)],
        },
      ],
    )
    return rows?.length === 1
  },

  end: async (file, { state, rows, bytes, digest, code, lines, results, nextAt }, now) => {
    await database.batch(
      [file.tenantId],
      [
        {
          text: `with ended as (
                   update millrace.batch_file set state = $3, rows = $4::integer, bytes = $5::integer, digest = $6::bytea,
                     code = $7, sent_at = case when $3 = 'sent' then $8::timestamptz end, next_at = $9::timestamptz
                   where tenant_id = $1::uuid and id = $2::uuid and state = 'writing' and attempts = $10::integer
                   returning id
                 )
                 update millrace.batch_item i set line = w.line, result = w.result
                 from (
                   -- Each looked up by its key: joined, each of thousands would be compared with each.
                   select b.place, w.line, w.result
                   from unnest($11::uuid[], $12::integer[], $13::bytea[]) as w(delivery, line, result)
                   cross join lateral (
                     select b.ctid as place from millrace.batch_item b
                     where b.tenant_id = $1::uuid and b.delivery = w.delivery offset 0) b
                   where exists (select from ended)) w
                 where i.tenant_id = $1::uuid and i.ctid = w.place`,
          values: [
            file.tenantId,
            file.id,
            state,
            rows,
            bytes,
            digest,
            code,
            new Date(now),
            new Date(nextAt),
            file.attempts,
            uuids([...lines.keys()]),
            int4s([...lines.values()]),
            byteas([...lines.keys()].map((delivery) => results.get(delivery) ?? null)),
          ],
        },
      ],
    )
  },
})
