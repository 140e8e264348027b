import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type ConsoleHome, openConsole, person } from '../support/console.ts'

/** Every screen is looked through by axe twice; a busy machine takes its time. */
vi.setConfig({ testTimeout: 180_000 })

let home: ConsoleHome
let missing: string | null = null

const AUCTION = (url: string): string => `
flow: auction
name: Roof auction
country: US
currency: USD
zone: America/Chicago
# What stands here is not lost when somebody changes a cap.
fields: { first_name: first_name, last_name: last_name, email: email, phone: phone, state: state }
sources:
  - { id: web, price: 4.00 USD, caps: [ { id: daily, max: 20, per: day }, { id: spend, max: 400.00 USD, per: month } ] }
destinations:
  north:
    name: North Roofs
    type: http
    url: ${url}/north
    buyer: roofers
    price: 18.00 USD
    floor: 10.00 USD
    schedule: { zone: America/Chicago, open: { daily: '00:00-24:00' }, outside: wait }
    caps: [ { id: daily, max: 10, per: day } ]
    buyer_caps: [ { id: budget, max: 500.00 USD, per: month } ]
    response: { outcome_path: status, success_values: [yes], price_path: price, price_currency: USD }
  south: { name: South Roofs, type: http, url: ${url}/south, buyer: roofers, price: 7.50 USD }
  crm: { name: Our CRM, type: http, url: ${url}/crm }
steps:
  - deliver: { id: sell, to: [north, south], pattern: waterfall }
  - deliver: { id: keep, to: crm }
`

const ANALYST = { email: 'sight@acme.example', password: 'a long password', role: 'analyst' }
const BUYER = { email: 'buyer@sunny.example', password: 'a long password', role: 'buyer_partner' }

let sent = 0
const submit = async (): Promise<string> => {
  sent += 1
  const { answer } = await home.api.home.submit('auction', 'web', {
    ...person(sent),
    email: `sold${sent}@example.com`,
    phone: `+1512555${String(1000 + sent)}`,
  })
  await home.api.deps.runner.drained()
  return answer.lead_id
}

beforeAll(async () => {
  const opened = await openConsole()
  if ('missing' in opened) {
    missing = opened.missing
    return
  }
  home = opened
  await home.api.home.publish(AUCTION(home.sink.url))
  await home.api.addLogin(ANALYST)
  home.sink.otherwise(({ path }) => ({
    do: 'answer',
    body: JSON.stringify({ id: `R-${sent}`, status: sent % 5 === 4 && path === '/north' ? 'no' : 'yes' }),
  }))
  for (let n = 0; n < 12; n += 1) await submit()
  await home.fold()
  await home.api.home.house.health.flush()
}, 300_000)
afterAll(() => home?.close())

const document = async (): Promise<string> => (await home.ask('/api/v1/flows/auction')).document
/** The newest entry of this. */
const audited = async (action: string) => (await home.ask(`/api/v1/audit?action=${action}&limit=1`)).items[0]

describe('destinations', () => {
  it('show how each does, and lead to what is behind a figure', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/destinations')
    const table = page.getByRole('region', { name: 'Destinations' })
    const north = table.getByRole('row', { name: /North Roofs/ })
    await north.getByText('Runs').waitFor()
    await north.getByText('$180.00').waitFor()
    await home.checkAccess(page)
    await home.shoot(page, 'destinations')
    await table.getByRole('link', { name: 'North Roofs' }).click()
    const health = page.getByRole('region', { name: 'How it does' })
    await health.getByText('83.3%').waitFor()
    await health.getByRole('link', { name: /Refused/ }).click()
    await page.getByRole('region', { name: 'Refused' }).getByText('Said no').first().waitFor()
    expect(page.url()).toContain('destination=north')
    await page.close()
  })

  it('are set by a form made from their schema, published with a note, and the rest of the flow stays as written', async ({
    skip,
  }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/destinations/auction/crm')
    await page.getByLabel('Address').fill(`${home.sink.url}/crm/new`)
    await page.getByText(/^More settings/).click()
    await page.getByLabel('Headers', { exact: true }).fill('X-Team: desk')
    await home.checkAccess(page)
    await page.getByRole('button', { name: 'Review and publish' }).click()
    await page.getByRole('dialog').getByLabel('Note').fill('The CRM has moved')
    await home.checkAccess(page)
    await page.getByRole('dialog').getByRole('button', { name: 'Publish' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    const text = await document()
    expect(text).toContain('/crm/new')
    expect(text).toContain('X-Team: desk')
    expect(text).toContain('# What stands here is not lost')
    await page.close()
  })

  it('are published beside what somebody else published meanwhile, and undo none of it', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/destinations/auction/crm')
    await page.getByLabel('Address').fill(`${home.sink.url}/crm/newer`)
    await page.getByRole('button', { name: 'Review and publish' }).click()
    const dialog = page.getByRole('dialog')
    await home.api.home.publish((await document()).replace('North Roofs', 'Northern Roofs'))
    await dialog.getByRole('button', { name: 'Publish' }).click()
    await dialog.getByRole('alert').getByText('What you changed here is kept.').waitFor()
    // Asked once more, when theirs is known here.
    await expect
      .poll(async () => {
        const button = dialog.getByRole('button', { name: 'Publish' })
        await button.click({ timeout: 2_000 }).catch(() => undefined)
        return dialog.count()
      })
      .toBe(0)
    const text = await document()
    expect(text).toContain('/crm/newer')
    expect(text).toContain('Northern Roofs')
    await home.api.home.publish(text.replace('Northern Roofs', 'North Roofs'))
    await page.close()
  })

  it('are tried: by an answer that is pasted, by a sample that is sent, by a check', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/destinations/auction/north')
    const trial = page.getByRole('region', { name: 'Try it' })
    const before = home.sink.requests.length
    await trial.getByLabel('Answer', { exact: true }).fill('{"status": "no"}')
    await trial.getByRole('button', { name: 'Show what is read' }).click()
    await trial.getByRole('status').getByText('Rejected').waitFor()
    expect(home.sink.requests.length).toBe(before)
    await trial.getByText('Send a sample').click()
    await trial.getByLabel('Values of the lead').fill('email: tried@example.com')
    await trial.getByRole('button', { name: 'Send it' }).click()
    await trial.getByRole('status').getByText('Accepted').waitFor()
    expect(home.sink.requests.at(-1)?.body).toContain('tried@example.com')
    await home.checkAccess(page)
    await home.shoot(page, 'destination')
    await page.close()
  })

  it('are made with what their type must know, and a step that sends there', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/destinations')
    await page.getByRole('button', { name: 'New destination' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').first().fill('West Roofs')
    await dialog.getByRole('combobox', { name: 'Flow' }).click()
    await page.getByRole('option', { name: 'auction' }).click()
    await dialog.getByLabel('Address').fill(`${home.sink.url}/west`)
    await home.checkAccess(page)
    await dialog.getByRole('button', { name: 'Review and publish' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Publish' }).click()
    await page.getByRole('heading', { name: 'West Roofs' }).waitFor()
    await page.getByText('to-west-roofs').waitFor()
    expect(await document()).toContain('west-roofs')
    await page.close()
  })

  it('are paused, hold back what would be sent, and go on', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/destinations/auction/crm')
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('dialog').getByLabel('Reason').fill('They move house')
    await home.checkAccess(page)
    await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click()
    await page.getByText(/They move house/).waitFor()
    await home.checkAccess(page)
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.getByRole('button', { name: 'Pause' }).waitFor()
    await page.close()
  })

  it('are read by an analyst, who may change, try and pause nothing', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/destinations/auction/north', ANALYST)
    await page.getByRole('region', { name: 'Settings' }).getByText('/north').waitFor()
    for (const name of ['Pause', 'Review and publish', 'Check the connection', 'Both sides'])
      expect(await page.getByRole('button', { name }).count()).toBe(0)
    await page.goto(`${home.url}/caps`)
    await page.getByRole('meter').first().waitFor()
    expect(await page.getByRole('button', { name: /^Change/ }).count()).toBe(0)
    await home.checkAccess(page)
    await page.close()
  })
})

describe('buyers', () => {
  it('show their terms, what they took and what they pay', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/buyers')
    await page
      .getByRole('row', { name: /roofers/ })
      .getByText('$195.00')
      .waitFor()
    await home.checkAccess(page)
    await page.getByRole('link', { name: 'roofers' }).click()
    await page.getByText('daily 00:00-24:00').waitFor()
    await page.getByRole('meter', { name: 'budget buyer roofers' }).waitFor()
    await home.checkAccess(page)
    await home.shoot(page, 'buyer')
    await page.close()
  })
})

describe('caps', () => {
  it('show how full each is, and keep their count when they are changed', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/caps')
    const meter = page.getByRole('meter', { name: 'daily destination north' })
    expect(await meter.getAttribute('aria-valuetext')).toBe('10 of 10')
    await home.checkAccess(page)
    await home.shoot(page, 'caps')
    await page.getByRole('button', { name: 'Change daily of destination north' }).click()
    await page.getByLabel('At most').fill('ten')
    await page.getByText('A whole number of leads').waitFor()
    await page.getByLabel('At most').fill('40')
    await home.checkAccess(page)
    await page.getByRole('button', { name: 'Save' }).click()
    await expect.poll(() => meter.getAttribute('aria-valuetext')).toBe('10 of 40')
    expect(await document()).toContain('# What stands here is not lost')
    await page.close()
  })
})

describe('deliveries', () => {
  /** Sent and never answered: nobody knows whether it arrived. */
  const doubtful = async (): Promise<string> => {
    home.sink.otherwise(({ path }) =>
      path.startsWith('/crm') ? { do: 'reset' } : { do: 'answer', body: '{"status":"yes"}' },
    )
    const lead = await submit()
    home.sink.otherwise({ do: 'answer', body: '{"id":"OK-1","status":"yes"}' })
    return lead
  }
  const dead = async (): Promise<string> => {
    home.sink.otherwise(({ path }) =>
      path.startsWith('/crm') ? { do: 'answer', status: 404 } : { do: 'answer', body: '{"status":"yes"}' },
    )
    const lead = await submit()
    home.sink.otherwise({ do: 'answer', body: '{"id":"OK-2","status":"yes"}' })
    return lead
  }

  const runs = (what: 'replays' | 'discards'): Promise<{ items: { id: string }[] }> =>
    home.ask(`/api/v1/dead-letters/${what}`)

  it('in doubt are settled by whoever has looked at both sides', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    await doubtful()
    const lead = await doubtful()
    const page = await home.open('/deliveries?state=unknown')
    const row = page.getByRole('row', { name: new RegExp(lead.slice(-12)) })
    await row.getByRole('button', { name: 'It arrived' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Request and response hold personal data.').waitFor()
    expect(await dialog.getByText(`sold${sent}@example.com`).count()).toBe(0)
    await home.checkAccess(page)
    await dialog.getByRole('textbox', { name: 'Why you look at it' }).fill('The buyer asks')
    await dialog.getByRole('button', { name: 'Show' }).click()
    await dialog.getByText(`sold${sent}@example.com`).first().waitFor()
    await dialog.getByText('No answer came.').waitFor()
    const [why, read] = [await audited('lead.unmask'), await audited('delivery.read')]
    expect(why).toMatchObject({ resource_id: lead, private: { reason: 'The buyer asks' } })
    expect(read).toMatchObject({ resource_id: lead, data: { delivery: expect.any(String) } })
    await dialog.getByLabel('Reason').fill('They found it')
    await dialog.getByLabel('Their reference').fill('CRM-77')
    await home.checkAccess(page)
    await home.shoot(page, 'settle')
    await dialog.getByRole('button', { name: 'It arrived' }).click()
    await row.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'It did not arrive' }).click()
    await page.getByLabel('Reason').fill('They have it not')
    await page.getByRole('dialog').getByRole('button', { name: 'It did not arrive' }).click()
    await page.getByText('None is in doubt').waitFor()
    await home.checkAccess(page)
    await page.close()
  })

  it('that were given up are put away one by one, and sent again all together by filter', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const first = await dead()
    const rest = [await dead(), await dead()]
    const page = await home.open('/deliveries')
    const rowOf = (lead: string) =>
      page.getByRole('row').filter({ has: page.getByRole('link', { name: `…${lead.slice(-12)}` }) })
    await rowOf(first).getByRole('button', { name: 'Both sides' }).click()
    await page.getByRole('textbox', { name: 'Why you look at it' }).fill('What did they say?')
    await page.getByRole('button', { name: 'Show' }).click()
    await page.getByText('Came back').waitFor()
    await home.checkAccess(page)
    await rowOf(first).getByRole('button', { name: 'Discard' }).click()
    await page.getByRole('dialog').getByLabel('Reason').fill('No longer wanted')
    await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click()
    await rowOf(first).waitFor({ state: 'detached' })
    await page.getByRole('combobox', { name: 'Destination' }).click()
    await page.getByRole('option', { name: 'auction/crm' }).click()
    await page.getByRole('button', { name: 'Replay all' }).click()
    await page
      .getByRole('dialog')
      .getByText(/Only those of: crm/)
      .waitFor()
    await page.getByRole('dialog').getByLabel('So many a second').fill('1000')
    await home.checkAccess(page)
    await page.getByRole('dialog').getByRole('button', { name: 'Replay all' }).click()
    await page.getByText('2 will be sent again').waitFor()
    await page.getByRole('region', { name: 'Being sent again' }).getByRole('meter').waitFor()
    await home.checkAccess(page)
    const { items } = await runs('replays')
    await home.api.home.house.delivery.deadLetters.goOn({ tenantId: home.api.home.tenantId, run: items[0]?.id ?? '' })
    home.api.clock.advance(5_000)
    await home.api.deps.runner.drained()
    await page.getByText('No dead letters').waitFor()
    await page.getByRole('button', { name: 'Discarded' }).click()
    await rowOf(first).waitFor()
    expect(rest).toHaveLength(2)

    const unwanted = [await dead(), await dead()]
    await page.reload()
    await page.getByRole('button', { name: 'Dead letters' }).click()
    await page.getByRole('button', { name: 'Discard all' }).click()
    await page.getByRole('dialog').getByLabel('Reason').fill('A test of theirs')
    await page.getByRole('dialog').getByRole('button', { name: 'Discard all' }).click()
    await page.getByText('2 will be put away').waitFor()
    await page.getByRole('region', { name: 'Being put away' }).getByRole('meter').waitFor()
    await home.checkAccess(page)
    const run = (await runs('discards')).items[0]?.id ?? ''
    await home.api.home.house.delivery.deadLetters.goOn({ tenantId: home.api.home.tenantId, run })
    await page.getByText('No dead letters').waitFor()
    await page.getByRole('button', { name: 'Discarded' }).click()
    for (const lead of unwanted) await rowOf(lead).waitFor()
    await page.close()
  })
})

describe('a buyer’s own person', () => {
  it('sees the leads that the buyer took, and no other screen', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    await home.api.addLogin(BUYER)
    await home.api.home.inspect(
      `update millrace.login set partner = '{"destination":"north"}' where role = 'buyer_partner' returning id`,
      [],
    )
    const page = await home.open('/leads', BUYER)
    await page.getByRole('grid', { name: 'Leads' }).getByRole('row').nth(1).waitFor()
    const links = await page.getByRole('navigation', { name: 'Main' }).getByRole('link').allTextContents()
    expect(links.slice(1)).toEqual(['Leads', 'Settings'])
    await page.goto(`${home.url}/`)
    await page.waitForURL(`${home.url}/leads`)
    await home.checkAccess(page)
    await page.close()
  })
})
