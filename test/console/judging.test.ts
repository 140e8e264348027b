import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type ConsoleHome, openConsole, person } from '../support/console.ts'

/** Every screen is looked through by axe twice; a busy machine takes its time. */
vi.setConfig({ testTimeout: 180_000 })

let home: ConsoleHome
let missing: string | null = null

beforeAll(async () => {
  const opened = await openConsole({ leads: 24 })
  if ('missing' in opened) {
    missing = opened.missing
    return
  }
  home = opened
  // Those that wait for a person are decided: what follows makes its own.
  const { items } = await home.ask('/api/v1/leads?status=pending_review')
  for (const { id } of items)
    await home.api.home.house.runner.decide({
      tenantId: home.api.home.tenantId,
      leadId: id,
      decision: 'approve',
      reason: null,
      by: 'test',
    })
  await home.fold()
}, 300_000)
afterAll(() => home?.close())

const decided = async (id: string): Promise<string | null> => {
  const { items } = await home.ask(`/api/v1/leads/${id}/events`)
  return items.find(({ type }: { type: string }) => type === 'review.decided')?.private?.reason ?? null
}

describe('the review queue', () => {
  it('skips by a key, and rejects with a reason that was given before by a digit', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const [one, two] = [await home.inReview('judge', 1), await home.inReview('judge', 2)]
    const page = await home.open('/review?sort=newest')
    await page.getByText('judge2@example.com').waitFor()
    await page.keyboard.press('s')
    await page.getByText('judge1@example.com').waitFor()
    await page.keyboard.press('r')
    await page.getByLabel('Reason').fill('Not their roof')
    await page.keyboard.press('Enter')
    await page.getByText('judge2@example.com').waitFor()
    await page.keyboard.press('r')
    await page.getByRole('button', { name: '1 Not their roof' }).waitFor()
    await home.checkAccess(page)
    await page.keyboard.press('1')
    await page.getByText('Nothing waits for you').waitFor()
    await page.getByRole('link', { name: 'Overview' }).click()
    for (const id of [one, two]) await expect.poll(() => decided(id)).toBe('Not their roof')
    await page.close()
  })

  it('gives no reason to another lead than the one it was written for', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const other = await home.inReview('judge', 4)
    const read = await home.inReview('judge', 5)
    const page = await home.open('/review?sort=newest')
    await page.getByText('Live', { exact: true }).waitFor()
    await page.getByText('judge5@example.com').waitFor()
    await page.keyboard.press('r')
    await page.getByLabel('Reason').fill('For the fifth')
    // Somebody else decides about it meanwhile.
    await home.api.home.house.runner.decide({
      tenantId: home.api.home.tenantId,
      leadId: read,
      decision: 'approve',
      reason: null,
      by: 'somebody',
    })
    await page.getByText('judge4@example.com').waitFor()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect((await home.ask(`/api/v1/leads/${other}`)).outcome).toBeNull()
    await page.keyboard.press('a')
    await page.getByText('Nothing waits for you').waitFor()
    await page.close()
  })
})

describe('a lead', () => {
  it('is told in the viewer’s zone with its own beside, with its score by points, its money and its proof', async ({
    skip,
  }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const given = {
      ...person(8),
      email: 'told@example.com',
      phone: '(202) 555-0161',
      state: 'TX',
      roof: 'own',
      bill: 100,
    }
    const id = await home.submit(given)
    await home.api.deps.runner.drained()
    const page = await home.open(`/leads/${id}`)
    // Vienna is where this browser is; 202 is Washington.
    const came = new Date(home.api.clock.now())
    const hour = (zone: string) => came.toLocaleTimeString('en', { timeZone: zone, hour: '2-digit', hourCycle: 'h23' })
    const time = page.locator('.meta time')
    expect(await time.textContent()).toMatch(
      new RegExp(`, ${hour('Europe/Vienna')}:.*\\(${hour('America/New_York')}:.* for the lead\\)`),
    )
    const score = page.getByRole('region', { name: 'Score' })
    await score.getByText('own-roof').waitFor()
    await score.getByText('+25').waitFor()
    const verdict = page.getByRole('region', { name: 'What became of it' })
    await verdict.getByText('$22.00').waitFor()
    await verdict.getByText('$31.00').waitFor()
    await page
      .getByRole('region', { name: 'Proof' })
      .getByText(/The chain of \d+ segments? is whole/)
      .waitFor()
    await home.checkAccess(page)
    await page.close()
  })
})

describe('the leads', () => {
  it('show the columns that were chosen, also the next time', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/leads')
    const grid = page.getByRole('grid', { name: 'Leads' })
    await grid.getByRole('row').nth(3).waitFor()
    const heads = () => grid.getByRole('columnheader').allTextContents()
    const before = await heads()
    expect(before).toContain('Source')
    await page.getByRole('button', { name: 'Columns' }).click()
    await home.checkAccess(page)
    await page.getByRole('checkbox', { name: 'Source' }).uncheck()
    await expect.poll(heads).not.toContain('Source')
    await page.reload()
    await grid.getByRole('row').nth(3).waitFor()
    expect(await heads()).not.toContain('Source')
    await page.close()
  })
})

describe('the overview', () => {
  it('opens from every count exactly the leads that were counted', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    await home.fold()
    const page = await home.open('/?flow=solar')
    const regions = ['Figures', 'How far they came', 'Why they were turned away', 'Sources'] as const
    const { now } = await home.ask('/api/v1/figures?range=24h&flow=solar')
    const behind = new Map<string, number>()
    for (const name of regions) {
      const region = page.getByRole('region', { name, exact: true })
      await region.waitFor()
      for (const link of await region.getByRole('link').all()) {
        const said = (await link.textContent()) ?? ''
        const href = (await link.getAttribute('href')) ?? ''
        behind.set(`${name}: ${said} ${href}`, -1)
      }
    }
    expect(behind.size).toBeGreaterThan(10)
    for (const key of behind.keys()) {
      const { searchParams } = new URL(key.slice(key.lastIndexOf(' ') + 1), home.url)
      searchParams.set('limit', '200')
      const { items } = await home.ask(`/api/v1/leads?${searchParams}`)
      behind.set(key, items.length)
    }
    const of = (start: string): number => [...behind].find(([key]) => key.startsWith(start))?.[1] ?? -1
    expect(of('Figures: Leads')).toBe(now.leads)
    expect(of('Figures: Acceptance')).toBe(now.accepted)
    for (const { codes, lost } of now.funnel.filter(({ lost: n }: { lost: number }) => n > 0))
      expect(
        [...behind].find(
          ([key]) => key.startsWith(`How far they came: −${lost}`) && key.includes(encodeURIComponent(codes.join(','))),
        )?.[1],
      ).toBe(lost)
    for (const { code, leads } of now.reasons)
      expect([...behind].find(([key]) => key.startsWith('Why') && key.includes(`code=${code}`))?.[1]).toBe(leads)
    for (const { source, leads } of now.sources) expect(of(`Sources: ${source} `)).toBe(leads)
    await page.close()
  })
})

describe('the flows', () => {
  it('are listed with how they did today, and each opens', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/flows')
    const row = page.getByRole('region', { name: 'Flows' }).getByRole('row', { name: /solar/ })
    const { now } = await home.ask('/api/v1/figures?range=24h&flow=solar')
    await row.getByText(String(now.leads), { exact: true }).waitFor()
    await home.checkAccess(page)
    await home.shoot(page, 'flows')
    await row.getByRole('link', { name: 'solar' }).click()
    await page.getByText('No problems').waitFor()
    await page.close()
  })
})

describe('a form whose request fails', () => {
  it('says so and keeps what was typed, and goes through once it can', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/lists')
    await page.getByRole('button', { name: 'New list' }).click()
    await page.getByLabel('Name').fill('Kept list')
    await page.route('**/api/v1/lists/*', (route) => route.abort())
    await page.getByRole('button', { name: 'Create' }).click()
    await page
      .getByRole('dialog')
      .getByRole('alert')
      .getByText(/The server cannot be reached/)
      .waitFor()
    expect(await page.getByLabel('Name').inputValue()).toBe('Kept list')
    await home.checkAccess(page)
    await page.unroute('**/api/v1/lists/*')
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.getByRole('cell', { name: 'Kept list kept-list' }).waitFor()

    await page.goto(`${home.url}/flows/solar`)
    await page.getByText('No problems').waitFor()
    await page.getByRole('region', { name: 'The flow as a picture' }).getByText('serviced').click()
    await page.getByRole('button', { name: 'Move up' }).click()
    await page.getByRole('button', { name: 'Publish' }).click()
    await page.getByLabel('Note').fill('Sooner')
    await page.route('**/api/v1/flows', (route) => route.abort())
    await page.getByRole('dialog').getByRole('button', { name: 'Publish' }).click()
    await page.getByRole('dialog').getByRole('alert').waitFor()
    expect(await page.getByLabel('Note').inputValue()).toBe('Sooner')
    await page.close()
  })
})

describe('the tenant’s own look', () => {
  it('takes a logo, and says where one is too large', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/settings?tab=branding')
    const file = page.locator('input[type="file"]')
    await file.setInputFiles({ name: 'huge.png', mimeType: 'image/png', buffer: Buffer.alloc(1_000_000) })
    await page.getByText(/larger than 48 KB/).waitFor()
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4" fill="#7a1fa2"/></svg>'
    await file.setInputFiles({ name: 'logo.svg', mimeType: 'image/svg+xml', buffer: Buffer.from(svg) })
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved').waitFor()
    await page.reload()
    const mark = page.getByRole('navigation', { name: 'Main' }).locator('img').first()
    await expect.poll(() => mark.getAttribute('src')).toContain('data:image/svg+xml')
    expect(await mark.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBeGreaterThan(0)
    await home.checkAccess(page)
    await home.shoot(page, 'branding')
    await page.close()
  })
})

describe('without a mouse', () => {
  it('every screen is a key or two away, from wherever one stands, and the keys are told', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/')
    await page.getByRole('region', { name: 'Figures' }).waitFor()
    await page.reload()
    await page.getByRole('region', { name: 'Figures' }).waitFor()
    // Nothing has the focus yet.
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: /An email/ }).fill('audit')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Audit' }).waitFor()
    await page.keyboard.press('?')
    const help = page.getByRole('dialog', { name: 'Keys' })
    await help.getByRole('row', { name: 'g c Caps' }).waitFor()
    await home.checkAccess(page)
    await page.keyboard.press('Escape')
    await help.waitFor({ state: 'detached' })
    for (const [key, name] of [
      ['c', 'Caps'],
      ['q', 'Deliveries'],
      ['t', 'Settings'],
      ['l', 'Leads'],
    ] as const) {
      // The two belong together only where they follow each other closely: on a busy machine, once more.
      await expect
        .poll(async () => {
          await page.keyboard.press('g')
          await page.keyboard.press(key)
          return page.getByRole('heading', { name, exact: true, level: 1 }).count()
        })
        .toBe(1)
    }
    // Whoever tabs sees where they are.
    await page.keyboard.press('Tab')
    const ring = await page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle)
    expect(ring).not.toBe('none')
    await page.close()
  })

  it('nobody is offered a search or a key to what they may not see', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const analyst = { email: 'keys@acme.example', password: 'a long password', role: 'analyst' }
    await home.api.addLogin(analyst)
    const page = await home.open('/', analyst)
    await page.getByRole('region', { name: 'Figures' }).waitFor()
    await page.keyboard.press('/')
    await page.getByRole('combobox', { name: 'A page or a flow' }).fill('person5@gmail.com')
    await expect.poll(() => page.getByRole('option').count()).toBe(0)
    await page.keyboard.press('Escape')
    await page.keyboard.press('?')
    const help = page.getByRole('dialog', { name: 'Keys' })
    await help.getByRole('row', { name: 'g l Leads' }).waitFor()
    expect(await help.getByText('Audit').count()).toBe(0)
    await page.close()
  })
})

describe('on a narrow screen', () => {
  it('nothing runs off the page', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/')
    await page.getByRole('region', { name: 'Figures' }).waitFor()
    await page.setViewportSize({ width: 400, height: 800 })
    const [lead] = (await home.ask('/api/v1/leads?limit=1')).items
    const wide: string[] = []
    for (const path of [
      '/',
      '/leads',
      '/review',
      '/flows',
      '/flows/solar',
      '/sources',
      '/sources/solar/facebook',
    ].concat(
      ['/destinations', '/destinations/solar/buyer', '/lists', '/deliveries', '/buyers', '/caps', '/persons'],
      ['/privacy', '/audit', '/settings', '/settings?tab=keys', '/settings?tab=roles', `/leads/${lead.id}`],
    )) {
      await page.goto(`${home.url}${path}`)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await expect.poll(() => page.locator('.mantine-Skeleton-root').count()).toBe(0)
      const over = await page.evaluate(() => {
        const main = document.querySelector('main')
        const bar = document.querySelector('.bar')
        return Math.max(
          document.documentElement.scrollWidth - document.documentElement.clientWidth,
          (main?.scrollWidth ?? 0) - (main?.clientWidth ?? 0),
          (bar?.scrollWidth ?? 0) - (bar?.clientWidth ?? 0),
        )
      })
      if (over > 0) wide.push(`${path}: ${over}`)
      if (process.env.MILLRACE_NARROW)
        await page.screenshot({ path: `${process.env.MILLRACE_NARROW}/${path.replaceAll(/\W+/g, '-')}.png` })
    }
    expect(wide).toEqual([])
    await page.close()
  })
})
