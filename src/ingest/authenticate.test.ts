import { describe, expect, it } from 'vitest'
import type { Database } from '../database/pool.ts'
import { createAuthenticator, findKey } from './authenticate.ts'

const none = { authorization: undefined, apiKey: undefined, query: undefined }

describe('where a key stands', () => {
  it.each([
    [
      { ...none, authorization: 'Bearer k1' },
      { key: 'k1', method: 'bearer' },
    ],
    [
      { ...none, authorization: 'bearer  k1' },
      { key: 'k1', method: 'bearer' },
    ],
    [
      { ...none, authorization: `Basic ${btoa('any:k:1')}` },
      { key: 'k:1', method: 'basic' },
    ],
    [
      { ...none, apiKey: 'k1' },
      { key: 'k1', method: 'header' },
    ],
    [
      { ...none, query: 'k1' },
      { key: 'k1', method: 'query' },
    ],
    [
      { authorization: 'Bearer k1', apiKey: 'k2', query: 'k3' },
      { key: 'k1', method: 'bearer' },
    ],
    [
      { authorization: 'Digest x', apiKey: 'k2', query: 'k3' },
      { key: 'k2', method: 'header' },
    ],
    [{ ...none, authorization: `Basic ${btoa('nocolon')}` }, null],
    [{ ...none, apiKey: '', query: '' }, null],
    [none, null],
  ])('%j', (places, found) => {
    expect(findKey(places)).toEqual(found)
  })
})

describe('who it belongs to', () => {
  const row = {
    tenant_id: 't',
    id: 'key-1',
    flow_id: 'f',
    source_id: 's',
    enabled: true,
    config_epoch: 4,
    scopes: ['submit'],
    expires_at: null,
    // Touched a moment ago: its use is not noted again, which would be a question more.
    last_used_at: 1_000_000_000,
    limit_leads_month: null,
    limit_requests_minute: null,
    limit_source_requests_minute: null,
    cors_origins: [],
    storage_full: false,
  }
  const setUp = (rows: readonly object[]) => {
    let asked = 0
    let epoch = 4
    const database: Pick<Database, 'definer'> = {
      definer: async <T>() => {
        asked += 1
        return rows as T[]
      },
    }
    const authenticator = createAuthenticator({
      database,
      isCurrent: (_tenant, seen) => seen === epoch,
      keyRate: { max: 10, windowMs: 60_000 },
      readToken: async () => null,
    })
    const ask = async (now: number, over: { flow?: string | null; source?: string | null; key?: string } = {}) =>
      authenticator.authenticate({
        presented: { key: over.key ?? 'k1', method: 'bearer' },
        flow: over.flow ?? null,
        source: over.source ?? null,
        now,
      })
    return {
      ask,
      asked: () => asked,
      raise: () => {
        epoch += 1
      },
    }
  }

  it('is believed for a second, and looked up again after a change of the configuration', async () => {
    const { ask, asked, raise } = setUp([row])
    expect(await ask(0)).toMatchObject({ tenantId: 't', keyId: 'key-1', flowId: 'f', sourceId: 's', method: 'bearer' })
    await ask(999)
    expect(asked()).toBe(1)
    await ask(1_000)
    expect(asked()).toBe(2)
    raise()
    await ask(1_001)
    expect(asked()).toBe(3)
  })

  it('is looked up once for many who ask at the same time', async () => {
    const { ask, asked } = setUp([row])
    await Promise.all(Array.from({ length: 20 }, () => ask(0)))
    expect(asked()).toBe(1)
  })

  it('is remembered as unknown too, and an endless key is not even looked up', async () => {
    const { ask, asked } = setUp([])
    await expect(ask(0)).rejects.toMatchObject({ code: 'unauthenticated' })
    await expect(ask(1)).rejects.toMatchObject({ code: 'unauthenticated' })
    await expect(ask(1, { key: 'x'.repeat(10_000) })).rejects.toMatchObject({ code: 'unauthenticated' })
    expect(asked()).toBe(1)
  })

  it('must be the one of the address', async () => {
    const { ask } = setUp([row])
    await expect(ask(0, { flow: 'f', source: 's' })).resolves.toMatchObject({ keyId: 'key-1' })
    await expect(ask(0, { flow: 'f', source: 'other' })).rejects.toMatchObject({ code: 'forbidden' })
    await expect(ask(0, { flow: 'other', source: 's' })).rejects.toMatchObject({ code: 'forbidden' })
  })

  it('may be disabled', async () => {
    const { ask } = setUp([{ ...row, enabled: false }])
    await expect(ask(0)).rejects.toMatchObject({ code: 'source_disabled' })
  })
})
