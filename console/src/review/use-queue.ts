import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { ApiError, ask } from '../api/client.ts'
import type { LeadSummary } from '../api/types.ts'
import { keepUnsent } from '../api/unsent.ts'
import { useLiveBatches } from '../live/live.tsx'
import { t } from '../text.ts'

export interface Waiting extends LeadSummary {
  readonly queue: string
  readonly note: string | null
  readonly score: number | null
  readonly claimed_by: string | null
  readonly mine: boolean | null
}

type Decision = 'approve' | 'reject'

interface Decided {
  readonly lead: Waiting
  readonly decision: Decision
  readonly reason: string | null
  readonly timer: ReturnType<typeof setTimeout>
  /** It is sent, or taken back: nobody has to wait for it any more. */
  readonly over: () => void
}

/** So long a decision can be taken back: it is sent after that, or with the next page. */
const UNDO_MS = 6_000
const KEEP_CLAIM_MS = 60_000
const AGAIN_MS = 1_500
/** So many are known beforehand; the next ones come with each decision. */
const AHEAD = 30

/** Also from a page that is being left: the decision goes with it. */
const send = ({ lead, decision, reason }: Decided): Promise<unknown> =>
  ask(`/api/v1/leads/${lead.id}/review`, {
    method: 'PUT',
    keepalive: true,
    body: { decision, ...(reason === null ? {} : { reason }) },
  })

/** The leads that wait, one at a time: claimed, decided, taken back, with the next one loaded beforehand. */
export const useQueue = (queue: string | undefined, sort: 'hottest' | 'newest') => {
  const client = useQueryClient()
  const key = useMemo(() => ['reviews', 'list', queue ?? '', sort] as const, [queue, sort])
  const list = useQuery({
    queryKey: key,
    queryFn: () => ask('/api/v1/reviews', { query: { queue, sort, available: true, limit: AHEAD } }),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  })
  const [done, setDone] = useState<ReadonlySet<string>>(new Set())
  const [skipped, setSkipped] = useState<ReadonlySet<string>>(new Set())
  const [undoable, setUndoable] = useState<Decided | null>(null)
  const [notice, setNotice] = useState('')
  const pending = useRef<Decided | null>(null)

  const free = (list.data?.items ?? []).filter(({ id, mine }) => mine !== false && !done.has(id))
  const fresh = free.filter(({ id }) => !skipped.has(id))
  // Skipped ones come again when nothing else is left.
  const order = fresh.length > 0 ? fresh : free
  const [heldId, setHeldId] = useState<string | null>(null)
  // What is being read stays, whatever hotter one comes in.
  const current = order.find(({ id }) => id === heldId) ?? order[0] ?? null
  const next = order.find(({ id }) => id !== current?.id) ?? null
  const currentId = current?.id ?? null

  const refresh = useCallback(
    () => client.invalidateQueries({ queryKey: ['reviews'] }, { cancelRefetch: false }),
    [client],
  )

  useEffect(() => {
    setHeldId(currentId)
    if (currentId === null) return
    const claim = () =>
      ask(`/api/v1/reviews/${currentId}/claim`, { method: 'PUT' }).catch((error: unknown) => {
        if (!(error instanceof ApiError) || error.isPassing) return
        // Somebody was quicker, or decided it already.
        setNotice(error.message)
        setDone((before) => new Set(before).add(currentId))
        void refresh()
      })
    void claim()
    const keep = setInterval(claim, KEEP_CLAIM_MS)
    return () => clearInterval(keep)
  }, [currentId, refresh])

  const nextId = next?.id ?? null
  useEffect(() => {
    if (nextId === null) return
    void client.prefetchQuery({
      queryKey: ['lead', nextId],
      queryFn: () => ask(`/api/v1/leads/${nextId}`),
      staleTime: 30_000,
    })
    void client.prefetchQuery({
      queryKey: ['lead', nextId, 'events'],
      queryFn: () => ask(`/api/v1/leads/${nextId}/events`, { query: { exchanges: 'hidden' } }),
      staleTime: 30_000,
    })
  }, [client, nextId])

  const flush = useCallback(async (): Promise<void> => {
    const decided = pending.current
    if (decided === null) return
    pending.current = null
    clearTimeout(decided.timer)
    setUndoable(null)
    try {
      await send(decided)
      setNotice('')
    } catch (error) {
      setNotice(`${t('review.failed')} ${(error as Error).message}`)
      setDone((before) => {
        const after = new Set(before)
        after.delete(decided.lead.id)
        return after
      })
    }
    decided.over()
    void refresh()
  }, [refresh])

  const decide = (decision: Decision, reason: string | null): void => {
    if (current === null) return
    void flush()
    const timer = setTimeout(() => void flush(), UNDO_MS)
    const decided = { lead: current, decision, reason, timer, over: keepUnsent(flush) }
    pending.current = decided
    setUndoable(decided)
    setDone((before) => new Set(before).add(current.id))
    setHeldId(next?.id ?? null)
    setNotice('')
  }

  const undo = (): void => {
    const decided = pending.current
    if (decided === null) return
    clearTimeout(decided.timer)
    decided.over()
    pending.current = null
    setUndoable(null)
    setDone((before) => {
      const after = new Set(before)
      after.delete(decided.lead.id)
      return after
    })
    setHeldId(decided.lead.id)
    setNotice(t('review.undone'))
  }

  /** It is with somebody else now. */
  const pass = (): void => {
    if (current === null) return
    setDone((before) => new Set(before).add(current.id))
    setHeldId(next?.id ?? null)
  }

  const skip = (): void => {
    if (current === null) return
    void ask(`/api/v1/reviews/${current.id}/claim`, { method: 'DELETE' }).catch(() => undefined)
    setSkipped((before) => (fresh.length <= 1 ? new Set() : new Set(before).add(current.id)))
    setHeldId(next?.id ?? null)
  }

  useEffect(() => {
    const leave = () => void flush()
    window.addEventListener('pagehide', leave)
    return () => {
      window.removeEventListener('pagehide', leave)
      leave()
    }
  }, [flush])

  const again = useRef<ReturnType<typeof setTimeout> | null>(null)
  useLiveBatches(({ items }) => {
    const concerns = items.some(
      ({ id, status }) => status === 'pending_review' || list.data?.items.some((item) => item.id === id),
    )
    if (!concerns) return
    again.current ??= setTimeout(() => {
      again.current = null
      void refresh()
    }, AGAIN_MS)
  })

  return {
    current,
    waiting: Math.max(0, (list.data?.waiting ?? 0) - (undoable === null ? 0 : 1)),
    queues: list.data?.queues ?? [],
    taken: list.data?.taken ?? 0,
    isLoading: list.isPending,
    error: list.error,
    undoable,
    notice,
    decide,
    skip,
    pass,
    undo,
    refresh,
  }
}
