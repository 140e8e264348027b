import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ADMIN } from '../support/api.ts'
import { type ConsoleHome, openConsole, person } from '../support/console.ts'

/** Every screen is looked through by axe twice; a busy machine takes its time. */
vi.setConfig({ testTimeout: 180_000 })

let home: ConsoleHome
let missing: string | null = null

const SHOP = (url: string): string => `flow: shop
country: US
fields: { first_name: first_name, last_name: last_name, email: email, phone: phone }
sources: [ { id: web } ]
destinations:
  crm: { name: Our CRM, type: http, url: '${url}/crm' }
  checked: { name: Checked, type: http, url: '${url}/checked', check_url: '${url}/health' }
steps:
  - normalize
  - deliver: { id: keep, to: crm }
`

let sent = 0
const submit = async (over: Record<string, string> = {}): Promise<string> => {
  sent += 1
  const given = { ...person(sent), email: `shop${sent}@example.com`, phone: `+1512555${String(2000 + sent)}`, ...over }
  const { answer } = await home.api.home.submit('shop', 'web', given)
  await home.api.deps.runner.drained()
  return answer.lead_id
}

const TAKES = { do: 'answer', body: '{"id":"OK-1"}' } as const

/** A delivery that was given up. */
const dead = async (): Promise<string> => {
  home.sink.otherwise({ do: 'answer', status: 404 })
  const lead = await submit()
  home.sink.otherwise(TAKES)
  return lead
}

/** Sent and never answered. */
const doubtful = async (): Promise<string> => {
  home.sink.otherwise({ do: 'reset' })
  const lead = await submit()
  home.sink.otherwise(TAKES)
  return lead
}

beforeAll(async () => {
  const opened = await openConsole()
  if ('missing' in opened) {
    missing = opened.missing
    return
  }
  home = opened
  await home.api.home.publish(SHOP(home.sink.url))
  home.sink.otherwise(TAKES)
}, 300_000)
afterAll(() => home?.close())

describe('dead letters', () => {
  it('are put away all together, which is called off before any is', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const leads = [await dead(), await dead(), await dead()]
    const page = await home.open('/deliveries')
    await page.getByRole('link', { name: `…${leads[0]?.slice(-12)}` }).waitFor()
    await page.getByRole('button', { name: 'Discard all' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText(/No filter is set/).waitFor()
    await dialog.getByLabel('Reason').fill('The campaign has ended')
    await home.checkAccess(page)
    await dialog.getByRole('button', { name: 'Discard all' }).click()
    const running = page.getByRole('region', { name: 'Being put away' })
    await running.getByRole('meter').waitFor()
    await running.getByRole('button', { name: 'Call it off' }).click()
    await running.waitFor({ state: 'detached' })
    const [run] = (await home.ask('/api/v1/dead-letters/discards')).items
    expect(run).toMatchObject({ state: 'canceled', done: 0 })
    await home.api.home.house.delivery.deadLetters.goOn({ tenantId: home.api.home.tenantId, run: run.id })
    await page.reload()
    for (const lead of leads) await page.getByRole('link', { name: `…${lead.slice(-12)}` }).waitFor()
    await page.close()
  })

  it('are sent again so many a second, which is called off', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    await dead()
    await dead()
    const page = await home.open('/deliveries')
    await page.getByRole('button', { name: 'Replay all' }).click()
    await page.getByRole('dialog').getByLabel('So many a second').fill('1')
    await page.getByRole('dialog').getByRole('button', { name: 'Replay all' }).click()
    const running = page.getByRole('region', { name: 'Being sent again' })
    await running.getByRole('meter').waitFor()
    await home.checkAccess(page)
    await running.getByRole('button', { name: 'Call it off' }).click()
    await running.waitFor({ state: 'detached' })
    expect((await home.ask('/api/v1/dead-letters/replays')).items[0].state).toBe('canceled')
    await page.close()
  })

  it('in doubt are sent again by whoever has looked at both sides', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const lead = await doubtful()
    const before = home.sink.requests.length
    const page = await home.open('/deliveries?state=unknown')
    const row = page.getByRole('row', { name: new RegExp(lead.slice(-12)) })
    await row.getByRole('button', { name: 'Send again' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox', { name: 'Why you look at it' }).fill('They ask')
    await dialog.getByRole('button', { name: 'Show' }).click()
    await dialog.getByText('No answer came.').waitFor()
    await dialog.getByLabel('Reason').fill('They found nothing')
    await home.checkAccess(page)
    await dialog.getByRole('button', { name: 'Send again' }).click()
    await row.waitFor({ state: 'detached' })
    await home.api.work()
    expect(home.sink.requests.length).toBe(before + 1)
    await page.close()
  })
})

describe('deliveries that a pause holds back', () => {
  it('are listed apart from what waits its turn', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const turn = async (action: string) => {
      const headers = { authorization: `Bearer ${await home.api.token(ADMIN)}` }
      const payload = { action, destinations: ['shop/crm'] }
      await home.api.app.inject({ method: 'POST', url: '/api/admin/lead-pipeline', headers, payload })
    }
    await turn('pause-queues')
    const lead = await submit()
    const page = await home.open('/deliveries')
    await page.getByRole('group', { name: 'What became of them' }).getByRole('button', { name: 'Held' }).click()
    const row = page.getByRole('row', { name: new RegExp(lead.slice(-12)) })
    await row.waitFor()
    await home.checkAccess(page)
    // By what the dead are filtered by, nothing is asked of these.
    await page.goto(`${home.url}/deliveries?state=held&code=destination.rejected`)
    await row.waitFor()
    await turn('resume-queues')
    await page.reload()
    await page.getByText('Nothing is held').waitFor()
    expect(new URL(page.url()).searchParams.get('state')).toBe('held')
    await page.close()
  })
})

describe('an alert', () => {
  it('leads to what it is about, and is seen', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const lead = await dead()
    await home.api.home.house.feed.alerts.round()
    const page = await home.open('/settings?tab=alerts')
    const list = page.getByRole('region', { name: 'Alerts' })
    const row = list.getByRole('row', { name: /Deliveries given up.*shop\/crm.*Open/ })
    await row.waitFor()
    await home.checkAccess(page)
    await home.shoot(page, 'alerts')
    await row.getByRole('button', { name: 'I have seen it' }).click()
    await list.getByRole('row', { name: /Deliveries given up.*Seen/ }).waitFor()
    // A webhook is paused as a destination is, and is looked at elsewhere.
    await home.api.home.inspect(
      `insert into millrace.hold (tenant_id, scope, name, since, by, code)
       values ($1, 'destination', '~webhooks/' || gen_random_uuid(), $2, 'millrace', 'destination.credentials')`,
      [home.api.home.tenantId, new Date(home.api.clock.now())],
    )
    await home.api.home.house.feed.alerts.round()
    await page.reload()
    const webhook = list.getByRole('row', { name: /Credentials refused/ }).getByRole('link')
    expect(await webhook.getAttribute('href')).toBe('/settings?tab=webhooks')
    await list.getByRole('link', { name: 'shop/crm' }).first().click()
    await page.getByRole('link', { name: `…${lead.slice(-12)}` }).waitFor()
    expect(new URL(page.url()).searchParams.get('destination')).toBe('crm')
    await page.close()
  })
})

describe('a destination', () => {
  it('has its connection checked, and the answer shown', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/destinations/shop/checked')
    const trial = page.getByRole('region', { name: 'Try it' })
    await trial.getByRole('button', { name: 'Check the connection' }).click()
    await trial.getByRole('status').getByText('Accepted').waitFor()
    await trial.getByText(/GET .*\/health/).waitFor()
    await home.checkAccess(page)
    // Where its settings name nothing to ask, that is said, with what to set.
    await page.goto(`${home.url}/destinations/shop/crm`)
    await trial.getByRole('button', { name: 'Check the connection' }).click()
    await trial.getByText(/no call that checks this destination/).waitFor()
    await page.close()
  })
})

const CAPPED = `flow: late
country: US
fields: { email: email }
sources: [ { id: web } ]
steps:
  - normalize
`

describe('a cap', () => {
  it('that was made later counts the leads from before it', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    await home.api.home.publish(CAPPED)
    for (const n of [1, 2, 3]) await home.api.home.submit('late', 'web', { email: `late${n}@example.com` })
    await home.api.deps.runner.drained()
    await home.api.home.publish(`${CAPPED}  - cap: { caps: [ { id: day, max: 10, per: day } ] }\n`)
    const page = await home.open('/caps?flow=late')
    const meter = page.getByRole('meter', { name: /^day/ })
    await expect.poll(() => meter.getAttribute('aria-valuetext')).toBe('0 of 10')
    await page.getByRole('button', { name: /^Change day/ }).click()
    await home.checkAccess(page)
    await page.getByRole('button', { name: 'Count earlier leads' }).click()
    await page.getByText('3 leads count from now on').waitFor()
    await expect.poll(() => meter.getAttribute('aria-valuetext')).toBe('3 of 10')
    await page.close()
  })
})

describe('rights of a person', () => {
  it('put a lead right, field by field, and say what is no field', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const lead = await submit({ last_name: 'Lovelaze' })
    const page = await home.open('/privacy')
    await page.getByRole('button', { name: 'New request' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('combobox', { name: 'Request' }).click()
    await page.getByRole('option', { name: 'Rectification' }).click()
    await dialog.getByLabel('Id of the lead').fill(lead)
    await dialog.getByLabel('What is right, a field a line').fill('surname: Lovelace')
    await home.checkAccess(page)
    await dialog.getByRole('button', { name: 'Put right' }).click()
    await dialog
      .getByRole('alert')
      .getByText(/surname/)
      .waitFor()
    await dialog.getByLabel('What is right, a field a line').fill('last_name: Lovelace')
    await dialog.getByRole('button', { name: 'Put right' }).click()
    await page.getByRole('row', { name: /Rectification/ }).waitFor()
    expect((await home.ask(`/api/v1/leads/${lead}`)).fields.last_name.normal).toBe('Lovelace')
    await page.close()
  })

  it('restrict, and end the restriction once they agree', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    await submit({ email: 'still@example.com' })
    const page = await home.open('/privacy')
    await page.getByRole('button', { name: 'New request' }).click()
    await page.getByRole('dialog').getByRole('combobox', { name: 'Request' }).click()
    await page.getByRole('option', { name: 'Restriction' }).click()
    await page.getByRole('dialog').getByLabel('Email').fill('still@example.com')
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /Restrict/ })
      .click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.getByRole('row', { name: /Restriction/ }).waitFor()
    await page.getByRole('button', { name: 'End a restriction' }).click()
    await page.getByRole('dialog').getByLabel('Email').fill('still@example.com')
    await home.checkAccess(page)
    await page.getByRole('dialog').getByRole('button', { name: 'End a restriction' }).click()
    await page.getByText('1 block was ended').waitFor()
    await page.close()
  })

  it('leave the evidence that a hold kept, to be read by whoever may', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    await submit({ email: 'kept@example.com', last_name: 'Evidence' })
    const page = await home.open('/privacy?tab=holds')
    await page.getByRole('button', { name: 'New hold' }).click()
    await page.getByRole('dialog').getByLabel('Matter').fill('Case 9')
    await page.getByRole('dialog').getByLabel('Email').fill('kept@example.com')
    await page.getByRole('dialog').getByRole('button', { name: 'Place it' }).click()
    const row = page.getByRole('row', { name: /Case 9/ })
    await row.getByRole('button', { name: 'Evidence' }).click()
    await page
      .getByRole('dialog')
      .getByText(/Nothing was erased while it stands/)
      .waitFor()
    await page.keyboard.press('Escape')

    await page.getByRole('tab', { name: 'Requests' }).click()
    await page.getByRole('button', { name: 'New request' }).click()
    await page.getByRole('dialog').getByLabel('Email').fill('kept@example.com')
    await page.getByRole('dialog').getByRole('button', { name: 'Erase' }).click()
    await page.getByRole('row', { name: /Erasure/ }).waitFor()
    await page.getByRole('tab', { name: 'Holds' }).click()
    await row.getByRole('button', { name: 'Evidence' }).click()
    await page
      .getByRole('dialog')
      .getByText(/Evidence/)
      .nth(1)
      .waitFor()
    await page
      .getByRole('dialog')
      .getByText(/"last_name"/)
      .waitFor()
    await home.checkAccess(page)
    await page.close()
  })
})
