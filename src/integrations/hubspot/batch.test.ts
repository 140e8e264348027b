import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AttemptResult, BatchEnded, CallAnswer, DestinationTools } from '../../kit/destination.ts'
import { hubspot } from './index.ts'

/**
 * Shapes of requests and answers as documented for /crm/v3/objects/contacts/batch/upsert, 2026-11-26:
 * https://developers.hubspot.com/docs/api-reference/legacy/crm/objects/contacts/batch/upsert-contacts
 */

type Inputs = { inputs: { id: string; objectWriteTraceId: string; properties: { email: string } }[] }

const rowOf = (n: number, email = `lead${n}@example.com`) => ({
  key: 'k',
  deliveryId: `d${n}`,
  leadId: `l${n}`,
  payload: { email, firstname: 'Ann' },
})

const answer = (status: number, body: object): CallAnswer => ({ status, headers: {}, body: JSON.stringify(body) })

/** Drives the batch against a HubSpot that answers each call as told. */
const drive = (rows: readonly ReturnType<typeof rowOf>[], say: (asked: Inputs) => CallAnswer) => {
  const file = { tenantId: 't', name: 'n', madeAt: 0, now: 0, content: '', digest: '', rows }
  const program = hubspot.batch?.deliver(file, { auth: { token: 't' }, batch: {} }, {} as DestinationTools)
  const calls: Inputs[] = []
  for (let step = program?.next(); step; ) {
    if (step.done) return { ended: step.value, calls }
    const asked = JSON.parse(step.value.body ?? '') as Inputs
    calls.push(asked)
    step = program?.next(say(asked))
  }
  throw new Error('no batch')
}
const each = (ended: AttemptResult | BatchEnded): ReadonlyMap<string, AttemptResult> => {
  if (ended.outcome !== 'each') throw new Error(`it ended as ${ended.outcome}`)
  return ended.results
}
const taken = ({ inputs }: Inputs) =>
  answer(200, {
    status: 'COMPLETE',
    results: inputs
      .map(({ id, objectWriteTraceId }) => ({ id: `c-${id}`, new: true, objectWriteTraceId, properties: {} }))
      .reverse(),
  })

describe('contacts that leave together', () => {
  it('are told apart by their trace id, whatever the order of the answer', () => {
    const { ended, calls } = drive([rowOf(1), rowOf(2)], taken)
    expect(calls).toHaveLength(1)
    expect(each(ended).get('d1')).toMatchObject({ outcome: 'success', reference: 'c-lead1@example.com' })
    expect(each(ended).get('d2')).toMatchObject({ outcome: 'success', reference: 'c-lead2@example.com' })
  })

  it('of a 207 some are taken and some refused, and one that is not spoken of is no success', () => {
    const { ended } = drive([rowOf(1), rowOf(2), rowOf(3)], ({ inputs: [first, second] }) =>
      answer(207, {
        results: [{ id: 'c1', new: false, objectWriteTraceId: first?.objectWriteTraceId }],
        numErrors: 1,
        errors: [{ message: 'Email is invalid', context: { objectWriteTraceId: [second?.objectWriteTraceId] } }],
      }),
    )
    expect(each(ended).get('d1')).toMatchObject({ outcome: 'success', reference: 'c1' })
    expect(each(ended).get('d2')).toMatchObject({ outcome: 'failure', reason: 'Email is invalid' })
    expect(each(ended).has('d3')).toBe(false)
  })

  it('are halved where the whole is refused, until the bad one stands alone', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 0, max: 99 }), (count, at) => {
        const bad = `lead${at % count}@example.com`
        const rows = Array.from({ length: count }, (_, n) => rowOf(n))
        const { ended, calls } = drive(rows, (asked) =>
          asked.inputs.some(({ id }) => id === bad) ? answer(400, { message: 'no' }) : taken(asked),
        )
        const results = each(ended)
        expect(results.size).toBe(count)
        const refused = [...results].filter(([, { outcome }]) => outcome !== 'success').map(([delivery]) => delivery)
        expect(refused).toEqual([`d${at % count}`])
        expect(calls.length).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(count)) + 1)
      }),
    )
  })

  it('with one address twice are sent in two calls, and one without an address in none', () => {
    const { ended, calls } = drive([rowOf(1, 'ann@example.com'), rowOf(2, 'Ann@example.com'), rowOf(3, '')], taken)
    expect(calls.map(({ inputs }) => inputs.length)).toEqual([1, 1])
    expect([...each(ended)].map(([delivery, { outcome }]) => [delivery, outcome]).toSorted()).toEqual([
      ['d1', 'success'],
      ['d2', 'success'],
      ['d3', 'failure'],
    ])
  })

  it('wait together where the whole is to be tried again', () => {
    expect(drive([rowOf(1), rowOf(2)], () => answer(429, {})).ended).toMatchObject({
      outcome: 'error',
      code: 'destination.throttled',
    })
  })

  it('are tied to no company: the settings are refused', () => {
    const flaws = hubspot.flaws?.({ auth: { token: 't' }, company: 'find', batch: {} }, {} as DestinationTools)
    expect(flaws).toMatchObject([{ path: 'batch' }])
  })
})
