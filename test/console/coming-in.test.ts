import jsQR from 'jsqr'
import { TOTP, URI } from 'otpauth'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN } from '../support/api.ts'
import { type ConsoleHome, openConsole, person } from '../support/console.ts'
import { openOidcProvider } from '../support/oidc-provider.ts'

let home: ConsoleHome
let missing: string | null = null

const GUARDED = { email: 'guarded@acme.example', password: 'a long password', role: 'operator' }
const CAPPED = (url: string): string => `flow: capped
country: US
fields: { email: { type: email, required: true } }
sources:
  - { id: web, name: Web form, caps: [ { id: daily, max: 4, per: day, zone: America/New_York } ] }
destinations: { crm: { name: Their CRM, type: http, url: '${url}/crm', repeat: keyed } }
steps: [ { deliver: { to: crm, map: { Email: '{{ lead.email }}' } } } ]
`

beforeAll(async () => {
  const opened = await openConsole()
  if ('missing' in opened) missing = opened.missing
  else home = opened
}, 300_000)
afterAll(() => home?.close())

const ask = async (method: 'GET' | 'POST' | 'PUT', url: string, login: typeof GUARDED, payload?: object) => {
  const headers = { authorization: `Bearer ${await home.api.token(login)}` }
  return (await home.api.app.inject({ method, url, headers, ...(payload && { payload }) })).json()
}

describe('sign-in', () => {
  it('asks for the second factor where there is one, and keeps what was typed', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    await home.api.addLogin(GUARDED)
    const { uri } = await ask('POST', '/api/v1/auth/totp', GUARDED)
    const secret = new URL(uri).searchParams.get('secret') ?? ''
    const code = (): string => new TOTP({ secret }).generate({ timestamp: home.api.clock.now() })
    await ask('POST', '/api/v1/auth/totp/confirm', GUARDED, { code: code() })
    home.api.clock.advance(60_000)
    const page = await home.open('/leads', null)
    await page.getByLabel('Email').fill(GUARDED.email)
    await page.getByLabel('Password', { exact: true }).fill(GUARDED.password)
    await page.keyboard.press('Enter')
    const field = page.getByLabel('Code')
    await field.fill('000000')
    await home.checkAccess(page)
    await home.shoot(page, 'sign-in-code')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').waitFor()
    expect(await page.getByLabel('Email').inputValue()).toBe(GUARDED.email)
    await field.fill(code())
    await page.keyboard.press('Enter')
    await page.locator('.sign-in').waitFor({ state: 'detached' })
    await page.getByRole('heading', { name: 'Leads', exact: true }).waitFor()
    await page.close()
  })

  it('is given a second factor by a picture that a phone reads, and codes for when the phone is lost', async ({
    skip,
  }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const login = { email: 'factor@acme.example', password: 'a long password', role: 'operator' }
    await home.api.addLogin(login)
    const page = await home.open('/settings', login)
    const card = page.getByRole('region', { name: 'Second factor' })
    await card.getByRole('button', { name: 'Set up' }).click()
    const picture = card.getByRole('img', { name: 'QR code that an authenticator app scans' })
    await picture.waitFor()
    await home.checkAccess(page)
    await home.shoot(page, 'account-factor')
    const seen = await picture.evaluate(async (svg) => {
      const side = 400
      const image = new Image()
      image.src = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(svg))}`
      await image.decode()
      const canvas = document.createElement('canvas')
      canvas.width = side
      canvas.height = side
      const ground = canvas.getContext('2d')
      ground?.drawImage(image, 0, 0, side, side)
      return { side, pixels: [...(ground?.getImageData(0, 0, side, side).data ?? [])] }
    })
    const read = jsQR.default(Uint8ClampedArray.from(seen.pixels), seen.side, seen.side)?.data ?? ''
    const totp = URI.parse(read)
    expect(totp).toBeInstanceOf(TOTP)
    expect(totp.label).toBe(login.email)
    await card.getByRole('textbox', { name: 'Code' }).fill((totp as TOTP).generate({ timestamp: home.api.clock.now() }))
    await card.getByRole('button', { name: 'Confirm' }).click()
    await card.getByText(/Keep these recovery codes/).waitFor()
    await home.checkAccess(page)
    await page.close()
  })

  it('goes on in another tenant without a password, and shows that tenant alone', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const login = { email: 'both@example.com', password: 'one password for two', role: 'operator' }
    await home.api.addLogin(login)
    const other = await home.api.home.addTenant('second')
    await home.api.addLogin({ ...login, tenantId: other })
    const page = await home.open('/leads', null)
    await page.getByLabel('Email').fill(login.email)
    await page.getByLabel('Password', { exact: true }).fill(login.password)
    await page.getByRole('button', { name: 'I work for several tenants' }).click()
    await page.getByLabel(/^Tenant/).fill('acme')
    await page.keyboard.press('Enter')
    await page.locator('.sign-in').waitFor({ state: 'detached' })
    const id = await home.submit({ ...person(1), email: 'switch@example.com', phone: '(202) 555-0121', bill: 5 })
    await page.locator(`#lead-${id}`).waitFor()
    await page.getByRole('button', { name: 'Account and appearance' }).click()
    await page.getByRole('menuitem', { name: 'second' }).waitFor()
    await home.checkAccess(page)
    // What was asked in the session before and is answered after its end, with a no, ends nothing.
    const late = Promise.withResolvers<void>()
    const asked = page.waitForRequest('**/api/v1/reviews/count')
    await page.route(
      '**/api/v1/reviews/count',
      async (route) => {
        await late.promise
        await route.fulfill({
          status: 401,
          contentType: 'application/problem+json',
          body: '{"code":"unauthenticated"}',
        })
      },
      { times: 1 },
    )
    await home.submit({ ...person(2), email: 'counted@example.com', phone: '(202) 555-0122', bill: 5 })
    await asked
    const over = page.waitForResponse((answer) => answer.url().endsWith('/reviews/count') && answer.status() === 401)
    await page.getByRole('menuitem', { name: 'second' }).click()
    // An empty tenant is led from the beginning.
    await page.getByRole('heading', { name: 'Begin' }).waitFor()
    late.resolve()
    await (await over).finished()
    await page.getByRole('link', { name: 'Leads', exact: true }).click()
    await page.getByText('No leads here').waitFor()
    expect(await page.locator(`#lead-${id}`).count()).toBe(0)
    await page.close()
  })

  it('sends what can still be taken back before the session ends, in this tab and in another', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const login = { email: 'leaves@example.com', password: 'one password for two', role: 'operator' }
    await home.api.addLogin(login)
    await home.api.addLogin({ ...login, tenantId: await home.api.home.addTenant('elsewhere') })
    const outcome = async (id: string): Promise<string | null> => {
      const [row] = await home.api.home.inspect<{ outcome: string | null }>(
        'select outcome from millrace.lead where id = $1',
        [id],
      )
      return row?.outcome ?? null
    }
    const signIn = async () => {
      const page = await home.open('/review', null)
      await page.getByLabel('Email').fill(login.email)
      await page.getByLabel('Password', { exact: true }).fill(login.password)
      await page.getByRole('button', { name: 'I work for several tenants' }).click()
      await page.getByLabel(/^Tenant/).fill('acme')
      await page.keyboard.press('Enter')
      return page
    }
    const leave = async (page: Page) => {
      await page.getByRole('button', { name: 'Account and appearance' }).click()
      await page.getByRole('menuitem', { name: 'elsewhere' }).click()
      await page.getByRole('heading', { name: 'Begin' }).waitFor()
    }
    const first = await home.inReview('leave', 1)
    const here = await signIn()
    await here.getByText('leave1@example.com').waitFor()
    const next = await home.inReview('leave', 3)
    await here.getByText('2 waiting').waitFor()
    await here.keyboard.press('a')
    await here.getByText('leave3@example.com').waitFor()
    // The first is sent with the second decision: its end lets the second go on waiting to be sent.
    await here.keyboard.press('a')
    await here.getByText('Nothing waits for you').waitFor()
    await expect.poll(() => outcome(first)).toBe('success')
    await leave(here)
    expect(await outcome(next)).toBe('success')
    await here.close()

    const second = await home.inReview('leave', 2)
    const desk = await signIn()
    await desk.getByText('leave2@example.com').waitFor()
    const other = await desk.context().newPage()
    await other.clock.setSystemTime(home.api.clock.now())
    await other.goto(`${home.url}/leads`)
    await other.getByRole('grid', { name: 'Leads' }).waitFor()
    await desk.bringToFront()
    await desk.keyboard.press('a')
    await desk.getByText('Nothing waits for you').waitFor()
    await leave(other)
    expect(await outcome(second)).toBe('success')
    await Promise.all([desk.close(), other.close()])
  })
})

describe('the overview', () => {
  it('says which caps fill up and how destinations do, and each leads to what stands behind it', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    await home.api.home.publish(CAPPED(home.sink.url))
    for (const n of [1, 2, 3]) await home.api.home.submit('capped', 'web', { email: `cap${n}@example.com` })
    await home.fold()
    // What calls came to is written some time after them.
    const calls = async (): Promise<number> =>
      (await ask('GET', '/api/v1/destinations', ADMIN)).items.find(({ id }: { id: string }) => id === 'crm').health
        .calls
    await expect.poll(calls, { timeout: 15_000 }).toBe(3)
    const page = await home.open('/?range=24h')
    const caps = page.getByRole('region', { name: 'Caps filling up' })
    await caps.getByText('3 of 4').waitFor()
    const health = page.getByRole('region', { name: 'Delivery health' })
    await health
      .getByRole('row', { name: /Their CRM/ })
      .getByText('100%')
      .waitFor()
    await home.checkAccess(page)
    await health.scrollIntoViewIfNeeded()
    await home.shoot(page, 'overview-health')
    await health.getByRole('link', { name: 'Their CRM' }).click()
    await expect.poll(() => page.url()).toContain('/destinations/capped/crm')
    await page.goBack()
    await caps.getByRole('link').first().click()
    await expect.poll(() => page.url()).toContain('/caps?flow=capped')

    // Once it is full, that is the first thing said.
    await home.api.home.submit('capped', 'web', { email: 'cap4@example.com' })
    await home.fold()
    await page.goto(`${home.url}/?range=24h`)
    await page.getByRole('link', { name: 'web daily is full' }).waitFor()
    // A stage of several reasons opens the leads of all of them, and no test leads.
    const { items } = await ask('GET', '/api/v1/leads?test=no&limit=100', ADMIN)
    // Another round of folding may hold a lead just then.
    await expect
      .poll(async () => (await ask('GET', '/api/v1/figures?range=24h', ADMIN)).now.leads, { timeout: 15_000 })
      .toBe(items.length)
    await page
      .getByRole('region', { name: 'Figures' })
      .getByRole('link', { name: /^Leads/ })
      .click()
    await page.getByText(`${items.length} leads`, { exact: true }).waitFor()
    expect(page.url()).toContain('test=no')
    await page.close()
  })
})

describe('single sign-on', () => {
  it('leads to the tenant’s provider and back, and says where there is none', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const provider = await openOidcProvider()
    try {
      home.api.clock.set(Date.now())
      provider.person = { sub: 'sso-1', email: 'sso@acme.example', email_verified: true }
      await ask('PUT', '/api/v1/sso', ADMIN, {
        issuer: provider.issuer,
        client_id: provider.clientId,
        client_secret: provider.clientSecret,
        default_role: 'operator',
      })
      const page = await home.open('/leads', null)
      await page.getByRole('button', { name: 'Use single sign-on' }).click()
      await page.getByLabel(/^Tenant/).fill('nobody')
      await page.keyboard.press('Enter')
      await page.getByRole('alert').waitFor()
      expect(await page.getByLabel(/^Tenant/).inputValue()).toBe('nobody')
      await home.checkAccess(page)
      await page.getByLabel(/^Tenant/).fill('acme')
      await page.keyboard.press('Enter')
      await page.getByRole('navigation', { name: 'Main' }).waitFor()
      await page.close()
    } finally {
      await provider.close()
    }
  })
})
