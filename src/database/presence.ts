import pg from 'pg'
import { Fault } from '../base/faults.ts'
import { KEEP_ALIVE_MS, NOTICE_LOSS } from './session.ts'
import type { Connection, Log } from './statement.ts'

/**
 * A process's presence in the database: one session that holds the advisory lock of its runner number.
 *
 * A process that dies loses its session, and with it the lock, at once: whoever sweeps sees that its leads are free.
 * A process that is cut off from the database comes back under a new number; what it still has in flight meets a
 * conflict at its next commit. The same session listens for changes of configuration.
 *
 * A session can end without a word to us: the server's machine lost its power or was exchanged, or something between
 * forgot the connection. Nothing is ever sent in it, so nothing would tell: leads would be taken from us as from a dead
 * process, and no change be heard of. So it is asked for a sign every few seconds.
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
  /** Between signs, and how long one may take; both are steered by tests alone. */
  readonly signEveryMs?: number
  readonly signWithinMs?: number
}

/** The class of the advisory locks of runners; the migration's live_runners() reads the same. */
const LOCK_CLASS = 7117
const RETRY_MS = 500
const CONNECT_MS = 5_000
const SIGN_EVERY_MS = 5_000
/** A server that is busy, or waits for its disk, is not gone. */
const SIGN_WITHIN_MS = 15_000

interface Session {
  readonly client: pg.Client
  readonly pid: number
}

export const createPresence = async (options: PresenceOptions): Promise<Presence> => {
  const { connection, applicationRole, log, onEpoch } = options
  const { signEveryMs = SIGN_EVERY_MS, signWithinMs = SIGN_WITHIN_MS } = options
  let current = 0
  let session: Session | null = null
  /** The session before this one, of which we do not know whether the server has let go of it too. */
  let abandoned: number | null = null
  let closed = false
  let retry: NodeJS.Timeout | undefined
  let sign: NodeJS.Timeout | undefined

  const connect = async (): Promise<void> => {
    const next = new pg.Client({
      ...connection,
      application_name: 'millrace presence',
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: signWithinMs,
    })
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
      if (abandoned !== null) {
        // It would keep from others what was ours. Its number in the list of processes may be somebody else's by now.
        await next.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where pid = $1::integer and datname = current_database() and usename = session_user
             and application_name = 'millrace presence'`,
          [abandoned],
        )
        abandoned = null
      }
      await next.query(`SET ROLE ${applicationRole}; ${NOTICE_LOSS}`)
      const { rows } = await next.query<{ number: number; pid: number }>(
        `select nextval('millrace.runner_number')::integer as number, pg_backend_pid() as pid`,
      )
      const { number, pid } = rows[0] ?? { number: 0, pid: 0 }
      await next.query('select pg_advisory_lock($1::integer, $2::integer)', [LOCK_CLASS, number])
      await next.query('listen millrace_epoch')
      await next.query('listen millrace_gate')
      current = number
      session = { client: next, pid }
      watch(next)
    } catch (error) {
      cut(next)
      throw error
    }
  }

  /** Without a goodbye, which a server that is gone would never answer. */
  const cut = (which: pg.Client): void => {
    which.end().catch(() => undefined)
    which.connection.stream.destroy()
  }

  const watch = (which: pg.Client): void => {
    clearTimeout(sign)
    sign = setTimeout(() => {
      which.query('select 1').then(
        () => {
          if (session?.client === which) watch(which)
        },
        () => lost(which),
      )
    }, signEveryMs)
    sign.unref()
  }

  const lost = (which: pg.Client): void => {
    if (session?.client !== which) return
    abandoned = session.pid
    session = null
    clearTimeout(sign)
    cut(which)
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
    isHeld: () => session !== null,
    close: async () => {
      closed = true
      clearTimeout(retry)
      clearTimeout(sign)
      const open = session
      session = null
      await open?.client.end().catch(() => undefined)
    },
  }
}
