import { createHash } from 'node:crypto'
import { Fault } from '../base/faults.ts'
import type { Database, Row, Statement } from '../database/pool.ts'
import type { ListStore } from '../handlers/list-store.ts'
import { HEAD_BYTES_MAX } from './csv-head.ts'
import { type ListFileOptions, listRows } from './list-file.ts'
import { streamSource } from './stream-source.ts'

/**
 * A list's entries out of a stream of any length, in bounded memory. An import has a name: sent again under it, the rows
 * that are in are passed over and the rest is added, so one that broke off goes on. What the rows were up to there is kept
 * as a digest, and other rows under the name are refused.
 */

export interface ListImport {
  readonly name: string
  /** `running`: rows come in. `broken`: they stopped coming. */
  readonly state: 'running' | 'done' | 'broken'
  readonly rows: number
  readonly added: number
  readonly rejected: number
  /** The first rows that hold no value. */
  readonly problems: readonly { readonly line: number; readonly reason: string }[]
  readonly startedAt: number
  readonly changedAt: number
}

export interface ListImports {
  /** Null where there is no such list. Throws Fault `conflict`, `idempotency_key_reused` or `invalid_request`. */
  run(
    asked: Omit<ListFileOptions, 'name'> & {
      readonly tenantId: string
      readonly list: string
      readonly name: string
      readonly expiresAt: number | null
      readonly stream: AsyncIterable<Buffer>
    },
  ): Promise<(ListImport & { readonly passedOver: number }) | null>
  /** Newest first; `name` null: all. */
  read(tenantId: string, list: string, name: string | null): Promise<ListImport[]>
}

/** Rows of one statement, and of one note of how far it came. */
const BATCH = 5_000
const PROBLEMS_MAX = 50
/** An import that was not heard of for so long has broken off without a word. */
const SILENT_MS = 60_000
const LISTED_MAX = 100

const importOf = (row: Row, now: number): ListImport => ({
  name: row.name as string,
  state:
    row.state === 'running' && (row.changed_at as number) < now - SILENT_MS
      ? 'broken'
      : (row.state as ListImport['state']),
  rows: Number(row.rows),
  added: Number(row.added),
  rejected: Number(row.rejected),
  problems: JSON.parse(row.problems as string) as ListImport['problems'],
  startedAt: row.started_at as number,
  changedAt: row.changed_at as number,
})

const COLUMNS = 'name, state, rows, added, rejected, problems, digest, started_at, changed_at'

export const createListImports = (options: {
  readonly database: Database
  readonly lists: ListStore
  readonly clock: { now(): number }
}): ListImports => {
  const { database, lists, clock } = options

  const begin = async (tenantId: string, list: string, name: string): Promise<Row | 'busy' | null> => {
    const now = clock.now()
    const [found, begun] = await database.batch(
      [tenantId],
      [
        {
          name: 'find_list_to_import',
          text: 'select id from millrace.suppression_list where tenant_id = $1::uuid and id = $2::text',
          values: [tenantId, list],
        },
        {
          name: 'begin_list_import',
          text: `insert into millrace.list_import as i (tenant_id, list_id, name, started_at, changed_at)
                 select tenant_id, id, $3::text, $4::timestamptz, $4::timestamptz from millrace.suppression_list
                 where tenant_id = $1::uuid and id = $2::text
                 on conflict (tenant_id, list_id, name) do update set state = 'running', changed_at = excluded.changed_at
                   where i.state <> 'running' or i.changed_at < $5::timestamptz
                 returning ${COLUMNS}, (
                   select p.state from millrace.list_import p
                   where p.tenant_id = i.tenant_id and p.list_id = i.list_id and p.name = i.name
                 ) as state_before`,
          values: [tenantId, list, name, new Date(now), new Date(now - SILENT_MS)],
        },
      ],
    )
    if (found?.length !== 1) return null
    return begun?.[0] ?? 'busy'
  }

  const note = (
    tenantId: string,
    list: string,
    { name, state, rows, added, rejected, problems }: Omit<ListImport, 'startedAt' | 'changedAt'>,
    digest: Buffer,
  ): Statement => ({
    name: 'note_list_import',
    text: `update millrace.list_import set state = $4, rows = $5::bigint, added = $6::bigint, rejected = $7::bigint,
             problems = $8, digest = $9::bytea, changed_at = $10::timestamptz
           where tenant_id = $1::uuid and list_id = $2::text and name = $3::text returning ${COLUMNS}`,
    values: [
      tenantId,
      list,
      name,
      state,
      rows,
      added,
      rejected,
      JSON.stringify(problems),
      digest,
      new Date(clock.now()),
    ],
  })

  const run: ListImports['run'] = async ({ tenantId, list, name, expiresAt, stream, ...reading }) => {
    const begun = await begin(tenantId, list, name)
    if (begun === null) return null
    if (begun === 'busy')
      throw new Fault('conflict', { message: `The import "${name}" is under way. Ask again shortly.` })
    const before = importOf(begun, clock.now())
    const known = begun.digest as Buffer | null
    const hash = createHash('sha256')
    let { rows, added, rejected } = before
    const problems = [...before.problems]
    let seen = 0
    let batch: string[] = []

    const keep = async (state: ListImport['state']): Promise<ListImport> => {
      if (batch.length > 0) {
        const answer = await lists.add({ tenantId, list, entries: batch, expiresAt, now: clock.now() })
        if (answer === null) throw new Fault('not_found', { message: 'The list was removed meanwhile' })
        added += answer.added
        batch = []
      }
      const so = { name, state, rows, added, rejected, problems }
      const [written] = await database.batch([tenantId], [note(tenantId, list, so, hash.copy().digest())])
      return importOf(written?.[0] ?? begun, clock.now())
    }
    const other = (): Fault =>
      new Fault('idempotency_key_reused', {
        message: `The import "${name}" came before, with other rows: ${before.rows} of them are in. Give other rows another name.`,
      })

    try {
      for await (const { line, bytes, read } of listRows(streamSource(stream, HEAD_BYTES_MAX), {
        ...reading,
        name: 'The body',
      })) {
        hash.update(bytes).update('\n')
        seen += 1
        if (seen === before.rows && known !== null && !hash.copy().digest().equals(known)) throw other()
        if (seen <= before.rows) continue
        rows = seen
        if ('entry' in read) batch.push(read.entry)
        else {
          rejected += 1
          if (problems.length < PROBLEMS_MAX) problems.push({ line, reason: read.reason })
        }
        if ((rows - before.rows) % BATCH === 0) await keep('running')
      }
      if (seen < before.rows) throw other()
      return { ...(await keep('done')), passedOver: before.rows }
    } catch (error) {
      // What was there before stands as it was; what came in now is kept as far as it came.
      const isOther = seen <= before.rows
      if (isOther)
        await database.batch(
          [tenantId],
          [
            {
              name: 'leave_list_import',
              text: `update millrace.list_import set state = $4
                     where tenant_id = $1::uuid and list_id = $2::text and name = $3::text`,
              values: [tenantId, list, name, begun.state_before === 'done' ? 'done' : 'broken'],
            },
          ],
        )
      else await keep('broken').catch(() => undefined)
      throw error
    }
  }

  return {
    run,
    read: async (tenantId, list, name) => {
      const [rows = []] = await database.batch(
        [tenantId],
        [
          {
            name: 'read_list_imports',
            text: `select ${COLUMNS} from millrace.list_import
                   where tenant_id = $1::uuid and list_id = $2::text and ($3::text is null or name = $3::text)
                   order by started_at desc, name limit ${LISTED_MAX}`,
            values: [tenantId, list, name],
          },
        ],
      )
      return rows.map((row) => importOf(row, clock.now()))
    },
  }
}
