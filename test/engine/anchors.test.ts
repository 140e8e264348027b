import { afterAll, beforeAll, expect, it } from 'vitest'
import { movableClock } from '../../src/base/clock.ts'
import { verifyAnchors } from '../../src/journal/anchors.ts'
import { type TestHouse, testHouse } from '../support/house.ts'

const clock = movableClock(Date.UTC(2026, 10, 5, 18))
const FLOW = `
flow: plain
fields: { email: { type: email, required: true } }
sources: [ { id: web } ]
steps: [ { normalize: {} } ]
`
let house: TestHouse

beforeAll(async () => {
  house = await testHouse({ clock })
  await house.publish(FLOW)
})
afterAll(() => house.close())

const check = () =>
  verifyAnchors({ database: house.house.database, keyring: house.house.keyring, tenantId: house.tenantId })

it('anchors a day once it has settled, and exposes a lead that was removed whole', async () => {
  for (let n = 0; n < 5; n += 1) await house.submit('plain', 'web', { email: `a${n}@example.com` })
  await house.house.upkeep.round()
  expect(await check()).toEqual({ anchors: 0, breach: null })
  clock.advance(86_400_000)
  await house.submit('plain', 'web', { email: 'later@example.com' })
  await house.house.upkeep.round()
  await house.house.upkeep.round()
  expect(await check()).toEqual({ anchors: 1, breach: null })
  const [victim] = await house.inspect<{ id: string }>('select id from millrace.lead order by id limit 1')
  await house.inspect('delete from millrace.segment where lead_id = $1', [victim?.id])
  await house.inspect('delete from millrace.lead where id = $1', [victim?.id])
  expect((await check()).breach).toEqual({
    day: '2026-11-05',
    what: 'segments_removed_or_changed',
    anchored: 5,
    found: 4,
  })
})

it('exposes a day whose anchor was removed, with what it told of', async () => {
  clock.advance(2 * 86_400_000)
  await house.house.upkeep.round()
  const removed = async (day: string) => {
    await house.inspect('create table public.kept as table millrace.anchor')
    await house.inspect('delete from millrace.anchor where day <= $1::date', [day])
    const { breach } = await check()
    await house.inspect('delete from millrace.anchor')
    await house.inspect('insert into millrace.anchor table public.kept')
    await house.inspect('drop table public.kept')
    return breach
  }
  expect(await removed('2026-11-05')).toEqual({ day: '2026-11-05', what: 'anchor_removed', anchored: 0, found: 4 })
  expect(await removed('2026-11-06')).toMatchObject({ day: '2026-11-05', what: 'anchor_removed' })
})

it('exposes an anchor that was written over', async () => {
  await house.inspect('update millrace.anchor set segments = 4')
  expect((await check()).breach).toMatchObject({ what: 'signature' })
})
