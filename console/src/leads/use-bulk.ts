import { notifications } from '@mantine/notifications'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { ask } from '../api/client.ts'
import type { LeadPage } from '../api/types.ts'
import type { LeadSearch } from '../router.tsx'
import { t, tn } from '../text.ts'

/** So many at a time: short enough that progress is seen and that stopping stops. */
const AT_ONCE = 40
const PAGE = 200

export type BulkAction = 'approve' | 'reject' | 'suppress' | 'assign' | 'replay'

/** The leads that were chosen one by one, or all that a filter matches. */
export type Chosen = { readonly ids: readonly string[] } | { readonly filter: LeadSearch }

interface Progress {
  readonly done: number
  readonly failed: number
  /** Null: how many there are is known at the end. */
  readonly of: number | null
}

async function* idsOf(chosen: Chosen): AsyncGenerator<readonly string[]> {
  if ('ids' in chosen) {
    for (let at = 0; at < chosen.ids.length; at += AT_ONCE) yield chosen.ids.slice(at, at + AT_ONCE)
    return
  }
  let cursor: string | null = ''
  while (cursor !== null) {
    const page: LeadPage = await ask('/api/v1/leads', {
      query: { ...chosen.filter, limit: PAGE, ...(cursor === '' ? {} : { cursor }) },
    })
    const ids = page.items.map(({ id }) => id)
    for (let at = 0; at < ids.length; at += AT_ONCE) yield ids.slice(at, at + AT_ONCE)
    cursor = page.next_cursor
  }
}

/** Does the same to many leads, some at a time; what could not be done is counted, and the first reason said. */
export const useBulk = (onDone: () => void) => {
  const client = useQueryClient()
  const [progress, setProgress] = useState<Progress | null>(null)
  const stopped = useRef(false)
  // Who leaves the screen stops it: nobody would see how far it came.
  useEffect(
    () => () => {
      stopped.current = true
    },
    [],
  )
  const run = async (
    action: BulkAction,
    chosen: Chosen,
    more: { readonly list?: string; readonly assignee?: string | null; readonly reason?: string } = {},
  ): Promise<void> => {
    stopped.current = false
    let done = 0
    let failed = 0
    let why = ''
    const of = 'ids' in chosen ? chosen.ids.length : null
    setProgress({ done, failed, of })
    try {
      for await (const ids of idsOf(chosen)) {
        if (stopped.current) break
        const answer = await ask('/api/v1/leads/bulk', { method: 'POST', body: { action, ids: [...ids], ...more } })
        done += answer.done
        failed += answer.failed.length
        why ||= answer.failed[0]?.message ?? ''
        setProgress({ done, failed, of })
      }
      notifications.show({
        color: failed === 0 ? 'mill' : 'yellow',
        title: tn('bulk.done', done),
        message: failed === 0 ? '' : `${tn('bulk.failed', failed)} ${why}`,
      })
      if (!stopped.current) onDone()
    } catch (error) {
      notifications.show({
        color: 'red',
        title: t('bulk.refused'),
        message: `${(error as Error).message} ${done > 0 ? tn('bulk.done', done) : ''}`,
      })
    } finally {
      setProgress(null)
      void client.invalidateQueries({ queryKey: ['leads'] })
      void client.invalidateQueries({ queryKey: ['reviews'] })
    }
  }
  return {
    progress,
    run,
    stop: () => {
      stopped.current = true
    },
  }
}
