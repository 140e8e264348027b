import { resolve } from 'node:path'
import { type BackupProgress, takeBackup } from '../../backup/backup.ts'
import { checkFiles, MANIFEST, type Manifest, readManifest, rowsOf, signedText } from '../../backup/manifest.ts'
import { type RestoreProgress, restoreBackup } from '../../backup/restore.ts'
import { Fault } from '../../base/faults.ts'
import type { Connection } from '../../database/pool.ts'
import type { House } from '../../house.ts'
import { signingKey } from '../../journal/anchors.ts'
import type { MasterKeys } from '../../journal/keyring.ts'
import { verifySignature } from '../../journal/signatures.ts'
import { createProgress } from '../import/progress.ts'

interface Common {
  readonly folder: string
  readonly openHouse: () => Promise<House>
  readonly output: NodeJS.WritableStream
  readonly progress: NodeJS.WriteStream
  readonly json: boolean
}

const megabytes = (manifest: Manifest): string => {
  const bytes = manifest.tables.flatMap(({ chunks }) => chunks).reduce((sum, chunk) => sum + chunk.bytes, 0)
  return (bytes / 1_000_000).toFixed(1)
}

/** One bar over rows; made with the first figure, since only then it is known how many there are. */
const bar = ({ progress, json }: Common) => {
  let shown: ReturnType<typeof createProgress> | null = null
  return {
    to: (rows: number, of: number) => {
      shown ??= createProgress({ output: progress, silent: json, total: of, from: { done: 0, rows: 0 } })
      shown.update({ done: rows, rows })
    },
    end: () => {
      shown?.end()
      shown = null
    },
  }
}

/** `./millrace backup FOLDER` */
export const runBackup = async (options: Common & { readonly check: boolean }): Promise<number> => {
  const { folder, output, json } = options
  if (options.check) return runCheck(options)
  const house = await options.openHouse()
  const shown = bar(options)
  try {
    const { manifest, reused } = await takeBackup({
      connection: house.connection,
      folder: resolve(folder),
      key: signingKey(house.keyring, 'backup'),
      now: house.clock.now(),
      onProgress: ({ rows, of }: BackupProgress) => shown.to(rows, of),
    })
    shown.end()
    const flaw = await checkFiles(resolve(folder), manifest, () => undefined)
    if (flaw)
      throw new Fault('internal', {
        message: `${flaw.file} is ${flaw.what} just after it was written: look at the disk`,
      })
    const rows = rowsOf(manifest)
    output.write(
      json
        ? `${JSON.stringify({ ok: true, folder: resolve(folder), taken_at: manifest.taken_at, tables: manifest.tables.length, rows, reused_files: reused })}\n`
        : [
            `Backed up ${rows.toLocaleString('en-US')} rows of ${manifest.tables.length} tables (${megabytes(manifest)} MB) as of ${manifest.taken_at}.`,
            'The master key is not in it: keep that elsewhere, or this is worth nothing. Keep the erasure ledger apart, too.',
            '',
          ].join('\n'),
    )
    return 0
  } finally {
    shown.end()
    await house.close(0)
  }
}

/** Whether all files of a backup are as they were written; the database is not needed. */
const runCheck = async (options: Common): Promise<number> => {
  const { folder, output, json } = options
  const { manifest } = readManifest(resolve(folder))
  const shown = bar(options)
  const of = rowsOf(manifest)
  let rows = 0
  const flaw = await checkFiles(resolve(folder), manifest, (chunk) => {
    rows += chunk.rows
    shown.to(rows, of)
  })
  shown.end()
  output.write(
    json
      ? `${JSON.stringify({ ok: flaw === null, taken_at: manifest.taken_at, rows: of, flaw })}\n`
      : flaw
        ? `Broken: ${flaw.file} is ${flaw.what}.\n`
        : `Whole: ${of.toLocaleString('en-US')} rows as of ${manifest.taken_at}; every file is as it was written.\n`,
  )
  return flaw ? 1 : 0
}

/** `./millrace restore FOLDER` */
export const runRestore = async (
  options: Common & {
    readonly overwrite: boolean
    readonly master: MasterKeys
    readonly openConnection: () => Promise<{ connection: Connection; stop: () => Promise<void> }>
    readonly now: number
  },
): Promise<number> => {
  const { output, json, overwrite, master } = options
  const folder = resolve(options.folder)
  const { manifest, signature } = readManifest(folder)
  const strange = manifest.master_keys.filter((name) => !master.knows(name))
  if (strange.length > 0)
    throw new Fault('setting_invalid', {
      message: `MILLRACE_MASTER_KEY: this backup is sealed under another master key (${strange.join(', ')}; here is ${master.current()}). Give that one too, as MILLRACE_MASTER_KEY_PREVIOUS. Nothing was touched.`,
    })
  const database = await options.openConnection()
  let rows = 0
  let what: RestoreProgress['what'] | null = null
  let shown = bar(options)
  try {
    rows = await restoreBackup({
      connection: database.connection,
      folder,
      manifest,
      overwrite,
      now: options.now,
      onProgress: (progress) => {
        if (progress.what !== what) {
          shown.end()
          shown = bar(options)
          if (!json) options.progress.write(`${progress.what}\n`)
        }
        what = progress.what
        shown.to(progress.rows, progress.of)
      },
    })
  } finally {
    shown.end()
    await database.stop()
  }
  // Opening it carries out again what the erasure ledger remembers.
  const house = await options.openHouse()
  try {
    const isOurs = verifySignature(signingKey(house.keyring, 'backup'), signedText(manifest), signature)
    if (!isOurs)
      throw new Fault('internal', {
        message: `Restored, but ${MANIFEST} is not what this installation signed: somebody changed it. Don't serve from it.`,
      })
    output.write(
      json
        ? `${JSON.stringify({ ok: true, rows, taken_at: manifest.taken_at })}\n`
        : `Restored ${rows.toLocaleString('en-US')} rows as of ${manifest.taken_at}, and carried out again what the erasure ledger remembers.\n`,
    )
    return 0
  } finally {
    await house.close(0)
  }
}
