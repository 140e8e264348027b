import { afterAll, describe, expect, it } from 'vitest'
import { openSold } from '../../test/support/sold.ts'

const { api, sink, flow, submit, die, get, post, putAway, close } = await openSold()
afterAll(close)

const pipeline = (body: object, role = 'owner') => post('/api/admin/lead-pipeline', body, role)

describe('the pipeline', () => {
  it('in emergency mode takes leads in, sends nothing, says why, and ends by itself', async () => {
    expect((await pipeline({ action: 'emergency-mode' })).status).toBe(400)
    const { body } = await pipeline({ action: 'emergency-mode', reason: 'wrong prices', duration: 60 })
    expect(body).toMatchObject({
      done: ['emergency'],
      holds: [{ scope: 'emergency', reason: 'wrong prices', until: new Date(api.clock.now() + 60_000).toISOString() }],
    })
    const before = sink.requests.length
    const leadId = await submit()
    await api.work()
    expect(sink.requests.length).toBe(before)
    expect((await get('/api/v1/deliveries?state=waiting')).body.items).toMatchObject([
      { lead_id: leadId, state: 'held', attempts: 0 },
    ])
    expect((await get('/api/v1/deliveries?state=held')).body.items).toMatchObject([{ lead_id: leadId, state: 'held' }])
    expect((await get('/api/admin/lead-pipeline?metric=system-health')).body.data).toMatchObject({
      status: 'emergency',
      emergency: { reason: 'wrong prices' },
    })
    expect((await get('/api/v1/queues')).body.items).toContainEqual(
      expect.objectContaining({ queue: 'deliveries', name: 'sold/crm', stopped: 'emergency' }),
    )
    api.clock.advance(60_001)
    expect((await get('/api/v1/deliveries?state=held')).body.items).toEqual([])
    await api.work()
    expect(sink.requests.length).toBe(before + 1)
    // The reason stands sealed: in the hold and in the audit.
    const audit = await get('/api/v1/audit?action=pipeline.emergency-mode')
    const until = new Date(api.clock.now() - 1).toISOString()
    expect(audit.body.items).toMatchObject([
      { data: { done: ['emergency'], until }, private: { reason: 'wrong prices' } },
    ])
    // As entries of old have it.
    const { tenantId, house } = api.home
    await house.audit.record({
      tenantId,
      actor: { kind: 'user', id: 'old' },
      action: 'pipeline.old',
      resource: 'pipeline',
      resourceId: null,
      data: { done: [], until: Date.parse(until) },
    })
    expect((await get('/api/v1/audit?action=pipeline.old')).body.items).toMatchObject([{ data: { done: [], until } }])
  })

  it('pauses and resumes a destination, all queues, and the calls of the tenant', async () => {
    for (const [stop, go] of [
      [{ action: 'pause-queues', destinations: ['sold/crm'] }, { action: 'resume-queues' }],
      [{ action: 'pause-queues' }, { action: 'resume-queues', queues: ['deliveries', 'leads', 'jobs'] }],
      [{ action: 'pause-tenant-calls' }, { action: 'pause-tenant-calls', enabled: false }],
    ]) {
      await pipeline(stop ?? {})
      const before = sink.requests.length
      await submit()
      await api.work()
      expect(sink.requests.length).toBe(before)
      const { body } = await pipeline(go ?? {})
      expect(body.holds).toEqual([])
      api.clock.advance(1_000)
      await api.work()
      expect(sink.requests.length).toBe(before + 1)
    }
    expect((await pipeline({ action: 'pause-queues' }, 'auditor')).status).toBe(403)
  })

  it('stops no destination that is mistyped, and says so; one that left its flow and is open can be stopped', async () => {
    const { status, body } = await pipeline({ action: 'pause-queues', destinations: ['sold/crm', 'sold/crmm'] })
    expect({ status, detail: body.detail }).toEqual({
      status: 400,
      detail: 'destinations: there is no destination "crmm" in the flow "sold"',
    })
    expect((await pipeline({ action: 'resume-queues' })).body).toMatchObject({ done: [], holds: [] })
    expect((await pipeline({ action: 'pause-queues', destinations: ['~webhooks/none'] })).status).toBe(400)
    await die()
    await api.home.publish(flow.replaceAll('crm', 'erp'))
    const stopped = await pipeline({ action: 'pause-queues', destinations: ['sold/crm', 'sold/erp'], duration: 60 })
    expect(stopped.body.done).toEqual(['destination sold/crm', 'destination sold/erp'])
    await api.home.publish(flow)
    await pipeline({ action: 'resume-queues' })
    await putAway('tests')
  })

  it('tells how deep each queue is, since when, how fast it goes and in what states', async () => {
    // What came in before has left the minute.
    api.clock.advance(61_000)
    await pipeline({ action: 'pause-queues', destinations: ['sold/crm'] })
    const since = api.clock.now()
    for (let leads = 0; leads < 3; leads += 1) await submit()
    api.clock.advance(5_000)
    const items = async () => (await get('/api/v1/queues')).body.items
    expect(await items()).toContainEqual({
      queue: 'deliveries',
      name: 'sold/crm',
      depth: 3,
      oldest: expect.stringMatching(/^2/),
      states: { due: 3, later: 0, running: 0, parked: 0 },
      per_minute: expect.any(Number),
      stopped: 'paused',
    })
    const [queue] = (await items()).filter(({ name }: { name: string }) => name === 'sold/crm')
    expect(Date.parse(queue.oldest) - since).toBeLessThan(5_000)
    expect((await items()).find((each: { queue: string }) => each.queue === 'leads').per_minute).toBe(3)
    await pipeline({ action: 'resume-queues' })
    await api.work()
    await api.home.house.health.flush()
    const [after] = (await items()).filter(({ name }: { name: string }) => name === 'sold/crm')
    expect(after).toMatchObject({ depth: 0, oldest: null, stopped: null })
    expect(after.per_minute).toBeGreaterThanOrEqual(0.6)
  })

  it('resolves an error: a dead letter is sent again', async () => {
    const leadId = await die()
    const [{ id }] = (await get('/api/v1/dead-letters?limit=1')).body.items
    expect((await pipeline({ action: 'resolve-error', lead_id: leadId })).status).toBe(400)
    const { status } = await pipeline({
      action: 'resolve-error',
      lead_id: leadId,
      delivery_id: id,
      resolution: 'replay',
    })
    expect(status).toBe(200)
    await api.work()
    expect((await get(`/api/v1/leads/${leadId}`)).body.outcome).toBe('success')
  })

  it('resolves errors of every kind: discards, settles, and lets a parked lead go on', async () => {
    const leadId = await die()
    const [{ id }] = (await get('/api/v1/dead-letters?limit=1')).body.items
    const asked = { action: 'resolve-error', lead_id: leadId, delivery_id: id, reason: 'seen to' }
    expect((await pipeline({ ...asked, resolution: 'delivered' })).status).toBe(400)
    expect((await pipeline({ ...asked, resolution: 'discard' })).body.done).toEqual([
      `lead ${leadId} delivery ${id} discard`,
    ])
    for (const [resolution, outcome] of [
      ['delivered', 'success'],
      ['not_delivered', 'failure'],
    ]) {
      sink.otherwise({ do: 'reset' })
      const lead = await submit()
      sink.otherwise({ do: 'answer' })
      const [{ id: delivery }] = (await get('/api/v1/deliveries?state=unknown')).body.items
      const { status } = await pipeline({ ...asked, lead_id: lead, delivery_id: delivery, resolution })
      expect(status).toBe(200)
      await api.work()
      expect((await get(`/api/v1/leads/${lead}`)).body.outcome).toBe(outcome)
    }
    expect((await pipeline({ action: 'resolve-error' })).status).toBe(400)
    expect((await pipeline({ action: 'resolve-error', lead_id: 'nobody' })).status).toBe(404)
    const audit = (await get('/api/v1/audit?action=pipeline.resolve-error')).body.items
    expect(audit[0]).toMatchObject({ private: { reason: 'seen to' } })
  })

  describe('tells', () => {
    const metric = async (name: string) => {
      const { status, body } = await get(`/api/admin/lead-pipeline?metric=${name}`)
      expect({ status, metric: body.metric }).toEqual({ status: 200, metric: name })
      return body.data
    }

    it('the queues and what holds them', async () => {
      await pipeline({ action: 'pause-queues', queues: ['jobs'], reason: 'quiet' })
      const { queues, holds } = await metric('queue-status')
      // Calls are counted by and by.
      const uncounted = (items: { per_minute: unknown }[]) => items.map(({ per_minute: _, ...item }) => item)
      expect(uncounted(queues)).toEqual(uncounted((await get('/api/v1/queues')).body.items))
      expect(holds).toMatchObject([{ scope: 'queue', name: 'jobs', reason: 'quiet' }])
      await pipeline({ action: 'resume-queues' })
    })

    it('what bounds calls and intake', async () => {
      expect(await metric('rate-limits')).toEqual({
        intake: { max: api.deps.settings.rateLimitMax, window_seconds: 3_600, per: 'key' },
        tenant_calls: { concurrency: null, per_second: null },
        destination_calls: { concurrency: 64, breaker: { failures: 10, pause_seconds: 30 } },
      })
    })

    it('what waits for somebody, and since when', async () => {
      await putAway('tests')
      await die()
      await die()
      const { dead_letters, unknown_outcomes, parked_leads } = await metric('error-stats')
      const oldest = expect.stringMatching(/^2/)
      expect(dead_letters).toEqual([{ flow: 'sold', destination: 'crm', code: 'setting_invalid', count: 2, oldest }])
      expect([unknown_outcomes, parked_leads]).toEqual([[], []])
    })

    it('what became of a day’s leads', async () => {
      const before = await metric('lead-stats')
      await submit()
      const { hours, received, by } = await metric('lead-stats')
      expect({ hours, received }).toEqual({ hours: 24, received: before.received + 1 })
      expect(by.reduce((sum: number, { count: one }: { count: number }) => sum + one, 0)).toBe(received)
      expect(by).toContainEqual({
        status: 'delivered',
        outcome: 'success',
        code: null,
        count: expect.any(Number),
      })
    })

    it('how destinations answer', async () => {
      await api.home.house.health.flush()
      const { minutes, destinations } = await metric('call-stats')
      expect(minutes).toBe(60)
      expect(destinations.filter(({ destination }: { destination: string }) => destination === 'crm')).toEqual(
        (await get('/api/v1/destinations/crm/health?minutes=60')).body.items,
      )
      expect(destinations[0].calls).toBeGreaterThan(0)
    })

    it('whether all is well', async () => {
      await putAway('tests')
      expect(await metric('system-health')).toMatchObject({ status: 'healthy', dead_letters: 0, breakers_open: 0 })
      await die()
      expect(await metric('system-health')).toMatchObject({ status: 'degraded', dead_letters: 1, emergency: null })
      await putAway('tests')
    })
  })
})
