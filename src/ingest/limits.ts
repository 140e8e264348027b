import { Fault } from '../base/faults.ts'
import type { Json } from '../kit/field.ts'

/**
 * How large and how deep a submission may be. A lead is a page of form fields: real ones stay below 100 keys and
 * 4 levels, so these bounds turn away only what would cost us more to read than it can be worth.
 */
export const BODY_BYTES_MAX = 1024 * 1024
export const DEPTH_MAX = 16
export const KEYS_MAX = 1_000
/** Members of lists, over the whole body. */
export const ITEMS_MAX = 10_000

export type JsonObject = { [key: string]: Json }

/** An object without a prototype: `__proto__` and `constructor` are names like any other in it. */
export const newObject = (): JsonObject => Object.create(null) as JsonObject

/** Text that Postgres and JSON take: NUL and halves of surrogate pairs become U+FFFD. */
export const storable = (text: string): string =>
  text.isWellFormed() && !text.includes('\0') ? text : text.toWellFormed().replaceAll('\0', '\ufffd')

/** The body can't be read: says where and what was expected, never what stood there. */
export const unreadable = (message: string): Fault =>
  new Fault('unreadable_body', { message, problems: [{ field: 'body', message: message.replace(/^body: /, '') }] })

export const wrongShape = (message: string): Fault =>
  new Fault('invalid_request', { message: `body: ${message}`, problems: [{ field: 'body', message }] })

/** Counts what is read and stops it at the bounds. `enter` is given the depth it enters: 1 for the body itself. */
export interface Budget {
  enter(depth: number): void
  key(): void
  item(): void
}

export const newBudget = (): Budget => {
  let keys = 0
  let items = 0
  return {
    enter: (depth) => {
      if (depth > DEPTH_MAX) throw wrongShape(`expected at most ${DEPTH_MAX} levels`)
    },
    key: () => {
      keys += 1
      if (keys > KEYS_MAX) throw wrongShape(`expected at most ${KEYS_MAX} keys`)
    },
    item: () => {
      items += 1
      if (items > ITEMS_MAX) throw wrongShape(`expected at most ${ITEMS_MAX} list items`)
    },
  }
}
