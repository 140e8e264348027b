import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type ConsoleHome, openConsole } from '../support/console.ts'

/** Every screen is looked through by axe twice; a busy machine takes its time. */
vi.setConfig({ testTimeout: 180_000 })

let home: ConsoleHome
let missing: string | null = null

const PEOPLE = `
flow: people
country: US
fields: { first_name: first_name, last_name: last_name, email: email, phone: phone, company: company }
sources: [ { id: web }, { id: fair } ]
steps:
  - match: {}
`
const ANALYST = { email: 'sight@acme.example', password: 'a long password', role: 'analyst' }

beforeAll(async () => {
  const opened = await openConsole()
  if ('missing' in opened) {
    missing = opened.missing
    return
  }
  home = opened
  await home.api.home.publish(PEOPLE)
  await home.api.addLogin(ANALYST)
}, 300_000)
afterAll(() => home?.close())

const submit = async (values: Record<string, string>, source = 'web'): Promise<string> => {
  home.api.clock.advance(3_600_000)
  const { answer } = await home.api.home.submit('people', source, values)
  await home.api.deps.runner.drained()
  return answer.lead_id
}

const ADA = {
  first_name: 'Ada',
  last_name: 'Lovelace',
  email: 'ada@engines.example',
  phone: '+15125550142',
  company: 'Analytical Engines',
}
const GRACE = { first_name: 'Grace', last_name: 'Hopper', email: 'grace@cobol.example', phone: '+12125550163' }

describe('persons', () => {
  it('are found without a word in the address, and told over time with where each value came from', async ({
    skip,
  }) => {
    skip(missing !== null, `no browser: ${missing}`)
    await submit(ADA)
    await submit({ ...ADA, first_name: 'Augusta Ada' }, 'fair')
    const page = await home.open('/persons')
    await page.getByRole('region', { name: 'Persons' }).getByRole('link').first().waitFor()
    await home.checkAccess(page)
    await page.getByRole('textbox', { name: 'An email or a phone number' }).fill('ADA@engines.example')
    await page.getByRole('button', { name: 'Find', exact: true }).click()
    const known = page.getByRole('region', { name: 'What is known' })
    await known.getByText('the newest, against 1 other').waitFor()
    await known.getByRole('link', { name: 'fair' }).first().waitFor()
    expect(page.url()).not.toContain('ada')
    await page.getByRole('region', { name: 'Over time' }).getByRole('listitem').nth(1).waitFor()
    await home.checkAccess(page)
    await home.shoot(page, 'person')
    await page.getByRole('link', { name: 'Analytical Engines' }).click()
    await page.getByText('1 person speaks for it').waitFor()
    await page.getByRole('button', { name: 'Organisations' }).click()
    await page.getByRole('link', { name: 'Analytical Engines' }).waitFor()
    await home.checkAccess(page)
    await page.close()
  })

  it('are merged, split, and a merge is taken back', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const first = await submit({ ...GRACE, email: 'grace.one@cobol.example', phone: '+12125550101' })
    await submit({ first_name: 'Gracie', last_name: 'Murray', email: 'gm@navy.example', phone: '+13035550111' })
    const page = await home.open(`/persons/${first}`)
    const time = page.getByRole('region', { name: 'Over time' })
    await time.getByRole('listitem').first().waitFor()
    await page.getByRole('button', { name: 'Merge with…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox').fill('gm@navy.example')
    await dialog.getByRole('button', { name: 'Find', exact: true }).click()
    await dialog.getByText('1 lead').waitFor()
    await home.checkAccess(page)
    await dialog.getByRole('button', { name: 'Is the same person' }).click()
    await time.getByText('Merged with another person').waitFor()
    expect(await time.getByRole('listitem').count()).toBe(3)
    await home.checkAccess(page)
    await time.getByRole('button', { name: 'Take back' }).click()
    await time.getByText('Merge taken back').waitFor()

    // A second lead that a machine took for hers, and a person knows better.
    await submit({ ...GRACE, email: 'grace.one@cobol.example', phone: '+12125550101' }, 'fair')
    await page.reload()
    await time.getByRole('checkbox').first().check()
    await time.getByRole('button', { name: '1 lead is another person’s' }).click()
    await time.getByText('Leads split off').waitFor()
    await page.close()
  })

  it('are seen masked by an analyst, who looks nobody up', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const lead = await submit({ ...GRACE, email: 'masked@cobol.example', phone: '+12125550177' })
    const page = await home.open(`/persons/${lead}`, ANALYST)
    await page.getByText('Personal data is masked for your role').waitFor()
    expect(await page.content()).not.toContain('masked@cobol.example')
    expect(await page.getByRole('button', { name: 'Merge with…' }).count()).toBe(0)
    await home.checkAccess(page)
    await page.goto(`${home.url}/persons`)
    await page.getByRole('region', { name: 'Persons' }).waitFor()
    expect(await page.getByRole('button', { name: 'Find', exact: true }).count()).toBe(0)
    await page.close()
  })
})

describe('consents', () => {
  it('are shown as they stand and as they stood, written down, and taken back with the reason', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/privacy?tab=consent')
    await page.getByText('Whose consent?').waitFor()
    await home.checkAccess(page)
    await page.getByLabel('Email').fill('ada@engines.example')
    await page.getByRole('button', { name: 'Show', exact: true }).click()
    await page.getByText('Nothing was given or taken back.').waitFor()
    await page.getByRole('button', { name: 'Write down' }).click()
    await page.getByRole('dialog').getByLabel('Calls').check()
    await page.getByRole('dialog').getByLabel('The exact words').fill('You may call me about a quote.')
    await home.checkAccess(page)
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
    // Calls are made to a number, and none was given.
    await page
      .getByRole('alert')
      .getByText(/call needs the phone of the person/)
      .waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
    await page.getByLabel('Phone').fill(ADA.phone)
    await page.getByRole('button', { name: 'Show', exact: true }).click()
    await page.getByRole('button', { name: 'Write down' }).click()
    await page.getByRole('dialog').getByLabel('Calls').check()
    await page.getByRole('dialog').getByLabel('The exact words').fill('You may call me about a quote.')
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
    const ledger = page.getByRole('region', { name: 'Ledger' })
    await ledger.getByText('Given', { exact: true }).waitFor()
    await ledger.getByText('Show it').click()
    await ledger.getByText('You may call me about a quote.').waitFor()

    home.api.clock.advance(3_600_000)
    await page.clock.setSystemTime(home.api.clock.now())
    await page.getByRole('button', { name: 'Take back' }).click()
    await page.getByRole('dialog').getByLabel('How they said so').fill('On the phone, to Joan')
    await home.checkAccess(page)
    await page.getByRole('dialog').getByRole('button', { name: 'Take back' }).click()
    await ledger.getByText('Taken back').first().waitFor()
    const state = page.getByRole('region', { name: 'As it stands' })
    await state.getByText('Taken back').first().waitFor()
    await home.checkAccess(page)
    await home.shoot(page, 'consent')

    // Half an hour before, it still stood.
    const before = new Date(home.api.clock.now() - 1_800_000)
    const local = new Date(before.getTime() + 3_600_000).toISOString().slice(0, 16)
    await page.getByLabel('As it stood at').fill(local)
    await page.getByRole('button', { name: 'Show', exact: true }).click()
    const past = page.getByRole('region', { name: 'As it stands' })
    await past.getByText('Given', { exact: true }).waitFor()
    expect(await past.getByText('Taken back', { exact: true }).count()).toBe(0)
    expect(page.url()).not.toContain('ada')
    await page.close()
  })
})

describe('requests of persons', () => {
  it('hand over what is held, and the receipt of what is gone', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    await submit({ ...GRACE, email: 'forget@cobol.example', phone: '+12125550188' })
    const page = await home.open('/privacy')
    const make = async (kind: string, act: string) => {
      await page.getByRole('button', { name: 'New request' }).click()
      await page.getByRole('dialog').getByRole('combobox', { name: 'Request' }).click()
      await page.getByRole('option', { name: kind }).click()
      await page.getByRole('dialog').getByLabel('Email').fill('forget@cobol.example')
      await page.getByRole('dialog').getByRole('button', { name: act }).click()
      await page.getByRole('dialog').waitFor({ state: 'detached' })
    }
    await make('Access', 'Collect')
    await page
      .getByRole('row', { name: /Access/ })
      .getByRole('button', { name: 'Details' })
      .click()
    const [bundle] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'All that is held, to read' }).click(),
    ])
    expect(bundle.suggestedFilename()).toMatch(/^bundle-.*\.html$/)
    await make('Erasure', 'Erase')
    await page
      .getByRole('row', { name: /Erasure/ })
      .getByText('Done')
      .waitFor()
    await page
      .getByRole('row', { name: /Erasure/ })
      .getByRole('button', { name: 'Details' })
      .click()
    const [receipt] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Signed receipt' }).click(),
    ])
    expect(receipt.suggestedFilename()).toMatch(/^receipt-.*\.json$/)
    await home.checkAccess(page)
    await home.shoot(page, 'privacy')
    expect(page.url()).not.toContain('forget')
    await page.close()
  })

  it('leave what a legal hold keeps, until it is released', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    await submit({ ...GRACE, email: 'held@cobol.example', phone: '+12125550199' })
    const page = await home.open('/privacy?tab=holds')
    await page.getByText('No legal holds').waitFor()
    await home.checkAccess(page)
    await page.getByRole('button', { name: 'New hold' }).click()
    await page.getByRole('dialog').getByLabel('Matter').fill('Case 2026-114')
    await page.getByRole('dialog').getByLabel('Email').fill('held@cobol.example')
    await home.checkAccess(page)
    await page.getByRole('dialog').getByRole('button', { name: 'Place it' }).click()
    const row = page.getByRole('row', { name: /Case 2026-114/ })
    await row.getByText('Stands').waitFor()
    await home.checkAccess(page)
    await home.shoot(page, 'holds')
    await row.getByRole('button', { name: 'Release' }).click()
    await page
      .getByRole('dialog')
      .getByText(/cannot be undone/)
      .waitFor()
    await home.checkAccess(page)
    await page.getByRole('dialog').getByRole('button', { name: 'Release' }).click()
    await row.getByText('Released').waitFor()
    await page.close()
  })
})
