/** What deliveries cost: how late one that is due goes out, how many go out in a second, what many that wait cost intake. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type CaseContext, publishFlow, startMillrace, type Target } from './cases.ts'
import { percentile } from './percentiles.ts'
import { type Measured, measure, type RoundsOptions, rateRatio, warmUp } from './rounds.ts'

export interface DeliveriesMeasured {
  /** From the moment a retry is due to its call, on an idle server: ms. */
  readonly due: { readonly retries: number; readonly p50Ms: number; readonly p99Ms: number }
  /** Deliveries that had been held, once they may go: four a lead. */
  readonly burst: { readonly deliveries: number; readonly perSecond: number }
  /** Intake with so many retries waiting, by intake without. */
  readonly waiting: {
    readonly retries: number
    readonly empty: Measured
    readonly full: Measured
    readonly ratio: number
  }
}

const SINK = fileURLToPath(new URL('./servers/sink.ts', import.meta.url))
const NAME = 'bench_deliveries'
const DUE = 120
const DUE_EVERY_MS = 40
const BURST_LEADS = 2_000
const AT_ONCE = 16
const WAITING = 100_000
const WITHIN_MS = 90_000

const flows = (sink: string): Readonly<Record<string, string>> => ({
  due: `
flow: due
fields: { email: email }
sources: [ { id: website } ]
destinations: { flaky: { type: http, url: '${sink}flaky', repeat: keyed, attempts: 5, retry_delays: [1s], breaker: 'off' } }
steps: [ { deliver: { to: flaky } } ]
`,
  burst: `
flow: burst
fields: { email: email }
sources: [ { id: website } ]
destinations:
${[1, 2, 3, 4].map((id) => `  to-${id}: { type: http, url: '${sink}to/${id}', repeat: keyed }`).join('\n')}
steps: [ { deliver: { to: [to-1, to-2, to-3, to-4] } } ]
`,
})

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const until = async (met: () => Promise<boolean>, check: () => void): Promise<void> => {
  const deadline = performance.now() + WITHIN_MS
  while (!(await met())) {
    check()
    if (performance.now() > deadline) throw new Error('the deliveries of the bench do not come to an end')
    await pause(20)
  }
}

export const measureDeliveries = async (options: {
  readonly context: CaseContext
  readonly rounds: RoundsOptions
  readonly say: (text: string) => void
}): Promise<DeliveriesMeasured> => {
  const { context, rounds, say } = options
  const { children, database, folder } = context
  const sink = await children.startServer({
    name: 'sink',
    args: [SINK],
    env: {},
    cwd: folder,
    logFile: join(folder, 'sink-deliveries.log'),
  })
  const databaseUrl = await database.create(NAME)
  const sinkUrl = new URL('/leads', sink.url).href
  const target = await startMillrace({ context, name: NAME, databaseUrl, sinkUrl })
  const keys: Record<string, string> = {}
  for (const [flow, text] of Object.entries(flows(sink.url.href))) {
    const file = join(folder, `${flow}.yaml`)
    writeFileSync(file, text)
    keys[flow] = await publishFlow({ context, name: NAME, databaseUrl, file })
  }
  const submit = async (flow: string, serial: number): Promise<void> => {
    const response = await fetch(new URL(`/flows/${flow}/sources/website/submit?mode=async`, target.server.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${keys[flow]}`, 'content-type': 'application/json' },
      body: `{"email":"person.${serial}@example.com"}`,
    })
    await response.arrayBuffer()
    if (response.status !== 202) throw new Error(`a lead of the bench was answered with ${response.status}`)
  }
  const ask = async <T extends object>(text: string): Promise<T[]> =>
    database.use(NAME, async (client) => (await client.query<T>(text)).rows)
  const isDone = async (flow: string, leads: number): Promise<boolean> => {
    const [row] = await ask<{ n: number }>(
      `select count(*)::integer as n from millrace.lead where flow_id = '${flow}' and closed_at is not null`,
    )
    return row?.n === leads
  }

  say('how late a delivery that is due goes out')
  for (let serial = 0; serial < DUE; serial += 1) {
    await submit('due', serial)
    await pause(DUE_EVERY_MS)
  }
  await until(() => isDone('due', DUE), rounds.check)
  // From the time the journal promised to the moment the call was sent: its answer, less what it took.
  const late = await ask<{ ms: number }>(
    `select extract(epoch from s.at) * 1000 - (e.data ->> 'next_at')::float8 as ms
     from millrace.event e join millrace.event s on s.lead_id = e.lead_id and s.type = 'attempt.answered'
       and (s.data ->> 'attempt')::integer = (e.data ->> 'attempt')::integer + 1
     where e.type = 'attempt.ended' and e.data ->> 'next_at' is not null`,
  )
  const sorted = Float64Array.from(late.map((row) => Number(row.ms))).sort()
  const due = { retries: sorted.length, p50Ms: percentile(sorted, 50), p99Ms: percentile(sorted, 99) }
  say(`  ${due.retries} retries: p50 ${due.p50Ms.toFixed(1)} ms, p99 ${due.p99Ms.toFixed(1)} ms`)

  say('how many go out in a second')
  const taken = async (): Promise<number> => ((await (await fetch(sink.url)).json()) as { taken: number }).taken
  await ask(
    `insert into millrace.hold (tenant_id, scope, name, since, by)
     select id, 'queue', 'deliveries', now(), 'bench' from millrace.tenant`,
  )
  await pause(500)
  let next = 0
  const sender = async (): Promise<void> => {
    for (let serial = next++; serial < BURST_LEADS; serial = next++) await submit('burst', serial)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, sender))
  await until(async () => {
    const [row] = await ask<{ n: number }>(
      `select count(*)::integer as n from millrace.work where runner is null and lane like 'burst/%'`,
    )
    return row?.n === BURST_LEADS
  }, rounds.check)
  const before = await taken()
  const deliveries = BURST_LEADS * 4
  const startedAt = performance.now()
  await ask('delete from millrace.hold')
  await until(async () => (await taken()) >= before + deliveries, rounds.check)
  const burst = { deliveries, perSecond: deliveries / ((performance.now() - startedAt) / 1000) }
  say(`  ${deliveries} deliveries, ${Math.round(burst.perSecond)} a second`)
  await target.server.stop()
  await sink.stop()

  say(`what ${WAITING} waiting retries cost intake`)
  const contenders: { label: string; target: Target }[] = []
  for (const label of ['none waiting', 'many waiting']) {
    const name = `bench_${label.replace(' ', '_')}`
    const url = await database.create(name)
    const one = await startMillrace({ context, name, databaseUrl: url, sinkUrl: null })
    if (label === 'many waiting')
      await database.use(name, (client) =>
        client.query(
          `insert into millrace.work (tenant_id, lead_id, wake_at, lane)
           select t.id, gen_random_uuid(), now() + interval '1 day' + n * interval '1 second', 'bench/crm'
           from millrace.tenant t, generate_series(1, ${WAITING}) n`,
        ),
      )
    contenders.push({ label, target: one })
  }
  await warmUp(contenders, rounds)
  const [empty, full] = await measure(contenders, rounds)
  if (!empty || !full) throw new Error('both were to be measured')
  for (const { target: one } of contenders) await one.server.stop()
  return { due, burst, waiting: { retries: WAITING, empty, full, ratio: rateRatio(full, empty) } }
}
