/**
 * The gatherer: written for one, run for many.
 *
 * Callers hand over one item and await one answer; items of the same kind that arrive while the previous run
 * is under way go out together in the next. There is no timer: a lone item leaves at the end of its own turn
 * of the event loop, and under load the batch is as large as the time the previous run took. Waiting on a
 * timer instead would add its delay to every quiet request and cap the rate of every busy one.
 */

import { Fault } from './faults.ts'

export interface GatherOptions<Item, Answer> {
  /**
   * Performs a batch: one answer an item, in the items' order. It is all or nothing: a run that throws has
   * changed nothing, since its items are run again in halves.
   */
  readonly run: (items: readonly Item[]) => Promise<readonly Answer[]>
  /** Most items in one run. */
  readonly rowsMax: number
  /** Most bytes in one run, as `sizeOf` counts them; an item larger than that goes alone. */
  readonly bytesMax?: number
  readonly sizeOf?: (item: Item) => number
  /** Most runs in flight at once. With 1, runs keep the order of arrival among each other too. */
  readonly concurrency: number
  /**
   * Whether an error says nothing about any one item (the database is away): every unanswered item of the
   * batch is then rejected with it at once. Any other error is looked for by halving.
   */
  readonly whole?: (error: unknown) => boolean
}

export interface Gatherer<Item, Answer> {
  /** Rejects with what `run` threw for this item alone, or for all. */
  (item: Item): Promise<Answer>
  /** Items not yet answered. */
  pending(): number
  /** Resolves once nothing is pending: at once where nothing is. */
  drained(): Promise<void>
}

interface Batch<Item, Answer> {
  readonly items: Item[]
  readonly resolves: ((answer: Answer) => void)[]
  readonly rejects: ((error: unknown) => void)[]
  bytes: number
}

/** Below this, two runs cost more than what they gain by taking turns. */
const SPLIT_FROM = 24

export const gather = <Item, Answer>(options: GatherOptions<Item, Answer>): Gatherer<Item, Answer> => {
  const { run, rowsMax, concurrency, sizeOf, whole } = options
  const bytesMax = options.bytesMax ?? Number.POSITIVE_INFINITY
  if (!(rowsMax >= 1) || !(concurrency >= 1) || !(bytesMax > 0)) {
    throw new Fault('internal', {
      message: 'Internal error',
      detail: `a gatherer needs rowsMax, bytesMax and concurrency of at least 1, not ${rowsMax}, ${bytesMax}, ${concurrency}`,
    })
  }

  // Arrivals are laid straight into the batches they will leave in, so that a long queue costs no copying.
  const waiting: Batch<Item, Answer>[] = []
  let running = 0
  let unanswered = 0
  let flushDue = false
  let onDrained: (() => void)[] = []

  const answered = (count: number) => {
    unanswered -= count
    if (unanswered > 0 || onDrained.length === 0) return
    const calls = onDrained
    onDrained = []
    for (const call of calls) call()
  }

  const reject = (batch: Batch<Item, Answer>, from: number, to: number, error: unknown) => {
    for (let at = from; at < to; at += 1) batch.rejects[at]?.(error)
    answered(to - from)
  }

  /**
   * Runs a batch in order. Everything before `from` is answered; `ends` holds the ends of the parts still to be
   * run, the nearest last, so that halving a part is pushing its middle.
   */
  const perform = async (batch: Batch<Item, Answer>): Promise<void> => {
    const { items, resolves } = batch
    const ends = [items.length]
    let from = 0
    for (let to = ends.at(-1); to !== undefined; to = ends.at(-1)) {
      let answers: readonly Answer[]
      try {
        answers = await run(from === 0 && to === items.length ? items : items.slice(from, to))
      } catch (error) {
        if (whole?.(error)) {
          reject(batch, from, items.length, error)
          return
        }
        if (to - from > 1) {
          ends.push(from + ((to - from) >> 1))
          continue
        }
        reject(batch, from, to, error)
        from = to
        ends.pop()
        continue
      }
      if (answers.length === to - from) {
        for (let at = from; at < to; at += 1) resolves[at]?.(answers[at - from] as Answer)
        answered(to - from)
      } else {
        // The run took effect, so halving would do it twice.
        const detail = `a gathered run answered ${answers.length} of ${to - from} items`
        reject(batch, from, to, new Fault('internal', { message: 'Internal error', detail }))
      }
      from = to
      ends.pop()
    }
  }

  const landed = () => {
    running -= 1
    scheduleFlush()
  }

  const start = (batch: Batch<Item, Answer>) => {
    running += 1
    perform(batch).then(landed)
  }

  /** The later half of a batch, taken out of it. */
  const halved = (batch: Batch<Item, Answer>): Batch<Item, Answer> => {
    const from = batch.items.length >> 1
    return {
      items: batch.items.splice(from),
      resolves: batch.resolves.splice(from),
      rejects: batch.rejects.splice(from),
      bytes: batch.bytes,
    }
  }

  const flush = () => {
    flushDue = false
    while (running < concurrency) {
      const batch = waiting.shift()
      if (batch === undefined) return
      // Callers answered together ask together again: left whole, all would move in one herd, and this process would
      // idle while the other end works, and the other way round. Two herds take turns.
      const splits = waiting.length === 0 && batch.items.length >= SPLIT_FROM && concurrency - running > 1
      const later = splits ? halved(batch) : null
      start(batch)
      if (later) start(later)
    }
  }

  // After a run has landed, too, the flush waits for the turn to end: those just answered often ask again.
  const scheduleFlush = () => {
    if (flushDue || running >= concurrency || waiting.length === 0) return
    flushDue = true
    setImmediate(flush)
  }

  const gathered = (item: Item): Promise<Answer> =>
    new Promise<Answer>((resolve, rejectItem) => {
      const bytes = sizeOf === undefined ? 0 : sizeOf(item)
      const last = waiting.at(-1)
      if (last !== undefined && last.items.length < rowsMax && last.bytes + bytes <= bytesMax) {
        last.items.push(item)
        last.resolves.push(resolve)
        last.rejects.push(rejectItem)
        last.bytes += bytes
      } else {
        waiting.push({ items: [item], resolves: [resolve], rejects: [rejectItem], bytes })
      }
      unanswered += 1
      scheduleFlush()
    })

  return Object.assign(gathered, {
    pending: () => unanswered,
    drained: () =>
      new Promise<void>((resolve) => {
        if (unanswered === 0) resolve()
        else onDrained.push(resolve)
      }),
  })
}
