/**
 * The key that wraps all others: from the environment, or from a file in the data folder that the first start makes.
 *
 * Only its owner may read the file. It is written whole under another name and then linked, so that two processes that
 * start together use one key, and a crash leaves no half of one.
 */

import type { KeyObject } from 'node:crypto'
import { linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from './base/faults.ts'
import { KEY_BYTES, keyOf, newKeyBytes } from './base/seal.ts'
import type { Config } from './config.ts'
import { makeFolder } from './database/embedded/make-folder.ts'
import type { MasterKeys } from './journal/keyring.ts'
import { PREVIOUS_SUFFIX } from './keys/exchange.ts'
import { localMaster } from './keys/local.ts'
import { vaultMaster } from './keys/vault.ts'
import { createOutbound } from './outbound/outbound.ts'

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
export const openMasterKey = (
  asked: Pick<Config, 'masterKey' | 'dataDir'> & Partial<Pick<Config, 'masterKeyFile'>>,
): MasterKey => {
  const { masterKey, dataDir, masterKeyFile = '' } = asked
  if (masterKey !== undefined) return { key: masterKey, file: undefined, made: false }
  if (masterKeyFile !== '') {
    if (!exists(masterKeyFile))
      throw new Fault('setting_invalid', { message: `MILLRACE_MASTER_KEY_FILE: there is no file ${masterKeyFile}` })
    return { key: readKeyFile(masterKeyFile), file: masterKeyFile, made: false }
  }
  const file = join(dataDir, 'master.key')
  if (exists(file)) return { key: readKeyFile(file), file, made: false }
  const draft = join(dataDir, `master.key.${process.pid}`)
  try {
    makeFolder(dataDir, 0o700)
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

/** How this installation wraps its keys. */
export interface Master {
  readonly keys: MasterKeys
  /** The key's bytes; null where a service holds them. */
  readonly bytes: Buffer | null
  /** The file of a key that was made just now: somebody should back it up. */
  readonly madeFile: string | null
  /** The file it lies in; null: in the environment or a service. */
  readonly file: string | null
  readonly close: () => Promise<void>
}

const ANSWER_BYTES_MAX = 64 * 1024
const CONNECT_TIMEOUT_MS = 5_000

const openVault = (config: Config): Master => {
  const { vaultAddress, vaultToken, vaultTokenFile } = config
  if (!URL.canParse(vaultAddress))
    throw new Fault('setting_invalid', { message: 'VAULT_ADDR: expected an address like https://vault.internal:8200' })
  if (vaultToken === undefined && vaultTokenFile === '')
    throw new Fault('setting_invalid', { message: 'VAULT_TOKEN: missing; set it, or VAULT_TOKEN_FILE' })
  const outbound = createOutbound({
    allow: [new URL(vaultAddress).hostname.replace(/^\[|\]$/g, '')],
    bodyBytesMax: ANSWER_BYTES_MAX,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    connectionsPerOrigin: 4,
  })
  const settings = {
    address: vaultAddress,
    token: () => vaultToken ?? readFileSync(vaultTokenFile, 'utf8').trim(),
    mount: config.vaultMount,
    key: config.vaultKey,
    namespace: config.vaultNamespace === '' ? null : config.vaultNamespace,
  }
  return {
    keys: vaultMaster({ outbound, settings }),
    bytes: null,
    madeFile: null,
    file: null,
    close: outbound.close,
  }
}

/** Throws a Fault `setting_invalid` where there is no key to be had. */
export const openMaster = (config: Config): Master => {
  if (config.vaultAddress !== '') return openVault(config)
  const { key, file, made } = openMasterKey(config)
  // A file may be exchanged while we run: what wraps is what it holds now, and what was before it still opens.
  const read = (): [KeyObject, ...KeyObject[]] => {
    const current = file === undefined || !exists(file) ? key : readKeyFile(file)
    const previous = file === undefined ? '' : `${file}${PREVIOUS_SUFFIX}`
    return [
      current,
      ...(current.equals(key) ? [] : [key]),
      ...(previous !== '' && exists(previous) ? [readKeyFile(previous)] : []),
      ...(config.masterKeyPrevious ? [config.masterKeyPrevious] : []),
    ]
  }
  return {
    keys: localMaster(read),
    bytes: key.export(),
    madeFile: made ? (file ?? null) : null,
    file: file ?? null,
    close: async () => undefined,
  }
}
