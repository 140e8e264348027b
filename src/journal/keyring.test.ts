import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { newKeyBytes } from '../base/seal.ts'
import type { Database } from '../database/pool.ts'
import { createKeyring, type MasterKeys } from './keyring.ts'

const row = (purpose: string, version: number) => ({ purpose, version, wrapped: newKeyBytes(), master: null })
const FIRST = [row('lookup', 1), row('wrap', 1)]
const EXCHANGED = [...FIRST, row('wrap', 2)]

/** Each look is answered when the test says so. */
let looks: PromiseWithResolvers<unknown[][]>[]
const keyringOf = () => {
  const database = {
    batch: () => {
      const look = Promise.withResolvers<unknown[][]>()
      looks.push(look)
      return look.promise
    },
  } as unknown as Database
  const master = { unwrap: async (wrapped: Buffer) => wrapped } as unknown as MasterKeys
  return createKeyring({ database, master, root: newKeyBytes() })
}

beforeEach(() => {
  looks = []
  vi.useFakeTimers()
})
afterEach(() => vi.useRealTimers())

it('has what a look says once that is answered, also where another was begun since', async () => {
  const keyring = keyringOf()
  const first = keyring.tenant('t')
  looks[0]?.resolve([FIRST])
  await first
  const own = keyring.refresh('t')
  const later = keyring.refresh('t')
  looks[1]?.resolve([EXCHANGED])
  await own
  expect((await keyring.tenant('t')).wrapVersion).toBe(2)
  looks[2]?.resolve([EXCHANGED])
  await later
})

it('keeps what the look begun last says of a tenant’s keys, whichever is answered last', async () => {
  const keyring = keyringOf()
  const first = keyring.tenant('t')
  looks[0]?.resolve([FIRST])
  expect((await first).wrapVersion).toBe(1)
  const slow = keyring.refresh('t')
  const quick = keyring.refresh('t')
  looks[2]?.resolve([EXCHANGED])
  await quick
  looks[1]?.resolve([FIRST])
  await slow
  expect((await keyring.tenant('t')).wrapVersion).toBe(2)
})

it('looks again until there is an answer, one look at a time, however many were asked for', async () => {
  const keyring = keyringOf()
  const first = keyring.tenant('t')
  looks[0]?.resolve([FIRST])
  await first
  const asked = [keyring.refresh('t'), keyring.refresh('t'), keyring.refresh('t')]
  for (const look of looks.slice(1)) look.reject(new Error('away'))
  await Promise.all(asked)
  expect((await keyring.tenant('t')).wrapVersion).toBe(1)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(looks).toHaveLength(5)
  looks[4]?.resolve([EXCHANGED])
  await vi.advanceTimersByTimeAsync(1_000)
  expect((await keyring.tenant('t')).wrapVersion).toBe(2)
  expect(looks).toHaveLength(5)
})
