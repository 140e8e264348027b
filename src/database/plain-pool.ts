import pg from 'pg'
import { KEEP_ALIVE_MS } from './session.ts'
import type { Connection } from './statement.ts'

/** A pool as packages know it, of the owner of the tables: for a package that keeps a schema of its own. */
export const createPlainPool = (
  connection: Connection,
  options: { readonly max: number; readonly name: string },
): pg.Pool => {
  const pool = new pg.Pool({
    ...connection,
    max: options.max,
    application_name: options.name,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
  })
  // A connection lost while idle is replaced when the next is asked for.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}
