/** The short form of `npm run chaos`, with a seed of its own each day, which a failure tells. */

import { afterAll, beforeAll, expect, it } from 'vitest'
import { atOnceAlone, atOnceTogether } from './at-once.ts'
import { databaseAway } from './database-away.ts'
import { deliveries } from './deliveries.ts'
import { drain } from './drain.ts'
import type { Findings } from './findings.ts'
import { killings } from './killings.ts'
import { createRandom } from './random.ts'
import { twins } from './twins.ts'
import { openWard, type Ward } from './ward.ts'

const SEED = Math.floor(Date.now() / 86_400_000)
/** Enough on a machine that others use as well; alone, all of it takes less than a minute. They wait more than they work. */
const LIMIT_MS = 180_000

let ward: Ward
beforeAll(async () => {
  ward = await openWard()
})
afterAll(() => ward.end())

const expectGood = (findings: Findings): void => {
  const { lost, doubled, unfinished, problems } = findings
  expect({ lost, doubled, unfinished, problems }, `seed ${SEED}`).toEqual({
    lost: 0,
    doubled: 0,
    unfinished: 0,
    problems: [],
  })
  expect(findings.acknowledged).toBeGreaterThan(0)
}

it.concurrent('kill -9 under load: nothing acknowledged is lost, nothing is counted or sent twice', {
  timeout: LIMIT_MS,
}, async () => {
  const findings = await killings({
    ward,
    random: createRandom(SEED),
    kills: 3,
    untilMs: 15_000,
    senders: 16,
    onProgress: () => undefined,
  })
  expectGood(findings)
  expect(findings.kills).toBeGreaterThan(0)
})

it.concurrent('many at once: of fifty equal leads one is accepted, and a cap of 100 passes 100', {
  timeout: LIMIT_MS,
}, async () => {
  expectGood(await atOnceAlone(ward, 1))
})

it.concurrent('many at once, at two processes on one database', { timeout: LIMIT_MS }, async () => {
  expectGood(await atOnceTogether(ward, 1))
})

it.concurrent('fifty twins at once over three processes, equal and a typing error apart: one is the first', {
  timeout: LIMIT_MS,
}, async () => {
  const findings = await twins(ward, createRandom(SEED + 3), 3)
  expectGood(findings)
  expect(findings.figures.explanations).toBe(3 * 49)
})

it.concurrent('Postgres killed under load: sources are put off, and the server mends itself', {
  timeout: LIMIT_MS,
}, async () => {
  const findings = await databaseAway({ ward, random: createRandom(SEED), kills: 1, senders: 12 })
  expectGood(findings)
  expect(findings.kills).toBe(4)
})

it.concurrent('SIGTERM under load: who was let in is answered, and no process stays', {
  timeout: LIMIT_MS,
}, async () => {
  expectGood(await drain({ ward, random: createRandom(SEED) }))
})

it.concurrent('destinations that lie: nothing is lost or doubled, and every unknown outcome is settled', {
  timeout: LIMIT_MS,
}, async () => {
  const random = createRandom(SEED)
  expectGood(await deliveries({ ward, random, leads: 40, blows: 4, on: 'embedded', onProgress: () => undefined }))
})
