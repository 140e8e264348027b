import { Fault } from '../base/faults.ts'
import type { AccessToken, CallAnswer } from './destination.ts'

/** A provider that says longer is taken at this: a token is then simply renewed. */
const TOKEN_SECONDS_MAX = 30 * 86_400

const objectOf = (body: string): Readonly<Record<string, unknown>> => {
  try {
    const read: unknown = JSON.parse(body)
    return typeof read === 'object' && read !== null ? (read as Record<string, unknown>) : {}
  } catch {
    // A page instead of JSON: no token is in it.
    return {}
  }
}

/** The answer of an OAuth 2.0 token endpoint: RFC 6749, sections 5.1 and 5.2. Throws a Fault where it gives no token. */
export const readTokenAnswer = (asked: {
  readonly answer: CallAnswer
  /** ms since 1970 */
  readonly now: number
  readonly host: string
}): AccessToken => {
  const { answer, now, host } = asked
  const { access_token: value, expires_in: seconds, refresh_token: refresh, error } = objectOf(answer.body)
  // A page in its place, with 200, is somebody else's answer: nothing was refused.
  const isElsewhere = answer.status === 200 && value === undefined && error === undefined
  if (answer.status >= 500 || [408, 425, 429].includes(answer.status) || isElsewhere)
    throw new Fault('destination.unavailable', {
      message: `${host} gave no access token: it answered ${answer.status}`,
    })
  if (answer.status !== 200 || typeof value !== 'string' || value === '') {
    // The standard's own codes and nothing else: what a server adds may quote what it was sent.
    const why = typeof error === 'string' && /^[a-z_]{1,60}$/.test(error) ? ` (${error})` : ''
    throw new Fault('destination.credentials', {
      message: `${host} gave no access token: it answered ${answer.status}${why}`,
    })
  }
  const lasts = Number(seconds)
  return {
    value,
    expiresAt: Number.isFinite(lasts) && lasts > 0 ? now + Math.min(lasts, TOKEN_SECONDS_MAX) * 1000 : null,
    refresh: typeof refresh === 'string' && refresh !== '' ? refresh : null,
  }
}
