/** What the outside world can do with a server: submit leads, log in, read. */

import { Agent, request } from 'undici'
import type { Answered } from './people.ts'

export type Sent =
  /** The source was told of a lead. */
  | { readonly told: 'answer'; readonly answer: Answered; readonly body: Readonly<Record<string, unknown>> }
  /** Not taken, and told when to come back. */
  | { readonly told: 'later'; readonly afterMs: number }
  /** No answer, or a part of one: nobody knows. */
  | { readonly told: 'nothing' }
  /** An answer that no source may ever hear. */
  | { readonly told: 'wrong'; readonly what: string }

export interface Client {
  submit(asked: {
    readonly url: string
    readonly key: string
    readonly body: string
    readonly mode?: 'sync' | 'async'
    readonly idempotencyKey?: string | null
  }): Promise<Sent>
  /** Logs in and gives what reads as that user. */
  reader(login: {
    readonly url: string
    readonly email: string
    readonly password: string
  }): Promise<(path: string) => Promise<{ readonly status: number; readonly body: unknown }>>
  close(): Promise<void>
}

const ANSWERS = [200, 201, 202, 409, 422]
const TIMEOUT_MS = 40_000

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null)

export const createClient = (connections: number): Client => {
  const agent = new Agent({ connections, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS })

  const submit: Client['submit'] = async ({ url, key, body, mode = 'sync', idempotencyKey = null }) => {
    let status: number
    let text: string
    let retryAfter: string | undefined
    try {
      const response = await request(mode === 'async' ? `${url}?mode=async` : url, {
        method: 'POST',
        dispatcher: agent,
        headers: {
          authorization: `Bearer ${key}`,
          'content-type': 'application/json',
          ...(idempotencyKey !== null && { 'idempotency-key': idempotencyKey }),
        },
        body,
      })
      status = response.statusCode
      text = await response.body.text()
      retryAfter = response.headers['retry-after']?.toString()
    } catch {
      return { told: 'nothing' }
    }
    if (status === 503) {
      const seconds = Number(retryAfter)
      if (seconds >= 1) return { told: 'later', afterMs: seconds * 1000 }
      return { told: 'wrong', what: `503 with Retry-After ${retryAfter}` }
    }
    const answer = JSON.parse(text) as Readonly<Record<string, unknown>>
    const leadId = textOrNull(answer.lead_id)
    if (!ANSWERS.includes(status) || leadId === null)
      return { told: 'wrong', what: `${status} ${textOrNull(answer.code)}` }
    return {
      told: 'answer',
      answer: { status, leadId, code: textOrNull(answer.code), duplicateOf: textOrNull(answer.duplicate_of) },
      body: answer,
    }
  }

  const reader: Client['reader'] = async ({ url, email, password }) => {
    const login = await request(`${url}/api/v1/auth/login`, {
      method: 'POST',
      dispatcher: agent,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password }),
    })
    const { access_token: token } = (await login.body.json()) as { access_token?: string }
    if (token === undefined) throw new Error(`the demo's login was answered with ${login.statusCode}`)
    return async (path) => {
      const response = await request(`${url}${path}`, {
        dispatcher: agent,
        headers: { authorization: `Bearer ${token}` },
      })
      return { status: response.statusCode, body: await response.body.json() }
    }
  }

  return { submit, reader, close: () => agent.destroy() }
}
