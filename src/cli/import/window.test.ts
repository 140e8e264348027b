import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createWindow } from './window.ts'

interface Gate {
  readonly open: () => void
  readonly passed: Promise<void>
}

const gate = (): Gate => {
  let open = (): void => undefined
  const passed = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, passed }
}

it('hands results on in order, within its bounds, whatever order they come in', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 8 }),
      fc.array(fc.nat(20), { maxLength: 40 }),
      async (concurrency, ahead, turns) => {
        const out: number[] = []
        let running = 0
        let runningMax = 0
        let aheadMax = 0
        const window = createWindow<number>({ concurrency, ahead, onResult: (result) => out.push(result) })
        for (const [index, wait] of turns.entries()) {
          aheadMax = Math.max(aheadMax, index + 1 - out.length)
          await window.push(async () => {
            running += 1
            runningMax = Math.max(runningMax, running)
            for (let turn = 0; turn < wait; turn += 1) await Promise.resolve()
            running -= 1
            return index
          })
        }
        await window.drained()
        expect(out).toEqual(turns.map((_, index) => index))
        expect(runningMax).toBeLessThanOrEqual(concurrency)
        expect(aheadMax).toBeLessThanOrEqual(ahead)
      },
    ),
  )
})

it('hands on nothing after a task without a result, nor after a result that was not taken', async () => {
  const out: number[] = []
  const window = createWindow<number>({ concurrency: 4, ahead: 10, onResult: (result) => out.push(result) })
  await window.push(async () => 1)
  await window.push(async () => null)
  await window.push(async () => 3)
  await window.drained()
  expect(out).toEqual([1])

  const taken: number[] = []
  const refusing = createWindow<number>({
    concurrency: 4,
    ahead: 10,
    onResult: (result) => {
      if (result === 2) throw new Error('full')
      taken.push(result)
    },
  })
  const late = gate()
  await refusing.push(async () => {
    await late.passed
    return 1
  })
  await refusing.push(async () => 2)
  await refusing.push(async () => 3)
  late.open()
  await expect(refusing.drained()).rejects.toThrow('full')
  expect(taken).toEqual([1])
})

it('throws the first error to whoever begins another task, and lets the others end', async () => {
  const held = gate()
  const out: string[] = []
  const window = createWindow<string>({ concurrency: 2, ahead: 10, onResult: (result) => out.push(result) })
  await window.push(async () => {
    await held.passed
    return 'held'
  })
  await expect(
    (async () => {
      await window.push(() => Promise.reject(new Error('broken')))
      await window.push(async () => 'more')
    })(),
  ).rejects.toThrow('broken')
  held.open()
  await expect(window.drained()).rejects.toThrow('broken')
  expect(out).toEqual(['held'])
})
