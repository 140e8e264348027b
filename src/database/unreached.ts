/** Why there is no session with the database, in words for whoever set its address: which, why, and what to do. */

import { Fault } from '../base/faults.ts'
import { translate } from './errors.ts'
import type { Connection } from './statement.ts'

interface Place {
  /** Host and port. */
  readonly at: string
  readonly user: string
  readonly database: string
}

/** The parts of the address that are no secret; null for the embedded server, whose address is nobody's to mend. */
const placeOf = (connection: Connection): Place | null => {
  if (!('connectionString' in connection) || !URL.canParse(connection.connectionString)) return null
  const { hostname, port, username, pathname } = new URL(connection.connectionString)
  const decoded = (text: string): string => {
    try {
      return decodeURIComponent(text)
    } catch {
      return text
    }
  }
  const user = decoded(username)
  return { at: `${hostname}:${port || '5432'}`, user, database: decoded(pathname.slice(1)) || user }
}

/** What the server says of who may come in: its states, in our words. */
const refusalOf = (state: string, { at, user, database }: Place): string | null => {
  switch (state) {
    case '28P01':
      return (
        `the server at ${at} does not take the password of the user "${user}". ` +
        'Signs other than letters and digits must be percent-encoded in it'
      )
    case '28000':
      return `the server at ${at} does not let the user "${user}" in: no such user, or its pg_hba.conf says no`
    case '3D000':
      return (
        `the server at ${at} has no database "${database}". ` +
        `As an administrator, run: CREATE DATABASE "${database}" OWNER "${user}" ENCODING 'UTF8'`
      )
    case '42501':
      return (
        `the user "${user}" may not make a schema in the database "${database}" at ${at}. ` +
        `As an administrator, run: ALTER DATABASE "${database}" OWNER TO "${user}"`
      )
    case '53300':
      return `the server at ${at} has no connection left for the user "${user}"`
    case '57P03':
      return `the server at ${at} is starting or stopping. Try again in a moment`
    default:
      return null
  }
}

/** States that pass by themselves. */
const NOT_NOW = new Set(['53300', '57P03'])

const SQL_STATE = /^[0-9A-Z]{5}$/

/** Makes what was thrown on the way to a first session a Fault that names the place; else as `translate` does. */
export const unreached = (error: unknown, connection: Connection): Error => {
  const place = placeOf(connection)
  if (place === null || error instanceof Fault) return translate(error)
  const { code, severity } = error as { readonly code?: unknown; readonly severity?: unknown }
  const isServers = severity !== undefined && typeof code === 'string' && SQL_STATE.test(code)
  const refusal = isServers ? refusalOf(code, place) : null
  if (refusal !== null)
    return new Fault(NOT_NOW.has(String(code)) ? 'database_unavailable' : 'setting_invalid', {
      message: `DATABASE_URL: ${refusal}.`,
      detail: `SQLSTATE ${code}`,
    })
  const translated = translate(error)
  if (!(translated instanceof Fault) || translated.code !== 'database_unavailable') return translated
  return new Fault('database_unavailable', {
    message: `DATABASE_URL: the database at ${place.at} cannot be reached. See that it runs there, and may be reached from here.`,
    ...(translated.detail !== undefined && { detail: translated.detail }),
    cause: error,
  })
}
