import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type ConsoleHome, openConsole, person } from '../support/console.ts'

/** Every screen is looked through by axe twice; a busy machine takes its time. */
vi.setConfig({ testTimeout: 180_000 })

let home: ConsoleHome
let missing: string | null = null

beforeAll(async () => {
  const opened = await openConsole({ leads: 14 })
  if ('missing' in opened) missing = opened.missing
  else home = opened
}, 300_000)
afterAll(() => home?.close())

const published = (flow: string) => home.ask(`/api/v1/flows/${flow}`)

describe('sources', () => {
  it('are made in a minute, with a key shown once, and tried from a form', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/sources')
    await page.getByText('Facebook lead ads').waitFor()
    await home.checkAccess(page)
    await home.shoot(page, 'sources')
    await page.getByRole('button', { name: 'New source' }).click()
    await page.getByLabel('Name').fill('Spring campaign')
    await page.getByRole('combobox', { name: 'Flow' }).click()
    await page.getByRole('option', { name: 'solar' }).click()
    await page.getByLabel('Price for an accepted lead').fill('18.5')
    await home.checkAccess(page)
    await page.getByRole('button', { name: 'Create' }).click()
    const key = (await page.getByTestId('once').textContent())?.trim() ?? ''
    expect(key).toMatch(/^mrk_/)
    await page.getByRole('button', { name: 'Done' }).click()
    expect((await published('solar')).document).toContain('18.50 USD')

    await page.getByRole('link', { name: 'Spring campaign' }).click()
    await page.getByRole('heading', { name: 'How to submit' }).waitFor()
    await page.getByLabel('email', { exact: true }).fill('form@example.com')
    await page.getByLabel('state', { exact: true }).fill('NY')
    const posting = page.getByRole('region', { name: 'For whoever sends the leads' })
    await posting.getByText('A lead that passes').waitFor()
    const theirs = await posting.getByRole('link', { name: 'Open their page' }).getAttribute('href')
    expect((await fetch(theirs ?? '')).status).toBe(200)
    await home.checkAccess(page)
    await home.shoot(page, 'source')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByRole('status').getByText('State not serviced: NY').waitFor()
    await page.getByRole('link', { name: 'Open it' }).click()
    await page.getByRole('region', { name: 'What became of it' }).getByText('State not serviced: NY').waitFor()
    await page.close()
  })
})

describe('lists', () => {
  it('are made, filled and asked', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/lists')
    await page.getByRole('button', { name: 'New list' }).click()
    await page.getByLabel('Name').fill('Customers')
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByRole('button', { name: 'Add or remove: Customers' }).click()
    await page.getByLabel('Entries').fill('one@example.com\n(512) 555-0147')
    await page.getByRole('button', { name: 'Add 2' }).click()
    await page.getByText('2 entries added').waitFor()
    await page.getByRole('textbox', { name: /An email, a phone/ }).fill('ONE@example.com')
    await page.getByRole('button', { name: 'Is it on a list?' }).click()
    await page.getByText('On Customers').waitFor()
    await home.checkAccess(page)
    await home.shoot(page, 'lists')
    await page.close()
  })
})

describe('settings', () => {
  it('put the tenant’s own name and colour on the console', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/settings?tab=branding')
    await page.getByLabel('Name').fill('Sunny Leads')
    await page.getByLabel('Colour').fill('#7a1fa2')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('link', { name: 'Sunny Leads' }).waitFor()
    await home.checkAccess(page)
    await expect
      .poll(() => page.evaluate(() => document.documentElement.style.getPropertyValue('--accent')))
      .toContain('#7a1fa2')
    await page.getByLabel('Colour').fill('')
    await page.getByLabel('Name').fill('')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('link', { name: 'Millrace' }).waitFor()
    await expect.poll(() => page.evaluate(() => document.documentElement.style.getPropertyValue('--accent'))).toBe('')
    await page.close()
  })

  it('invite people, by a link that is shown once', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/settings?tab=people')
    await page.getByRole('button', { name: 'Invite' }).click()
    await page.getByLabel('Email').fill('new@acme.example')
    await home.checkAccess(page)
    await page.getByRole('dialog').getByRole('button', { name: 'Invite' }).click()
    await page.getByText(/shown this once/).waitFor()
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByText('new@acme.example').waitFor()
    await home.checkAccess(page)
    await page.close()
  })

  it('say where one is signed in, and keep secrets without showing them', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/settings')
    await page.getByText('here', { exact: true }).waitFor()
    await home.checkAccess(page)
    await page.getByRole('tab', { name: 'Keys' }).click()
    await page.getByText('solar/facebook').waitFor()
    await home.checkAccess(page)
    await page.getByRole('tab', { name: 'Secrets' }).click()
    await page.getByLabel('Name').fill('buyer_token')
    await page.getByLabel('Value, never shown again').fill('very secret')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('cell', { name: 'buyer_token' }).waitFor()
    expect(await page.content()).not.toContain('very secret')
    await page.close()
  })
})

describe('deliveries', () => {
  it('show what did not arrive, and send it again', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    home.sink.otherwise({ do: 'answer', status: 422, body: '{}' })
    const lead = await home.submit({ ...person(60), email: 'dead@example.com', phone: '(202) 555-0160', bill: 5 })
    await home.api.deps.runner.drained()
    home.sink.otherwise({ do: 'answer', body: '{"id":"SUN-1"}' })
    const page = await home.open('/deliveries?state=refused')
    await page.getByRole('region', { name: 'Queues' }).getByText('solar/buyer').waitFor()
    await page.getByRole('link', { name: `…${lead.slice(-12)}` }).waitFor()
    await home.checkAccess(page)
    await home.shoot(page, 'deliveries')
    await page.getByRole('button', { name: 'Replay', exact: true }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Replay' }).click()
    await page.getByText('None was refused').waitFor()
    await page.getByRole('button', { name: 'Emergency mode' }).click()
    await page.getByLabel('Reason').fill('The buyer asks for a pause')
    await page.getByRole('dialog').getByRole('button', { name: 'Emergency mode' }).click()
    await page.getByRole('button', { name: 'End emergency mode' }).click()
    await page.getByRole('button', { name: 'Emergency mode', exact: true }).waitFor()
    await page.close()
  })
})

describe('requests of persons', () => {
  it('are made by email, and their progress is shown', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    await home.submit({ ...person(61), email: 'forget@example.com', phone: '(202) 555-0161', bill: 5 })
    const page = await home.open('/privacy')
    await page.getByText('No requests').waitFor()
    await page.getByRole('button', { name: 'New request' }).click()
    await page.getByLabel('Email').fill('forget@example.com')
    await home.checkAccess(page)
    await page.getByRole('button', { name: 'Erase' }).click()
    await page.getByRole('cell', { name: 'Erasure' }).waitFor()
    expect(page.url()).not.toContain('forget')
    await home.checkAccess(page)
    await page.close()
  })
})

describe('the audit', () => {
  it('says who did what, and leads to what it was done to', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/audit')
    await page
      .getByRole('cell', { name: 'secret.put' })
      .or(page.getByRole('cell', { name: /secret/ }))
      .first()
      .waitFor()
    await home.checkAccess(page)
    await home.shoot(page, 'audit')
    await page.close()
  })
})

describe('an empty tenant', () => {
  it('is led from a flow to its first lead in under three minutes', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const tenantId = await home.api.home.addTenant('fresh')
    const login = { email: 'fresh@fresh.example', password: 'a long password', role: 'owner' }
    await home.api.addLogin({ ...login, tenantId })
    const begun = performance.now()
    const page = await home.open('/', login)
    await page.getByRole('heading', { name: 'Begin' }).waitFor()
    await home.checkAccess(page)
    await home.shoot(page, 'first-run')
    await page.getByLabel('Name of the flow').fill('Roof quotes')
    await page.getByRole('button', { name: 'Publish' }).click()
    await page.getByRole('button', { name: 'Send a test lead' }).click()
    await page.getByRole('region', { name: 'See what became of it' }).getByText('Accepted').waitFor()
    await home.checkAccess(page)
    await page.getByRole('button', { name: /^Send \d+ sample leads/ }).click()
    const samples = async (): Promise<number> => {
      const [row] = await home.api.home.inspect<{ n: number }>(
        'select count(*)::integer as n from millrace.lead where tenant_id = $1 and test',
        [tenantId],
      )
      return row?.n ?? 0
    }
    await expect.poll(samples, { timeout: 30_000 }).toBeGreaterThan(10)
    await page
      .getByRole('link', { name: /Open it/ })
      .first()
      .click()
    await page.getByRole('region', { name: 'What became of it' }).waitFor()
    expect(performance.now() - begun).toBeLessThan(180_000)
    await page.close()
  })
})

describe('a page that is none', () => {
  it('says so, and where to go', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/nowhere')
    await page.getByText('There is no such page').waitFor()
    await home.checkAccess(page)
    await page.close()
  })
})
