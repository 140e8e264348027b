/** The Postgres that the server started is killed under load, alone or together with the server. */

import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { findPostmaster } from '../../src/database/embedded/server-process.ts'
import { openBuyer } from './buyer.ts'
import { createClient } from './client.ts'
import { readEvidence } from './evidence.ts'
import { type Findings, noFindings } from './findings.ts'
import { verifyChains } from './killings.ts'
import { flowOf, kindOf } from './people.ts'
import type { Random } from './random.ts'
import { type Load, startSenders } from './senders.ts'
import { openStanding, type Standing, waitFinished } from './standing.ts'
import { until } from './until.ts'
import { judge } from './verdict.ts'
import type { Ward } from './ward.ts'

const FLOW = 'away'
const BACK_MS = 60_000
const FINISH_MS = 60_000

const postmasterOf = (dataDir: string): number | undefined => findPostmaster(join(dataDir, 'postgres'))?.pid

const killPostgres = (dataDir: string): number => {
  const pid = postmasterOf(dataDir)
  if (pid === undefined) throw new Error('there is no Postgres to kill')
  process.kill(pid, 'SIGKILL')
  return pid
}

/** Leads are acknowledged again, by more than those that were in the air. */
const untilServed = async (load: Load, senders: number): Promise<void> => {
  const done = (): number => load.submissions.filter(({ answer }) => answer !== null).length
  const before = done()
  await until(() => done() > before + 2 * senders, {
    withinMs: BACK_MS,
    missing: () => 'the server does not take leads again after its Postgres was killed',
  })
}

/** It mends itself: nobody starts anything. */
const killAlone = async (standing: Standing): Promise<void> => {
  const killed = killPostgres(standing.dataDir)
  await until(
    () => {
      const pid = postmasterOf(standing.dataDir)
      return pid !== undefined && pid !== killed
    },
    { withinMs: BACK_MS, missing: () => 'the server does not start its Postgres again' },
  )
}

/** No server starts on a folder without this file: Postgres stays away until it is back. */
const KEYSTONE = 'PG_VERSION'

/** Killed, and not to be started again before sources have heard 503: all of them are put off, none left alone. */
const killForLonger = async (standing: Standing, load: Load): Promise<void> => {
  const file = join(standing.dataDir, 'postgres', KEYSTONE)
  const before = load.tries().putOff
  renameSync(file, `${file}.away`)
  try {
    killPostgres(standing.dataDir)
    await until(() => load.tries().putOff > before, {
      withinMs: BACK_MS,
      missing: () => 'nobody hears 503 while Postgres is away',
    })
  } finally {
    renameSync(`${file}.away`, file)
  }
}

export const databaseAway = async (options: {
  readonly ward: Ward
  readonly random: Random
  readonly kills: number
  readonly senders: number
}): Promise<Findings> => {
  const { ward, random, kills, senders } = options
  const findings = noFindings()
  const standing = await openStanding(ward, { name: 'away' })
  const client = createClient(senders)
  const buyer = await openBuyer({ random: random.fork(), delayMsMax: 60, kindOf })
  try {
    await standing.start()
    const { pid } = standing.server()
    standing.aim(FLOW, await standing.publish(FLOW, flowOf({ flow: FLOW, buyerUrl: buyer.url, max: 1_000_000 })))
    const { target } = standing
    const load = startSenders({ random: random.fork(), client, target, senders, pauseMsMax: 40, name: 'd' })
    for (let kill = 0; kill < kills; kill += 1) {
      await untilServed(load, senders)
      await pause(random.between(0, 300))
      await killAlone(standing)
      findings.kills += 1
    }
    await untilServed(load, senders)
    await killForLonger(standing, load)
    findings.kills += 1
    await untilServed(load, senders)
    if (standing.server().pid !== pid) findings.problems.push('the server itself ended with its Postgres')

    const { putOff, unanswered } = load.tries()
    findings.figures.put_off = putOff
    if (unanswered > 0) findings.problems.push(`${unanswered} tries got no answer at all while Postgres was away`)

    killPostgres(standing.dataDir)
    await standing.kill()
    findings.kills += 2
    await standing.start()
    await untilServed(load, senders)

    await load.finish()
    await waitFinished(standing.database(), FINISH_MS)
    await judge(findings, {
      load,
      calls: buyer.calls,
      evidence: await readEvidence(standing.database(), FLOW),
      read: await standing.reader(),
    })
    await standing.stop()
    await verifyChains(findings, { ward, dataDir: standing.dataDir })
  } finally {
    await client.close()
    await standing.close()
    await buyer.close()
  }
  return findings
}
