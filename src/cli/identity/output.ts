/** Who writes an output: one run at a time, for its progress stands beside it. */
import { statSync } from 'node:fs'
import { Fault, isFault } from '../../base/faults.ts'
import { type FolderLock, lockFile } from '../../database/embedded/folder-lock.ts'

const wrong = (message: string, cause?: unknown): Fault => new Fault('invalid_request', { message, cause })

/** Throws Fault `invalid_request` where nothing can be written there, before any work is done for it. */
export const takeOutput = async (out: string): Promise<FolderLock> => {
  if (statSync(out, { throwIfNoEntry: false })?.isDirectory())
    throw wrong(`--out ${out}: this is a folder; name a file`)
  try {
    return await lockFile({
      file: `${out}.lock`,
      taken: (pid) =>
        `--out ${out}: another run is writing it (process ${pid}). Wait for that one, or give another --out`,
    })
  } catch (cause) {
    if (isFault(cause)) throw cause
    throw wrong(`--out ${out} cannot be written: give another`, cause)
  }
}
