/**
 * The database, as all other rooms see it: transactions that see only the tenants named for them.
 *
 * Each connection runs as a role that row-level security binds. A transaction sets `millrace.tenants` for itself
 * alone; outside of one no tenant is set, so nothing of a tenant can be seen or written.
 */

import { Fault } from '../base/faults.ts'
import { internal, isDemoted, sqlState, translate } from './errors.ts'
import { type Link, openLink } from './link.ts'
import { createLinks } from './links.ts'
import { createLocks } from './locks.ts'
import { isSafeIdentifier, sessionSql, verifyServer } from './session.ts'
import type { Connection, Log, Result, Row, Statement } from './statement.ts'

export interface DatabaseOptions {
  readonly connection: Connection
  /** Connections at most. */
  readonly poolMax: number
  /** The role to run as; row-level security must bind it. */
  readonly applicationRole?: string
  readonly log: Log
  /** A connection ended by itself; the pool replaces it without being told. */
  readonly onConnectionLost?: (fault: Error) => void
  /** Milliseconds a call may wait for a free connection. */
  readonly waitMs?: number
  /** Milliseconds one statement may run. */
  readonly statementMs?: number
}

export interface Tx {
  /** Calls may be issued without awaiting the one before: they are sent at once, and answered in order. */
  query<T extends object = Row>(statement: Statement): Promise<T[]>
  /** Several statements in one round trip; the rest is skipped after a failure. */
  all(statements: readonly Statement[]): Promise<Row[][]>
}

export interface Database {
  /**
   * Commits what `run` did, or nothing of it. Rejects with what `run` threw, a SqlError, or a Fault
   * `database_unavailable`; retrying after 40001 and 40P01 is the caller's.
   */
  transaction<T>(tenantIds: readonly string[], run: (tx: Tx) => Promise<T>): Promise<T>
  /** One transaction in one round trip. Rejects with the first failure; then nothing was written. */
  batch(tenantIds: readonly string[], statements: readonly Statement[]): Promise<Row[][]>
  /** One statement of its own, with no tenant set: for the SECURITY DEFINER functions and tables without tenants. */
  definer<T extends object = Row>(statement: Statement): Promise<T[]>
  /** Locks by name, of all processes on this database; held in one connection besides the pool's. */
  lock(name: string): Promise<() => void>
  /** Connections: open, of these idle, and callers waiting for one. */
  stats(): { open: number; idle: number; waiting: number }
  /** Whether something could not be written moments ago, for want of room on its disk. What is read says nothing of it. */
  isFull(): boolean
  /** Lets what is under way end, refuses what is new, closes the connections. */
  close(): Promise<void>
}

const WAIT_MS = 5_000
const STATEMENT_MS = 30_000
/** On top of a statement's own limit: the server cancels first; this is for a server that no longer answers. */
const ANSWER_GRACE_MS = 10_000
const CONNECT_MS = 5_000
/** Without anybody who tries to write, a disk counts as full for so long; it is told of once in so long. */
const FULL_MS = 5_000
const FULL_TOLD_MS = 60_000

const BEGIN: Statement = { name: 'begin', text: 'BEGIN' }
const COMMIT: Statement = { name: 'commit', text: 'COMMIT' }
const ROLLBACK: Statement = { name: 'rollback', text: 'ROLLBACK' }

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

const setTenants = (tenantIds: readonly string[]): Statement => {
  for (const id of tenantIds) {
    if (!UUID.test(id)) throw internal('a tenant id is not a uuid')
  }
  return {
    name: 'set_tenants',
    text: `select set_config('millrace.tenants', $1, true)`,
    values: [`{${tenantIds.join(',')}}`],
  }
}

/** A COMMIT in an aborted transaction answers with the tag ROLLBACK and no error. */
const checkCommitted = (commit: Result | undefined, first: Error | undefined): void => {
  if (commit?.tag === 'COMMIT') return
  throw first ?? internal(`the server answered COMMIT with ${commit?.tag ?? 'nothing'}`)
}

/** Connects once to prove that the server and the role will do; throws a Fault where they do not. */
export const createDatabase = async (options: DatabaseOptions): Promise<Database> => {
  const { connection, poolMax, log, waitMs = WAIT_MS, statementMs = STATEMENT_MS } = options
  const applicationRole = options.applicationRole ?? 'millrace_app'
  if (!isSafeIdentifier(applicationRole)) {
    throw internal('the application role is not a plain name')
  }
  const link = {
    connection,
    sessionSql: sessionSql({ applicationRole, statementMs }),
    answerMs: statementMs + ANSWER_GRACE_MS,
    connectMs: CONNECT_MS,
  }
  const locks = createLocks((onLost) => openLink({ ...link, onLost }))
  const links = createLinks({
    link,
    max: poolMax,
    waitMs,
    onLost: (error) => {
      log.warn(
        { code: 'database_unavailable', detail: error instanceof Fault ? error.detail : undefined },
        'lost a database connection',
      )
      options.onConnectionLost?.(error)
    },
  })

  /** Leaves no transaction open on the connection, or no connection. */
  const rollback = async (link: Link): Promise<void> => {
    try {
      await link.run([ROLLBACK])
    } catch {
      link.destroy()
    }
  }

  let fullAt = Number.NEGATIVE_INFINITY
  let toldAt = Number.NEGATIVE_INFINITY
  const noteFull = (error: unknown): void => {
    if (!(error instanceof Fault) || !error.detail?.startsWith('SQLSTATE 53100')) return
    fullAt = performance.now()
    if (fullAt - toldAt < FULL_TOLD_MS) return
    toldAt = fullAt
    log.error({ code: error.code, detail: error.detail }, 'the disk of the database is full: nothing is taken in')
  }

  const withLink = async <T>(use: (link: Link) => Promise<T>): Promise<T> => {
    const link = await links.acquire()
    try {
      return await use(link)
    } catch (error) {
      if (isDemoted(error)) link.destroy()
      noteFull(error)
      throw error
    } finally {
      links.release(link)
    }
  }

  const batch: Database['batch'] = async (tenantIds, statements) => {
    const whole = [BEGIN, setTenants(tenantIds), ...statements, COMMIT]
    return withLink(async (link) => {
      let results: Result[]
      try {
        results = await link.run(whole)
      } catch (error) {
        if (link.isUsable()) await rollback(link)
        throw error
      }
      checkCommitted(results[whole.length - 1], undefined)
      return results.slice(2, -1).map(({ rows }) => rows)
    })
  }

  const transaction: Database['transaction'] = async (tenantIds, run) => {
    const opening = [BEGIN, setTenants(tenantIds)]
    return withLink(async (link) => {
      let first: Error | undefined
      let open = true
      const asked: Promise<unknown>[] = []
      const send = async (statements: readonly Statement[]): Promise<Result[]> => {
        if (!open) throw internal('a transaction was used after its end')
        return link.run(statements)
      }
      /** Notes a failure, so that an answer nobody awaits is neither lost nor an unhandled rejection. */
      const noted = <V>(answer: Promise<V>): Promise<V> => {
        asked.push(
          answer.catch((error: Error) => {
            first ??= error
          }),
        )
        return answer
      }
      const tx: Tx = {
        query: <R extends object = Row>(statement: Statement) =>
          noted(send([statement]).then(([result]) => (result?.rows ?? []) as R[])),
        all: (statements) => noted(send(statements).then((results) => results.map(({ rows }) => rows))),
      }
      const opened = noted(send(opening))
      try {
        const value = await run(tx)
        await opened
        const committing = noted(send([COMMIT]))
        open = false
        const [commit] = await committing
        // Where all answers came in one piece, what failed before is heard of some turns later.
        if (commit?.tag !== 'COMMIT') await Promise.all(asked)
        checkCommitted(commit, first)
        return value
      } catch (error) {
        open = false
        if (link.isUsable()) await rollback(link)
        // 25P02 says only that an earlier statement failed: that one is the news.
        throw sqlState(error) === '25P02' && first !== undefined ? first : error
      }
    })
  }

  const definer: Database['definer'] = async <T extends object = Row>(statement: Statement) =>
    withLink(async (link) => {
      const [result] = await link.run([statement])
      return (result?.rows ?? []) as T[]
    })

  try {
    await withLink((link) => verifyServer(link, applicationRole))
  } catch (error) {
    await links.close()
    throw translate(error)
  }

  return {
    transaction,
    batch,
    definer,
    lock: locks.hold,
    stats: links.stats,
    isFull: () => performance.now() - fullAt < FULL_MS,
    close: async () => {
      await locks.close()
      await links.close()
    },
  }
}

export { isOutcomeUnknown, isTimedOut, sqlState, violatedConstraint } from './errors.ts'
export type { Connection, Log, Row, Statement, Value } from './statement.ts'
