import { useSyncExternalStore } from 'react'

/**
 * Who is signed in here, and what they may do. The session itself is a cookie that no script can read; every tab has
 * the same. What is kept here is gone with the page, and asked for anew.
 */
export interface Session {
  readonly userId: string
  readonly email: string | null
  readonly role: string
  readonly tenant: { readonly id: string; readonly slug: string; readonly name: string }
  readonly permissions: readonly string[]
  readonly secondFactor: boolean
  readonly csrf: string | null
  /** From where on what changes is to be heard of. */
  readonly liveMark: string
}

/** What the server says of whoever asks. */
export interface Me {
  readonly id: string
  readonly email: string | null
  readonly role: string
  readonly tenant: { readonly id: string; readonly slug: string; readonly name: string }
  readonly permissions: readonly string[]
  readonly second_factor: boolean
  readonly csrf_token: string | null
  readonly live_mark: string
}

const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('millrace.session')
const listeners = new Set<() => void>()
let current: Session | null = null

const set = (session: Session | null): void => {
  current = session
  for (const listener of listeners) listener()
}

export const sessionOf = (me: Me): Session => ({
  userId: me.id,
  email: me.email,
  role: me.role,
  tenant: me.tenant,
  permissions: me.permissions,
  secondFactor: me.second_factor,
  csrf: me.csrf_token,
  liveMark: me.live_mark,
})

/** `isNew`: somebody has just signed in, and the other tabs are to hear of it. */
export const signedIn = (me: Me, isNew: boolean): void => {
  set(sessionOf(me))
  if (isNew) channel?.postMessage('changed')
}

export const signedOut = (isHere: boolean): void => {
  set(null)
  if (isHere) channel?.postMessage('changed')
}

export const session = (): Session | null => current

export const useSession = (): Session | null =>
  useSyncExternalStore((listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }, session)

/** Another tab signed in or out. */
export const onOtherTab = (listener: () => void): void => {
  if (channel !== null) channel.onmessage = listener
}
