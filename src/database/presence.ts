import pg from 'pg'
import { Fault } from '../base/faults.ts'
import type { Connection, Log } from './statement.ts'

/**
 * A process's presence in the database: one session that holds the advisory lock of its runner number.
 *
 * A process that dies loses its session, and with it the lock, at once: whoever sweeps sees that its leads are free.
 * A process that is cut off from the database comes back under a new number; what it still has in flight meets a
 * conflict at its next commit. The same session listens for changes of configuration.
 */
export interface Presence {
  /** The number this process runs under now. */
  number(): number
  /** Whether the session stands. */
  isHeld(): boolean
  close(): Promise<void>
}

export interface PresenceOptions {
  readonly connection: Connection
  readonly applicationRole: string
  readonly log: Log
  /** A tenant's configuration has changed; null: any may have, while we were not listening. */
  readonly onEpoch: (change: { readonly tenantId: string; readonly epoch: number } | null) => void
  /** What is held, or a breaker, has changed. */
  readonly onGate?: () => void
}

/** The class of the advisory locks of runners; the migration's live_runners() reads the same. */
const LOCK_CLASS = 7117
const RETRY_MS = 500

export const createPresence = async (options: PresenceOptions): Promise<Presence> => {
  const { connection, applicationRole, log, onEpoch } = options
  let current = 0
  let client: pg.Client | null = null
  let closed = false
  let retry: NodeJS.Timeout | undefined

  const connect = async (): Promise<void> => {
    const next = new pg.Client({ ...connection, application_name: 'millrace presence', keepAlive: true })
    next.on('error', () => lost(next))
    next.on('end', () => lost(next))
    next.on('notification', ({ channel, payload }) => {
      if (channel === 'millrace_gate') {
        options.onGate?.()
        return
      }
      const [tenantId, epoch] = (payload ?? '').split(' ')
      if (tenantId && epoch) onEpoch({ tenantId, epoch: Number(epoch) })
    })
    try {
      await next.connect()
      await next.query(`SET ROLE ${applicationRole}`)
      const { rows } = await next.query<{ number: number }>(
        `select nextval('millrace.runner_number')::integer as number`,
      )
      const number = rows[0]?.number ?? 0
      await next.query('select pg_advisory_lock($1::integer, $2::integer)', [LOCK_CLASS, number])
      await next.query('listen millrace_epoch')
      await next.query('listen millrace_gate')
      current = number
      client = next
    } catch (error) {
      await next.end().catch(() => undefined)
      throw error
    }
  }

  const lost = (which: pg.Client): void => {
    if (client !== which) return
    client = null
    if (closed) return
    log.warn({ runner: current }, 'lost the session that holds this process’s lock; its leads may be taken by others')
    const again = (): void => {
      if (closed) return
      connect().then(
        () => {
          log.info({ runner: current }, 'back, under a new runner number')
          onEpoch(null)
          options.onGate?.()
        },
        () => {
          retry = setTimeout(again, RETRY_MS)
        },
      )
    }
    again()
  }

  try {
    await connect()
  } catch (cause) {
    throw new Fault('database_unavailable', { message: 'The database cannot be reached', cause })
  }

  return {
    number: () => current,
    isHeld: () => client !== null,
    close: async () => {
      closed = true
      clearTimeout(retry)
      const open = client
      client = null
      await open?.end().catch(() => undefined)
    },
  }
}
