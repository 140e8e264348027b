/**
 * Sources that behave as sources do: each sends one lead after the other, and what was not acknowledged it sends again
 * when the server is back: every second one under the idempotency key of the first try, the others without any.
 */

import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from './client.ts'
import { bodyOf, type Kind, type Submission } from './people.ts'
import type { Random } from './random.ts'

/** Where leads are sent at the moment; it changes, and goes away, with the server. */
export interface Target {
  /** Resolves when somebody listens there, as far as is known. */
  address(): Promise<{ readonly url: string; readonly key: string }>
}

export interface Load {
  readonly submissions: readonly Submission[]
  /** Answers that no source may hear, with how often. */
  readonly wrong: ReadonlyMap<string, number>
  /** Tries that got no answer; tries that were put off with 503. */
  tries(): { readonly unanswered: number; readonly putOff: number }
  underWay(): number
  /** Begins nothing new; resolves when all that was begun is acknowledged. */
  finish(): Promise<void>
}

const TRIES_MAX = 400
/** Between tries of one who is refused the connection by a server said to be there. */
const AGAIN_MS = 50

const KINDS: readonly [Kind, ...Kind[]] = [
  'ordinary',
  'ordinary',
  'ordinary',
  'ordinary',
  'flaky',
  'refused',
  'filtered',
]
/** One in so many is sent to be answered at once. */
const ASYNC_EVERY = 6
/** One in so many repeats an email known to be accepted. */
const REPEAT_EVERY = 8

export const startSenders = (options: {
  readonly random: Random
  readonly client: Client
  readonly target: Target
  readonly senders: number
  /** A sender's pause between two leads, at most. */
  readonly pauseMsMax: number
  /** Told apart from those of another load on the same flow. */
  readonly name: string
}): Load => {
  const { client, target, senders, pauseMsMax, name } = options
  const submissions: Submission[] = []
  const wrong = new Map<string, number>()
  let unanswered = 0
  let putOff = 0
  let underWay = 0
  let finishing = false

  const see = async (submission: Submission): Promise<void> => {
    const body = bodyOf(submission)
    for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
      const { url, key } = await target.address()
      submission.sends += 1
      const sent = await client.submit({
        url,
        key,
        body,
        mode: submission.mode,
        idempotencyKey: submission.idempotencyKey,
      })
      switch (sent.told) {
        case 'answer':
          submission.answer = sent.answer
          return
        case 'wrong':
          wrong.set(sent.what, (wrong.get(sent.what) ?? 0) + 1)
          return
        case 'later':
          putOff += 1
          await pause(sent.afterMs)
          break
        case 'nothing':
          unanswered += 1
          await pause(AGAIN_MS)
      }
    }
  }

  const sender = async (number: number, random: Random): Promise<void> => {
    const keyed = number % 2 === 1
    const accepted: string[] = []
    for (let count = 0; !finishing; count += 1) {
      const repeated = !keyed && random.next() < 1 / REPEAT_EVERY ? accepted.at(-1) : undefined
      const kind = repeated === undefined ? random.pick(KINDS) : 'ordinary'
      const submission: Submission = {
        email: repeated ?? `${kind}.${name}.${number}.${count}@example.com`,
        kind,
        mode: repeated === undefined && random.next() < 1 / ASYNC_EVERY ? 'async' : 'sync',
        idempotencyKey: keyed ? `${name}-${number}-${count}` : null,
        repeats: repeated !== undefined,
        sends: 0,
        answer: null,
      }
      submissions.push(submission)
      underWay += 1
      await see(submission)
      underWay -= 1
      if (submission.answer?.status === 201) accepted.push(submission.email)
      if (pauseMsMax > 0) await pause(random.between(0, pauseMsMax))
    }
  }

  const all = Array.from({ length: senders }, (_, number) => sender(number, options.random.fork()))
  return {
    submissions,
    wrong,
    tries: () => ({ unanswered, putOff }),
    underWay: () => underWay,
    finish: async () => {
      finishing = true
      await Promise.all(all)
    },
  }
}
