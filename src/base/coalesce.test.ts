import { setImmediate as turnEnd } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gather } from './coalesce.ts'
import { Fault } from './faults.ts'

/** A run that is let go by hand: what was run, in order, and the levers to end each. */
const manualRun = () => {
  const runs: { items: readonly number[]; land(): void; fail(error: unknown): void }[] = []
  const run = (items: readonly number[]) =>
    new Promise<readonly string[]>((resolve, reject) => {
      runs.push({ items: [...items], land: () => resolve(items.map((item) => `#${item}`)), fail: reject })
    })
  return { runs, run, batches: () => runs.map((each) => each.items) }
}

const land = async (runs: ReturnType<typeof manualRun>['runs'], at: number) => {
  const run = runs[at]
  if (run === undefined) throw new Error(`no run ${at}`)
  run.land()
  await turnEnd()
  await turnEnd()
}

describe('gather', () => {
  it('runs the items of one turn together, in order, and answers each with its own', async () => {
    const batches: (readonly number[])[] = []
    const ask = gather<number, string>({
      run: async (items) => {
        batches.push([...items])
        return items.map((item) => `#${item}`)
      },
      rowsMax: 100,
      concurrency: 1,
    })
    const answers = await Promise.all([1, 2, 3].map((item) => ask(item)))
    expect(answers).toEqual(['#1', '#2', '#3'])
    expect(batches).toEqual([[1, 2, 3]])
  })

  it('starts nothing before the turn has ended', async () => {
    const { run, runs, batches } = manualRun()
    const ask = gather({ run, rowsMax: 100, concurrency: 1 })
    const first = ask(1)
    await Promise.resolve()
    expect(batches()).toEqual([])
    const second = ask(2)
    await turnEnd()
    expect(batches()).toEqual([[1, 2]])
    await land(runs, 0)
    expect(await Promise.all([first, second])).toEqual(['#1', '#2'])
  })

  it('gathers what arrives during a run into the next', async () => {
    const { run, runs, batches } = manualRun()
    const ask = gather({ run, rowsMax: 100, concurrency: 1 })
    const all = [ask(1)]
    await turnEnd()
    all.push(ask(2))
    await turnEnd()
    all.push(ask(3))
    await turnEnd()
    expect(batches()).toEqual([[1]])
    await land(runs, 0)
    expect(batches()).toEqual([[1], [2, 3]])
    await land(runs, 1)
    expect(await Promise.all(all)).toEqual(['#1', '#2', '#3'])
  })

  it('keeps at most `concurrency` runs in flight', async () => {
    const { run, runs, batches } = manualRun()
    const ask = gather({ run, rowsMax: 1, concurrency: 2 })
    const all = [1, 2, 3, 4].map((item) => ask(item))
    await turnEnd()
    expect(batches()).toEqual([[1], [2]])
    await land(runs, 1)
    expect(batches()).toEqual([[1], [2], [3]])
    await land(runs, 0)
    await land(runs, 2)
    await land(runs, 3)
    expect(await Promise.all(all)).toEqual(['#1', '#2', '#3', '#4'])
  })

  it('bounds a run in rows', async () => {
    const { run, runs, batches } = manualRun()
    const ask = gather({ run, rowsMax: 2, concurrency: 3 })
    const all = [1, 2, 3, 4, 5].map((item) => ask(item))
    await turnEnd()
    expect(batches()).toEqual([[1, 2], [3, 4], [5]])
    for (const each of runs) each.land()
    expect(await Promise.all(all)).toHaveLength(5)
  })

  it('bounds a run in bytes and lets an item larger than the bound go alone', async () => {
    const { run, runs, batches } = manualRun()
    const ask = gather({ run, rowsMax: 100, bytesMax: 10, sizeOf: (item) => item, concurrency: 9 })
    const all = [4, 6, 1, 50, 9, 1].map((item) => ask(item))
    await turnEnd()
    expect(batches()).toEqual([[4, 6], [1], [50], [9, 1]])
    for (const each of runs) each.land()
    expect(await Promise.all(all)).toHaveLength(6)
  })

  it('halves a run that failed until the bad item fails alone', async () => {
    const batches: (readonly number[])[] = []
    const ask = gather<number, string>({
      run: async (items) => {
        batches.push([...items])
        if (items.includes(3)) throw new Error('three')
        return items.map((item) => `#${item}`)
      },
      rowsMax: 100,
      concurrency: 1,
    })
    const answers = await Promise.allSettled([1, 2, 3, 4].map((item) => ask(item)))
    expect(answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : String(answer.reason)))).toEqual([
      '#1',
      '#2',
      'Error: three',
      '#4',
    ])
    expect(batches).toEqual([[1, 2, 3, 4], [1, 2], [3, 4], [3], [4]])
  })

  it('starts no later batch of a single lane before the halves of an earlier one are answered', async () => {
    const batches: (readonly number[])[] = []
    const ask = gather<number, number>({
      run: async (items) => {
        batches.push([...items])
        await turnEnd()
        if (items.length > 1 && items.includes(1)) throw new Error('together')
        return items
      },
      rowsMax: 2,
      concurrency: 1,
    })
    expect(await Promise.all([1, 2, 3, 4].map((item) => ask(item)))).toEqual([1, 2, 3, 4])
    expect(batches).toEqual([[1, 2], [1], [2], [3, 4]])
  })

  it('rejects every unanswered item at once where the error concerns them all', async () => {
    let runs = 0
    const away = new Error('away')
    const ask = gather<number, number>({
      run: async (items) => {
        runs += 1
        if (runs === 1) throw new Error('something')
        if (items.includes(3)) throw away
        return items
      },
      rowsMax: 100,
      concurrency: 1,
      whole: (error) => error === away,
    })
    const answers = await Promise.allSettled([1, 2, 3, 4, 5, 6, 7, 8].map((item) => ask(item)))
    // all eight, then 1-4 which meets the outage
    expect(runs).toBe(2)
    expect(answers).toEqual(Array.from({ length: 8 }, () => ({ status: 'rejected', reason: away })))
  })

  it('keeps what a half had answered before the outage', async () => {
    const away = new Error('away')
    const ask = gather<number, number>({
      run: async (items) => {
        if (items.length === 4) throw new Error('something')
        if (items.includes(4)) throw away
        return items
      },
      rowsMax: 100,
      concurrency: 1,
      whole: (error) => error === away,
    })
    const answers = await Promise.allSettled([1, 2, 3, 4].map((item) => ask(item)))
    expect(answers.map((answer) => answer.status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected'])
  })

  it('goes on after a failure, also one thrown before the first await', async () => {
    let bad = true
    const ask = gather<number, number>({
      run: (items) => {
        if (bad) throw new Error('at once')
        return Promise.resolve(items)
      },
      rowsMax: 10,
      concurrency: 1,
    })
    await expect(ask(1)).rejects.toThrow('at once')
    bad = false
    expect(await ask(2)).toBe(2)
  })

  it('rejects, and never runs again, a run that answered another number of items', async () => {
    let runs = 0
    const ask = gather<number, number>({
      run: async (items) => {
        runs += 1
        return items.slice(1)
      },
      rowsMax: 10,
      concurrency: 1,
    })
    const answers = await Promise.allSettled([ask(1), ask(2)])
    expect(runs).toBe(1)
    for (const answer of answers) {
      expect(answer.status).toBe('rejected')
      expect(answer).toMatchObject({ reason: { code: 'internal', detail: 'a gathered run answered 1 of 2 items' } })
    }
  })

  it('rejects the one item that cannot be measured', async () => {
    const ask = gather<number, number>({
      run: async (items) => items,
      rowsMax: 10,
      bytesMax: 10,
      sizeOf: (item) => {
        if (item === 2) throw new Error('no size')
        return 1
      },
      concurrency: 1,
    })
    const answers = await Promise.allSettled([ask(1), ask(2), ask(3)])
    expect(answers.map((answer) => answer.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(ask.pending()).toBe(0)
  })

  it('counts what is pending and tells when nothing is', async () => {
    const { run, runs } = manualRun()
    const ask = gather({ run, rowsMax: 1, concurrency: 1 })
    await ask.drained()
    const all = [ask(1), ask(2)]
    expect(ask.pending()).toBe(2)
    let drained = false
    const waited = ask.drained().then(() => {
      drained = true
    })
    await turnEnd()
    await land(runs, 0)
    expect(ask.pending()).toBe(1)
    expect(drained).toBe(false)
    await land(runs, 1)
    await waited
    expect(ask.pending()).toBe(0)
    expect(await Promise.all(all)).toEqual(['#1', '#2'])
  })

  it.each([{ rowsMax: 0 }, { concurrency: 0 }, { bytesMax: 0 }, { rowsMax: Number.NaN }])(
    'refuses bounds that would let nothing through: %j',
    (wrong) => {
      const run = async (items: readonly number[]) => items
      expect(() => gather<number, number>({ run, rowsMax: 1, concurrency: 1, ...wrong })).toThrow(Fault)
    },
  )

  it('answers each item exactly once, with its own answer, whatever fails', async () => {
    const item = fc.record({
      size: fc.integer({ min: 0, max: 12 }),
      bad: fc.boolean(),
      /** Turns of the event loop before the item arrives, after the one before it. */
      turnsBefore: fc.integer({ min: 0, max: 2 }),
    })
    const settings = fc.record({
      items: fc.array(item, { maxLength: 60 }),
      rowsMax: fc.integer({ min: 1, max: 9 }),
      bytesMax: fc.integer({ min: 1, max: 20 }),
      concurrency: fc.integer({ min: 1, max: 4 }),
      turnsOfRun: fc.integer({ min: 0, max: 3 }),
    })
    await fc.assert(
      fc.asyncProperty(settings, async ({ items, rowsMax, bytesMax, concurrency, turnsOfRun }) => {
        let inFlight = 0
        let inFlightMost = 0
        const performed = new Map<number, number>()
        const firstSeen: number[] = []
        const ask = gather<number, string>({
          run: async (batch) => {
            inFlight += 1
            inFlightMost = Math.max(inFlightMost, inFlight)
            expect(batch.length).toBeGreaterThan(0)
            expect(batch.length).toBeLessThanOrEqual(rowsMax)
            const bytes = batch.reduce((sum, at) => sum + (items[at]?.size ?? 0), 0)
            expect(batch.length === 1 || bytes <= bytesMax).toBe(true)
            expect([...batch].sort((a, b) => a - b)).toEqual(batch)
            for (const at of batch) if (!firstSeen.includes(at)) firstSeen.push(at)
            for (let turn = 0; turn < turnsOfRun; turn += 1) await turnEnd()
            inFlight -= 1
            if (batch.some((at) => items[at]?.bad)) throw new Error(`bad among ${batch.join()}`)
            for (const at of batch) performed.set(at, (performed.get(at) ?? 0) + 1)
            return batch.map((at) => `#${at}`)
          },
          rowsMax,
          bytesMax,
          sizeOf: (at) => items[at]?.size ?? 0,
          concurrency,
        })
        const asked: Promise<string>[] = []
        for (const [at, each] of items.entries()) {
          for (let turn = 0; turn < each.turnsBefore; turn += 1) await turnEnd()
          const answer = ask(at)
          answer.catch(() => undefined)
          asked.push(answer)
        }
        const answers = await Promise.allSettled(asked)
        expect(answers).toEqual(
          items.map((each, at) =>
            each.bad
              ? { status: 'rejected', reason: new Error(`bad among ${at}`) }
              : { status: 'fulfilled', value: `#${at}` },
          ),
        )
        for (const [at, each] of items.entries()) expect(performed.get(at) ?? 0).toBe(each.bad ? 0 : 1)
        if (concurrency === 1) expect(firstSeen).toEqual(items.map((_, at) => at))
        expect(inFlightMost).toBeLessThanOrEqual(concurrency)
        await ask.drained()
        expect(ask.pending()).toBe(0)
      }),
      { numRuns: 200 },
    )
  })
})
