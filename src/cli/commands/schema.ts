/** Writes `schema.sql`: the tables as the migrations leave them in an empty database. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dumpSchema } from '../../database/dump-schema.ts'
import { startEmbedded } from '../../database/embedded.ts'
import { migrate } from '../../database/migrate.ts'

const FILE = fileURLToPath(new URL('../../../schema.sql', import.meta.url))

/** Migrates an embedded database in a temporary folder and gives its schema. */
export const migratedSchema = async (): Promise<string> => {
  const outer = mkdtempSync(join(tmpdir(), 'millrace-schema-'))
  try {
    const server = await startEmbedded({ dataDir: outer, settings: { fsync: 'off' }, onLog: () => {} })
    try {
      await migrate({ connection: server.connection, now: 0 })
      return await dumpSchema(server.connection)
    } finally {
      await server.stop()
    }
  } finally {
    rmSync(outer, { recursive: true, force: true })
  }
}

export const writeSchema = async (): Promise<void> => writeFileSync(FILE, await migratedSchema())

if (import.meta.main) {
  await writeSchema()
  console.log('wrote schema.sql')
}
