import { hash } from 'node:crypto'
import { delayMs } from '../base/backoff.ts'
import { FAULTS, type FaultCode, isFault, POLICY } from '../base/faults.ts'
import { newId } from '../base/ids.ts'
import type { Batches, Lane, OpenFile } from '../handlers/batches.ts'
import type { Keyring } from '../journal/keyring.ts'
import type { LeadLoader, LoadedLead } from '../journal/read.ts'
import type { AttemptResult, BatchRow } from '../kit/destination.ts'
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
  /** Writes all that is due; resolves when nothing is. */
  round(): Promise<void>
}

const ROWS_MAX = 10_000
const ATTEMPTS_MAX = 20
const BACKOFF_MS = 30_000

export const createBatchWriter = (options: {
  readonly ctx: CallContext
  readonly batches: Batches
  readonly keyring: Keyring
  readonly catalog: Catalog
  readonly loader: LeadLoader
  readonly blocks: Pick<RunnerContext['blocks'], 'why'>
  readonly random: () => number
  readonly timeoutMs: number
  readonly log: { error(fields: object, text: string): void }
}): BatchWriter => {
  const { ctx, batches, keyring, catalog, loader, blocks, random, timeoutMs, log } = options
  const { clock } = ctx

  /** Whether its person has opted out, or was erased, since it was decided. */
  const isBlocked = async ({ lead, keys }: LoadedLead, delivery: string): Promise<boolean> => {
    const flow = await catalog.version(lead.tenantId, lead.flow, lead.flowVersion)
    const to = flow.destinations.get(lead.deliveries.get(delivery)?.destination ?? '')
    const reached = [...REACHED, ...(to?.channels ?? [])]
    return (await blocks.why(lead.tenantId, personKeys({ lead, flow, keys }), reached)) !== null
  }

  /** What its leads say is to be sent; one that may not leave any more has no line. */
  const rowsOf = async (file: OpenFile): Promise<{ rows: BatchRow[]; lines: Map<string, number> }> => {
    const rows: BatchRow[] = []
    const lines = new Map<string, number>()
    for (const { delivery, leadId } of file.items) {
      const loaded = await loader.load(file.tenantId, leadId)
      const found =
        loaded?.key && !(await isBlocked(loaded, delivery)) ? loaded.lead.deliveries.get(delivery) : undefined
      if (found) rows.push({ deliveryId: delivery, leadId, payload: found.payload })
      lines.set(delivery, found ? rows.length : 0)
    }
    return { rows, lines }
  }

  const send = async (
    destination: CompiledDestination,
    file: OpenFile,
    rows: readonly BatchRow[],
  ): Promise<{ result: AttemptResult; bytes: number; digest: Buffer }> => {
    const { type, settings } = destination
    const keys = await keyring.tenant(file.tenantId)
    const info = { tenantId: file.tenantId, name: file.name, madeAt: file.madeAt }
    const content = type.batch?.content(rows, settings as never) ?? ''
    const digest = hash('sha256', content)
    const whole = { bytes: Buffer.byteLength(content), digest: Buffer.from(digest, 'hex') }
    const program = type.batch?.deliver({ ...info, content, digest, rows }, settings as never)
    try {
      for (let step = program?.next(); step; ) {
        if (step.done) return { ...whole, result: step.value }
        const call = await authorizeCall(ctx, keys, destination, step.value)
        step = program?.next(answerOfCall(await call.send({ timeoutMs: destination.timeoutMs ?? timeoutMs })))
      }
    } catch (error) {
      if (!isFault(error)) throw error
      const { message: reason, code, retryAfterMs = null } = error
      return { ...whole, result: { outcome: 'error', reason, code, retryAfterMs } }
    }
    return { ...whole, result: { outcome: 'error', reason: 'No batches', code: 'setting_invalid', retryAfterMs: null } }
  }

  const write = async (file: OpenFile): Promise<void> => {
    const flow = await catalog.current(file.tenantId, file.flowId)
    const destination = flow.destinations.get(file.destination)
    const { rows, lines } = await rowsOf(file)
    const ended = (state: 'writing' | 'sent' | 'failed', code: FaultCode | null, over: object = {}) =>
      batches.end(
        file,
        { state, code, rows: rows.length, bytes: 0, digest: null, lines, nextAt: clock.now(), ...over },
        clock.now(),
      )
    if (!destination?.type.batch) return ended('failed', 'destination_missing')
    // All of its leads were erased: there is nothing to tell.
    if (rows.length === 0) return ended('sent', null)
    const { result, ...whole } = await send(destination, file, rows)
    if (result.outcome === 'success') return ended('sent', null, whole)
    const policy = POLICY[FAULTS[result.code]]
    // Written twice it is the same file: an unknown outcome is simply tried again.
    const again = policy.retry !== 'never' && file.attempts < ATTEMPTS_MAX
    if (!again) {
      log.error({ destination: file.destination, file: file.name, code: result.code }, 'a file could not be delivered')
      return ended('failed', result.code, whole)
    }
    const wait = delayMs({ attempt: file.attempts, baseMs: BACKOFF_MS, random: random() })
    return ended('writing', result.code, { nextAt: clock.now() + wait })
  }

  const nameOf = async (lane: Lane, id: string): Promise<string> => {
    const flow = await catalog.current(lane.tenantId, lane.flowId)
    const destination = flow.destinations.get(lane.destination)
    return (
      destination?.type.batch?.name({ id, now: clock.now(), flow: lane.flowId }, destination.settings as never) ?? id
    )
  }

  return {
    round: async () => {
      for (;;) {
        const lanes = await batches.due(clock.now())
        let written = 0
        for (const lane of lanes) {
          const id = newId(clock.now())
          const name = await nameOf(lane, id)
          const file = await batches.take(lane, { now: clock.now(), id, name, rowsMax: ROWS_MAX })
          if (file === null) continue
          written += 1
          await write(file)
        }
        if (written === 0) return
      }
    },
  }
}
