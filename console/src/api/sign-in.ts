import { ApiError, api } from './client.ts'
import { type Me, onOtherTab, signedIn, signedOut } from './session.ts'

const SESSION = '/api/v1/auth/session'
const AWAY_MS = 1_000

/** Asks who is signed in; waits for a server that is away. */
export const openSession = async (): Promise<void> => {
  for (;;) {
    try {
      signedIn(await api<Me>(SESSION), false)
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
}): Promise<void> => signedIn(await api<Me>(SESSION, { method: 'POST', body }), true)

export const signOut = async (): Promise<void> => {
  await api<void>(SESSION, { method: 'DELETE' }).catch(() => undefined)
  signedOut(true)
}
