/**
 * What somebody did and can still take back is not sent yet. It belongs to the session it was done in: before that
 * session ends, here or in another tab, it is sent.
 */
type Send = () => Promise<void>

const LOCK = 'millrace.unsent'
/** Who waits for other tabs does not wait for ever: one may be asleep. */
const OTHERS_MS = 3_000

const sends = new Set<Send>()
const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('millrace.leaving')

const sendOwn = async (): Promise<void> => {
  await Promise.all([...sends].map((send) => send()))
}
if (channel !== null) channel.onmessage = () => void sendOwn()

/** Has this sent before the session ends; answers how to let go of it. Other tabs wait until then. */
export const keepUnsent = (send: Send): (() => void) => {
  let release = (): void => undefined
  const kept = new Promise<void>((resolve) => {
    release = resolve
  })
  // Each its own, also where one function sends them all: the end of one lets go of no other.
  const own: Send = () => send()
  sends.add(own)
  // Where a page is not served safely there are no locks: then other tabs only tell each other.
  void navigator.locks?.request(LOCK, { mode: 'shared' }, () => kept)
  return () => {
    sends.delete(own)
    release()
  }
}

/** All that waits in any tab is sent. */
export const sendUnsent = async (): Promise<void> => {
  channel?.postMessage('leaving')
  await sendOwn()
  const signal = AbortSignal.timeout(OTHERS_MS)
  await navigator.locks?.request(LOCK, { mode: 'exclusive', signal }, () => undefined).catch(() => undefined)
}
