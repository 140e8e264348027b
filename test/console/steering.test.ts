import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type ConsoleHome, openConsole, person } from '../support/console.ts'

/** Every screen is looked through by axe twice; a busy machine takes its time. */
vi.setConfig({ testTimeout: 180_000 })

let home: ConsoleHome
let missing: string | null = null

const OPERATOR = { email: 'steer@acme.example', password: 'a long password', role: 'operator' }
const PARTNER = { email: 'theirs@partner.example', password: 'a long password', role: 'source_partner' }

const MANY = `flow: many
country: US
fields: { email: email }
sources: [ { id: web } ]
steps:
  - normalize
`
const COUNT = 205

const BRANCHED = (url: string): string => `flow: branched
country: US
fields: { email: { type: email, required: true }, state: state }
sources: [ { id: web, name: Web form } ]
destinations:
  zaps: { name: Our Zaps, type: zapier }
  crm: { name: Our CRM, type: http, url: '${url}/crm' }
steps:
  - normalize
  - branch:
      id: where
      rules:
        - id: texas
          when: 'lead.state == "TX"'
          steps:
            - deliver: { id: to-zaps, to: zaps }
      else:
        - deliver: { id: to-crm, to: crm }
`

beforeAll(async () => {
  const opened = await openConsole({ leads: 12 })
  if ('missing' in opened) {
    missing = opened.missing
    return
  }
  home = opened
  await home.api.addLogin(OPERATOR)
  await home.api.home.publish(MANY)
  await home.api.home.publish(BRANCHED(home.sink.url))
  await Promise.all(
    Array.from({ length: COUNT }, (_, n) => home.api.home.submit('many', 'web', { email: `many${n}@example.com` })),
  )
  await home.fold()
}, 300_000)
afterAll(() => home?.close())

const assigned = async (): Promise<number> => {
  const [row] = await home.api.home.inspect<{ n: number }>(
    'select count(*)::integer as n from millrace.lead_assignment',
    [],
  )
  return row?.n ?? 0
}

describe('an action on many leads', () => {
  it('takes all that match the filter, and stops where somebody stops it', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/leads?flow=many')
    await page.getByText('200 loaded', { exact: false }).waitFor()
    await page.getByRole('checkbox', { name: 'Choose all that are loaded' }).click()
    const bar = page.getByRole('toolbar', { name: 'Chosen leads' })
    await bar.getByRole('button', { name: 'Choose all that match' }).click()
    await bar.getByText('All that match are chosen').waitFor()
    await home.checkAccess(page)
    const give = async () => {
      await bar.getByRole('button', { name: 'Give to' }).click()
      await page.getByRole('dialog').getByRole('combobox', { name: 'Assignee' }).click()
      await page.getByRole('option', { name: OPERATOR.email }).last().click()
      await page.getByRole('dialog').getByRole('button', { name: 'Give to' }).click()
    }
    // The second portion is held back until it was stopped: what was asked for is done, and no more.
    let calls = 0
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    await page.route('**/leads/bulk', async (route) => {
      calls += 1
      if (calls === 2) await held
      await route.continue()
    })
    await give()
    await expect.poll(() => calls).toBe(2)
    await bar.getByText('40 so far').waitFor()
    await home.checkAccess(page)
    await bar.getByRole('button', { name: 'Stop' }).click()
    release()
    await page.getByText('80 leads done').waitFor()
    expect(await assigned()).toBe(80)

    await bar.getByText('All that match are chosen').waitFor()
    await give()
    await page.getByText(`${COUNT} leads done`).waitFor()
    expect(await assigned()).toBe(COUNT)
    await page.close()
  })
})

describe('a list', () => {
  it('is removed with all that stands on it, and says so first', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/lists')
    await page.getByRole('button', { name: 'New list' }).click()
    await page.getByLabel('Name').fill('Old customers')
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByRole('button', { name: 'Add or remove: Old customers' }).click()
    await page.getByLabel('Entries').fill('gone@example.com')
    await page.getByRole('button', { name: 'Add 1' }).click()
    await page.getByText('1 entry added').waitFor()
    await page.getByRole('button', { name: 'Remove list: Old customers' }).click()
    await page
      .getByRole('dialog')
      .getByText(/Its 1 entries go with it|Its 1 entry goes with it/)
      .waitFor()
    await home.checkAccess(page)
    await page.getByRole('dialog').getByRole('button', { name: 'Remove list' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await expect.poll(() => page.getByText('Old customers').count()).toBe(0)
    await page.close()
  })
})

describe('an arm of a branch', () => {
  it('is given a step by the picture, which stays in it', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/flows/branched')
    const graph = page.getByRole('region', { name: 'The flow as a picture' })
    const text = page.getByRole('textbox', { name: 'The flow as YAML' })
    await page.getByText('No problems').waitFor()
    await graph.getByText('to-zaps', { exact: true }).click()
    await page.getByRole('button', { name: 'Add a step' }).click()
    await page.getByRole('menuitem', { name: 'Filter' }).click()
    await expect.poll(() => text.textContent()).toContain('Not for us')
    const config = page.getByRole('textbox', { name: 'What the step is set to' })
    await config.fill(`id: inner\n${await config.inputValue()}`)
    await config.blur()
    const box = async (name: string) =>
      (await graph.getByText(name, { exact: true }).first().boundingBox()) ?? expect.fail(name)
    await graph.getByText('inner', { exact: true }).waitFor()
    const [inner, before, other] = await Promise.all(['inner', 'to-zaps', 'to-crm'].map(box))
    expect(inner?.y ?? 0).toBeGreaterThan(before?.y ?? 0)
    expect(Math.abs((inner?.x ?? 0) - (before?.x ?? 0))).toBeLessThan(Math.abs((inner?.x ?? 0) - (other?.x ?? 0)))
    await page.getByText('No problems').waitFor()
    await page.getByRole('button', { name: 'Publish' }).click()
    await page.getByRole('dialog').getByText(/inner/).first().waitFor()
    await page.close()
  })
})

describe('subscriptions', () => {
  it('are made to a destination of Zapier or Make by a form, and ended', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/settings?tab=hooks')
    await page.getByText('No subscriptions').waitFor()
    await page.getByRole('button', { name: 'New subscription' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('combobox', { name: 'Destination' }).click()
    await page.getByRole('option', { name: 'branched/zaps' }).click()
    await dialog.getByLabel('Their address, never shown again').fill('https://hooks.example.com/not-theirs')
    await dialog.getByRole('button', { name: 'Subscribe' }).click()
    // What is not one of their addresses is said where it was typed, and kept.
    await dialog.getByRole('alert').waitFor()
    expect(await dialog.getByLabel('Their address, never shown again').inputValue()).toContain('not-theirs')
    await dialog
      .getByLabel('Their address, never shown again')
      .fill('https://hooks.zapier.com/hooks/standard/1/abcdef0123456789/')
    await home.checkAccess(page)
    await dialog.getByRole('button', { name: 'Subscribe' }).click()
    const row = page.getByRole('row', { name: /zaps/ })
    await row.waitFor()
    expect(await page.content()).not.toContain('abcdef0123456789')
    await home.checkAccess(page)
    await home.shoot(page, 'subscriptions')
    await row.getByRole('button', { name: 'Unsubscribe' }).click()
    await page.getByText('No subscriptions').waitFor()
    await page.close()
  })
})

describe('the overview', () => {
  it('changes its range and comparison by the address, which the back button undoes', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/')
    const figures = page.getByRole('region', { name: 'Figures' })
    await figures.waitFor()
    const day = page.getByRole('button', { name: '24 h', exact: true })
    const hour = page.getByRole('button', { name: '1 h', exact: true })
    expect(await day.getAttribute('aria-pressed')).toBe('true')
    const leads = () => figures.getByRole('link', { name: /^Leads/ }).textContent()
    await expect.poll(leads).toContain(String(12 + COUNT))
    await hour.click()
    await expect.poll(() => new URL(page.url()).search).toContain('range=1h')
    await expect.poll(leads).toContain(String(COUNT))
    await page.goBack()
    await expect.poll(() => day.getAttribute('aria-pressed')).toBe('true')

    const asked = page.waitForResponse((answer) => /\/figures\?(?!.*compare=)/.test(answer.url()))
    await page.getByRole('switch', { name: 'Compare' }).click()
    expect((await asked).status()).toBe(200)
    await expect.poll(() => new URL(page.url()).search).toContain('compare=none')
    await page.reload()
    await figures.waitFor()
    expect(await page.getByRole('switch', { name: 'Compare' }).isChecked()).toBe(false)
    await page.close()
  })

  it('opens the leads that a stage lost, whichever of its reasons it was', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/?flow=solar')
    const funnel = page.getByRole('region', { name: 'How far they came' })
    const lost = funnel.getByRole('listitem').filter({ hasText: 'Valid' }).getByRole('link')
    const count = Number(((await lost.textContent()) ?? '').replace(/\D/g, ''))
    expect(count).toBeGreaterThan(0)
    await lost.click()
    await page.getByRole('grid', { name: 'Leads' }).waitFor()
    expect(new URL(page.url()).searchParams.get('code')).toContain(',')
    await page.getByText(count === 1 ? '1 lead' : `${count} leads`, { exact: true }).waitFor()
    await home.checkAccess(page)
    await page.close()
  })
})

describe('a source’s own person', () => {
  it('sees the leads of that source, what they are paid, and no other screen', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    await home.api.addLogin(PARTNER)
    await home.api.home.inspect(
      `update millrace.login set partner = '{"flow":"solar","source":"partner"}' where role = 'source_partner' returning id`,
      [],
    )
    const theirs = await home.submit({ ...person(3), email: 'theirs@example.com', phone: '(202) 555-0133' }, 'partner')
    await home.api.deps.runner.drained()
    const page = await home.open('/leads', PARTNER)
    const grid = page.getByRole('grid', { name: 'Leads' })
    await grid.getByRole('row').nth(1).waitFor()
    await grid.getByText('partner').first().waitFor()
    expect(await grid.getByText('facebook').count()).toBe(0)
    const links = await page.getByRole('navigation', { name: 'Main' }).getByRole('link').allTextContents()
    expect(links.slice(1)).toEqual(['Leads', 'Sources', 'Settings'])
    await home.checkAccess(page)
    await page.goto(`${home.url}/leads/${theirs}`)
    await page.getByRole('region', { name: 'What became of it' }).waitFor()
    await home.checkAccess(page)
    expect(await page.getByText('31.00').count()).toBe(0)
    await page.goto(`${home.url}/sources`)
    await page.getByRole('link', { name: 'Partner feed' }).waitFor()
    expect(await page.getByText('Facebook lead ads').count()).toBe(0)
    await home.checkAccess(page)
    await page.getByRole('link', { name: 'Partner feed' }).click()
    await page.getByRole('region', { name: 'For whoever sends the leads' }).waitFor()
    await home.checkAccess(page)
    await page.close()
  })
})
