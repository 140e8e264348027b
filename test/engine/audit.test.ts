import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { anchorAudit, verifyAudit } from '../../src/audit/verify.ts'
import { ADMIN, asker, type TestApi, testApi } from '../support/api.ts'

let api: TestApi
let token: string
const ask = asker(() => ({ api, token }))

interface Entry {
  readonly seq: number
  readonly action: string
  readonly resource_id: string | null
  readonly actor: { readonly kind: string; readonly id: string }
  readonly data: object
  readonly private: object | null
}

const entries = async (query = ''): Promise<Entry[]> =>
  (await ask('GET', `/api/v1/audit${query}`)).json<{ items: Entry[] }>().items

beforeAll(async () => {
  api = await testApi()
  token = await api.signIn(ADMIN)
})
afterAll(() => api.close())

const verify = () => {
  const { database, keyring } = api.home.house
  return verifyAudit({ database, keyring, tenantId: api.home.tenantId })
}

describe('the audit of people', () => {
  it('has an entry of every reading of personal data, with who, of whom and from where', async () => {
    const lead = (await api.submit({ email: 'ada@example.com', phone: '5125550142' })).json<{ lead_id: string }>()
    await ask('GET', `/api/v1/leads/${lead.lead_id}`)
    await ask('GET', `/api/v1/leads/${lead.lead_id}/events`)
    await ask('POST', '/api/v1/leads/search', { payload: { email: 'ada@example.com' } })
    const [search, events, read] = await entries()
    expect(search).toMatchObject({ action: 'lead.search', data: { by: ['email'], found: 1 } })
    expect(events).toMatchObject({ action: 'lead.events_read', resource_id: lead.lead_id })
    expect(read).toMatchObject({ action: 'lead.read', resource_id: lead.lead_id, private: { ip: '127.0.0.1' } })
    expect(read?.actor.kind).toBe('user')
  })

  it('has one of every change, and none of what was refused', async () => {
    const before = (await entries()).length
    await ask('PUT', '/api/v1/secrets/crm', { payload: { value: 'hunter2hunter2' } })
    await ask('PUT', '/api/v1/secrets/crm', { payload: { value: '' } })
    const after = await entries('?resource=secrets')
    expect(after).toMatchObject([{ action: 'secrets.put', resource_id: 'crm' }])
    expect(JSON.stringify(after)).not.toContain('hunter2')
    expect((await entries()).length).toBe(before + 3)
  })

  it('finds by actor, action and time, and pages', async () => {
    const page = (await ask('GET', '/api/v1/audit?limit=2')).json<{ items: Entry[]; next_cursor: string }>()
    expect(page.items).toHaveLength(2)
    const next = await entries(`?limit=2&cursor=${page.next_cursor}`)
    expect(next[0]?.seq).toBe((page.items[1]?.seq ?? 0) - 1)
    expect(await entries('?to=2020-01-01')).toEqual([])
    expect((await ask('GET', '/api/v1/audit?cursor=x')).statusCode).toBe(400)
  })

  it('is not changed, cut or shortened unseen', async () => {
    const { database, keyring, clock } = api.home.house
    await anchorAudit({ database, keyring, tenantId: api.home.tenantId, now: clock.now() })
    const whole = await verify()
    expect(whole.breach).toBeNull()
    expect(whole.entries).toBeGreaterThan(5)
    await api.home.inspect('create table public.kept as table millrace.audit_entry')
    const harmed = async (sql: string) => {
      await api.home.inspect(sql)
      const { breach } = await verify()
      await api.home.inspect('delete from millrace.audit_entry')
      await api.home.inspect('insert into millrace.audit_entry select * from public.kept')
      return breach
    }
    expect(await harmed(`update millrace.audit_entry set actor = 'x' where seq = 2`)).toMatchObject({
      seq: 2,
      what: 'changed',
    })
    expect(await harmed('delete from millrace.audit_entry where seq = 3')).toMatchObject({ seq: 3, what: 'missing' })
    expect(await harmed('delete from millrace.audit_entry where seq = 1')).toMatchObject({ seq: 1, what: 'missing' })
    expect(await harmed('delete from millrace.audit_entry where seq > 4')).toMatchObject({ what: 'tail_removed' })
    const last = whole.entries
    for (const harm of ['set seq = seq - 1', 'set seq = 0', `set head = sha256('x')`]) {
      await api.home.inspect('create table public.kept_head as table millrace.audit_head')
      await api.home.inspect(`update millrace.audit_head ${harm}`)
      expect([harm, (await verify()).breach]).toMatchObject([harm, { seq: last, what: 'head_differs' }])
      await api.home.inspect('delete from millrace.audit_head')
      expect((await verify()).breach).toMatchObject({ seq: last, what: 'head_differs' })
      await api.home.inspect('insert into millrace.audit_head table public.kept_head')
      await api.home.inspect('drop table public.kept_head')
    }
    expect((await verify()).breach).toBeNull()
  })

  it('cannot be changed by the application', async () => {
    const { database } = api.home.house
    for (const text of ['update millrace.audit_entry set actor = null', 'delete from millrace.audit_entry'])
      await expect(database.batch([api.home.tenantId], [{ text }])).rejects.toMatchObject({ sqlState: '42501' })
  })

  it('keeps one chain, whoever appends at once', async () => {
    const { audit, clock } = api.home.house
    const other = await api.home.sibling()
    const entry = (n: number) => ({
      tenantId: api.home.tenantId,
      actor: { kind: 'system' as const, id: 'test' },
      action: 'test.happened',
      resource: 'test',
      resourceId: String(n),
    })
    await Promise.all(Array.from({ length: 60 }, (_, n) => (n % 2 ? audit : other.audit).record(entry(n))))
    const { breach, entries: count } = await verify()
    expect(breach).toBeNull()
    expect(count).toBeGreaterThan(60)
    expect(clock.now()).toBeGreaterThan(0)
  })
})
