import { ApiError, ask } from './client.ts'
import { onOtherTab, signedIn, signedOut } from './session.ts'
import { sendUnsent } from './unsent.ts'

const SESSION = '/api/v1/auth/session'
const AWAY_MS = 1_000

/** Asks who is signed in; waits for a server that is away. */
export const openSession = async (): Promise<void> => {
  for (;;) {
    try {
      signedIn(await ask(SESSION), false)
      return
    } catch (error) {
      if (!(error instanceof ApiError) || !error.isPassing) return signedOut(false)
      await new Promise((resolve) => setTimeout(resolve, AWAY_MS))
    }
  }
}

onOtherTab(() => void openSession())

export const signIn = async (body: {
  readonly email: string
  readonly password: string
  readonly code?: string
  readonly tenant?: string
}): Promise<void> => signedIn(await ask(SESSION, { method: 'POST', body }), true)

/** Goes on in another tenant; this session ends. */
export const switchTenant = async (tenant: string, code?: string): Promise<void> => {
  await sendUnsent()
  const { session } = await ask('/api/v1/auth/switch', {
    method: 'POST',
    body: { tenant, ...(code === undefined ? {} : { code }) },
  })
  signedIn(session, true)
}

/**
 * Leads to the tenant's own provider and back. Asked first without going there: a tenant that has none says so here.
 */
export const signOn = async (tenant: string): Promise<void> => {
  const address = `/api/v1/auth/sso/${encodeURIComponent(tenant)}`
  const answer = await fetch(address, { redirect: 'manual' })
  if (answer.type === 'opaqueredirect') return location.assign(address)
  const problem = (await answer.json().catch(() => ({}))) as { detail?: string }
  throw new Error(problem.detail ?? String(answer.status))
}

export const signOut = async (): Promise<void> => {
  await sendUnsent()
  await ask(SESSION, { method: 'DELETE' }).catch(() => undefined)
  signedOut(true)
}
