/** One connection to the server: opened, put in its role, run, watched and ended. */

import pg from 'pg'
import { translate, unavailable } from './errors.ts'
import { newSession, Pipeline } from './pipeline.ts'
import { KEEP_ALIVE_MS } from './session.ts'
import type { Connection, Result, Statement } from './statement.ts'

export interface LinkOptions {
  readonly connection: Connection
  /** SQL that makes a fresh session ours; one or several statements. */
  readonly sessionSql: string
  /** Milliseconds the server may leave a round trip unanswered before the connection counts as dead. */
  readonly answerMs: number
  readonly connectMs: number
  /** Called once, when the connection ended without our having asked for it. */
  readonly onLost: (link: Link, error: Error) => void
  readonly onNotification?: (channel: string, payload: string) => void
}

export interface Link {
  /** Statements in one round trip; rejects with the first failure, after which the rest was skipped. */
  run(statements: readonly Statement[]): Promise<Result[]>
  /** Whether anything may still be asked of it. */
  isUsable(): boolean
  /** Says goodbye once all answers are in. */
  end(): Promise<void>
  /** Cuts the connection: what is under way fails. */
  destroy(): void
}

const DISCARD_PLANS: Statement = { text: 'DISCARD PLANS' }

/**
 * Plans are kept, and one that was made while a table was small may walk through all of it: a commit of leads that go on
 * took 4.8 ms in place of 0.3 where the tenant had 3,000. Statistics would end that, minutes later on most servers. So a
 * connection makes its plans anew after 4, 16, 64 … round trips: eight times in its first hundred thousand.
 */
const isTimeToPlan = (runs: number): boolean => runs >= 4 && (runs & (runs - 1)) === 0 && Math.log2(runs) % 2 === 0

export const openLink = async (options: LinkOptions): Promise<Link> => {
  const { connection, sessionSql, answerMs, connectMs, onLost } = options
  const client = new pg.Client({
    ...connection,
    pipeline: true,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    connectionTimeoutMillis: connectMs,
    application_name: 'millrace',
  })
  const session = newSession()
  let state: 'opening' | 'open' | 'ended' = 'opening'
  let reported = false
  let runs = 0

  const report = (error: Error): void => {
    const wasOpen = state === 'open'
    state = 'ended'
    if (!wasOpen || reported) return
    reported = true
    onLost(link, translate(error))
  }
  // Without a listener a lost connection would end the process.
  client.on('error', report)
  client.on('end', () => report(new Error('connection ended')))
  client.on('notification', ({ channel, payload }) => options.onNotification?.(channel, payload ?? ''))

  const destroy = (): void => {
    // At once, so that nobody is handed a connection whose end is only on its way.
    report(new Error('gave up waiting for the server'))
    client.connection.stream.destroy()
  }

  const link: Link = {
    run: (statements) =>
      new Promise((resolve, reject) => {
        if (state === 'ended') {
          reject(unavailable({ detail: 'connection lost' }))
          return
        }
        runs += 1
        if (isTimeToPlan(runs)) {
          const done = (): void => undefined
          // Where it fails, what comes behind it fails too, or it was in a transaction that had failed.
          const plans = new Pipeline({ session, statements: [DISCARD_PLANS], resolve: done, reject: done })
          client.query(plans as unknown as pg.Submittable)
        }
        const watch = setTimeout(destroy, answerMs)
        const pipeline = new Pipeline({
          session,
          statements,
          resolve: (results) => {
            clearTimeout(watch)
            resolve(results)
          },
          reject: (error) => {
            clearTimeout(watch)
            reject(error)
          },
        })
        client.query(pipeline as unknown as pg.Submittable)
      }),
    isUsable: () => state === 'open',
    end: async () => {
      state = 'ended'
      await client.end()
    },
    destroy,
  }

  try {
    await client.connect()
    if (sessionSql !== '') await client.query(sessionSql)
  } catch (error) {
    destroy()
    throw error
  }
  state = 'open'
  return link
}
