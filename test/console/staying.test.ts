import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ConsoleHome, openConsole, person } from '../support/console.ts'

/** What somebody stands at stays what it is, whatever comes in around it. */

let home: ConsoleHome
let missing: string | null = null

beforeAll(async () => {
  const opened = await openConsole({ leads: 60 })
  if ('missing' in opened) missing = opened.missing
  else home = opened
}, 300_000)
afterAll(() => home?.close())

describe('a row of the leads', () => {
  it('stays the one that the keys are at while others come in, and is the one they open', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/leads?source=facebook')
    await page.getByText('Live', { exact: true }).waitFor()
    await page.getByRole('grid').getByRole('row').nth(5).waitFor()
    for (const key of ['j', 'j', 'j']) await page.keyboard.press(key)
    const active = page.locator('.lead-row[data-active]')
    const id = (await active.getAttribute('id')) ?? ''
    const before = await active.boundingBox()
    await home.submit({ ...person(401), email: 'above@example.com', phone: '(202) 555-0191', state: 'NY' })
    await page.getByRole('button', { name: '1 new lead' }).waitFor()
    expect(await active.getAttribute('id')).toBe(id)
    expect(await active.boundingBox()).toEqual(before)
    // Shown when asked for: the row moves, and is still the one.
    await page.getByRole('button', { name: '1 new lead' }).click()
    await page.getByRole('button', { name: '1 new lead' }).waitFor({ state: 'detached' })
    expect(await active.getAttribute('id')).toBe(id)

    // Enter presses the button that has the focus, where one has it.
    await page.getByRole('button', { name: 'Columns' }).focus()
    await page.keyboard.press('Enter')
    const columns = page.getByRole('checkbox', { name: 'Assignee' })
    await columns.waitFor()
    await page.keyboard.press('Escape')
    await columns.waitFor({ state: 'hidden' })
    expect(await active.getAttribute('id')).toBe(id)
    await page.getByRole('heading', { level: 1 }).click()
    await page.keyboard.press('Enter')
    await expect.poll(() => page.url()).toContain(id.replace('lead-', '/leads/'))
    await page.getByRole('region', { name: 'What became of it' }).waitFor()

    // What is open of the page is left first; then the lead, for the list as it was.
    await page.getByRole('button', { name: 'Give to' }).click()
    await page.getByRole('menu').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('menu').waitFor({ state: 'hidden' })
    expect(page.url()).toContain(id.replace('lead-', '/leads/'))
    await page.getByRole('heading', { level: 1 }).click()
    await page.keyboard.press('Escape')
    await expect.poll(() => page.url()).toBe(`${home.url}/leads?source=facebook`)
    // Scrolled to where it was, also for who opened one further down.
    const grid = page.getByRole('grid', { name: 'Leads' })
    await grid.evaluate((box) => box.scrollTo({ top: 700 }))
    await page.locator('.lead-row[aria-rowindex="27"]').click()
    await page.getByRole('region', { name: 'What became of it' }).waitFor()
    await page.getByRole('heading', { level: 1 }).click()
    await page.keyboard.press('Escape')
    await grid.waitFor()
    await expect.poll(() => grid.evaluate((box) => box.scrollTop)).toBe(700)
    await page.close()
  })

  it('says what became of it where it stands, also to who reads further down', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const id = await home.inReview('stay', 1)
    const page = await home.open('/leads')
    await page.getByText('Live', { exact: true }).waitFor()
    const grid = page.getByRole('grid', { name: 'Leads' })
    const row = page.locator(`#lead-${id}`)
    await row.getByText('In review').waitFor()
    // A little below the top: nothing that comes in is put above what is read.
    await grid.evaluate((box) => box.scrollTo({ top: 30 }))
    const before = await row.boundingBox()
    await home.api.home.house.runner.decide({
      tenantId: home.api.home.tenantId,
      leadId: id,
      decision: 'reject',
      reason: 'No roof',
      by: 'test',
    })
    await row.getByText('Rejected', { exact: true }).waitFor()
    expect(await row.boundingBox()).toEqual(before)
    expect(await page.getByRole('button', { name: /new lead/ }).count()).toBe(0)
    await page.close()
  })
})

/** More at once than the stream tells of each. */
const changeMany = () =>
  home.api.home.inspect(
    `insert into millrace.lead_change (tenant_id, leads)
     select $1, array_agg(('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid) from generate_series(1, 301) n`,
    [home.api.home.tenantId],
  )

describe('a lead that comes after the list was asked for and before its changes are heard of', () => {
  it('is shown', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const { context } = home.browser
    const listening = Promise.withResolvers<void>()
    await context.route('**/api/v1/live', async (route) => {
      await listening.promise
      await route.continue()
    })
    const page = await home.open('/leads')
    await page.getByRole('grid', { name: 'Leads' }).getByRole('row').nth(5).waitFor()
    const id = await home.submit({ ...person(403), email: 'between@example.com', phone: '(202) 555-0193' })
    listening.resolve()
    await page.locator(`#lead-${id}`).waitFor()
    await context.unroute('**/api/v1/live')
    await page.close()
  })
})

describe('more changes at once than are told of each', () => {
  it('are asked for once they are over, though nothing comes after them', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/leads')
    await page.getByText('Live', { exact: true }).waitFor()
    await page.getByRole('grid').getByRole('row').nth(5).waitFor()
    let asked = 0
    page.on('request', (request) => {
      if (new URL(request.url()).pathname === '/api/v1/leads') asked += 1
    })
    // Twice, one soon after the other.
    for (let n = 0; n < 2; n += 1) await changeMany()
    await page.waitForRequest(/\/api\/v1\/leads\?/)
    await page.getByRole('grid').getByRole('row').nth(5).waitFor()
    expect(asked).toBe(1)
    await page.close()
  })

  it('are asked for by who reads further down once they are back at the top', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/leads')
    await page.getByText('Live', { exact: true }).waitFor()
    const grid = page.getByRole('grid', { name: 'Leads' })
    await grid.getByRole('row').nth(5).waitFor()
    let asked = 0
    page.on('request', (request) => {
      if (new URL(request.url()).pathname === '/api/v1/leads') asked += 1
    })
    await grid.evaluate((box) => box.scrollTo({ top: 700 }))
    await changeMany()
    // Told of after them: they are known of by now.
    await home.submit({ ...person(402), email: 'after@example.com', phone: '(202) 555-0192', state: 'NY' })
    await page.getByRole('button', { name: '1 new lead' }).waitFor()
    expect(asked).toBe(0)
    const anew = page.waitForRequest(/\/api\/v1\/leads\?/)
    await grid.evaluate((box) => box.scrollTo({ top: 0 }))
    await anew
    await page.getByRole('button', { name: '1 new lead' }).waitFor({ state: 'detached' })
    await page.close()
  })
})

describe('many leads that wait', () => {
  it('are rejected together with a reason, and what is chosen under one filter is chosen under no other', async ({
    skip,
  }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const ids = [await home.inReview('stay', 3), await home.inReview('stay', 4)]
    const page = await home.open('/leads?status=pending_review')
    await page.locator(`#lead-${ids[0]}`).waitFor()
    for (const id of ids) await page.getByRole('checkbox', { name: `Choose lead ${id}` }).click()
    const bar = page.getByRole('toolbar', { name: 'Chosen leads' })
    await bar.getByRole('button', { name: 'Reject 2' }).click()
    const dialog = page.getByRole('dialog', { name: 'Reject 2 leads' })
    await dialog.getByLabel('Reason').fill('All from one address')
    await home.checkAccess(page)
    await dialog.getByRole('button', { name: 'Reject' }).click()
    await page.getByText('2 leads done').waitFor()
    for (const id of ids) expect((await home.ask(`/api/v1/leads/${id}`)).reason).toBe('All from one address')

    // What was chosen under one filter is chosen under no other.
    const other = await home.inReview('stay', 5)
    await page.locator(`#lead-${other}`).waitFor()
    await page.getByRole('checkbox', { name: `Choose lead ${other}` }).click()
    await bar.getByText('1 chosen').waitFor()
    await page.getByRole('button', { name: 'Accepted', exact: true }).click()
    await bar.waitFor({ state: 'detached' })
    await page.close()
  })
})

describe('on a phone', () => {
  it('what is read and done stands below each other, whole', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const id = await home.inReview('stay', 7)
    const page = await home.open('/review')
    await page.setViewportSize({ width: 390, height: 844 })
    const boxOf = async (name: string) =>
      (await page.getByRole('region', { name, exact: true }).boundingBox()) ?? expect.fail(name)
    await page.getByRole('region', { name: 'Score' }).waitFor()
    const [fields, score] = [await boxOf('Fields'), await boxOf('Score')]
    expect(fields.width).toBeGreaterThan(290)
    expect(score.y).toBeGreaterThanOrEqual(fields.y + fields.height)

    await page.goto(`${home.url}/leads/${id}`)
    const line = (await page.locator('.verdict-line').boundingBox()) ?? expect.fail('no first line')
    expect(line.width).toBeGreaterThan(190)
    const read = page.getByRole('region', { name: 'Journey' }).getByText('7 fields read.')
    const seen = (await read.boundingBox()) ?? expect.fail('no journey')
    expect(seen.x + seen.width).toBeLessThanOrEqual(390)
    expect(await read.isVisible()).toBe(true)
    await home.checkAccess(page)

    await page.goto(`${home.url}/leads`)
    await page.getByRole('checkbox', { name: `Choose lead ${id}` }).click()
    const bar = page.getByRole('toolbar', { name: 'Chosen leads' })
    for (const button of await bar.getByRole('button').all()) {
      const box = (await button.boundingBox()) ?? expect.fail('no button')
      expect(box.x >= 56 && box.x + box.width <= 390).toBe(true)
    }

    await page.goto(`${home.url}/flows/solar`)
    const picture = await page.getByRole('region', { name: 'The flow as a picture' }).elementHandle()
    await page.getByText('No problems').waitFor()
    const drawn = (await picture?.boundingBox()) ?? expect.fail('no picture')
    const text = (await page.locator('.yaml').boundingBox()) ?? expect.fail('no text')
    expect(drawn.height).toBeGreaterThan(400)
    expect(text.y).toBeGreaterThanOrEqual(drawn.y + drawn.height)
    await home.checkAccess(page)
    await page.close()
  })
})

describe('where one is', () => {
  it('is marked beside, whatever range is looked at', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/?range=7d&compare=none')
    await page.getByRole('region', { name: 'Figures' }).waitFor()
    const here = page.getByRole('navigation', { name: 'Main' }).locator('[aria-current="page"]')
    expect(await here.allTextContents()).toContain('Overview')
    await page.close()
  })
})

describe('the audit', () => {
  it('says what it is filtered by, and shows all again', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/audit')
    await page.getByRole('link', { name: 'session.open' }).first().click()
    await expect.poll(() => page.url()).toContain('action=session.open')
    expect(await page.getByRole('textbox', { name: 'Action' }).inputValue()).toBe('session.open')
    await home.checkAccess(page)
    await page.getByRole('link', { name: 'Show all' }).click()
    await expect.poll(() => page.url()).toBe(`${home.url}/audit`)
    expect(await page.getByRole('textbox', { name: 'Action' }).inputValue()).toBe('')
    await page.close()
  })
})

describe('a new flow', () => {
  it('takes the place of none that is there', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/welcome')
    await page.getByLabel('Name of the flow').fill('Solar')
    await page.getByRole('button', { name: 'Publish' }).click()
    await page.getByRole('alert').getByText('There is a flow solar already: choose another name.').waitFor()
    expect(await page.getByLabel('Name of the flow').inputValue()).toBe('Solar')
    expect((await home.ask('/api/v1/flows/solar')).version).toBe(1)
    await home.checkAccess(page)
    await page.close()
  })
})
