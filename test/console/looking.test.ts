import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN } from '../support/api.ts'
import { type ConsoleHome, openConsole, person } from '../support/console.ts'

let home: ConsoleHome
let missing: string | null = null

beforeAll(async () => {
  const opened = await openConsole({ leads: 90 })
  if ('missing' in opened) missing = opened.missing
  else home = opened
}, 300_000)
afterAll(() => home?.close())

const ANALYST = { email: 'an@acme.example', password: 'a long password', role: 'analyst' }

describe('sign-in', () => {
  it('says what is wrong, keeps what was typed, and opens the page that was asked for', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/leads?outcome=failure', null)
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await home.checkAccess(page)
    await home.shoot(page, 'sign-in')
    await page.getByLabel('Email').fill(ADMIN.email)
    await page.getByLabel('Password', { exact: true }).fill('wrong')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('alert').getByText('wrong').waitFor()
    expect(await page.getByLabel('Email').inputValue()).toBe(ADMIN.email)
    await page.getByLabel('Password', { exact: true }).fill(ADMIN.password)
    await page.keyboard.press('Enter')
    await page.locator('.sign-in').waitFor({ state: 'detached' })
    expect(page.url()).toBe(`${home.url}/leads?outcome=failure`)

    // Another tab has the same session; signing out in one ends it in both.
    const other = await home.browser.context.newPage()
    await other.goto(`${home.url}/leads`)
    await other.getByRole('grid').waitFor()
    await page.getByRole('button', { name: 'Account and appearance' }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await other.getByRole('heading', { name: 'Sign in again' }).waitFor()
    await other.close()
    await page.close()
  })

  it('shows nobody what their role may not do', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    await home.api.addLogin(ANALYST)
    const page = await home.open('/', ANALYST)
    const main = page.getByRole('navigation', { name: 'Main' })
    await main.getByRole('link', { name: 'Leads' }).waitFor()
    expect(await main.getByRole('link', { name: 'Review' }).count()).toBe(0)
    expect(await main.getByRole('link', { name: 'Audit' }).count()).toBe(0)
    await page.close()
  })
})

describe('the overview', () => {
  it('shows the figures of the API, and each opens the leads behind it', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/?range=24h')
    const figures = page.getByRole('region', { name: 'Figures' })
    await figures.waitFor()
    const { now } = await home.ask('/api/v1/figures?range=24h')
    expect(now.leads).toBe(90)
    await figures.getByText(String(now.leads), { exact: true }).waitFor()
    await page.getByRole('img', { name: 'Leads over time' }).locator('svg').waitFor()
    await home.checkAccess(page)
    await home.shoot(page, 'overview')

    const reason = now.reasons.find(({ code }: { code: string }) => code === 'filtered')
    await page.getByRole('link', { name: /^Filtered out/ }).click()
    await page.getByText(`${reason.leads} leads`, { exact: true }).waitFor()
    expect(page.url()).toContain('code=filtered')
    await page.goBack()
    await figures.waitFor()
    await page.close()
  })

  it('shows leads as they come in', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/?range=24h')
    const now = page.getByRole('region', { name: 'Now' })
    await page.getByText('Live', { exact: true }).waitFor()
    await home.submit({ ...person(1), email: 'now@example.com', phone: '(202) 555-0199', state: 'NY' }, 'partner')
    await now.getByText('1 in the last minute').waitFor()
    await now.getByText('partner').first().waitFor()
    await page.close()
  })
})

describe('the leads', () => {
  it('are filtered by the address bar, which holds nothing personal, and found by email', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/leads')
    const grid = page.getByRole('grid', { name: 'Leads' })
    await grid.getByRole('row').nth(5).waitFor()
    await home.checkAccess(page)
    await home.shoot(page, 'leads')
    await page.getByRole('button', { name: 'Rejected' }).click()
    await expect.poll(() => page.url()).toContain('outcome=failure')
    await expect.poll(() => grid.getByText('Delivered').count()).toBe(0)
    await page.goBack()
    await grid.getByText('Delivered').first().waitFor()

    await page.keyboard.press('/')
    await page.getByRole('combobox', { name: /An email/ }).fill('person5@gmail.com')
    await page.getByRole('option').getByText('solar').waitFor()
    await home.checkAccess(page)
    await home.shoot(page, 'find')
    expect(page.url()).not.toContain('person5')
    await page.keyboard.press('Enter')
    await page.getByRole('region', { name: 'What became of it' }).waitFor()
    expect(page.url()).not.toContain('person5')
    await page.close()
  })

  it('are asked for once when an email was typed to its end', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/leads')
    await page.getByRole('grid', { name: 'Leads' }).getByRole('row').nth(5).waitFor()
    await page.clock.install()
    const asked: unknown[] = []
    page.on('request', (request) => {
      if (request.url().endsWith('/api/v1/leads/search')) asked.push(request.postDataJSON().email)
    })
    await page.keyboard.press('/')
    const field = page.getByRole('combobox', { name: /An email/ })
    await field.waitFor()
    await page.clock.pauseAt(Date.now() + 60_000)
    await field.pressSequentially('person5@gmail.com')
    await page.clock.resume()
    await page.getByRole('option').getByText('solar').waitFor()
    expect(asked).toEqual(['person5@gmail.com'])
    await page.close()
  })

  it('come in live without moving what is read', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/leads')
    const grid = page.getByRole('grid', { name: 'Leads' })
    await page.getByText('Live', { exact: true }).waitFor()
    await grid.getByRole('row').nth(5).waitFor()
    const first = await home.submit({ ...person(201), email: 'top@example.com', phone: '(202) 555-0188' })
    await page.locator(`#lead-${first}`).waitFor()
    await grid.evaluate((box) => box.scrollTo({ top: 600 }))
    const seen = grid.getByRole('row').nth(18)
    const id = await seen.getAttribute('id')
    const before = await page.locator(`#${id}`).boundingBox()
    await home.submit({ ...person(202), email: 'below@example.com', phone: '(202) 555-0189' })
    await page.getByRole('button', { name: '1 new lead' }).waitFor()
    expect(await page.locator(`#${id}`).boundingBox()).toEqual(before)
    await page.getByRole('button', { name: '1 new lead' }).click()
    await expect.poll(() => grid.evaluate((box) => box.scrollTop)).toBe(0)
    await page.close()
  })

  it('are kept as views, chosen by keys, exported and suppressed together', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/leads?code=filtered')
    await page.getByRole('button', { name: 'Save this view' }).click()
    await page.getByLabel('Name').fill('Not serviced')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Not serviced', exact: true }).waitFor()
    await page.getByRole('button', { name: 'Clear' }).click()
    await page.getByRole('button', { name: 'Not serviced', exact: true }).click()
    await expect.poll(() => page.url()).toContain('code=filtered')

    await page.getByRole('grid').getByRole('row').nth(2).waitFor()
    for (const key of ['j', 'x', 'j', 'x']) await page.keyboard.press(key)
    const bar = page.getByRole('toolbar', { name: 'Chosen leads' })
    await bar.getByText('2 chosen').waitFor()
    await home.checkAccess(page)
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      bar.getByRole('button', { name: 'Export CSV' }).click(),
    ])
    expect(download.suggestedFilename()).toMatch(/^leads-.*\.csv$/)
    await bar.getByRole('button', { name: 'Suppress' }).click()
    await page.getByRole('combobox', { name: 'List' }).click()
    await page.getByRole('option', { name: 'DNC' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Suppress' }).click()
    await page.getByText('2 leads done').waitFor()
    await page.close()
  })

  it('go on when the server restarts: it reconnects, catches up, and says so', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/leads')
    await page.getByText('Live', { exact: true }).waitFor()
    let missed = ''
    await home.restart(async () => {
      await page.getByText('Reconnecting', { exact: true }).waitFor()
      await page.getByRole('button', { name: 'Rejected' }).click()
      await page.getByRole('button', { name: 'All', exact: true }).click()
    })
    missed = await home.submit({ ...person(301), email: 'missed@example.com', phone: '(202) 555-0177' })
    await page.getByText('Live', { exact: true }).waitFor()
    await page.locator(`#lead-${missed}`).waitFor()
    await page.close()
  })
})

describe('a lead', () => {
  it('answers in its first line why it was rejected', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const id = await home.submit({ ...person(7), email: 'why@example.com', phone: '(202) 555-0166', state: 'NY' })
    const page = await home.open(`/leads/${id}`)
    const verdict = page.getByRole('region', { name: 'What became of it' })
    await verdict.getByText('State not serviced: NY').waitFor()
    await verdict.getByText('lead.state = NY').waitFor()
    await verdict.getByText('!(lead.state in ["NY"])').waitFor()
    await page.getByText('The chain of 1 segment is whole').waitFor()
    await home.checkAccess(page)
    await home.shoot(page, 'lead-rejected')
    await page.close()
  })

  it('shows its journey, and what was sent outside only to who says why', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    home.sink.otherwise(() => {
      home.api.clock.advance(214)
      return { do: 'answer', body: JSON.stringify({ id: 'SUN-4711', price: '31.00' }) }
    })
    const id = await home.submit({ ...person(8), bill: 10, email: 'sent@example.com', phone: '(202) 555-0155' })
    await home.api.deps.runner.drained()
    const page = await home.open(`/leads/${id}`)
    await page.getByText('to buyer in').waitFor()
    const body = (): Promise<number> => page.getByText('"Email": "sent@example.com"').count()
    await page.getByRole('button', { name: /^Call answered/ }).click()
    await page.getByText('Request and response hold personal data.').waitFor()
    expect(await body()).toBe(0)
    await page.getByRole('textbox', { name: 'Why you look at it' }).fill('The buyer asks')
    await page.getByRole('button', { name: 'Show' }).click()
    await expect.poll(body).toBe(1)
    await home.checkAccess(page)
    await page
      .locator('.page')
      .first()
      .evaluate((body) => body.scrollTo({ top: 0 }))
    await home.shoot(page, 'lead')
    const audit = await home.ask('/api/v1/audit?action=lead.unmask')
    expect(audit.items[0]).toMatchObject({ resource_id: id, private: { reason: 'The buyer asks' } })
    await page.close()
  })
})

describe('the overview of two currencies', () => {
  it('shows what each came to, and how each changed, under one another', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const { api } = home
    const { keys } = await api.home.publish(`
flow: dach
currency: EUR
fields: { email: email }
sources: [ { id: web, price: { id: base, amount: '4.00 EUR' } } ]
steps: [ { normalize: {} } ]
`)
    let n = 400
    const send = async (dollars: number, euros: number): Promise<void> => {
      for (let sent = 0; sent < dollars + euros; sent += 1) {
        n += 1
        const email = `money${n}@example.com`
        if (sent < dollars) await home.submit({ ...person(1), email, phone: `(202) 556-0${n}`, bill: 10 })
        else
          await api.app.inject({
            method: 'POST',
            url: '/flows/dach/sources/web/submit',
            headers: { authorization: `Bearer ${keys[0]?.key}` },
            payload: { email },
          })
      }
    }
    api.clock.advance(7_200_000)
    await send(1, 2)
    api.clock.advance(3_600_000)
    await send(2, 1)
    await home.fold()
    const page = await home.open('/?range=1h')
    const cost = page.getByRole('region', { name: 'Figures' }).getByRole('link', { name: /^Cost/ })
    await cost.locator('[data-currency="USD"]').getByText('▲ 100').waitFor()
    await cost.locator('[data-currency="USD"]').getByText('$44.00').waitFor()
    await cost.locator('[data-currency="EUR"]').getByText('▼ 50').waitFor()
    await cost.locator('[data-currency="EUR"]').getByText('€4.00').waitFor()
    await home.checkAccess(page)
    await page.close()
  })
})
