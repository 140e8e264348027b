/**
 * What the driver and the server throw, in our words.
 *
 * The server quotes values in its messages (`Key (email)=(…) already exists`), and an error's text ends in logs: so
 * nothing of the server's text goes on but for the classes that are known to name objects only.
 */

import { Fault } from '../base/faults.ts'

/** An error the server answered a statement with. */
export interface SqlError extends Error {
  /** Five characters, listed in Postgres' appendix A. */
  readonly sqlState: string
  /** The prepared name of the statement that failed. */
  readonly statement?: string
  readonly constraint?: string
  readonly table?: string
  readonly column?: string
}

/** What pg's errors may carry. */
interface Raw {
  readonly code?: unknown
  readonly message?: unknown
  readonly constraint?: unknown
  readonly table?: unknown
  readonly column?: unknown
  readonly severity?: unknown
}

const SQL_STATE = /^[0-9A-Z]{5}$/

/** The server's code of a failed statement, or undefined where the error is not the server's. */
export const sqlState = (error: unknown): string | undefined => {
  const state = (error as { sqlState?: unknown } | null | undefined)?.sqlState
  return typeof state === 'string' ? state : undefined
}

/** The name of the violated constraint, for 23505, 23503, 23514 and 23502. */
export const violatedConstraint = (error: unknown): string | undefined => {
  const name = (error as { constraint?: unknown } | null | undefined)?.constraint
  return sqlState(error) !== undefined && typeof name === 'string' ? name : undefined
}

const demotions = new WeakSet<Fault>()

/** Whether the server was only read from: it may have been the primary that another is now, and is kept asking in vain by who keeps the session. */
export const isDemoted = (error: unknown): boolean => error instanceof Fault && demotions.has(error)

/**
 * States that mean "not now" whatever the statement was: connection lost (08), out of memory, disk or connections
 * (53), shut down or starting (57P), disk errors (58), the session ended for idling (25P03), the server only read from,
 * as a standby is and one whose disk is nearly full (25006), and a time-out, mostly behind somebody's lock (57014).
 */
const isUnavailable = (state: string): boolean =>
  /^(08|53|58|57P)/.test(state) || ['25P03', '25006', '57014', 'XX000', 'XX001', 'XX002'].includes(state)

/** Classes whose messages name objects, never values: constraints, transactions, syntax and access, settings. */
const NAMES_OBJECTS_ONLY = /^(23|25|26|2B|2F|34|3B|3D|3F|40|42|55)/

const unknownOutcomes = new WeakSet<Fault>()

/** Whether the connection broke after a COMMIT had been sent: the transaction may stand or may not. */
export const isOutcomeUnknown = (error: unknown): boolean => error instanceof Fault && unknownOutcomes.has(error)

const timeouts = new WeakSet<Error>()

/** Whether the server gave the statement up for how long it took: behind a lock, or because of what it asks. */
export const isTimedOut = (error: unknown): boolean => error instanceof Fault && timeouts.has(error)

export interface UnavailableOptions {
  readonly detail: string
  readonly cause?: unknown
  readonly outcomeUnknown?: boolean
}

export const unavailable = ({ detail, cause, outcomeUnknown = false }: UnavailableOptions): Fault => {
  const fault = new Fault('database_unavailable', {
    message: 'The database cannot be reached at the moment. Try again.',
    detail: outcomeUnknown ? `${detail}; a commit was under way, its outcome is unknown` : detail,
    ...(cause === undefined ? {} : { cause }),
  })
  if (outcomeUnknown) unknownOutcomes.add(fault)
  return fault
}

/** A use of this room that our own code must not make. */
export const internal = (detail: string, cause?: unknown): Fault =>
  new Fault('internal', { message: 'Internal error', detail, ...(cause === undefined ? {} : { cause }) })

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

export interface TranslateOptions {
  readonly statement?: string | undefined
  readonly outcomeUnknown?: boolean
}

/** Makes a thrown thing of the driver a Fault `database_unavailable` or a `SqlError` without values in it. */
export const translate = (error: unknown, { statement, outcomeUnknown = false }: TranslateOptions = {}): Error => {
  if (error instanceof Fault || sqlState(error) !== undefined) return error as Error
  const raw: Raw = typeof error === 'object' && error !== null ? error : {}
  const code = text(raw.code)
  const fromServer = raw.severity !== undefined && code !== undefined && SQL_STATE.test(code)
  if (!fromServer) {
    const detail = code ?? (error instanceof Error ? error.message : 'connection lost')
    return unavailable({ detail, outcomeUnknown })
  }
  const where = statement === undefined ? '' : ` in ${statement}`
  if (isUnavailable(code)) {
    const fault = unavailable({ detail: `SQLSTATE ${code}${where}`, outcomeUnknown })
    if (code === '57014') timeouts.add(fault)
    if (code === '25006') demotions.add(fault)
    return fault
  }
  const words = NAMES_OBJECTS_ONLY.test(code) ? (text(raw.message) ?? '') : 'see the code'
  const constraint = text(raw.constraint)
  const table = text(raw.table)
  const column = text(raw.column)
  return Object.assign(new Error(`SQLSTATE ${code}${where}: ${words}`), {
    name: 'SqlError',
    sqlState: code,
    ...(statement === undefined ? {} : { statement }),
    ...(constraint === undefined ? {} : { constraint }),
    ...(table === undefined ? {} : { table }),
    ...(column === undefined ? {} : { column }),
  }) satisfies SqlError
}
