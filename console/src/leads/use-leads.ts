import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { ask } from '../api/client.ts'
import { session } from '../api/session.ts'
import type { LeadSummary } from '../api/types.ts'
import { useLiveBatches } from '../live/live.tsx'
import type { LeadSearch } from '../router.tsx'
import { newestFirst } from './newest-first.ts'

const PAGE = 200
/** New rows kept before the pages are asked anew: memory stays flat however fast leads come in. */
const FRESH_MAX = 1_000
/** The rows on the screen are drawn anew at most this often while leads stream in. */
const DRAW_MS = 400
/** What was passed over is asked for once nothing was for so long: while leads stream in it would be again and again. */
const CALM_MS = 2_000

const assigneeOf = (asked: string): string => (asked === 'me' ? (session()?.userId ?? '') : asked)

const matches = (lead: LeadSummary, search: LeadSearch): boolean =>
  (search.flow === undefined || lead.flow === search.flow) &&
  (search.source === undefined || lead.source === search.source) &&
  (search.outcome === undefined || lead.outcome === search.outcome) &&
  (search.status === undefined || lead.status === search.status) &&
  (search.code === undefined || search.code.split(',').includes(lead.code ?? '')) &&
  (search.test === undefined || lead.test === (search.test === 'yes')) &&
  (search.assignee === undefined ||
    (search.assignee === 'none' ? lead.assignee === null : lead.assignee === assigneeOf(search.assignee))) &&
  (search.from === undefined || lead.received_at >= new Date(search.from).toISOString()) &&
  (search.to === undefined || lead.received_at < new Date(search.to).toISOString())

export interface Leads {
  readonly rows: readonly LeadSummary[]
  /** New ones that came while the reader was somewhere in the middle: shown when asked for. */
  readonly waiting: number
  readonly showWaiting: () => void
  readonly isLoading: boolean
  readonly isFetchingMore: boolean
  readonly hasMore: boolean
  readonly more: () => void
  readonly error: Error | null
  readonly retry: () => void
}

/** The leads of a filter, newest first, page by page, with what comes in live. `follow`: the reader is at the top. */
export const useLeads = (search: LeadSearch, follow: () => boolean): Leads => {
  const client = useQueryClient()
  const key = useMemo(() => ['leads', search] as const, [search])
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) =>
      ask('/api/v1/leads', {
        query: { ...search, limit: PAGE, ...(pageParam === '' ? {} : { cursor: pageParam }) },
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
    staleTime: 30_000,
  })
  const [fresh, setFresh] = useState<readonly LeadSummary[]>([])
  const pending = useRef<Map<string, LeadSummary>>(new Map())
  const [waiting, setWaiting] = useState(0)
  /** When more changed than was told of each; null once the pages were asked anew. */
  const missedAt = useRef<number | null>(null)

  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter begins without what the last one gathered
  useEffect(() => {
    pending.current.clear()
    missedAt.current = null
    setFresh([])
    setWaiting(0)
  }, [key])

  const known = useMemo(() => {
    const ids = new Map<string, LeadSummary>()
    for (const page of query.data?.pages ?? []) for (const lead of page.items) ids.set(lead.id, lead)
    return ids
  }, [query.data])

  const merge = (calmMs = CALM_MS) => {
    const news = pending.current
    const isAnew = missedAt.current !== null && performance.now() - missedAt.current >= calmMs
    if (news.size === 0 && !isAnew) return
    pending.current = new Map()
    setWaiting(0)
    setFresh((before) => {
      const all = newestFirst(before, news.values())
      if (all.length <= FRESH_MAX && !isAnew) return all
      missedAt.current = null
      void client.resetQueries({ queryKey: key })
      return []
    })
  }

  /** Rows that are there already change where they stand; what is new waits until it is wanted. */
  const touch = (): void => {
    const shown = new Set(fresh.map(({ id }) => id))
    const changed = [...pending.current.values()].filter(({ id }) => known.has(id) || shown.has(id))
    if (changed.length > 0 && fresh.length + changed.length <= FRESH_MAX) {
      for (const { id } of changed) pending.current.delete(id)
      setFresh((before) => newestFirst(before, changed))
    }
    setWaiting(pending.current.size)
  }
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null)
  const draw = useRef(touch)
  const drawSoon = (): void => {
    timer.current ??= setTimeout(() => {
      timer.current = null
      draw.current()
    }, DRAW_MS)
  }
  draw.current = () => {
    if (follow()) merge()
    else touch()
    // Looked at again until the pages were asked anew, be it once the reader is back at the top.
    if (missedAt.current !== null) drawSoon()
  }

  useEffect(() => () => (timer.current === null ? undefined : clearTimeout(timer.current)), [])
  useLiveBatches(({ items, changed }) => {
    if (changed > items.length) missedAt.current = performance.now()
    // One that is older than all that is loaded comes with its page.
    const oldest = query.hasNextPage ? (query.data?.pages.at(-1)?.items.at(-1)?.id ?? '') : ''
    for (const lead of items) {
      if (known.has(lead.id) || (lead.id > oldest && matches(lead, search))) pending.current.set(lead.id, lead)
    }
    // One more than is drawn: once they are wanted, the pages are asked anew, and none is missed.
    for (const id of pending.current.keys()) {
      if (pending.current.size <= FRESH_MAX + 1) break
      pending.current.delete(id)
    }
    drawSoon()
  })

  const rows = useMemo(() => {
    const changed = new Map(fresh.map((lead) => [lead.id, lead]))
    const paged = [...known.values()].map((lead) => changed.get(lead.id) ?? lead)
    const added = fresh.filter(({ id }) => !known.has(id))
    return added.length === 0 ? paged : [...added, ...paged]
  }, [known, fresh])

  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query
  return {
    rows,
    waiting,
    showWaiting: () => merge(0),
    isLoading: query.isPending,
    isFetchingMore: isFetchingNextPage,
    hasMore: hasNextPage,
    more: useCallback(() => {
      if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
    }, [hasNextPage, isFetchingNextPage, fetchNextPage]),
    error: query.error,
    retry: () => void query.refetch(),
  }
}
