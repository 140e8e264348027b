import { expect, it } from 'vitest'
import { createRateLimiter } from './rate-limit.ts'

const WINDOW_MS = 60_000

it('lets so many pass and says when the next may', () => {
  const limiter = createRateLimiter({ max: 3, windowMs: WINDOW_MS })
  const start = 1_000_000_000_000
  expect([0, 1, 2].map((ms) => limiter.take('k', start + ms).allowed)).toEqual([true, true, true])
  const refused = limiter.take('k', start + 3)
  if (refused.allowed) throw new Error('a fourth passed')
  expect(limiter.take('k', start + 3 + refused.retryAfterMs - 1).allowed).toBe(false)
  expect(limiter.take('k', start + 3 + refused.retryAfterMs).allowed).toBe(true)
  expect(refused.retryAfterMs).toBeGreaterThanOrEqual(WINDOW_MS - 3)
  expect(refused.retryAfterMs).toBeLessThanOrEqual(WINDOW_MS * (1 + 1 / 60))
})

it('counts each key for itself and forgets when told', () => {
  const limiter = createRateLimiter({ max: 1, windowMs: WINDOW_MS })
  expect(limiter.take('a', 0).allowed).toBe(true)
  expect(limiter.take('b', 0).allowed).toBe(true)
  expect(limiter.take('a', 1).allowed).toBe(false)
  limiter.forget('a')
  expect(limiter.take('a', 2).allowed).toBe(true)
})

it('never lets more pass in any window, whenever they come', () => {
  const max = 20
  const limiter = createRateLimiter({ max, windowMs: WINDOW_MS })
  let seed = 7
  const random = (): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return seed / 2_147_483_648
  }
  const passed: number[] = []
  let now = 5_000
  for (let i = 0; i < 5_000; i += 1) {
    now += Math.floor(random() ** 4 * 20_000)
    if (limiter.take('k', now).allowed) passed.push(now)
  }
  for (const [index, at] of passed.entries()) {
    const before = passed[index - max]
    if (before !== undefined) expect(at - before).toBeGreaterThanOrEqual(WINDOW_MS)
  }
  expect(passed.length).toBeGreaterThan(max)
})

it('remembers only so many keys', () => {
  const limiter = createRateLimiter({ max: 1, windowMs: WINDOW_MS, keysMax: 2 })
  for (const key of ['a', 'b', 'c']) limiter.take(key, 0)
  expect(limiter.take('c', 1).allowed).toBe(false)
  expect(limiter.take('a', 1).allowed).toBe(true)
})
