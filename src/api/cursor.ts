import { Fault } from '../base/faults.ts'
import { isId } from '../base/ids.ts'

/** A cursor is the id the page ended with, written so that nobody builds on its shape. */
export const writeCursor = (id: string): string => Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url')

/** Throws Fault `invalid_request`. */
export const readCursor = (cursor: string): string => {
  const hex = Buffer.from(cursor, 'base64url').toString('hex')
  const id = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
  if (isId(id)) return id
  const message = 'expected a next_cursor of an earlier page'
  throw new Fault('invalid_request', { message: `cursor: ${message}`, problems: [{ field: 'cursor', message }] })
}
