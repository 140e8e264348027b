import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '../base/faults.ts'
import type { Fingerprint, Stretch, Table } from './tables.ts'

/** One file of a backup: a stretch of a table, as COPY wrote it, packed with gzip. */
export interface Chunk extends Stretch, Fingerprint {
  readonly file: string
  /** Of the file as it lies there. */
  readonly bytes: number
  readonly sha256: string
}

export interface TableBackup extends Table {
  readonly chunks: readonly Chunk[]
}

export interface Manifest {
  readonly format: 1
  /** ISO 8601: when the snapshot was taken. */
  readonly taken_at: string
  readonly server: string
  readonly migrations: readonly { readonly name: string; readonly sha256: string }[]
  /** Master keys that wrap what is in here, by name. Without them nothing personal can be read. */
  readonly master_keys: readonly string[]
  readonly sequences: readonly { readonly name: string; readonly value: string }[]
  readonly tables: readonly TableBackup[]
}

export interface SignedManifest {
  readonly manifest: Manifest
  /** Ed25519 over the JSON of `manifest`, base64, under a key of the installation. */
  readonly signature: string
}

export const MANIFEST = 'backup.json'
/** What an interrupted run has done. */
export const PROGRESS = 'backup.progress.json'

export const writeWhole = (file: string, text: string): void => {
  writeFileSync(`${file}.new`, text, { mode: 0o600, flush: true })
  renameSync(`${file}.new`, file)
}

export const signedText = (manifest: Manifest): Buffer => Buffer.from(`millrace backup 1|${JSON.stringify(manifest)}`)

/** Throws Fault `setting_invalid` where the folder holds no finished backup. */
export const readManifest = (folder: string): SignedManifest => {
  const file = join(folder, MANIFEST)
  if (!existsSync(file))
    throw new Fault('setting_invalid', {
      message: existsSync(join(folder, PROGRESS))
        ? `${folder} holds a backup that was broken off: run the same backup again, and it goes on`
        : `${folder} holds no backup: there is no ${MANIFEST}`,
    })
  try {
    const signed = JSON.parse(readFileSync(file, 'utf8')) as SignedManifest
    if (signed.manifest.format === 1) return signed
  } catch {
    // Said below.
  }
  throw new Fault('setting_invalid', { message: `${file} cannot be read by this version` })
}

export const digestOf = async (file: string): Promise<{ sha256: string; bytes: number }> => {
  const digest = createHash('sha256')
  let bytes = 0
  for await (const part of createReadStream(file)) {
    digest.update(part as Buffer)
    bytes += (part as Buffer).length
  }
  return { sha256: digest.digest('hex'), bytes }
}

export interface FileFlaw {
  readonly file: string
  readonly what: 'missing' | 'changed'
}

/** The first file that is not what was written, or null. `onChunk` hears of each that is whole. */
export const checkFiles = async (
  folder: string,
  manifest: Manifest,
  onChunk: (chunk: Chunk) => void,
): Promise<FileFlaw | null> => {
  for (const table of manifest.tables) {
    for (const chunk of table.chunks) {
      const file = join(folder, chunk.file)
      if (!existsSync(file)) return { file: chunk.file, what: 'missing' }
      if ((await digestOf(file)).sha256 !== chunk.sha256) return { file: chunk.file, what: 'changed' }
      onChunk(chunk)
    }
  }
  return null
}

export const rowsOf = (manifest: Pick<Manifest, 'tables'>): number =>
  manifest.tables.reduce((sum, table) => sum + table.chunks.reduce((rows, chunk) => rows + chunk.rows, 0), 0)
