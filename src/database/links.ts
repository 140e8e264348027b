/**
 * A few connections for many callers: handed out one at a time, first come first served, replaced when lost.
 *
 * While the server is away, connecting is tried again with growing pauses as long as somebody waits; a caller waits
 * for a bounded time and then gets a Fault `database_unavailable`. With nobody waiting nothing is tried.
 */

import { Fault } from '../base/faults.ts'
import { translate, unavailable } from './errors.ts'
import { type Link, type LinkOptions, openLink } from './link.ts'

export interface LinksOptions {
  readonly link: Omit<LinkOptions, 'onLost'>
  readonly max: number
  readonly waitMs: number
  readonly onLost: (error: Error) => void
}

export interface Links {
  acquire(): Promise<Link>
  release(link: Link): void
  stats(): { open: number; idle: number; waiting: number }
  /** Serves those who wait, refuses who comes, and resolves when no connection is left. */
  close(): Promise<void>
}

interface Waiter {
  readonly resolve: (link: Link) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

const PAUSE_FIRST_MS = 50
const PAUSE_MAX_MS = 1_000

/** Refused by the server for what we are, not for when we came: at the start, trying again changes nothing. */
const isRefusal = (error: unknown): boolean => {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && /^(28...|3D...|42704|42501|22023)$/.test(code)
}

const refusal = (error: unknown): Fault => {
  const { code, message } = error as { code: string; message: string }
  return new Fault('setting_invalid', {
    message: `The database refuses the connection: ${message} (SQLSTATE ${code}). Check DATABASE_URL, and that the migrations have run.`,
  })
}

export const createLinks = (options: LinksOptions): Links => {
  const idle: Link[] = []
  const waiters: Waiter[] = []
  const all = new Set<Link>()
  let opening = 0
  let pauseMs = 0
  let pause: NodeJS.Timeout | undefined
  let lastError: Error | undefined
  let closing = false
  /** It has served: a password that is changed, or a server that is exchanged, is a time without a database. */
  let hasServed = false
  const drained: (() => void)[] = []

  const drop = (link: Link): void => {
    all.delete(link)
    const at = idle.indexOf(link)
    if (at !== -1) idle.splice(at, 1)
  }

  /** While closing: says goodbye to what nobody waits for, and tells when nothing is left. */
  const drain = (): void => {
    if (!closing || waiters.length > 0) return
    clearTimeout(pause)
    for (const link of idle.splice(0)) {
      void link.end().finally(() => {
        drop(link)
        drain()
      })
    }
    if (all.size === 0 && opening === 0) for (const resolve of drained.splice(0)) resolve()
  }

  const give = (link: Link): void => {
    const waiter = waiters.shift()
    if (waiter === undefined) {
      idle.push(link)
      return
    }
    clearTimeout(waiter.timer)
    waiter.resolve(link)
  }

  const rejectAll = (error: Error): void => {
    for (const waiter of waiters.splice(0)) {
      clearTimeout(waiter.timer)
      waiter.reject(error)
    }
  }

  const open = async (): Promise<void> => {
    opening += 1
    try {
      const link = await openLink({
        ...options.link,
        onLost: (lost, error) => {
          drop(lost)
          options.onLost(error)
          grow()
          drain()
        },
      })
      pauseMs = 0
      hasServed = true
      all.add(link)
      give(link)
    } catch (error) {
      if (!hasServed && isRefusal(error)) {
        rejectAll(refusal(error))
        return
      }
      lastError = translate(error)
      pauseMs = Math.min(PAUSE_MAX_MS, pauseMs === 0 ? PAUSE_FIRST_MS : pauseMs * 2)
      pause ??= setTimeout(() => {
        pause = undefined
        grow()
      }, pauseMs)
    } finally {
      opening -= 1
      drain()
    }
  }

  const grow = (): void => {
    if (pause !== undefined) return
    const wanted = Math.min(waiters.length - opening, options.max - all.size - opening)
    for (let count = 0; count < wanted; count += 1) void open()
  }

  const acquire: Links['acquire'] = () => {
    if (closing) return Promise.reject(unavailable({ detail: 'the pool is closed' }))
    const link = idle.pop()
    if (link !== undefined) return Promise.resolve(link)
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        resolve,
        reject,
        timer: setTimeout(() => {
          waiters.splice(waiters.indexOf(waiter), 1)
          const reason = lastError instanceof Fault && all.size === 0 ? `: ${lastError.detail}` : ''
          reject(unavailable({ detail: `no free connection within ${options.waitMs} ms${reason}` }))
          drain()
        }, options.waitMs),
      }
      waiters.push(waiter)
      grow()
    })
  }

  const release: Links['release'] = (link) => {
    if (link.isUsable()) {
      give(link)
    } else {
      drop(link)
      grow()
    }
    drain()
  }

  const close: Links['close'] = () =>
    new Promise((resolve) => {
      closing = true
      drained.push(resolve)
      drain()
    })

  return {
    acquire,
    release,
    stats: () => ({ open: all.size, idle: idle.length, waiting: waiters.length }),
    close,
  }
}
