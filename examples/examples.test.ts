import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { movableClock } from '../src/base/clock.ts'
import { compileFlow } from '../src/flow/compile.ts'
import { parseFlow } from '../src/flow/parse.ts'
import { readBody } from '../src/ingest/body.ts'
import { readEntries } from '../src/ingest/list-entries.ts'
import type { Json } from '../src/kit/field.ts'
import { registries, type TestHouse, testHouse } from '../test/support/house.ts'
import { openSink, type Sink, type SinkRequest } from '../test/support/sink.ts'

/** Every lead of every example goes through the real engine, and is told what the example says. */

interface ExampleLead {
  readonly name: string
  readonly source: string
  readonly now: string
  readonly format?: 'form' | 'xml' | 'json'
  readonly body: Json
  readonly review?: { readonly decision: 'approve' | 'reject'; readonly reason: string | null; readonly by: string }
  readonly answers?: Readonly<Record<string, SinkAnswer>>
  /** When what it waits for has come. */
  readonly later?: string
}

interface SinkAnswer {
  readonly status: number
  readonly body: Json
}

interface Expected {
  readonly name: string
  readonly status: number
  readonly outcome: string
  readonly code: string | null
  readonly reason: string | null
  readonly price: number
  readonly revenue?: string
  readonly route?: string
  /** What the last destination was sent, as JSON. */
  readonly sent?: object
  readonly duplicate_of?: string
  readonly field_errors?: Readonly<Record<string, string>>
  readonly pending?: object
  readonly steps: readonly (readonly [string, string])[]
  readonly events: readonly string[]
}

interface List {
  readonly id: string
  readonly entries: readonly { readonly value: string | readonly string[]; readonly types?: readonly string[] }[]
}

/** The next turn of the event loop: what is waited for is a condition. */
const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const FOLDER = import.meta.dirname
const ADDRESS = /https:\/\/([a-z0-9.-]+\.example\.com)/g

const read = <T>(folder: string, file: string, otherwise: T): T => {
  const path = join(FOLDER, folder, file)
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as T) : otherwise
}

const clock = movableClock(0)
let house: TestHouse
let sink: Sink

beforeAll(async () => {
  sink = await openSink()
  house = await testHouse({ clock, random: () => 0 })
  house.house.sweeper.start()
})
afterAll(async () => {
  await house.close()
  await sink.close()
})

const fillLists = async (lists: readonly List[]): Promise<void> => {
  for (const { id, entries } of lists) {
    for (const { value, types = null } of entries) {
      const read = readEntries([value], { types, country: 'US', now: clock.now() })
      const place = { tenantId: house.tenantId, list: id, expiresAt: null, now: clock.now() }
      await house.house.lists.add({ ...place, entries: read })
    }
  }
}

const folders = readdirSync(FOLDER, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(join(FOLDER, entry.name, 'leads.json')))
  .map((entry) => entry.name)

describe.each(folders)('example %s', (folder) => {
  const leads = read<ExampleLead[]>(folder, 'leads.json', [])
  const expected = read<Expected[]>(folder, 'expected.json', [])
  const answers = read<Record<string, SinkAnswer>>(folder, 'sink.json', {})

  it('tells every source what it says it tells', async () => {
    expect(expected.map((each) => each.name)).toEqual(leads.map((each) => each.name))
    clock.set(Date.parse(leads[0]?.now ?? ''))
    const text = readFileSync(join(FOLDER, folder, 'flow.yaml'), 'utf8').replaceAll(ADDRESS, `${sink.url}/$1`)
    const { flow } = await house.publish(text)
    await fillLists(read<List[]>(folder, 'lists.json', []))
    const compiled = compileFlow({ document: parseFlow(text, registries).document, version: 0, registries })
    const asked = [...compiled.enrichers.values()].map(({ id, destination }) => [id, destination] as const)
    const urls = new Map(
      [...compiled.destinations, ...asked].map(([id, { settings }]) => [id, (settings as { url: string }).url]),
    )
    const ids = new Map<string, string>()

    for (const [index, lead] of leads.entries()) {
      const want = expected[index]
      if (!want) throw new Error(`no expectation for ${lead.name}`)
      clock.set(Date.parse(lead.now))
      sink.otherwise((request: SinkRequest) => {
        const own = Object.entries(lead.answers ?? {}).find(([id]) => urls.get(id)?.endsWith(request.path))
        const answer = own?.[1] ?? answers[`https:/${request.path}`]
        if (!answer) return { do: 'answer', status: 404 }
        return {
          do: 'answer',
          status: answer.status,
          body: typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body),
        }
      })
      const raw = typeof lead.body === 'string' ? lead.body : JSON.stringify(lead.body)
      const { values } = readBody(Buffer.from(raw), { format: lead.format ?? 'json', charset: null })
      const first = await house.submit(flow, lead.source, values, { raw, format: lead.format ?? 'json' })
      ids.set(lead.name, first.answer.lead_id)
      const where = `${folder}: ${lead.name}`
      if (lead.later !== undefined) {
        expect({ status: first.status, ...first.answer }, where).toMatchObject(want.pending ?? {})
        clock.set(Date.parse(lead.later))
        house.house.sweeper.hint(clock.now())
        while (!(await house.house.reader.read(house.tenantId, first.answer.lead_id))?.lead.closed) await soon()
      } else if (lead.review) {
        expect({ status: first.status, ...first.answer }, where).toMatchObject(want.pending ?? {})
        await house.house.runner.decide({ tenantId: house.tenantId, leadId: first.answer.lead_id, ...lead.review })
      } else {
        expect(
          {
            status: first.status,
            outcome: first.answer.outcome,
            code: first.answer.code,
            reason: first.answer.reason,
            price: first.answer.price,
          },
          where,
        ).toEqual({
          status: want.status,
          outcome: want.outcome,
          code: want.code,
          reason: want.reason,
          price: want.price,
        })
      }
      if (want.field_errors) expect(first.answer.field_errors, where).toEqual(want.field_errors)
      if (want.duplicate_of) expect(first.answer.duplicate_of, where).toBe(ids.get(want.duplicate_of))
      const stored = await house.house.reader.read(house.tenantId, first.answer.lead_id)
      expect(stored?.row, where).toMatchObject({ outcome: want.outcome, code: want.code, price: want.price })
      expect(
        stored?.lead.steps.map((step) => [step.id, step.outcome]),
        where,
      ).toEqual(want.steps)
      expect(
        stored?.events.map((event) => event.type),
        where,
      ).toEqual(want.events)
      if (want.revenue !== undefined) expect(stored?.lead.closed?.revenue, where).toBe(want.revenue)
      if (want.sent) expect(JSON.parse(sink.requests.at(-1)?.body ?? ''), where).toMatchObject(want.sent)
      if (want.route !== undefined) expect(stored?.lead.route, where).toBe(want.route)
    }
  })
})
