import { expect, it } from 'vitest'
import { Fault } from '../base/faults.ts'
import { hashKeyOf, keyOf, newKeyBytes } from '../base/seal.ts'
import type { Keyring, TenantKeys } from '../journal/keyring.ts'
import { createHolder } from './holder.ts'
import { createModels } from './models.ts'
import { createPersons } from './persons.ts'

it('a match fails once where the database is away, with nothing left over that nobody listens to', async () => {
  const gone = () => Promise.reject(new Fault('database_unavailable', { message: 'away' }))
  const unheard: unknown[] = []
  const listen = (reason: unknown): void => void unheard.push(reason)
  const others = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', listen)
  try {
    const database = { batch: gone } as never
    const models = createModels({ database })
    const persons = createPersons({ database, models, lookUp: gone, keyring: {} as Keyring })
    const keys = { tenantId: 't', lookup: hashKeyOf(newKeyBytes()) } as TenantKeys
    const input = {
      record: { email: 'ada@example.com' },
      account: null,
      country: 'US',
      threshold: 0.9,
      reviewThreshold: 0.5,
      model: 'learned',
      keptWhenRejected: false,
    } as const
    const prepared = persons.prepare(keys, false, input)
    const places = prepared.keys.map(() => ({ last: 1, isCrowded: false, persons: ['p'] }))
    const lead = { id: 'l', key: keyOf(newKeyBytes()), test: false, person: null, receivedAt: 0, now: 0 }
    const ahead = { prepared, before: { places, turn: 0 } }
    const matching = persons.match(createHolder('l'), keys, lead as never, input, { match: ahead } as never)
    await expect(matching).rejects.toMatchObject({ code: 'database_unavailable' })
    await new Promise(setImmediate)
    expect(unheard).toEqual([])
  } finally {
    process.removeListener('unhandledRejection', listen)
    for (const other of others) process.on('unhandledRejection', other)
  }
})
