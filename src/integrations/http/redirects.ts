import type { AttemptResult, Call, CallAnswer } from '../../kit/destination.ts'
import type { HttpSettings } from './settings.ts'

/** Where a redirect leads, as far as the settings let it. */

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]

export const isRedirect = ({ status, headers }: CallAnswer): boolean =>
  REDIRECTS.includes(status) && headers.location !== undefined

const refusal = (reason: string): AttemptResult => ({
  outcome: 'error',
  reason,
  code: 'setting_invalid',
  retryAfterMs: null,
})

/** A POST that was answered with 301, 302 or 303 goes on as a GET, as every browser does: RFC 9110, section 15.4. */
const turnsToGet = (status: number, method: Call['method']): boolean =>
  status === 303 || ((status === 301 || status === 302) && method === 'POST')

const withoutBody = (headers: Call['headers']): Call['headers'] =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('content-') && name !== 'soapaction'))

/** The next call, or why there is none. */
export const redirected = (asked: {
  readonly call: Call
  readonly answer: CallAnswer
  readonly settings: HttpSettings
}): { readonly call: Call } | { readonly result: AttemptResult } => {
  const { call, answer, settings } = asked
  const target = URL.parse(answer.headers.location ?? '', call.url)
  const from = new URL(call.url)
  if (target === null || (answer.headers.location ?? '').includes('[redacted]'))
    return {
      result: {
        outcome: 'error',
        reason: `Answered ${answer.status} with an address that cannot be followed`,
        // From a journal, which keeps no queries: the call is made anew where that does no harm.
        code: turnsToGet(answer.status, call.method) ? 'destination.unknown_outcome' : 'destination.unavailable',
        retryAfterMs: null,
      },
    }
  target.hash = ''
  const own = new URL(settings.url.replaceAll(/\{[{%].*?[%}]\}/g, ''))
  if (target.host !== own.host && settings.redirect_hosts?.includes(target.host) !== true)
    return {
      result: refusal(`Answered ${answer.status}, to ${target.host}: name that host in redirect_hosts to follow`),
    }
  // Who answers must not choose how we call: `file:` and `sftp:` are calls too, and a file's host says nothing.
  if (target.protocol !== 'https:' && (from.protocol === 'https:' || target.protocol !== 'http:'))
    return {
      result: refusal(
        `Answered ${answer.status}, from ${from.protocol.replace(':', '')} to ${target.protocol.replace(':', '')}: not followed`,
      ),
    }
  return {
    call: turnsToGet(answer.status, call.method)
      ? { method: 'GET', url: target.href, headers: withoutBody(call.headers), body: null }
      : { ...call, url: target.href },
  }
}
