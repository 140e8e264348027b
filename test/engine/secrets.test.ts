import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Database } from '../../src/database/pool.ts'
import { createSecrets } from '../../src/handlers/secrets.ts'
import { type Engine, type Process, startEngine } from '../support/engine.ts'
import { storeSecret } from '../support/secrets.ts'

let engine: Engine
let process: Process

beforeAll(async () => {
  engine = await startEngine()
  process = await engine.start()
})
afterAll(() => engine.close())

it('a name is looked for in the database only where it is not known, and all are read anew only where it is there', async () => {
  const asked: string[] = []
  const batch: Database['batch'] = (tenants, statements) => {
    asked.push(...statements.map(({ name }) => name ?? ''))
    return process.database.batch(tenants, statements)
  }
  const secrets = createSecrets({ database: { ...process.database, batch } })
  const keys = await process.keyring.tenant(engine.tenantId)
  await storeSecret(engine, process, 'here', 'a')
  const has = async (name: string) => {
    asked.length = 0
    return [await secrets.has(keys, name), ...asked]
  }
  expect(await has('here')).toEqual([true, 'secrets'])
  expect(await has('here')).toEqual([true])
  expect(await has('gone')).toEqual([false, 'has_secret'])
  expect(await has('here')).toEqual([true])
  await storeSecret(engine, process, 'elsewhere', 'b')
  expect(await has('elsewhere')).toEqual([true, 'has_secret'])
  expect((await secrets.credential(keys)).secret('elsewhere')).toBe('b')
})
