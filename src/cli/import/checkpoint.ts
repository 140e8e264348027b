import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CsvFile } from './csv-file.ts'
import type { Totals } from './totals.ts'

/** How far an import has come: every row before `offset` is durable and counted in `totals`. */
export interface Checkpoint {
  readonly version: 1
  /** `--map`, as it counted. */
  readonly renamed: readonly string[]
  /** The next row: its byte, and its line from 1. */
  readonly offset: number
  readonly line: number
  readonly finished: boolean
  readonly totals: Totals
  readonly rejects: { readonly file: string; readonly bytes: number }
}

const CHUNK_BYTES = 1024 * 1024

/** SHA-256 of a file's content, hex. */
export const digestOf = async (handle: Pick<CsvFile, 'read'>, isStopped: () => boolean): Promise<string | null> => {
  const hash = createHash('sha256')
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
  for (let position = 0; ; ) {
    const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, position)
    if (bytesRead === 0) return hash.digest('hex')
    if (isStopped()) return null
    hash.update(chunk.subarray(0, bytesRead))
    position += bytesRead
  }
}

/**
 * Name of an import: the same file into the same source, whatever the file is called.
 */
export const importId = (what: {
  readonly digest: string
  readonly tenantId: string
  readonly flow: string
  readonly source: string
}): string =>
  createHash('sha256')
    .update(JSON.stringify([what.digest, what.tenantId, what.flow, what.source]))
    .digest('hex')
    .slice(0, 32)

export interface Checkpoints {
  /** Null where there is none, or none that can be read: the rows are sent again then, and find their leads. */
  read(): Checkpoint | null
  write(checkpoint: Checkpoint): void
}

/** Stands in the data folder, `imports/<id>.json`. It holds counts and line numbers, no personal data. */
export const checkpointsOf = (dataDir: string, id: string): Checkpoints => {
  const folder = join(dataDir, 'imports')
  const file = join(folder, `${id}.json`)
  return {
    read: () => {
      try {
        const read = JSON.parse(readFileSync(file, 'utf8')) as Checkpoint
        return read.version === 1 ? read : null
      } catch {
        return null
      }
    },
    write: (checkpoint) => {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      // A name of its own: the same file may be imported twice at once.
      const unfinished = `${file}.${process.pid}.new`
      writeFileSync(unfinished, JSON.stringify(checkpoint), { mode: 0o600 })
      renameSync(unfinished, file)
    },
  }
}
