/** Vitest's global setup for databases: a folder for the run, and an end for the servers that tests started in it. */

import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive } from '../../src/database/embedded/processes.ts'
import { findPostmaster, stopPostmaster } from '../../src/database/embedded/server-process.ts'
import { RUN_FOLDER_VARIABLE } from './database.ts'

const PREFIX = 'millrace-test-'
const STOP_MS = 10_000

const clear = async (folder: string): Promise<void> => {
  for (const version of ['15', '18']) {
    const postmaster = findPostmaster(join(folder, version, 'postgres'))
    if (postmaster !== undefined) await stopPostmaster(postmaster.pid, STOP_MS)
  }
  rmSync(folder, { recursive: true, force: true })
}

/** A run that was killed could not clear up after itself. */
const clearAbandoned = async (): Promise<void> => {
  for (const name of readdirSync(tmpdir())) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]
    if (owner !== undefined && !isAlive(Number(owner))) await clear(join(tmpdir(), name))
  }
}

export const setup = async (): Promise<() => Promise<void>> => {
  await clearAbandoned()
  const folder = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`))
  // As root, the servers run as another user, who must pass through.
  chmodSync(folder, 0o711)
  process.env[RUN_FOLDER_VARIABLE] = folder
  return () => clear(folder)
}
