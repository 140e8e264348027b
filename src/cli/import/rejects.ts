import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, realpathSync, writeSync } from 'node:fs'
import { resolve } from 'node:path'
import { Fault } from '../../base/faults.ts'

/** The rows that could not be read: line number, reason, and the row as it stands in the file, byte for byte. */
export interface Rejects {
  write(row: { readonly line: number; readonly reason: string; readonly bytes: Buffer }): void
  /** Bytes written, over all runs of the import. */
  size(): number
  close(): void
}

const HEADER = 'line,reason,row\r\n'
const QUOTE = 0x22

/** A sheet takes a cell that begins so for a formula, and may run it. */
const FORMULA = new Set(['=', '+', '-', '@', '\t', '\r'].map((sign) => sign.charCodeAt(0)))

const quoted = (bytes: Buffer): Buffer => {
  const parts: number[] = [QUOTE]
  if (FORMULA.has(bytes[0] ?? 0)) parts.push(0x27)
  for (const byte of bytes) {
    if (byte === QUOTE) parts.push(QUOTE)
    parts.push(byte)
  }
  parts.push(QUOTE)
  return Buffer.from(parts)
}

/** Where the rejects of a file go. Throws Fault `invalid_request` where that is the file itself. */
export const rejectsFileOf = (input: string, asked: string | undefined): string => {
  const file = resolve(asked ?? `${input}.rejects.csv`)
  if (existsSync(file) && realpathSync(file) === realpathSync(input))
    throw new Fault('invalid_request', { message: `--rejects ${asked}: this is the file to import` })
  return file
}

/**
 * Made when the first row is written; readable by its owner only, since it holds what the file holds. `from`: the bytes
 * that an interrupted run wrote for rows now counted; what it wrote beyond them is cut off.
 */
export const openRejects = (options: { readonly file: string; readonly from: number }): Rejects => {
  const { file, from } = options
  let handle: number | null = null
  let size = from
  const put = (to: number, bytes: Buffer): void => {
    for (let at = 0; at < bytes.length; ) at += writeSync(to, bytes, at, bytes.length - at, size + at)
    size += bytes.length
  }
  const open = (): number => {
    try {
      const isKept = from > 0 && existsSync(file)
      const opened = openSync(file, isKept ? 'r+' : 'w', 0o600)
      // Somebody may have taken rows out of it in the meantime: what is left stands, and nothing is made up.
      size = isKept ? Math.min(from, fstatSync(opened).size) : 0
      if (isKept) ftruncateSync(opened, size)
      if (size === 0) put(opened, Buffer.from(HEADER))
      return opened
    } catch (cause) {
      throw new Fault('invalid_request', {
        message: `A row could not be read, and the rejects file ${file} cannot be written. Give another: --rejects FILE`,
        cause,
      })
    }
  }
  return {
    write: ({ line, reason, bytes }) => {
      handle ??= open()
      put(handle, Buffer.concat([Buffer.from(`${line},"${reason}",`), quoted(bytes), Buffer.from('\r\n')]))
    },
    size: () => size,
    close: () => {
      if (handle !== null) closeSync(handle)
      handle = null
    },
  }
}
