/** SIGTERM under load: who was let in is answered, the rest is sent away, and no process stays. */

import { openBuyer } from './buyer.ts'
import { createClient, type Sent } from './client.ts'
import { type Findings, found, noFindings } from './findings.ts'
import { flowOf, kindOf } from './people.ts'
import type { Random } from './random.ts'
import { openStanding } from './standing.ts'
import { until } from './until.ts'
import type { Ward } from './ward.ts'

const FLOW = 'drain'
const IN_FLIGHT = 60
const HELD_MS = 30_000

export const drain = async (options: { readonly ward: Ward; readonly random: Random }): Promise<Findings> => {
  const { ward, random } = options
  const findings = noFindings()
  const standing = await openStanding(ward, { name: 'drain' })
  const client = createClient(IN_FLIGHT)
  const comers: (typeof client)[] = []
  const buyer = await openBuyer({ random: random.fork(), delayMsMax: 0, kindOf })
  try {
    await standing.start()
    // They are held for as long as the server takes to hear the signal: none is to be told "later" for that alone.
    const flow = flowOf({ flow: FLOW, buyerUrl: buyer.url, max: 1_000 }).replace(
      'country:',
      'answer_within: 5m\ncountry:',
    )
    const key = await standing.publish(FLOW, flow)
    standing.aim(FLOW, key)
    const { url } = await standing.target.address()
    const submit = (by: typeof client, number: number): Promise<Sent> =>
      by.submit({ url, key, body: JSON.stringify({ email: `ordinary.s.${number}@example.com`, state: 'TX' }) })

    buyer.hold()
    const inFlight = Array.from({ length: IN_FLIGHT }, (_, number) => submit(client, number))
    await until(() => buyer.held() === IN_FLIGHT, {
      withinMs: HELD_MS,
      missing: () => `only ${buyer.held()} of ${IN_FLIGHT} leads reach the buyer`,
    })
    const stopped = standing.stop()
    // It has heard the signal once nobody new is let in; only then are those inside let go.
    let comer = IN_FLIGHT
    await until(
      async () => {
        comer += 1
        // Held by the buyer, a comer before the signal would wait for ever: he counts as let in. The next one comes on a
        // connection of his own, or he would stand behind him unheard.
        const late = createClient(1)
        comers.push(late)
        const sent = await Promise.race([submit(late, comer), new Promise<null>((r) => setTimeout(r, 500, null))])
        return sent !== null && (sent.told === 'later' || sent.told === 'nothing')
      },
      { withinMs: HELD_MS, missing: () => 'the server still takes leads after SIGTERM' },
    )
    buyer.release()
    const answers = await Promise.all(inFlight)
    const wrong = answers.filter((sent) => sent.told !== 'answer' || sent.answer.status !== 201)
    findings.acknowledged += answers.length - wrong.length
    found(
      findings,
      null,
      wrong.map(
        (sent) => `a lead in flight at SIGTERM was told ${sent.told === 'answer' ? sent.answer.status : sent.told}`,
      ),
    )
    await stopped
  } finally {
    await client.close()
    for (const late of comers) await late.close()
    await standing.close()
    await buyer.close()
  }
  return findings
}
