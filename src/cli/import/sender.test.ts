import { describe, expect, it } from 'vitest'
import { movableClock } from '../../base/clock.ts'
import { Fault, type FaultCode } from '../../base/faults.ts'
import { firstIdAt } from '../../base/ids.ts'
import type { Answer, Submission, SubmissionResult } from '../../runner/types.ts'
import { createSender } from './sender.ts'

const START = Date.UTC(2026, 10, 5, 18)

const submission: Submission = {
  source: { tenantId: '', keyId: '', flowId: 'f', sourceId: 's', method: 'session' },
  format: 'csv',
  mode: 'sync',
  raw: '',
  values: {},
  test: false,
  idempotencyKey: 'k',
  ip: null,
  userAgent: null,
  receivedAt: 0,
}

const answer = (over: Partial<Answer> = {}): Answer => ({
  outcome: 'success',
  lead_id: firstIdAt(START + 1),
  accepted: true,
  price: 0,
  duration: 1,
  reason: null,
  code: null,
  destinations: {},
  ...over,
})

/** A sender whose runner does one thing after the other, the last one for ever. */
const scripted = (...doings: readonly (FaultCode | Error | Answer)[]) => scriptedWith(60_000, ...doings)

const scriptedWith = (retryDelayMs: number, ...doings: readonly (FaultCode | Error | Answer)[]) => {
  const clock = movableClock(START)
  const stop = new AbortController()
  const seen = { submitted: 0, waits: 0 }
  const onWait: ((waits: number) => void)[] = []
  const send = createSender({
    runner: {
      submit: async (): Promise<SubmissionResult> => {
        const doing = doings[Math.min(seen.submitted, doings.length - 1)]
        seen.submitted += 1
        if (doing instanceof Error) throw doing
        if (typeof doing === 'string') throw new Fault(doing, { message: `It is ${doing}` })
        return { status: 201, answer: doing ?? answer() }
      },
    },
    clock,
    // Without jitter.
    random: () => 0,
    stop: stop.signal,
    retryDelayMs,
    onWaiting: () => {
      seen.waits += 1
      for (const each of onWait) each(seen.waits)
    },
  })
  return { send: () => send(submission), clock, stop, seen, onWait }
}

describe('a row', () => {
  it.each(['overloaded', 'database_unavailable', 'sequence_conflict'] as const)(
    'is sent again after %s',
    async (code) => {
      const { send, seen } = scripted(code, answer())
      expect(await send()).toMatchObject({ answer: { accepted: true }, isRepeat: false })
      expect(seen).toEqual({ submitted: 2, waits: 1 })
    },
  )

  it.each(['source_disabled', 'not_found', 'idempotency_key_reused', 'revision_missing'] as const)(
    'ends the import with %s',
    async (code) => {
      const { send, seen } = scripted(code)
      await expect(send()).rejects.toMatchObject({ code })
      expect(seen.submitted).toBe(1)
    },
  )

  it('on which we fail ourselves is given up after three tries, and no value of it is told', async () => {
    const { send, seen } = scripted(new Error('cannot read ann@example.com'))
    expect(await send()).toEqual({ reason: 'It could not be taken in: an error of our own, see the log' })
    expect(seen.submitted).toBe(3)
  })

  it('that waits for another try is left to the next run when the import is stopped', async () => {
    const { send, stop, onWait } = scripted('database_unavailable')
    onWait.push(() => stop.abort())
    expect(await send()).toBeNull()
  })

  it('without an answer for minutes ends the import', async () => {
    const { send, clock, onWait } = scripted('database_unavailable')
    onWait.push(() => clock.advance(6 * 60_000))
    await expect(send()).rejects.toMatchObject({
      code: 'database_unavailable',
      message: expect.stringMatching(/for 5 minutes \(It is database_unavailable\)\. Run the same command again/),
    })
  })

  it('that an interrupted run left open is looked at again until it is closed', async () => {
    const leadId = firstIdAt(START - 60_000)
    const open = answer({ lead_id: leadId, outcome: 'pending', accepted: null, code: 'delivering' })
    const { send, seen } = scripted(open, open, answer({ lead_id: leadId }))
    expect(await send()).toMatchObject({ answer: { outcome: 'success' }, isRepeat: true })
    expect(seen.submitted).toBe(3)
  })

  it('whose delivery is tried again is waited for where that is soon', async () => {
    const later = answer({
      lead_id: firstIdAt(START - 60_000),
      outcome: 'pending',
      accepted: null,
      code: 'delivering',
      destinations: { CRM: { outcome: 'pending', code: 'destination.unknown_outcome' } },
    })
    const { send, seen } = scripted(later, answer())
    expect(await send()).toEqual({ answer: later, isRepeat: true })
    expect(seen.submitted).toBe(1)
    const soon = scriptedWith(1_000, later, answer({ lead_id: later.lead_id }))
    expect(await soon.send()).toMatchObject({ answer: { outcome: 'success' }, isRepeat: true })
    expect(soon.seen.submitted).toBe(2)
  })

  it('that waits for a person, or is open in this run, is not waited for', async () => {
    const review = answer({
      lead_id: firstIdAt(START - 60_000),
      outcome: 'pending',
      accepted: null,
      code: 'awaiting_review',
    })
    expect(await scripted(review).send()).toEqual({ answer: review, isRepeat: true })
    const fresh = answer({ outcome: 'pending', accepted: null, code: 'delivering' })
    expect(await scripted(fresh).send()).toEqual({ answer: fresh, isRepeat: false })
  })
})
