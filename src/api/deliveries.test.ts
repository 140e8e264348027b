import { afterAll, describe, expect, it } from 'vitest'
import { openSold } from '../../test/support/sold.ts'
import { LATENCY_STEPS_MS } from '../delivery/health.ts'

const { api, sink, flow, submit, die, as, get, post, goOn, putAway, close } = await openSold()
afterAll(close)

describe('leads that were not delivered', () => {
  it('are replayed together: what was given up is sent again, and those with nothing to send are named', async () => {
    const dead = [await die(), await die()]
    sink.otherwise({ do: 'answer' })
    const delivered = await submit()
    const { status, body } = await post(
      '/api/v1/leads/bulk',
      { action: 'replay', ids: [...dead, delivered] },
      'operator',
    )
    expect(status).toBe(200)
    expect(body).toMatchObject({ done: 2, failed: [{ lead_id: delivered, code: 'invalid_request' }] })
    await api.work()
    for (const id of dead) expect((await get(`/api/v1/leads/${id}`)).body.outcome).toBe('success')
    expect((await post('/api/v1/leads/bulk', { action: 'replay', ids: dead }, 'analyst')).status).toBe(403)
  })
})

describe('dead letters', () => {
  it('are listed and read with both sides of the call', async () => {
    const leadId = await die()
    const { body } = await get('/api/v1/dead-letters?destination=crm&limit=1')
    expect(body.items).toMatchObject([{ lead_id: leadId, state: 'dead', code: 'setting_invalid', attempts: 1 }])
    const { status, body: detail } = await get(`/api/v1/leads/${leadId}/deliveries/${body.items[0].id}`)
    expect(status).toBe(200)
    expect(detail.exchanges).toMatchObject([
      {
        attempt: 1,
        status: 404,
        outcome: 'error',
        request: { method: 'POST' },
        response: { body: '{"error":"gone"}' },
      },
    ])
    const [read] = (await get('/api/v1/audit?action=delivery.read&limit=1')).body.items
    expect(read).toMatchObject({ resource_id: leadId, data: { delivery: body.items[0].id } })
    expect((await get(`/api/v1/leads/${leadId}/deliveries/${leadId}`)).status).toBe(404)
  })

  it('are sent again one by one, in another form where asked', async () => {
    const leadId = await die()
    const [{ id }] = (await get('/api/v1/dead-letters?limit=1')).body.items
    const { status, body } = await post(`/api/v1/leads/${leadId}/deliveries/${id}/replay`, {
      payload: { email: 'mended@example.com' },
    })
    expect({ status, state: body.state }).toEqual({ status: 202, state: 'waiting' })
    await api.work()
    expect(JSON.parse(sink.requests.at(-1)?.body ?? '')).toEqual({ email: 'mended@example.com' })
    expect((await get(`/api/v1/leads/${leadId}`)).body).toMatchObject({ outcome: 'success', price: 0 })
    expect((await post(`/api/v1/leads/${leadId}/deliveries/${id}/replay`, {})).status).toBe(400)
  })

  it('are sent again in stretches that a crash does not repeat, and no further once that was called off', async () => {
    await putAway('tests')
    for (let n = 0; n < 8; n += 1) await die()
    const { body } = await post('/api/v1/dead-letters/replay', { per_second: 0.5, reason: 'mended' })
    await goOn(body.id)
    // Five seconds' worth, however many there are.
    expect((await get(`/api/v1/dead-letters/replays/${body.id}`)).body).toMatchObject({ matched: 8, done: 3 })
    await goOn(body.id)
    expect((await get(`/api/v1/dead-letters/replays/${body.id}`)).body).toMatchObject({ state: 'running', done: 6 })
    // One every two seconds all the while.
    expect(
      await api.home.inspect(
        `select count(distinct next_at)::integer as times, extract(epoch from max(next_at) - min(next_at))::integer as s
         from millrace.delivery where state = 'waiting' and destination = 'crm'`,
      ),
    ).toEqual([{ times: 6, s: 10 }])
    const canceled = await post(`/api/v1/dead-letters/replays/${body.id}/cancel`, {})
    expect(canceled.body).toMatchObject({ state: 'canceled', done: 6, ended_by: expect.any(String) })
    await goOn(body.id)
    expect((await get('/api/v1/dead-letters')).body.items).toHaveLength(2)
    expect((await get('/api/v1/dead-letters/replays')).body.items[0]).toMatchObject({ id: body.id, state: 'canceled' })
    expect((await post('/api/v1/dead-letters/replays/nobody/cancel', {})).status).toBe(404)
    sink.otherwise({ do: 'answer' })
    api.clock.advance(60_000)
    await api.work()
    await putAway('tests')
  })

  it('are sent again by filter, so many a second, and put away by filter', async () => {
    await putAway('tests')
    for (let n = 0; n < 5; n += 1) await die()
    const { status, body } = await post('/api/v1/dead-letters/replay', {
      destination: 'crm',
      code: 'setting_invalid',
      limit: 3,
      per_second: 2,
    })
    expect({ status, body }).toMatchObject({ status: 202, body: { state: 'running', matched: 3, done: 0 } })
    await goOn(body.id)
    const run = await get(`/api/v1/dead-letters/replays/${body.id}`)
    expect(run.body).toMatchObject({
      state: 'done',
      done: 3,
      refused: 0,
      last_at: new Date(api.clock.now() + 1_000).toISOString(),
    })
    const before = sink.requests.length
    await api.work()
    expect(sink.requests.length).toBe(before + 1)
    api.clock.advance(1_000)
    await api.work()
    expect(sink.requests.length).toBe(before + 3)
    const put = await putAway('nobody needs them')
    expect((await get(`/api/v1/dead-letters/discards/${put}`)).body).toMatchObject({
      state: 'done',
      matched: 2,
      done: 2,
      refused: 0,
    })
    expect((await get('/api/v1/dead-letters')).body.items).toEqual([])
    expect((await get('/api/v1/deliveries?state=discarded')).body.items.length).toBeGreaterThanOrEqual(2)
  })
})

it('a lead that a fault has parked goes on where somebody resumes it, and is refused where nothing is parked', async () => {
  sink.otherwise({ do: 'answer', status: 503 })
  await api.home.publish(
    flow.replace('flow: sold', 'flow: stood').replace('attempts: 1', 'attempts: 5').replaceAll('crm', 'slow'),
  )
  const { answer } = await api.home.submit('stood', 'web', { email: 'stood@example.com' })
  // It was begun again and again, and no run came to an end.
  await api.home.inspect('update millrace.work set attempts = 99 where lead_id = $1', [answer.lead_id])
  api.clock.advance(120_000)
  await api.work()
  expect((await get(`/api/v1/leads/${answer.lead_id}`)).body).toMatchObject({ code: 'crashed_repeatedly' })
  sink.otherwise({ do: 'answer' })
  api.clock.advance(120_000)
  await api.work()
  expect((await get(`/api/v1/leads/${answer.lead_id}`)).body.outcome).toBeNull()
  const resumed = await post(`/api/v1/leads/${answer.lead_id}/resume`, { reason: 'mended' }, 'operator')
  expect(resumed).toMatchObject({ status: 202, body: { lead_id: answer.lead_id } })
  await api.work()
  expect((await get(`/api/v1/leads/${answer.lead_id}`)).body).toMatchObject({ outcome: 'success', code: null })
  const events = (await get(`/api/v1/leads/${answer.lead_id}/events`)).body.items
  expect(events.map(({ type }: { type: string }) => type)).toContain('lead.resumed')
  const again = await post(`/api/v1/leads/${answer.lead_id}/resume`, {})
  expect(again.status).toBe(400)
  expect((await post(`/api/v1/leads/${answer.lead_id}/resume`, {}, 'analyst')).status).toBe(403)
})

it('an unknown outcome is settled by who may review, and by nobody else', async () => {
  sink.otherwise({ do: 'reset' })
  const leadId = await submit()
  sink.otherwise({ do: 'answer' })
  const [{ id }] = (await get('/api/v1/deliveries?state=unknown')).body.items
  const url = `/api/v1/leads/${leadId}/deliveries/${id}/settle`
  expect((await post(url, { outcome: 'delivered', reason: 'seen there' }, 'analyst')).status).toBe(403)
  const { status } = await post(url, { outcome: 'delivered', reason: 'seen there', reference: 'R9' }, 'operator')
  expect(status).toBe(202)
  await api.work()
  expect((await get(`/api/v1/leads/${leadId}`)).body).toMatchObject({
    outcome: 'success',
    price: 5,
    deliveries: [{ outcome: 'success', reference: 'R9' }],
  })
})

it('a destination’s health tells its rate of success and its latencies, of the minutes that are asked for', async () => {
  const called = (ago: number, ms: number, [successes, failures, errors]: readonly [number, number, number]) =>
    api.home.inspect(
      `insert into millrace.destination_minute
         (tenant_id, minute, flow_id, destination, successes, failures, errors, latencies)
       values ($1, date_trunc('minute', $2::timestamptz), 'sold', 'paced', $3, $4, $5, $6::integer[])`,
      [
        api.home.tenantId,
        new Date(api.clock.now() - ago * 60_000),
        successes,
        failures,
        errors,
        LATENCY_STEPS_MS.map((end) => (end === ms ? successes + failures + errors : 0)).concat(0),
      ],
    )
  await called(0, 10, [90, 10, 0])
  await called(2, 100, [80, 10, 10])
  await called(60, 60_000, [0, 0, 50])
  const health = async (minutes: number) =>
    (await get(`/api/v1/destinations/paced/health?minutes=${minutes}`)).body.items
  expect(await health(60)).toMatchObject([
    {
      flow: 'sold',
      destination: 'paced',
      calls: 200,
      success_rate: 0.85,
      refused: 20,
      errors: 10,
      latency_ms: { p50: 10, p95: 97, p99: 99.4 },
      breaker: { state: 'closed' },
      paused: null,
    },
  ])
  expect(await health(1)).toMatchObject([{ calls: 100, success_rate: 0.9, latency_ms: { p50: 8.5 } }])
  expect(await health(61)).toMatchObject([{ calls: 250, errors: 60 }])
  expect((await get('/api/v1/destinations/none/health')).body.items).toEqual([])
})

it('shows nothing of it to another tenant', async () => {
  await die()
  const other = await api.home.addTenant('stranger')
  const headers = await as('owner', other)
  for (const url of ['/api/v1/deliveries', '/api/v1/dead-letters', '/api/v1/destinations/crm/health']) {
    const response = await api.app.inject({ url, headers })
    expect(response.json().items).toEqual([])
  }
})
