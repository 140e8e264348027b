import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, type TestApi, testApi } from '../../test/support/api.ts'

let api: TestApi
let url: string
const STRANGER = { email: 'owner@other.example', password: 'someone else', role: 'owner' }

beforeAll(async () => {
  api = await testApi()
  const otherTenant = await api.home.addTenant('other')
  await api.addLogin(ADMIN)
  await api.addLogin({ ...STRANGER, tenantId: otherTenant })
  url = await api.app.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(() => api.close())

interface Heard {
  readonly id: string
  readonly items: readonly { readonly id: string; readonly status: string }[]
  readonly changed: number
}

/** A listener: what it heard so far, and its end. */
const listen = async (login: typeof ADMIN, lastEventId?: string, token?: string) => {
  const heard: Heard[] = []
  const abort = new AbortController()
  const answer = await fetch(`${url}/api/v1/live`, {
    headers: {
      authorization: `Bearer ${token ?? (await api.token(login))}`,
      accept: 'text/event-stream',
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    },
    signal: abort.signal,
  })
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toContain('text/event-stream')
  const reading = (async () => {
    let text = ''
    for await (const chunk of answer.body ?? []) {
      text += Buffer.from(chunk).toString()
      const blocks = text.split('\n\n')
      text = blocks.pop() ?? ''
      for (const block of blocks) {
        const data = /^data: (.*)$/m.exec(block)?.[1]
        if (data !== undefined) heard.push({ id: /^id: (.*)$/m.exec(block)?.[1] ?? '', ...JSON.parse(data) })
      }
    }
  })().catch(() => undefined)
  return {
    heard,
    ids: () => heard.flatMap(({ items }) => items.map(({ id }) => id)),
    end: async () => {
      abort.abort()
      await reading
    },
  }
}

const submit = async (n: number): Promise<string> =>
  (await api.submit({ email: `l${n}@example.com`, state: 'TX' })).json().lead_id

describe('live updates', () => {
  it('tell each tenant of its own leads as they change', async () => {
    const ours = await listen(ADMIN)
    const theirs = await listen(STRANGER)
    const id = await submit(1)
    await expect.poll(ours.ids).toContain(id)
    expect(theirs.heard).toEqual([])
    await ours.end()
    await theirs.end()
  })

  it('take up where a broken line was, and lose nothing in between', async () => {
    const first = await listen(ADMIN)
    const seen = await submit(2)
    await expect.poll(first.ids).toContain(seen)
    const mark = first.heard.at(-1)?.id ?? ''
    await first.end()
    const missed = [await submit(3), await submit(4)]
    const second = await listen(ADMIN, mark)
    await expect.poll(() => second.ids().sort()).toEqual(expect.arrayContaining([...missed].sort()))
    expect(second.ids()).not.toContain(seen)
    await second.end()
  })

  it('pass no transaction that is still open', async () => {
    const listener = await listen(ADMIN)
    const id = await submit(5)
    await expect.poll(listener.ids).toContain(id)
    const before = listener.heard.length
    const late = await api.deps.database.transaction([api.home.tenantId], async (tx) => {
      await tx.query({
        text: 'update millrace.lead set status = status where tenant_id = $1::uuid and id = $2::uuid',
        values: [api.home.tenantId, id],
      })
      // Written and told of, or held back, while the other is open: never instead of it.
      return submit(6)
    })
    await expect
      .poll(() => listener.heard.slice(before).flatMap(({ items }) => items.map((lead) => lead.id)))
      .toEqual(expect.arrayContaining([id, late]))
    await listener.end()
  })

  it('end for who signed out, was shut out or may no longer, and stand for all others', async () => {
    const app = await api.appWith({ livePingMs: 20 })
    const address = await app.listen({ host: '127.0.0.1', port: 0 })
    const line = async (token: string) => {
      const abort = new AbortController()
      const answer = await fetch(`${address}/api/v1/live`, {
        headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
        signal: abort.signal,
      })
      let isOver = false
      const reading = (async () => {
        for await (const _ of answer.body ?? []);
      })()
      reading
        .catch(() => undefined)
        .finally(() => {
          isOver = true
        })
      return { status: answer.status, isOver: () => isOver, end: () => abort.abort() }
    }
    const stays = await line(await api.token(ADMIN))
    const token = await api.token(ADMIN)
    const leaves = await line(token)
    expect([stays.status, leaves.status]).toEqual([200, 200])
    const signedOut = await app.inject({
      method: 'DELETE',
      url: '/api/v1/auth/session',
      headers: { authorization: `Bearer ${token}` },
    })
    expect(signedOut.statusCode).toBe(204)
    await expect.poll(leaves.isOver).toBe(true)
    expect(stays.isOver()).toBe(false)
    stays.end()
    await expect.poll(stays.isOver).toBe(true)
    await app.close()
  })

  it('are bounded for each who listens: the next is told so, and others are not in its way', async () => {
    const token = await api.token(ADMIN)
    const lines = await Promise.all(Array.from({ length: 20 }, () => listen(ADMIN, undefined, token)))
    const refused = await fetch(`${url}/api/v1/live`, {
      headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
    })
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe('60')
    expect(await refused.json()).toMatchObject({ code: 'rate_limited' })
    const other = await listen(STRANGER)
    for (const one of [...lines, other]) await one.end()
    const again = async () => {
      const answer = await fetch(`${url}/api/v1/live`, {
        headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
      })
      await answer.body?.cancel()
      return answer.status
    }
    await expect.poll(again).toBe(200)
  })
})
