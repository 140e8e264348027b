import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { Fault } from '../base/faults.ts'
import { isFolderHeld } from './embedded/folder-lock.ts'
import { findPostmaster } from './embedded/server-process.ts'
import type { EmbeddedConnection } from './embedded.ts'

/**
 * The embedded server of a data folder that a living Millrace holds, for a command that works beside it. One that a dead
 * process left behind is not for attaching: whoever comes adopts it, and stops it in the end.
 */
export const attachEmbedded = (dataDir: string): EmbeddedConnection | null => {
  const folder = join(resolve(dataDir), 'postgres')
  if (!isFolderHeld(resolve(dataDir))) return null
  if (!existsSync(join(folder, 'PG_VERSION'))) return null
  const found = findPostmaster(folder)
  if (found?.status !== 'ready') return null
  return { host: found.socketFolder, port: 5432, user: 'millrace', database: 'millrace' }
}

/**
 * For what works on data that is there: a folder named wrongly gets no new and empty database, of which all that is asked
 * would be true.
 */
export const requireDatabase = ({
  databaseUrl,
  dataDir,
}: {
  readonly databaseUrl: string | undefined
  readonly dataDir: string
}): void => {
  if (databaseUrl !== undefined || existsSync(join(dataDir, 'postgres', 'PG_VERSION'))) return
  throw new Fault('setting_invalid', {
    message:
      `There is no database in ${resolve(dataDir)}. Name the folder of one with --data or MILLRACE_DATA, or a server with ` +
      'DATABASE_URL; `millrace serve` makes one.',
  })
}

const LOOK_MS = 250
/** Looks after which it is told: sessions of our own may still be closing. */
const LOOKS_UNTOLD = 4

const OTHERS = `
  select count(*)::integer as others from pg_catalog.pg_stat_activity
  where backend_type = 'client backend' and pid <> pg_catalog.pg_backend_pid()`

/**
 * Resolves when an embedded server has no session left, for a command that began it: another command may have attached to
 * it, and would stand without a database.
 */
export const untilUnused = async (superuser: EmbeddedConnection, onShared: () => void): Promise<void> => {
  const client = new pg.Client({ ...superuser, application_name: 'millrace end' })
  client.on('error', () => undefined)
  try {
    await client.connect()
    for (let looks = 1; ; looks += 1) {
      const { rows } = await client.query<{ others: number }>(OTHERS)
      if (rows[0]?.others === 0) return
      if (looks === LOOKS_UNTOLD) onShared()
      await delay(LOOK_MS)
    }
  } catch {
    // It is gone already, and nobody uses it.
  } finally {
    await client.end().catch(() => undefined)
  }
}
