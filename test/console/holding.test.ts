import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ConsoleHome, openConsole, person } from '../support/console.ts'
import { openCuttingProxy } from '../support/cutting-proxy.ts'

let home: ConsoleHome
let missing: string | null = null

beforeAll(async () => {
  const opened = await openConsole({ leads: 90 })
  if ('missing' in opened) missing = opened.missing
  else home = opened
}, 300_000)
afterAll(() => home?.close())

describe('a line that was cut on the way', () => {
  it('is given up once nothing was heard on it for long, and what was missed is shown', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const proxy = await openCuttingProxy(Number(new URL(home.url).port))
    const page = await home.open('/leads')
    await page.clock.install({ time: home.api.clock.now() })
    await page.goto(`${proxy.url}/leads`)
    await page.getByText('Live', { exact: true }).waitFor()
    await page.getByRole('grid').getByRole('row').nth(5).waitFor()
    const seen = await home.submit({ ...person(401), email: 'seen@example.com', phone: '(202) 555-0171' })
    await page.locator(`#lead-${seen}`).waitFor()

    expect(proxy.cut('/api/v1/live')).toBe(1)
    const missed = await home.submit({ ...person(402), email: 'unheard@example.com', phone: '(202) 555-0172' })
    await page.clock.fastForward(20_000)
    expect(await page.getByText('Live', { exact: true }).count()).toBe(1)
    expect(await page.locator(`#lead-${missed}`).count()).toBe(0)
    await page.clock.fastForward(21_000)
    await page.locator(`#lead-${missed}`).waitFor()
    await page.getByText('Live', { exact: true }).waitFor()
    await page.close()
    await proxy.close()
  })
})

describe('rows of the list', () => {
  it('stand in the page in the order in which they are seen, each with its own lead, wherever it was scrolled to', async ({
    skip,
  }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/leads')
    const grid = page.getByRole('grid', { name: 'Leads' })
    await grid.getByRole('row').nth(5).waitFor()
    const { items } = await page.evaluate(
      async () =>
        (await (await fetch('/api/v1/leads?limit=200')).json()) as { items: { id: string; source: string }[] },
    )
    for (const top of [900, 2_600, 1_400, 0]) {
      await grid.evaluate((box, to) => box.scrollTo({ top: to }), top)
      const rows = () =>
        grid.locator('.lead-row').evaluateAll((all) =>
          all.map((row) => ({
            index: Number(row.getAttribute('aria-rowindex')) - 2,
            id: row.id.replace('lead-', ''),
            top: Math.round(new DOMMatrix(getComputedStyle(row).transform).f),
            source: row.querySelectorAll('[role=gridcell]')[5]?.textContent,
          })),
        )
      // What was scrolled to is drawn some frames later, and put in order once the list has come to rest.
      await expect
        .poll(async () => {
          const shown = await rows()
          const isThere = shown.some(({ top: at }) => at >= top && at < top + 400)
          const isInOrder = shown.every(({ index }, at) => at === 0 || index === (shown[at - 1]?.index ?? 0) + 1)
          const wrong = shown.filter(
            ({ index, id, top: at, source }) =>
              id !== items[index]?.id || at !== index * 38 || source !== items[index]?.source,
          )
          return { isThere, isInOrder, wrong }
        })
        .toEqual({ isThere: true, isInOrder: true, wrong: [] })
    }
    await page.close()
  })
})
