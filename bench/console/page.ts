import type { CDPSession, Page } from 'playwright-core'

/** What the page under measurement is asked. Frames are counted by requestAnimationFrame, in the page itself. */

export interface Frames {
  readonly seconds: number
  readonly perSecond: number
  readonly p95Ms: number
  readonly worstMs: number
}

/** Counts frames for so long, while the page does `each` before every one of them. */
export const countFrames = (page: Page, ms: number, stepPx: number): Promise<Frames> =>
  page.evaluate(
    ([length, step]) =>
      new Promise<Frames>((resolve) => {
        const box = document.querySelector('.lead-grid')
        const times: number[] = []
        const begun = performance.now()
        let last = begun
        let down = true
        const frame = (now: number): void => {
          times.push(now - last)
          last = now
          if (step !== 0 && box !== null) {
            const end = box.scrollHeight - box.clientHeight
            if (box.scrollTop >= end - 1) down = false
            if (box.scrollTop <= 1) down = true
            box.scrollTop += down ? step : -step
          }
          if (now - begun < length) {
            requestAnimationFrame(frame)
            return
          }
          const sorted = times.slice(1).sort((a, b) => a - b)
          const seconds = (now - begun) / 1000
          resolve({
            seconds,
            perSecond: sorted.length / seconds,
            p95Ms: sorted[Math.floor(sorted.length * 0.95)] ?? 0,
            worstMs: sorted.at(-1) ?? 0,
          })
        }
        requestAnimationFrame(frame)
      }),
    [ms, stepPx] as const,
  )

/** Bytes of JavaScript that are reachable, after a collection. */
export const heapBytes = async (devtools: CDPSession): Promise<number> => {
  await devtools.send('HeapProfiler.collectGarbage')
  const { usedSize } = await devtools.send('Runtime.getHeapUsage')
  return usedSize
}

/** From the navigation until the figures stand there and the main thread is free for them to be used, ms. */
export const timeOverview = async (page: Page, address: string): Promise<number> => {
  await page.goto(address, { waitUntil: 'commit' })
  await page.locator('.stats .stat').first().waitFor()
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        requestAnimationFrame(() => setTimeout(() => resolve(performance.now()), 0))
      }),
  )
}

/** Loads pages of the list until so many rows are there; answers how many, and how long it took. */
export const loadRows = (page: Page, rows: number, limitMs: number): Promise<{ rows: number; seconds: number }> =>
  page.evaluate(
    ([wanted, limit]) =>
      new Promise<{ rows: number; seconds: number }>((resolve) => {
        const begun = performance.now()
        const tick = (): void => {
          const box = document.querySelector('.lead-grid')
          const group = box?.querySelector<HTMLElement>('[role=rowgroup]')
          const count = Math.round((group?.offsetHeight ?? 0) / 38)
          // The list knows how long it is once its last page is there.
          const isWhole = (box?.getAttribute('aria-rowcount') ?? '-1') !== '-1'
          if (count >= wanted || isWhole || performance.now() - begun > limit) {
            resolve({ rows: count, seconds: (performance.now() - begun) / 1000 })
            return
          }
          if (box) box.scrollTop = box.scrollHeight
          setTimeout(tick, 20)
        }
        tick()
      }),
    [rows, limitMs] as const,
  )

/** Asks the list by each of these filters as the page does, one after the other; ms of each, answer read. */
export const timeFilters = (page: Page, queries: readonly string[]): Promise<number[]> =>
  page.evaluate(async (asked) => {
    const times: number[] = []
    for (const query of asked) {
      const begun = performance.now()
      const answer = await fetch(`/api/v1/leads?limit=200&${query}`)
      await answer.json()
      times.push(performance.now() - begun)
    }
    return times
  }, queries)
