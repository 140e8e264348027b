import { expect, it } from 'vitest'
import { movableClock } from '../base/clock.ts'
import { createRefusals, type Refusal } from './refusals.ts'
import type { AuditEntry } from './types.ts'

const TENANT = '01a20767-34dd-7067-84a6-48e4c9f07dca'
const START = Date.parse('2026-11-26T10:00:00Z')
const LOG = { error: () => undefined, warn: () => undefined, info: () => undefined }

const setUp = () => {
  const clock = movableClock(START)
  const written: AuditEntry[] = []
  let fails = false
  let meanwhile = (): void => undefined
  const record = async (entry: AuditEntry): Promise<void> => {
    meanwhile()
    if (fails) throw new Error('the database is away')
    written.push(entry)
  }
  const refusals = createRefusals({ audit: { record }, clock, log: LOG })
  const note = (over: Partial<Refusal> = {}): void =>
    refusals.note({ tenantId: TENANT, resource: 'user', resourceId: 'ada', why: 'password', ip: '192.0.2.1', ...over })
  return {
    clock,
    written,
    refusals,
    note,
    fail: (how: boolean) => {
      fails = how
    },
    whileWriting: (run: () => void) => {
      meanwhile = run
    },
  }
}

it('writes the first of its kind at the next round, and what follows as one entry with its count', async () => {
  const { clock, written, refusals, note } = setUp()
  note()
  expect(written, 'nothing is written while somebody waits for an answer').toEqual([])
  await refusals.round()
  expect(written).toMatchObject([
    {
      tenantId: TENANT,
      actor: { kind: 'unknown' },
      action: 'session.refuse',
      resource: 'user',
      resourceId: 'ada',
      data: { why: 'password', count: 1 },
      personal: { ip: '192.0.2.1' },
    },
  ])
  for (let n = 0; n < 5_000; n += 1) note({ ip: `192.0.2.${n % 200}` })
  await refusals.round()
  expect(written).toHaveLength(1)
  clock.advance(60_000)
  await refusals.round()
  expect(written).toHaveLength(2)
  expect(written[1]?.data).toEqual({
    why: 'password',
    count: 5_000,
    from: '2026-11-26T10:00:00.000Z',
    to: '2026-11-26T10:00:00.000Z',
  })
  expect(written[1]?.personal?.ip).toHaveLength(10)
})

it('writes at most a hundred entries a day for one who is tried all the time, and loses none of the count', async () => {
  const { clock, written, refusals, note } = setUp()
  const SECONDS = 86_400
  for (let second = 0; second < SECONDS; second += 10) {
    for (let n = 0; n < 10; n += 1) note()
    await refusals.round()
    clock.advance(10_000)
  }
  await refusals.close()
  expect(written.length).toBeLessThanOrEqual(101)
  expect(written.reduce((sum, { data }) => sum + Number(data?.count), 0)).toBe(SECONDS)
})

it('counts those beyond the first hundred who are tried together, without a name', async () => {
  const { written, refusals, note } = setUp()
  for (let n = 0; n < 1_000; n += 1) note({ resourceId: `user-${n}` })
  await refusals.close()
  expect(written).toHaveLength(101)
  expect(written.filter(({ resourceId }) => resourceId === null)).toMatchObject([{ data: { count: 900 } }])
})

it('begins anew after a quiet time, and keeps what could not be written', async () => {
  const { clock, written, refusals, note, fail } = setUp()
  fail(true)
  note()
  await refusals.round()
  note()
  fail(false)
  await refusals.round()
  expect(written).toMatchObject([{ data: { count: 2 } }])
  clock.advance(3_600_000)
  await refusals.round()
  note({ ip: null })
  await refusals.round()
  expect(written).toHaveLength(2)
  expect(written[1]).not.toHaveProperty('personal')
  expect(written[1]?.data).toEqual({ why: 'password', count: 1 })
})

it('says of those that came while it was written where they came from', async () => {
  const { written, refusals, note, whileWriting } = setUp()
  whileWriting(() => {
    note({ ip: '192.0.2.9' })
    whileWriting(() => undefined)
  })
  note()
  await refusals.round()
  await refusals.close()
  expect(written.map(({ data, personal }) => [data?.count, personal])).toEqual([
    [1, { ip: '192.0.2.1' }],
    [1, { ip: '192.0.2.9' }],
  ])
})
