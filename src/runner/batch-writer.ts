import { hash, type KeyObject } from 'node:crypto'
import { delayMs } from '../base/backoff.ts'
import { describeError } from '../base/described-error.ts'
import { FAULTS, type FaultCode, isFault, POLICY } from '../base/faults.ts'
import { newId } from '../base/ids.ts'
import { createInHand } from '../base/in-hand.ts'
import { seal } from '../base/seal.ts'
import type { CallEnd, Gate } from '../delivery/gate.ts'
import { laneKey } from '../delivery/lane.ts'
import type { Batches, Lane, OpenFile } from '../handlers/batches.ts'
import { isPassing } from '../journal/anchors.ts'
import type { Keyring } from '../journal/keyring.ts'
import type { LeadLoader, LoadedLead } from '../journal/read.ts'
import { batchOf } from '../kit/batch.ts'
import type { AttemptResult, BatchEnded, BatchRow } from '../kit/destination.ts'
import type { CompiledDestination } from '../kit/flow.ts'
import { answerOfCall, authorizeCall, type CallContext } from './authorized-call.ts'
import type { Catalog } from './catalog.ts'
import type { RunnerContext } from './context.ts'
import { personKeys, REACHED } from './journey.ts'

/**
 * Writes the files of what has waited for its window. A file has its name and its deliveries in the database before a
 * byte of it leaves; written again after a crash, it is the same file under the same name.
 */
export interface BatchWriter {
  /** Begins to write what is due, several destinations' at once; does not wait for any. */
  look(): Promise<void>
  /** Resolves when nothing is being written. */
  idle(): Promise<void>
  /** Writes what is in hand to its end, and begins nothing more. */
  stop(): Promise<void>
  /** Writes all that is due; resolves when nothing is. */
  round(): Promise<void>
}

const ROWS_MAX = 10_000
/** Destinations written for at once: each holds a file in memory. */
const LANES_AT_ONCE = 8
/** Of one destination, before others come in between. */
const FILES_EACH = 10
const NO_LIMITS = { concurrency: null, perSecond: null, breaker: null } as const

/** What a call is counted as: the best of what it brought its leads. */
const bestOf = (result: AttemptResult | BatchEnded): AttemptResult['outcome'] => {
  if (result.outcome !== 'each') return result.outcome
  const outcomes = new Set([...result.results.values()].map(({ outcome }) => outcome))
  return outcomes.has('success') ? 'success' : outcomes.has('failure') ? 'failure' : 'error'
}

/** How often whoever has a file in hand says so: well within its lease. */
const RENEW_MS = 60_000
/** Leads read at once: more would keep others from the database. */
const LOADED_AT_ONCE = 20

/** Of one that the answer does not speak of. */
const UNTOLD: AttemptResult = {
  outcome: 'error',
  code: 'destination.unknown_outcome',
  reason: 'The answer says nothing of this lead: nobody knows whether it was taken',
  retryAfterMs: null,
}

interface Rows {
  readonly rows: readonly BatchRow[]
  readonly lines: ReadonlyMap<string, number>
  readonly keyOf: ReadonlyMap<string, KeyObject>
}
const ATTEMPTS_MAX = 20
const BACKOFF_MS = 30_000

export const createBatchWriter = (options: {
  readonly ctx: CallContext
  readonly batches: Batches
  readonly keyring: Keyring
  readonly catalog: Catalog
  readonly loader: LeadLoader
  readonly blocks: Pick<RunnerContext['blocks'], 'why'>
  readonly gate: Pick<Gate, 'admit' | 'stopped' | 'pauseByHouse'>
  readonly random: () => number
  readonly timeoutMs: number
  readonly log: { error(fields: object, text: string): void }
}): BatchWriter => {
  const { ctx, batches, keyring, catalog, loader, blocks, gate, random, timeoutMs, log } = options
  const { clock } = ctx

  /** Whether its person has opted out, or was erased, since it was decided. */
  const isBlocked = async ({ lead, keys }: LoadedLead, delivery: string): Promise<boolean> => {
    const flow = await catalog.version(lead.tenantId, lead.flow, lead.flowVersion)
    const to = flow.destinations.get(lead.deliveries.get(delivery)?.destination ?? '')
    const reached = [...REACHED, ...(to?.channels ?? [])]
    return (await blocks.why(lead.tenantId, personKeys({ lead, flow, keys }), reached)) !== null
  }

  /** Keeps a file in hand for as long as something is done with it. Throws where another has taken it up. */
  const keeping = (file: OpenFile) => {
    let renewedAt = clock.now()
    return async (): Promise<void> => {
      const now = clock.now()
      if (now - renewedAt < RENEW_MS) return
      if (!(await batches.renew(file, now))) throw new Error('another process has taken this batch up')
      renewedAt = now
    }
  }

  const payloadOf = async (file: OpenFile, { delivery, leadId }: OpenFile['items'][number]) => {
    const loaded = await loader.load(file.tenantId, leadId)
    if (!loaded?.key || (await isBlocked(loaded, delivery))) return null
    const found = loaded.lead.deliveries.get(delivery)
    return found ? { found, key: loaded.key } : null
  }

  /** What its leads say is to be sent; one that may not leave any more has no line. */
  const rowsOf = async (file: OpenFile, keep: () => Promise<void>): Promise<Rows> => {
    const rows: BatchRow[] = []
    const lines = new Map<string, number>()
    const keyOf = new Map<string, KeyObject>()
    for (let from = 0; from < file.items.length; from += LOADED_AT_ONCE) {
      await keep()
      const some = file.items.slice(from, from + LOADED_AT_ONCE)
      const loaded = await Promise.all(some.map((item) => payloadOf(file, item)))
      for (const [at, { delivery, leadId }] of some.entries()) {
        const one = loaded[at]
        if (one) {
          rows.push({ deliveryId: delivery, key: one.found.key ?? delivery, leadId, payload: one.found.payload })
          keyOf.set(delivery, one.key)
        }
        lines.set(delivery, one ? rows.length : 0)
      }
    }
    return { rows, lines, keyOf }
  }

  const send = async (
    destination: CompiledDestination,
    file: OpenFile,
    rows: readonly BatchRow[],
    keep: () => Promise<void>,
  ): Promise<{ result: AttemptResult | BatchEnded; bytes: number; digest: Buffer }> => {
    const { settings } = destination
    const batch = batchOf(destination)
    const keys = await keyring.tenant(file.tenantId)
    const info = { tenantId: file.tenantId, name: file.name, madeAt: file.madeAt, now: clock.now() }
    const content = batch?.content(rows, settings as never) ?? ''
    const digest = hash('sha256', content)
    const whole = { bytes: Buffer.byteLength(content), digest: Buffer.from(digest, 'hex') }
    const program = batch?.deliver({ ...info, content, digest, rows }, settings as never, destination.tools)
    try {
      for (let step = program?.next(); step; ) {
        if (step.done) return { ...whole, result: step.value }
        await keep()
        const call = await authorizeCall(ctx, keys, destination, step.value)
        const { connectTimeoutMs, headersTimeoutMs, bodyTimeoutMs } = destination.policy
        const parts = { connectTimeoutMs, headersTimeoutMs, bodyTimeoutMs }
        const response = await call.send({ timeoutMs: destination.timeoutMs ?? timeoutMs, ...parts })
        step = program?.next(answerOfCall(response))
      }
    } catch (error) {
      if (!isFault(error)) throw error
      const { message: reason, code, retryAfterMs = null } = error
      return { ...whole, result: { outcome: 'error', reason, code, retryAfterMs } }
    }
    return { ...whole, result: { outcome: 'error', reason: 'No batches', code: 'setting_invalid', retryAfterMs: null } }
  }

  const write = async (file: OpenFile, destination: CompiledDestination | undefined): Promise<CallEnd> => {
    const beganAt = clock.now()
    const keep = keeping(file)
    const { rows, lines, keyOf } = await rowsOf(file, keep)
    const results = new Map<string, Buffer>()
    const ended = (state: 'writing' | 'sent' | 'failed', code: FaultCode | null, over: object = {}) =>
      batches.end(
        file,
        { state, code, rows: rows.length, bytes: 0, digest: null, lines, results, nextAt: clock.now(), ...over },
        clock.now(),
      )
    if (!destination || batchOf(destination) === null) {
      await ended('failed', 'destination_missing')
      return { is: 'void' }
    }
    const unsafe = destination.type.repeat(destination.settings as never) === 'unsafe'
    if (file.isAbandoned && unsafe) {
      await ended('failed', 'destination.unknown_outcome')
      return { is: 'void' }
    }
    // All of its leads were erased: there is nothing to tell.
    if (rows.length === 0) {
      await ended('sent', null)
      return { is: 'void' }
    }
    const { result, ...whole } = await send(destination, file, rows, keep)
    const ms = clock.now() - beganAt
    if (result.outcome === 'each')
      for (const { deliveryId } of rows) {
        const key = keyOf.get(deliveryId)
        if (key) results.set(deliveryId, seal(key, JSON.stringify(result.results.get(deliveryId) ?? UNTOLD)))
      }
    if (result.outcome === 'success' || result.outcome === 'each') {
      await ended('sent', null, whole)
      return { is: 'answered', outcome: bestOf(result), ms }
    }
    const { code } = result
    const policy = POLICY[FAULTS[code]]
    if (policy.after === 'pause') await gate.pauseByHouse(file, code)
    // Sent twice it is the same batch: an unknown outcome is simply tried again, unless it would be taken twice.
    const mayRepeat = policy.retry !== 'if_repeatable' || !unsafe
    const again = (policy.retry !== 'never' && mayRepeat && file.attempts < ATTEMPTS_MAX) || policy.after === 'pause'
    if (again) {
      const hint = result.outcome === 'error' ? result.retryAfterMs : null
      const wait = delayMs({
        attempt: file.attempts,
        baseMs: BACKOFF_MS,
        random: random(),
        ...(hint !== null && { retryAfterMs: hint }),
      })
      await ended('writing', code, { nextAt: clock.now() + wait })
    } else {
      log.error({ destination: file.destination, file: file.name, code }, 'a batch could not be delivered')
      await ended('failed', code, whole)
    }
    return policy.retry === 'never'
      ? { is: 'answered', outcome: 'error', ms }
      : { is: 'failed', code, retryAfterMs: result.outcome === 'error' ? result.retryAfterMs : null, ms }
  }

  /**
   * As it is published now. Where the flow no longer collects for it, does not name it or is switched off, as the leads
   * know it that wait for it, as with what leaves by itself. Null: none waits, and what comes up meanwhile is looked at
   * anew.
   */
  const destinationOf = async (lane: Lane): Promise<CompiledDestination | undefined | null> => {
    const flow = await catalog.current(lane.tenantId, lane.flowId).catch((error) => {
      if (!isFault(error) || error.code === 'database_unavailable') throw error
      return null
    })
    const current = flow?.destinations.get(lane.destination)
    if (current && batchOf(current) !== null) return current
    const leadId = await batches.waiting(lane, clock.now())
    if (leadId === null) return null
    const lead = (await loader.load(lane.tenantId, leadId))?.lead
    if (!lead) return undefined
    return (await catalog.version(lane.tenantId, lead.flow, lead.flowVersion)).destinations.get(lane.destination)
  }

  /** Whether there was one to be sent. */
  const sendNext = async (lane: Lane): Promise<boolean> => {
    const destination = await destinationOf(lane)
    if (destination === null) return false
    const batch = destination ? batchOf(destination) : null
    const settings = destination?.settings as never
    // What people stop, emergency mode and the breaker hold for batches as for any delivery.
    const pass = await gate.admit(lane, destination?.policy ?? NO_LIMITS)
    if (!pass.admitted) return false
    let seen: CallEnd = { is: 'void' }
    try {
      const id = newId(clock.now())
      const name = batch?.name({ id, now: clock.now(), flow: lane.flowId }, settings) ?? id
      const rowsMax = batch?.rowsMax?.(settings) ?? ROWS_MAX
      const file = await batches.take(lane, { now: clock.now(), id, name, rowsMax })
      if (file === null) return false
      seen = await write(file, destination)
      return true
    } finally {
      pass.end(seen)
    }
  }

  const writing = createInHand({
    most: LANES_AT_ONCE,
    onFailed: (error) => {
      if (!isPassing(error))
        log.error({ errors: describeError(error) }, 'a batch could not be written; it is tried again')
    },
  })
  let stopping = false
  let files = 0
  /** In which order those that are due were begun last. */
  let turns = new Map<string, number>()
  let turn = 0

  const writeSome = async (lane: Lane): Promise<void> => {
    for (let written = 0; !stopping && written < FILES_EACH && (await sendNext(lane)); written += 1) files += 1
  }

  const look = async (): Promise<void> => {
    const due = (await batches.due(clock.now()))
      .filter((lane) => gate.stopped(lane) === null)
      .map((lane) => ({ lane, key: laneKey(lane) }))
    turns = new Map(due.map(({ key }) => [key, turns.get(key) ?? 0]))
    // In turn, so that with more of them than are written at once none is always the last.
    due.sort((a, b) => (turns.get(a.key) ?? 0) - (turns.get(b.key) ?? 0))
    for (const { lane, key } of due) if (writing.begin(key, () => writeSome(lane))) turns.set(key, ++turn)
  }

  return {
    look,
    idle: writing.idle,
    stop: async () => {
      stopping = true
      await writing.idle().catch(() => undefined)
    },
    round: async () => {
      let before: number
      do {
        before = files
        await look()
        await writing.idle()
      } while (files > before)
    },
  }
}
