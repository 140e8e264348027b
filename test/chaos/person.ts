/** The person who settles deliveries of unknown outcome: asks the destination what it knows, and says so. */

import { setTimeout as pause } from 'node:timers/promises'
import { Agent, request } from 'undici'
import type { Liar } from './liar.ts'
import type { Standing } from './standing.ts'

export interface Person {
  settled(): number
  stop(): Promise<void>
}

const LOOK_MS = 400
/** What was on its way has arrived by then: only then can the destination be asked. */
const SURE_MS = 4_000

export const startPerson = (options: {
  readonly standing: Standing
  readonly admin: { readonly email: string; readonly password: string }
  readonly liar: Liar
}): Person => {
  const { standing, admin, liar } = options
  const agent = new Agent({ connections: 4 })
  const seen = new Map<string, number>()
  let settled = 0
  let stopped = false
  let token: string | null = null

  const ask = async (method: 'GET' | 'POST', path: string, body?: object) => {
    const { url } = await standing.ready()
    const response = await request(`${url}${path}`, {
      method,
      dispatcher: agent,
      headersTimeout: 10_000,
      headers: {
        'content-type': 'application/json',
        ...(token !== null && { authorization: `Bearer ${token}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    return { status: response.statusCode, body: (await response.body.json()) as Record<string, unknown> }
  }

  const round = async (): Promise<void> => {
    if (token === null) {
      const login = await ask('POST', '/api/v1/auth/login', admin)
      token = typeof login.body.access_token === 'string' ? login.body.access_token : null
      if (token === null) return
    }
    const list = await ask('GET', '/api/v1/deliveries?state=unknown&limit=200')
    if (list.status === 401) token = null
    if (list.status !== 200) return
    const now = performance.now()
    for (const { id, lead_id: leadId } of list.body.items as { id: string; lead_id: string }[]) {
      const since = seen.get(id) ?? now
      seen.set(id, since)
      if (now - since < SURE_MS) continue
      const has = (liar.of(id)?.effects ?? 0) > 0
      const { status } = await ask('POST', `/api/v1/leads/${leadId}/deliveries/${id}/settle`, {
        outcome: has ? 'delivered' : 'send_again',
        reason: has ? 'They have it' : 'They do not have it',
      })
      if (status === 202) {
        settled += 1
        seen.delete(id)
      }
    }
  }

  const running = (async () => {
    while (!stopped) {
      await round().catch(() => undefined)
      await pause(LOOK_MS)
    }
  })()

  return {
    settled: () => settled,
    stop: async () => {
      stopped = true
      await running
      await agent.destroy()
    },
  }
}
