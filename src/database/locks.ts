/** Locks by name that outlive a transaction, of all processes on one database. */

import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Fault } from '../base/faults.ts'
import type { Link } from './link.ts'

/**
 * A process holds all its locks in one session of its own, opened with the first: so a lock takes no connection from
 * whoever works under it, and those of a process that dies are free at once. Within a process, who wants a lock that is
 * held queues behind it; between processes it is asked for again and again. A process whose queue has had a lock for a
 * turn leaves it alone for long enough that any other that asks for it gets it.
 *
 * A session that is lost loses its locks before their holders are done. What two processes may not do at once even then
 * must be kept apart in SQL besides.
 */
export interface Locks {
  /** Resolves with the lock held; what it gives lets go. Throws Fault `overloaded` where it is not to be had for long. */
  hold(name: string): Promise<() => void>
  close(): Promise<void>
}

/** The class of these advisory locks; runners (7117) and alerts (7118) have others. */
const LOCK_CLASS = 7119
const AGAIN_MS = 10
const AGAIN_MS_MAX = 200
const TURN_MS = 1_000
const BETWEEN_TURNS_MS = AGAIN_MS_MAX * 1.5
/** Longer than anybody holds one who is well. */
const WAIT_MS = 30_000

export const createLocks = (open: (onLost: (link: Link) => void) => Promise<Link>): Locks => {
  /** For each name that is held or wanted: the end of its queue, and since when the queue has its turn. */
  const queues = new Map<string, { readonly end: Promise<void>; since: number }>()
  let link: Promise<Link> | null = null
  let isClosed = false

  const session = (): Promise<Link> => {
    if (isClosed) throw new Fault('shutting_down', { message: 'This server is about to end. Try again.' })
    if (link) return link
    const opening = open(() => {
      if (link === opening) link = null
    })
    link = opening
    opening.catch(() => {
      if (link === opening) link = null
    })
    return opening
  }

  /** The session that has it; null where another process has it. */
  const tryOnce = async (key: number): Promise<Link | null> => {
    const held = await session()
    const [result] = await held.run([
      {
        name: 'try_lock',
        text: 'select pg_try_advisory_lock($1::integer, $2::integer) as got',
        values: [LOCK_CLASS, key],
      },
    ])
    return result?.rows[0]?.got === true ? held : null
  }

  const take = async (key: number, until: number): Promise<Link> => {
    for (let waitMs = AGAIN_MS; ; waitMs = Math.min(waitMs * 2, AGAIN_MS_MAX)) {
      const held = await tryOnce(key)
      if (held) return held
      if (performance.now() > until)
        throw new Fault('overloaded', {
          message: 'Somebody else has been changing this for a while. Try again.',
          retryAfterMs: 1_000,
        })
      await delay(waitMs)
    }
  }

  const give = (held: Link, key: number): void => {
    held
      .run([
        {
          name: 'unlock',
          text: 'select pg_advisory_unlock($1::integer, $2::integer)',
          values: [LOCK_CLASS, key],
        },
      ])
      .catch(() => undefined)
  }

  return {
    hold: async (name) => {
      const until = performance.now() + WAIT_MS
      const key = createHash('sha256').update(name).digest().readInt32BE(0)
      const before = queues.get(name)
      const { promise: end, resolve: next } = Promise.withResolvers<void>()
      const own = { end, since: 0 }
      queues.set(name, own)
      const leave = (): void => {
        if (queues.get(name) === own) queues.delete(name)
        next()
      }
      await before?.end
      try {
        const isNextTurn = before !== undefined && performance.now() - before.since > TURN_MS
        if (isNextTurn) await delay(BETWEEN_TURNS_MS)
        const held = await take(key, until)
        own.since = before === undefined || isNextTurn ? performance.now() : before.since
        let isHeld = true
        return () => {
          if (!isHeld) return
          isHeld = false
          give(held, key)
          leave()
        }
      } catch (error) {
        leave()
        throw error
      }
    },
    close: async () => {
      isClosed = true
      const open = link
      link = null
      await open?.then((held) => held.end()).catch(() => undefined)
    },
  }
}
