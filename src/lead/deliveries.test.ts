import { expect, it } from 'vitest'
import { holdDelivery, isInDoubt, openedDelivery, startAttempt } from './deliveries.ts'

const DAY = 86_400_000
const id = 'd'
const opened = () =>
  openedDelivery({
    type: 'delivery.opened',
    at: 1_000,
    data: { step: 's', name: 'n', delivery: id, destination: 'crm', fp: '', wait_for: 'attempt' },
    sealed: { payload: {} },
  })
const start = (attempt: number, at: number, call = 0) =>
  ({ type: 'attempt.started', at, data: { delivery: id, attempt, call, runner: 1 }, sealed: null }) as const
const held = (at: number, next: number, why: 'paused' | 'batch' = 'paused') =>
  ({ type: 'delivery.held', at, data: { delivery: id, why, next_at: next }, sealed: null }) as const

it('time in which it was due and could not go out is not counted, whether anybody looked or not', () => {
  const delivery = opened()
  // Looked at when it was due, and again after two days.
  holdDelivery(delivery, held(1_000, 1_250))
  holdDelivery(delivery, held(1_000 + 2 * DAY, 1_250 + 2 * DAY))
  startAttempt(delivery, start(1, 1_000 + 3 * DAY))
  expect(delivery.since).toBe(1_000 + 3 * DAY)
  // Due again ten seconds later, in a lane that is stopped for a day.
  delivery.nextAt = 11_000 + 3 * DAY
  startAttempt(delivery, start(2, 11_000 + 4 * DAY))
  expect(delivery.since).toBe(1_000 + 4 * DAY)
  // Further calls of the attempt.
  startAttempt(delivery, start(2, 12_000 + 4 * DAY, 1))
  expect(delivery.since).toBe(1_000 + 4 * DAY)
})

it.each([
  ['error', 'destination.unavailable', true],
  ['error', 'destination.credentials', true],
  // Nothing was sent: who was asked before has said nothing.
  ['failure', 'person_blocked', true],
  ['failure', 'destination.duplicate', true],
  ['failure', 'destination.rejected', false],
] as const)(
  'what may have arrived is in doubt, or no more, after an attempt of outcome %s with %s',
  (outcome, code, is) => {
    const data = { delivery: id, attempt: 2, outcome, code, next_at: null, parked: false, revenue: null }
    expect(isInDoubt({ ...opened(), inDoubt: true }, data)).toBe(is)
    expect(isInDoubt(opened(), data)).toBe(false)
  },
)
