/** kill -9 at random moments under load, of the server as it runs and as it starts. */

import { setTimeout as pause } from 'node:timers/promises'
import { openBuyer } from './buyer.ts'
import { createClient } from './client.ts'
import { readEvidence } from './evidence.ts'
import { type Findings, found, noFindings } from './findings.ts'
import { flowOf, kindOf } from './people.ts'
import type { Random } from './random.ts'
import { startSenders } from './senders.ts'
import { runMillrace } from './server.ts'
import { openStanding, waitFinished } from './standing.ts'
import { judge } from './verdict.ts'
import type { Ward } from './ward.ts'

const FLOW = 'chaos'
const CAP = 1_000_000
const FINISH_MS = 60_000

export interface KillingsOptions {
  readonly ward: Ward
  readonly random: Random
  readonly kills: number
  /** No kill begins after so long. */
  readonly untilMs: number
  readonly senders: number
  readonly onProgress: (text: string) => void
}

export const killings = async (options: KillingsOptions): Promise<Findings> => {
  const { ward, random, kills, untilMs, senders, onProgress } = options
  const findings = noFindings()
  const startedAt = performance.now()
  const standing = await openStanding(ward, { name: 'killings' })
  const client = createClient(senders)
  const buyer = await openBuyer({ random: random.fork(), delayMsMax: 120, kindOf })
  let slowest = 0
  const started = async (): Promise<void> => {
    await standing.start()
    slowest = Math.max(slowest, standing.server().readyAfterMs())
  }
  try {
    // The very first start may die as well, in the middle of making its database.
    standing.launch()
    await pause(random.between(100, 2_500))
    await standing.kill()
    findings.kills += 1
    await started()
    findings.figures.first_start_ms = standing.server().readyAfterMs()
    slowest = 0
    standing.aim(FLOW, await standing.publish(FLOW, flowOf({ flow: FLOW, buyerUrl: buyer.url, max: CAP })))
    const load = startSenders({
      random: random.fork(),
      client,
      target: standing.target,
      senders,
      pauseMsMax: 150,
      name: 'k',
    })
    while (findings.kills < kills && performance.now() - startedAt < untilMs) {
      await pause(random.between(150, 2_000))
      await standing.kill()
      findings.kills += 1
      // Some do not live to be ready.
      while (findings.kills < kills && random.next() < 0.3) {
        standing.launch()
        await pause(random.between(20, 1_200))
        await standing.kill()
        findings.kills += 1
      }
      onProgress(`${findings.kills} kills, ${load.submissions.length} leads sent`)
      await started()
    }
    await load.finish()
    const left = await waitFinished(standing.database(), FINISH_MS)
    if (left > 0) onProgress(`${left} unfinished`)
    const { unanswered, putOff } = load.tries()
    findings.figures.sent = load.submissions.length
    findings.figures.tries_unanswered = unanswered
    findings.figures.tries_put_off = putOff
    findings.figures.slowest_start_ms = slowest
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

/** `audit verify` walks every chain; the embedded server is started for it and stopped again. */
export const verifyChains = async (
  findings: Findings,
  options: { readonly ward: Ward; readonly dataDir: string },
): Promise<void> => {
  const { stdout, stderr, code } = await runMillrace(options.ward, [
    'audit',
    'verify',
    '--json',
    '--data',
    options.dataDir,
  ])
  const verified = code === 0 ? (JSON.parse(stdout) as { ok: boolean; segments: number }) : null
  if (verified?.ok) findings.figures.segments = verified.segments
  else found(findings, 'lost', [`audit verify ended with ${code}: ${stdout}${stderr}`])
}
