import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { findPostmaster } from './embedded/server-process.ts'
import type { EmbeddedConnection } from './embedded.ts'

/** The embedded server of a data folder where one runs already, for a command that works beside a serving process. */
export const attachEmbedded = (dataDir: string): EmbeddedConnection | null => {
  const folder = join(resolve(dataDir), 'postgres')
  if (!existsSync(join(folder, 'PG_VERSION'))) return null
  const found = findPostmaster(folder)
  if (found?.status !== 'ready') return null
  return { host: found.socketFolder, port: 5432, user: 'millrace', database: 'millrace' }
}
