/** What each session of ours sets, and what a server must be for us to serve from it. */

import { Fault } from '../base/faults.ts'
import type { Link } from './link.ts'

/** Older servers lack `security_invoker` views and `NULLS NOT DISTINCT`. */
export const SERVER_VERSION_MIN = 15

/** Names that need no quoting, so that no quoting can be got wrong. */
export const isSafeIdentifier = (name: string): boolean => /^[a-z_][a-z0-9_]{0,62}$/.test(name)

export interface SessionOptions {
  readonly applicationRole: string
  readonly statementMs: number
}

/** We look for the server after so long a silence; a system's own two hours are the time until a failover is noticed. */
export const KEEP_ALIVE_MS = 15_000

/**
 * Has the server look for us where it has heard nothing for a while: left to a system's two hours, a session whose other
 * end is gone keeps its locks, and a place among the server's connections, for as long.
 */
export const NOTICE_LOSS = 'SET tcp_keepalives_idle = 15; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3'

/**
 * `millrace.tenants` gets an empty array for the session: once set in a transaction, a setting falls back to the
 * session's value, which would else be an empty text that is no array.
 */
export const sessionSql = ({ applicationRole, statementMs }: SessionOptions): string =>
  [
    `SET ROLE ${applicationRole}`,
    `SET search_path = millrace, public`,
    `SET client_encoding = 'UTF8'`,
    `SET timezone = 'UTC'`,
    `SET datestyle = 'ISO'`,
    `SET bytea_output = 'hex'`,
    `SET extra_float_digits = 1`,
    `SET statement_timeout = ${Math.trunc(statementMs)}`,
    `SET idle_in_transaction_session_timeout = ${Math.trunc(statementMs * 2)}`,
    // Every statement of ours goes by a key. A plan made while a table was small and kept after it grew would read it
    // whole: 13 ms instead of 0.3 for a gathered look-up, a minute after an empty start.
    'SET enable_seqscan = off',
    'SET enable_bitmapscan = off',
    'SET enable_hashjoin = off',
    'SET enable_mergejoin = off',
    // Read once and kept for a join, a small table is cheaper than asked by key: 1.2 ms instead of 0.1 for a commit of
    // leads that go on, once the tenant has 2,000.
    'SET enable_material = off',
    // What must be read another way all the same costs 10,000,000,000 in the planner's eyes, and would be compiled first,
    // and spread over processes: 3 s instead of 0.6 ms for a look at what is due, 30 ms instead of 1 for one at holds.
    'SET jit = off',
    'SET max_parallel_workers_per_gather = 0',
    NOTICE_LOSS,
    `SET millrace.tenants = '{}'`,
  ].join('; ')

const refuse = (message: string): never => {
  throw new Fault('setting_invalid', { message })
}

/** Throws a Fault `setting_invalid` that names what to change. */
export const verifyServer = async (link: Link, applicationRole: string): Promise<void> => {
  const [result] = await link.run([
    {
      text: `select current_setting('server_version_num')::int4 as version, rolsuper, rolbypassrls,
               current_setting('server_encoding') as encoding
             from pg_catalog.pg_roles where rolname = current_user`,
    },
  ])
  const row = result?.rows[0]
  const version = Math.floor(Number(row?.version) / 10_000)
  if (!(version >= SERVER_VERSION_MIN)) {
    refuse(`DATABASE_URL: the server is Postgres ${version}; Millrace needs ${SERVER_VERSION_MIN} or newer.`)
  }
  if (row?.encoding !== 'UTF8') {
    refuse(`DATABASE_URL: the database's encoding is ${row?.encoding}; Millrace needs one made with ENCODING 'UTF8'.`)
  }
  const power =
    row?.rolsuper === true
      ? 'a superuser'
      : row?.rolbypassrls === true
        ? 'exempt from row-level security (BYPASSRLS)'
        : undefined
  if (power !== undefined) {
    refuse(
      `Role ${applicationRole} is ${power}, so tenants would not be kept apart. ` +
        `Run: ALTER ROLE ${applicationRole} NOSUPERUSER NOBYPASSRLS`,
    )
  }
}
