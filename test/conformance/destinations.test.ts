import { readdirSync, readFileSync } from 'node:fs'
import { Compile } from 'typebox/compile'
import { describe, expect, it } from 'vitest'
import { createDestinationTools } from '../../src/flow/destination-tools.ts'
import { parseFlow } from '../../src/flow/parse.ts'
import { destinationTypes } from '../../src/integrations/index.ts'
import type { AttemptResult, Call, CallAnswer, DeliveryInput } from '../../src/kit/destination.ts'
import { registries } from '../support/house.ts'
import { SIGNED_AT, secretOf, shownHeader } from '../support/transcript.ts'

/**
 * What every destination must do. A folder `fixtures` beside it holds transcripts of its calls, each with where it came
 * from, and `invalid-settings.json`: settings that must be refused. A destination without them fails.
 */

interface Transcript {
  readonly what: string
  readonly source: {
    readonly kind: 'captured' | 'documented' | 'handwritten'
    readonly date: string
    readonly address?: string
  }
  readonly settings: never
  readonly repeat: 'safe' | 'keyed' | 'unsafe'
  readonly input: DeliveryInput
  /** `sent`: what authorize makes of address and body, where it changes them. */
  readonly exchange: readonly {
    readonly call: Call
    readonly answer: CallAnswer
    readonly sent?: Partial<Pick<Call, 'url' | 'body'>>
  }[]
  /** Secrets that must have a form of their own; others are made up. */
  readonly secrets?: Readonly<Record<string, string>>
  /** The headers that authorize adds to each call; a secret stands as its name in angle brackets. */
  readonly authorized?: readonly Readonly<Record<string, string>>[]
  readonly result: AttemptResult
}

const root = new URL('../../src/integrations/', import.meta.url)
const folders = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)

const read = <T>(type: string, name: string): T =>
  JSON.parse(readFileSync(new URL(`${type}/fixtures/${name}`, root), 'utf8')) as T

const tools = createDestinationTools({ country: 'US', zone: 'UTC' })
it('registers every folder of an integration, under its own name', () => {
  expect(Object.keys(destinationTypes).sort()).toEqual(folders.sort())
  for (const [name, { type }] of Object.entries(destinationTypes)) expect(type).toBe(name)
})

describe.each(Object.values(destinationTypes))('$type', (destination) => {
  const { type } = destination
  const settings = Compile(destination.settings)
  const files = readdirSync(new URL(`${type}/fixtures/`, root)).filter((name) => name.endsWith('.json'))
  const transcripts = files.filter((name) => name !== 'invalid-settings.json')

  it('describes itself', () => {
    expect(destination.summary).toMatch(/^[A-Z].+\.$/)
    expect([...settings.Errors(destination.example)]).toEqual([])
    expect(settings.Check(destination.example)).toBe(true)
    expect(['safe', 'keyed', 'unsafe']).toContain(destination.repeat(destination.example))
  })

  it('takes its example as a flow has it, with what is left out filled in', () => {
    const flow = {
      flow: 'one',
      fields: { email: 'email' },
      sources: [{ id: 'web' }],
      destinations: { there: { type, ...destination.example } },
      steps: [{ deliver: { to: 'there' } }],
    }
    const { document, problems } = parseFlow(JSON.stringify(flow), registries)
    expect(problems).toEqual([])
    const filled = document.destinations[0]?.settings as never
    expect([...settings.Errors(filled)]).toEqual([])
    expect(destination.repeat(filled)).toBe(destination.repeat(destination.example))
  })

  it('has transcripts of a success, a failure and an error', () => {
    const outcomes = new Set(transcripts.map((name) => read<Transcript>(type, name).result.outcome))
    // A file is taken or not; it refuses no lead of its own.
    expect([...outcomes].sort()).toEqual(
      destination.batch && !destination.batch.uses ? ['error', 'success'] : ['error', 'failure', 'success'],
    )
  })

  it('finds nothing wrong with its own example', () => {
    expect(destination.flaws?.(destination.example, tools) ?? []).toEqual([])
  })

  it.each(transcripts)('replays %s', async (name) => {
    const {
      source,
      settings: given,
      repeat,
      input,
      exchange,
      result,
      authorized,
      secrets,
    } = read<Transcript>(type, name)
    expect(source.date).toMatch(/^\d{4}-\d\d-\d\d$/)
    expect(['captured', 'documented', 'handwritten']).toContain(source.kind)
    expect(source.kind === 'handwritten' || source.address !== undefined).toBe(true)
    expect([...settings.Errors(given)]).toEqual([])
    expect(destination.flaws?.(given, tools) ?? []).toEqual([])
    expect(destination.repeat(given)).toBe(repeat)

    const delivery = destination.deliver(input, given, tools)
    const asked: string[] = []
    const token = destination.token?.(given) ? secretOf('token') : null
    let turn = delivery.next()
    for (const [index, { call, answer, sent: changed }] of exchange.entries()) {
      if (turn.done) throw new Error(`${name}: ended after ${index} calls`)
      expect(turn.value).toEqual(call)
      // What is journaled holds no secret, whatever the settings.
      for (const known of ['secret-of-', ...Object.values(secrets ?? {})])
        expect(JSON.stringify(turn.value)).not.toContain(known)
      const secret = (secretName: string) => {
        asked.push(secretName)
        return secrets?.[secretName] ?? secretOf(secretName)
      }
      const sent = await destination.authorize(turn.value, given, { secret, token, now: SIGNED_AT })
      const added = Object.entries(sent.headers).filter(([header, value]) => call.headers[header] !== value)
      expect(Object.fromEntries(added.map(([header, value]) => [header, shownHeader(value)]))).toEqual(
        authorized?.[index] ?? {},
      )
      const { certificate: _, ...plain } = sent
      expect({ ...plain, headers: {} }).toEqual({ ...call, ...changed, headers: {} })
      turn = delivery.next(answer)
    }
    expect(asked.length > 0 || token !== null).toBe(authorized !== undefined)
    expect(turn).toEqual({ done: true, value: result })
  })

  it.each(read<readonly { what: string; settings: never }[]>(type, 'invalid-settings.json'))(
    'refuses $what',
    ({ settings: given }) => {
      const wellFormed = settings.Check(given)
      expect(wellFormed && (destination.flaws?.(given, tools) ?? []).length === 0).toBe(false)
    },
  )

  it('checks its connection without sending a lead', () => {
    const call = destination.check(destination.example)
    expect(call === null || (call.method === 'GET' && call.body === null)).toBe(true)
  })
})
