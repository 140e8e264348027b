/**
 * Hears NOTIFY on a connection of its own. A notification is a hint: while the connection was away some were missed, so
 * whoever listens looks for itself at the start and after each gap.
 */

import { type Link, openLink } from './link.ts'
import type { Connection, Log } from './statement.ts'

export interface ListenOptions {
  readonly connection: Connection
  /** Plain names. */
  readonly channels: readonly string[]
  readonly onNotification: (channel: string, payload: string) => void
  /** Listening began, or began again: look for what was missed. */
  readonly onListening: () => void
  readonly log: Pick<Log, 'warn'>
}

export interface Listener {
  close(): Promise<void>
}

const CONNECT_MS = 5_000
const ANSWER_MS = 10_000
const PAUSE_FIRST_MS = 100
const PAUSE_MAX_MS = 5_000

/** Begins at once and goes on until closed; a server that is away is tried again. */
export const listen = ({ connection, channels, onNotification, onListening, log }: ListenOptions): Listener => {
  let link: Link | undefined
  let opening: Promise<void> | undefined
  let pause: NodeJS.Timeout | undefined
  let pauseMs = 0
  let closed = false

  const again = (): void => {
    link = undefined
    if (closed) return
    pauseMs = Math.min(PAUSE_MAX_MS, pauseMs === 0 ? PAUSE_FIRST_MS : pauseMs * 2)
    pause = setTimeout(() => {
      opening = open()
    }, pauseMs)
  }

  const open = async (): Promise<void> => {
    try {
      link = await openLink({
        connection,
        sessionSql: channels.map((channel) => `LISTEN "${channel.replaceAll('"', '""')}"`).join('; '),
        answerMs: ANSWER_MS,
        connectMs: CONNECT_MS,
        onLost: () => {
          log.warn({ code: 'database_unavailable' }, 'lost the connection that listens for notifications')
          again()
        },
        onNotification: (channel, payload) => {
          if (!closed) onNotification(channel, payload)
        },
      })
    } catch {
      again()
      return
    }
    pauseMs = 0
    if (!closed) onListening()
  }

  opening = open()
  return {
    close: async () => {
      closed = true
      clearTimeout(pause)
      await opening
      clearTimeout(pause)
      await link?.end()
    },
  }
}
