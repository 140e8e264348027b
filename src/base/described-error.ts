/** An error as logs may hold it: whoever runs this must find what broke, and no value may stand there. */

import { isFault } from './faults.ts'

const FRAMES_MAX = 12

/** Where an error came from: the frames of its stack that name a place, without its message. */
const framesOf = (error: Error): string[] => {
  const stack = error.stack ?? ''
  const after = error.message === '' ? 0 : stack.indexOf(error.message) + error.message.length
  return stack
    .slice(Math.max(0, after))
    .split('\n')
    .filter((line) => /^\s+at .*:\d+:\d+\)?$/.test(line))
    .slice(0, FRAMES_MAX)
    .map((line) => line.trim())
}

const CAUSES_MAX = 3

/** What a log may say of an error and what led to it. */
export const describeError = (error: unknown): object[] => {
  const described: object[] = []
  let current: unknown = error
  while (current instanceof Error && described.length < CAUSES_MAX) {
    const { sqlState, statement } = current as { readonly sqlState?: unknown; readonly statement?: unknown }
    described.push({
      name: current.name,
      ...(isFault(current) ? { code: current.code, detail: current.detail } : {}),
      ...(typeof sqlState === 'string' ? { sql_state: sqlState, statement } : {}),
      frames: framesOf(current),
    })
    current = current.cause
  }
  return described
}
