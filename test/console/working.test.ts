import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ConsoleHome, openConsole, person, SOLAR } from '../support/console.ts'

let home: ConsoleHome
let missing: string | null = null

const OPERATOR = { email: 'op@acme.example', password: 'a long password', role: 'operator' }
const AUDITOR = { email: 'audit@acme.example', password: 'a long password', role: 'auditor' }

const PEOPLE = `flow: people
country: US
fields:
  first_name: first_name
  last_name: last_name
  email: { type: email, required: true }
  phone: phone
sources: [ { id: web } ]
steps:
  - match: { id: who }
`

beforeAll(async () => {
  const opened = await openConsole()
  if ('missing' in opened) missing = opened.missing
  else {
    home = opened
    for (const login of [OPERATOR, AUDITOR]) await home.api.addLogin(login)
    await home.api.home.publish(PEOPLE)
  }
}, 300_000)
afterAll(() => home?.close())

const inReview = (n: number, more: Record<string, string | number> = {}): Promise<string> =>
  home.inReview('work', n, { roof: n % 2 ? 'own' : 'rent', ...more })

const field = async (id: string, name: string): Promise<unknown> =>
  (await home.ask(`/api/v1/leads/${id}`)).fields[name].normal

describe('the review queue', () => {
  it('lets a field be mended in place, says what cannot be read, and keeps what was typed', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const id = await inReview(1)
    const page = await home.open('/review')
    await page.getByText('work1@example.com').waitFor()
    await page.getByRole('button', { name: 'Mend email' }).click()
    const input = page.getByRole('textbox', { name: 'email', exact: true })
    await input.fill('nobody')
    await page.keyboard.press('Enter')
    await page.getByText('is not valid: expected email').waitFor()
    expect(await input.inputValue()).toBe('nobody')
    await home.checkAccess(page)
    await home.shoot(page, 'review-edit')
    await input.fill('Mended@example.com')
    await page.keyboard.press('Enter')
    await page.getByText('mended@example.com').first().waitFor()
    expect(await field(id, 'email')).toBe('mended@example.com')
    // By keys alone: e opens the first field, Escape leaves it as it was.
    await page.keyboard.press('e')
    await page.getByRole('textbox', { name: 'first_name' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('textbox', { name: 'first_name' }).waitFor({ state: 'detached' })
    await page.keyboard.press('a')
    await page.getByText('Nothing waits for you').waitFor()
    await page.close()
  })

  it('keeps what was typed where the server cannot be reached, and goes on from there', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const id = await inReview(2)
    const page = await home.open('/review')
    await page.getByText('work2@example.com').waitFor()
    await page.getByRole('button', { name: 'Mend last_name' }).click()
    await page.route('**/fields', (route) => route.abort())
    const input = page.getByRole('textbox', { name: 'last_name', exact: true })
    await input.fill('Kept')
    await page.keyboard.press('Enter')
    await page.getByText(/The server cannot be reached/).waitFor()
    expect(await input.inputValue()).toBe('Kept')
    await page.unroute('**/fields')
    await input.press('Enter')
    await input.waitFor({ state: 'detached' })
    expect(await field(id, 'last_name')).toBe('Kept')

    // A decision that could not be sent is said, and the lead comes back.
    await page.route('**/review', (route) => (route.request().method() === 'PUT' ? route.abort() : route.continue()))
    await page.keyboard.press('a')
    await page.getByText('Nothing waits for you').waitFor()
    await page.getByText(/The decision could not be sent/).waitFor()
    await page.getByText('work2@example.com').waitFor()
    await page.unroute('**/review')
    await page.keyboard.press('a')
    await page.getByRole('link', { name: 'Overview' }).click()
    await expect
      .poll(async () => {
        const [row] = await home.api.home.inspect<{ outcome: string | null }>(
          'select outcome from millrace.lead where id = $1',
          [id],
        )
        return row?.outcome
      })
      .toBe('success')
    await page.close()
  })

  it('gives the hottest or the newest first, and what was given to another to no one else', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    await inReview(3)
    const newest = await inReview(4)
    const page = await home.open('/review')
    await page.getByText('work3@example.com').waitFor()
    await page.getByRole('button', { name: 'Newest' }).click()
    await expect.poll(() => page.url()).toContain('sort=newest')
    await page.reload()
    await page.getByText('work4@example.com').waitFor()
    await page.getByRole('button', { name: 'Give to' }).click()
    await page.getByRole('menuitem', { name: OPERATOR.email }).click()
    await page.getByText('work3@example.com').waitFor()
    await page.close()
    const theirs = await home.open(`/leads?assignee=me`, OPERATOR)
    await theirs.locator(`#lead-${newest}`).waitFor()
    await theirs.close()
  })
})

describe('the leads', () => {
  it('are given and replayed together, with how far it came, and what could not be done', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    home.sink.otherwise({ do: 'answer', status: 422, body: '{}' })
    const refused = await home.submit({ ...person(6), email: 'again@example.com', phone: '(202) 555-0150', bill: 5 })
    await home.api.deps.runner.drained()
    home.sink.otherwise({ do: 'answer', body: JSON.stringify({ id: 'SUN-1', price: '31.00' }) })
    const page = await home.open('/leads')
    await page.locator(`#lead-${refused}`).waitFor()
    await page.getByRole('checkbox', { name: 'Choose all that are loaded' }).click()
    const bar = page.getByRole('toolbar', { name: 'Chosen leads' })
    await bar.getByRole('button', { name: 'Give to' }).click()
    await page.getByRole('combobox', { name: 'Assignee' }).last().click()
    await page.getByRole('option', { name: OPERATOR.email }).last().click()
    await home.checkAccess(page)
    await page.getByRole('dialog').getByRole('button', { name: 'Give to' }).click()
    await page.getByText(/^\d+ leads done$/).waitFor()
    await page.getByRole('checkbox', { name: `Choose lead ${refused}` }).click()
    await bar.getByRole('button', { name: 'Replay' }).click()
    await page.getByText('1 lead done').waitFor()
    await page.close()
    const [row] = await home.api.home.inspect<{ user_id: string }>(
      'select user_id from millrace.lead_assignment where lead_id = $1',
      [refused],
    )
    expect(row?.user_id).toBeTruthy()
  })
})

describe('a lead', () => {
  it('says who it was taken for, field by field with weights, and shows the person’s other leads', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const submit = async (values: Record<string, string>) =>
      (await home.api.home.submit('people', 'web', values)).answer.lead_id
    const ada = { first_name: 'Adelheid', last_name: 'Winterbottom', email: 'ada@example.com', phone: '(512) 555-0171' }
    const first = await submit(ada)
    const second = await submit({ ...ada, first_name: 'Adelhaid' })
    const page = await home.open(`/leads/${second}`)
    const card = page.getByRole('region', { name: 'Who it was taken for' })
    await card.getByText('A known person').waitFor()
    await card.getByText(/likely the same/).waitFor()
    await card.getByText('Email: exact').waitFor()
    await card.getByText('Together').waitFor()
    await home.checkAccess(page)
    await card.scrollIntoViewIfNeeded()
    await home.shoot(page, 'lead-match')
    await page.getByRole('region', { name: "The person's other leads" }).getByRole('link').click()
    await expect.poll(() => page.url()).toContain(first)
    await page.goBack()
    await expect.poll(() => page.url()).toContain(second)
    await page.close()
  })

  it('has its delivery sent again from where it is read', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    home.sink.otherwise({ do: 'answer', status: 422, body: '{}' })
    const id = await home.submit({
      ...person(7),
      email: 'resend@example.com',
      phone: '(202) 555-0151',
      state: 'TX',
      bill: 5,
    })
    await home.api.deps.runner.drained()
    home.sink.otherwise({ do: 'answer', body: JSON.stringify({ id: 'SUN-2', price: '31.00' }) })
    const page = await home.open(`/leads/${id}`)
    const card = page.getByRole('region', { name: 'Deliveries' })
    await card.getByRole('button', { name: 'Send again' }).click()
    await page.getByLabel('Reason').fill('Their server was down')
    await home.checkAccess(page)
    await page.getByRole('dialog').getByRole('button', { name: 'Send again' }).click()
    await card.getByText('Open').waitFor()
    await page.close()
  })

  it('is masked for who may not see whom it is of, until they say why', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const id = await home.submit({ ...person(8), email: 'masked@example.com', phone: '(202) 555-0152', state: 'NY' })
    const page = await home.open(`/leads/${id}`, AUDITOR)
    const card = page.getByRole('region', { name: 'Fields' })
    await card.getByText('Personal data is masked.').waitFor()
    expect(await page.getByText('masked@example.com').count()).toBe(0)
    await home.checkAccess(page)
    await card.getByRole('textbox', { name: 'Why you look at it' }).fill('A complaint')
    await card.getByRole('button', { name: 'Show' }).click()
    await card.getByText('masked@example.com').waitFor()
    expect(await page.getByRole('button', { name: /^Mend/ }).count()).toBe(0)
    await page.close()
  })
})

describe('a lead that was turned away', () => {
  it('is run again by the flow as it is now, and each of the two leads to the other', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const old = await home.submit({ ...person(9), email: 'later@example.com', phone: '(202) 555-0153', state: 'NY' })
    await home.api.deps.runner.drained()
    await home.api.home.publish(SOLAR(home.sink.url).replace('["NY"]', '["AK"]'))
    const page = await home.open(`/leads/${old}`)
    const verdict = page.getByRole('region', { name: 'What became of it' })
    await verdict.getByText('State not serviced: NY').waitFor()
    await page.getByRole('button', { name: 'Run again' }).click()
    await page.getByRole('dialog').getByLabel('Why').fill('New York is served now')
    await home.checkAccess(page)
    await page.getByRole('dialog').getByRole('button', { name: 'Run again' }).click()
    await page.getByRole('link', { name: 'Runs another lead again' }).waitFor()
    expect(page.url()).not.toContain(old)
    await verdict
      .getByText(/Delivered|Accepted|In review/)
      .first()
      .waitFor()
    expect(await page.getByRole('button', { name: 'Run again', exact: true }).count()).toBe(0)
    await page.getByRole('link', { name: 'Runs another lead again' }).click()
    await page.getByRole('link', { name: 'Was run again' }).waitFor()
    await page.getByText('New York is served now').waitFor()
    expect(await page.getByRole('button', { name: 'Run again', exact: true }).count()).toBe(0)
    await home.checkAccess(page)
    await page.close()
  })
})
