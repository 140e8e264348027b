import { expect, it } from 'vitest'
import type { Database } from '../database/pool.ts'
import { learnAll } from '../journal/append-told.ts'
import { createListeners } from './listeners.ts'

const gated = (answers: string[][]) => {
  const asked: (() => void)[] = []
  const database = {
    batch: () =>
      new Promise((resolve) => {
        const rows = (answers.shift() ?? []).map((type) => ({ type }))
        asked.push(() => resolve([rows]))
      }),
  } as unknown as Database
  return { asked, listeners: createListeners({ database, onOwed: () => undefined }) }
}

it('who has subscribed while it was being read is heard: what was read before is not believed, nor taken for nobody', async () => {
  const { asked, listeners } = gated([[], ['lead.accepted']])
  const learnt = learnAll(listeners, ['t'])
  // The news of a subscription comes while the answer from before it is on its way.
  listeners.forget('t')
  asked.shift()?.()
  await expect.poll(() => asked.length).toBe(1)
  asked.shift()?.()
  await learnt
  expect(listeners.wanted('t')).toEqual(new Set(['lead.accepted']))
})

it('what was read before is not believed where it comes back while it is read anew', async () => {
  const { asked, listeners } = gated([[], ['lead.accepted']])
  const before = learnAll(listeners, ['t'])
  listeners.forget('t')
  const after = learnAll(listeners, ['t'])
  asked.shift()?.()
  await new Promise(setImmediate)
  expect(listeners.wanted('t')).toBeUndefined()
  asked.shift()?.()
  await Promise.all([before, after])
  expect(listeners.wanted('t')).toEqual(new Set(['lead.accepted']))
})
