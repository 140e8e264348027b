import type { Static } from 'typebox'
import { describeError } from '../base/described-error.ts'
import type { Database, Log } from '../database/pool.ts'
import { isMark, readChanges, readMark } from '../figures/changes.ts'
import type { JournalReader } from '../journal/types.ts'
import { assigneesOf } from './assignments.ts'
import type { LeadSummary } from './contract/leads.ts'
import { summaryOf } from './lead-views.ts'

/**
 * Tells whoever looks on what changed. One look at the database serves all listeners of this process; without
 * listeners there is none. Each listener has its own mark: a broken line takes up where it was.
 */

export interface LiveEvent {
  /** Given back as Last-Event-ID, it goes on from here. */
  readonly mark: string
  readonly items: readonly Static<typeof LeadSummary>[]
  /** All that changed; more than `items` where there were too many to tell of each. */
  readonly changed: number
}

export interface LiveHub {
  /** Tells from the mark on, or from now. Resolves with the function that ends it. */
  listen(tenantId: string, since: string | null, onEvent: (event: LiveEvent) => void): Promise<() => void>
  stop(): void
}

const EVERY_MS = 500
/** Told of each in one event; the rest is a number. */
const ITEMS_MAX = 300

interface Listener {
  readonly tenantId: string
  mark: string
  readonly onEvent: (event: LiveEvent) => void
}

export const createLiveHub = (options: {
  readonly database: Database
  readonly reader: JournalReader
  readonly log: Log
}): LiveHub => {
  const { database, reader, log } = options
  const listeners = new Set<Listener>()
  let timer: NodeJS.Timeout | undefined
  let isStopped = false

  const eventOf = async (tenantId: string, mark: string, ids: readonly string[]): Promise<LiveEvent> => {
    const newest = [...ids].sort((a, b) => (a < b ? 1 : -1)).slice(0, ITEMS_MAX)
    const rows = newest.length === 0 ? [] : await reader.rows(tenantId, newest)
    const given = await assigneesOf(
      database,
      tenantId,
      rows.map(({ id }) => id),
    )
    return { mark, items: rows.map((row) => summaryOf(row, given.get(row.id) ?? null)), changed: ids.length }
  }

  /** Listeners of one mark are told together; after a moment all of them have the same. */
  const look = async (): Promise<void> => {
    const marks = Map.groupBy(listeners, ({ mark }) => mark)
    for (const [since, group] of marks) {
      const tenants = [...new Set(group.map(({ tenantId }) => tenantId))]
      const { mark, leads } = await readChanges(database, tenants, since)
      for (const tenantId of tenants) {
        const event = await eventOf(tenantId, mark, leads.get(tenantId) ?? [])
        for (const listener of group) {
          if (listener.tenantId !== tenantId || !listeners.has(listener)) continue
          listener.mark = mark
          if (event.changed > 0) listener.onEvent(event)
        }
      }
    }
  }

  const run = (): void => {
    timer = undefined
    look()
      .catch((error) => log.warn({ errors: describeError(error) }, 'live updates are late'))
      .finally(() => {
        if (listeners.size > 0 && !isStopped && timer === undefined) timer = setTimeout(run, EVERY_MS)
      })
  }

  return {
    listen: async (tenantId, since, onEvent) => {
      const mark = since !== null && isMark(since) ? since : await readMark(database)
      const listener: Listener = { tenantId, mark, onEvent }
      listeners.add(listener)
      if (listeners.size === 1 && timer === undefined) timer = setTimeout(run, since === null ? EVERY_MS : 0)
      return () => listeners.delete(listener)
    },
    stop: () => {
      isStopped = true
      clearTimeout(timer)
      listeners.clear()
    },
  }
}
