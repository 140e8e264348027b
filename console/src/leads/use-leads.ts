import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { ask } from '../api/client.ts'
import { session } from '../api/session.ts'
import type { LeadSummary } from '../api/types.ts'
import { useLiveBatches } from '../live/live.tsx'
import type { LeadSearch } from '../router.tsx'

const PAGE = 200
/** New rows kept before the pages are asked anew: memory stays flat however fast leads come in. */
const FRESH_MAX = 1_000
/** The rows on the screen are drawn anew at most this often while leads stream in. */
const DRAW_MS = 400

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

  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter begins without what the last one gathered
  useEffect(() => {
    pending.current.clear()
    setFresh([])
    setWaiting(0)
  }, [key])

  const known = useMemo(() => {
    const ids = new Map<string, LeadSummary>()
    for (const page of query.data?.pages ?? []) for (const lead of page.items) ids.set(lead.id, lead)
    return ids
  }, [query.data])

  const merge = useCallback(() => {
    const news = pending.current
    if (news.size === 0) return
    pending.current = new Map()
    setWaiting(0)
    setFresh((before) => {
      const all = new Map(before.map((lead) => [lead.id, lead]))
      for (const [id, lead] of news) all.set(id, lead)
      const sorted = [...all.values()].sort((a, b) => (a.id < b.id ? 1 : -1))
      if (sorted.length <= FRESH_MAX) return sorted
      void client.resetQueries({ queryKey: key })
      return []
    })
  }, [client, key])

  const timer = useRef<ReturnType<typeof setTimeout> | null>(null)
  useEffect(() => () => (timer.current === null ? undefined : clearTimeout(timer.current)), [])
  useLiveBatches(({ items }) => {
    for (const lead of items) {
      if (known.has(lead.id) || matches(lead, search)) pending.current.set(lead.id, lead)
    }
    // One more than is drawn: once they are wanted, the pages are asked anew, and none is missed.
    for (const id of pending.current.keys()) {
      if (pending.current.size <= FRESH_MAX + 1) break
      pending.current.delete(id)
    }
    let news = 0
    for (const id of pending.current.keys()) if (!known.has(id)) news += 1
    if (timer.current !== null) return
    timer.current = setTimeout(() => {
      timer.current = null
      if (follow()) merge()
      else setWaiting(news)
    }, DRAW_MS)
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
    showWaiting: merge,
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
