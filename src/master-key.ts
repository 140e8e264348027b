/**
 * The key that wraps all others: from the environment, or from a file in the data folder that the first start makes.
 *
 * Only its owner may read the file. It is written whole under another name and then linked, so that two processes that
 * start together use one key, and a crash leaves no half of one.
 */

import type { KeyObject } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from './base/faults.ts'
import { KEY_BYTES, keyOf, newKeyBytes } from './base/seal.ts'
import type { Config } from './config.ts'

export interface MasterKey {
  readonly key: KeyObject
  /** The file it lies in, or undefined where it came from the environment. */
  readonly file: string | undefined
  /** It was made just now: somebody should back it up. */
  readonly made: boolean
}

const readKeyFile = (file: string): KeyObject => {
  const { mode } = statSync(file)
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new Fault('setting_invalid', { message: `${file} can be read by others. Run: chmod 600 ${file}` })
  }
  const bytes = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64')
  if (bytes.length !== KEY_BYTES) {
    throw new Fault('setting_invalid', {
      message: `${file} holds no key of ${KEY_BYTES} bytes in base64. Restore it from a backup.`,
    })
  }
  return keyOf(bytes)
}

const exists = (file: string): boolean => statSync(file, { throwIfNoEntry: false }) !== undefined

/** Throws a Fault `setting_invalid` where the file cannot be trusted, read or made. */
export const openMasterKey = ({ masterKey, dataDir }: Pick<Config, 'masterKey' | 'dataDir'>): MasterKey => {
  if (masterKey !== undefined) return { key: masterKey, file: undefined, made: false }
  const file = join(dataDir, 'master.key')
  if (exists(file)) return { key: readKeyFile(file), file, made: false }
  const draft = join(dataDir, `master.key.${process.pid}`)
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    writeFileSync(draft, `${newKeyBytes().toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true })
    linkSync(draft, file)
    return { key: readKeyFile(file), file, made: true }
  } catch (error) {
    // Another process was first: its key is the key.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && exists(file))
      return { key: readKeyFile(file), file, made: false }
    if (error instanceof Fault) throw error
    throw new Fault('setting_invalid', {
      message: `MILLRACE_DATA: no key file can be made at ${file} (${(error as Error).message}). Set MILLRACE_MASTER_KEY, or another folder.`,
      cause: error,
    })
  } finally {
    try {
      rmSync(draft, { force: true })
    } catch {
      // Where the folder is no folder, there is no draft either.
    }
  }
}
