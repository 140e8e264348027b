import type { Query } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useSyncExternalStore } from 'react'
import { queries } from '../api/queries.ts'
import { useSession } from '../api/session.ts'
import type { LeadSummary } from '../api/types.ts'
import { readStream } from './stream.ts'

/** What happened since the last look: the newest changed leads, and how many changed in all. */
export interface LiveBatch {
  readonly items: readonly LeadSummary[]
  readonly changed: number
}

export type LiveState = 'connecting' | 'live' | 'away'

interface Live {
  state(): LiveState
  onState(listener: () => void): () => void
  onBatch(listener: (batch: LiveBatch) => void): () => void
}

const FIRST_WAIT_MS = 500
const WAIT_MS_MAX = 8_000
/** Lists of leads of more pages than this are not asked anew: what changed in them is told by the stream. */
const PAGES_MAX = 5
/** The server says something every 15 seconds, be it that there is nothing to say. */
const SILENT_MS = 40_000

const isLong = ({ queryKey, state: { data } }: Query): boolean => {
  const pages = (data as { readonly pages?: unknown } | null | undefined)?.pages
  return queryKey[0] === 'leads' && Array.isArray(pages) && pages.length > PAGES_MAX
}

const createLive = () => {
  const states = new Set<() => void>()
  const batches = new Set<(batch: LiveBatch) => void>()
  let state: LiveState = 'connecting'
  let lastEventId: string | null = null
  const become = (next: LiveState): void => {
    if (state === next) return
    state = next
    for (const listener of states) listener()
  }
  /** `since`: of before anything was asked, so that nothing falls between the first answer and the line. */
  const run = async (since: string, signal: AbortSignal): Promise<void> => {
    lastEventId ??= since
    let waitMs = FIRST_WAIT_MS
    while (!signal.aborted) {
      try {
        await readStream({
          path: '/api/v1/live',
          lastEventId,
          signal,
          silentMs: SILENT_MS,
          onOpen: () => {
            // What was asked while the server was away is asked again.
            if (state === 'away') void queries.invalidateQueries({ predicate: (query) => !isLong(query) })
            become('live')
            waitMs = FIRST_WAIT_MS
          },
          onEvent: (event) => {
            if (event.id !== null) lastEventId = event.id
            if (event.type !== 'leads') return
            const batch = JSON.parse(event.data) as LiveBatch
            for (const listener of batches) listener(batch)
          },
        })
      } catch {
        // Told by the state; the next try says whether it has passed.
      }
      if (signal.aborted) return
      become('away')
      await new Promise((resolve) => setTimeout(resolve, waitMs))
      waitMs = Math.min(waitMs * 2, WAIT_MS_MAX)
    }
  }
  const live: Live = {
    state: () => state,
    onState: (listener) => {
      states.add(listener)
      return () => states.delete(listener)
    },
    onBatch: (listener) => {
      batches.add(listener)
      return () => batches.delete(listener)
    },
  }
  return { live, run }
}

const LiveContext = createContext<Live | null>(null)

export const LiveProvider = ({ children }: { readonly children: ReactNode }) => {
  const session = useSession()
  const made = useMemo(createLive, [])
  const userId = session?.userId
  // Each look at who is signed in brings a later one.
  const first = useRef(session?.liveMark)
  first.current ??= session?.liveMark
  useEffect(() => {
    if (userId === undefined || first.current === undefined) return
    const abort = new AbortController()
    void made.run(first.current, abort.signal)
    return () => abort.abort()
  }, [made, userId])
  return <LiveContext value={made.live}>{children}</LiveContext>
}

const use = (): Live => {
  const live = useContext(LiveContext)
  if (live === null) throw new Error('outside of LiveProvider')
  return live
}

export const useLiveState = (): LiveState => {
  const live = use()
  return useSyncExternalStore(live.onState, live.state)
}

/** Hears of every batch while the caller is on the screen. */
export const useLiveBatches = (listener: (batch: LiveBatch) => void): void => {
  const live = use()
  const latest = useRef(listener)
  latest.current = listener
  useEffect(() => live.onBatch((batch) => latest.current(batch)), [live])
}
