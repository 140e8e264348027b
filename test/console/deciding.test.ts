import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN } from '../support/api.ts'
import { type ConsoleHome, openConsole, person } from '../support/console.ts'

let home: ConsoleHome
let missing: string | null = null

beforeAll(async () => {
  const opened = await openConsole()
  if ('missing' in opened) missing = opened.missing
  else home = opened
}, 300_000)
afterAll(() => home?.close())

/** Those of an odd number are the hotter ones. */
const inReview = (n: number): Promise<string> => home.inReview('review', n, { roof: n % 2 ? 'own' : 'rent' })

const outcome = async (id: string): Promise<string | null> => {
  const [row] = await home.api.home.inspect<{ outcome: string | null }>(
    'select outcome from millrace.lead where id = $1',
    [id],
  )
  return row?.outcome ?? null
}

describe('the review queue', () => {
  it('gives one lead at a time, hottest first, decided and taken back by single keys', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const cool = await inReview(2)
    const hot = await inReview(3)
    const page = await home.open('/review')
    await page.getByText('review3@example.com').waitFor()
    await home.checkAccess(page)
    await home.shoot(page, 'review')

    await page.keyboard.press('a')
    await page.getByText('review2@example.com').waitFor()
    await page.keyboard.press('u')
    await page.getByText('review3@example.com').waitFor()
    expect(await outcome(hot)).toBeNull()

    await page.keyboard.press('a')
    await page.getByText('review2@example.com').waitFor()
    await page.keyboard.press('r')
    await page.getByLabel('Reason').fill('Not their roof')
    await home.checkAccess(page)
    await page.keyboard.press('Enter')
    await expect.poll(() => outcome(hot)).toBe('success')
    await page.getByText('Nothing waits for you').waitFor()
    await page.getByRole('link', { name: 'Overview' }).click()
    await expect.poll(() => outcome(cool)).toBe('failure')
    await page.close()
  })

  it('shows what comes in while one looks, and never the same lead to two people', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/review')
    await page.getByText('Live', { exact: true }).waitFor()
    await page.getByText('Nothing waits for you').waitFor()
    const id = await inReview(5)
    await page.getByText('review5@example.com').waitFor()
    const colleague = { email: 'second@acme.example', password: 'a long password', role: 'operator' }
    await home.api.addLogin(colleague)
    const token = await home.api.token(colleague)
    const claim = () =>
      home.api.app.inject({
        method: 'PUT',
        url: `/api/v1/reviews/${id}/claim`,
        headers: { authorization: `Bearer ${token}` },
      })
    await expect.poll(async () => (await claim()).statusCode).toBe(409)
    await page.close()
  })

  it('lets twenty decisions be made in a minute, by keys alone', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    for (let n = 20; n < 40; n += 1) await inReview(n)
    const page = await home.open('/review')
    const left = page.getByText(/^\d+ waiting$/)
    await left.waitFor()
    const begun = performance.now()
    for (let n = 0; n < 20; n += 1) {
      const email = await page
        .getByText(/review\d+@example\.com/)
        .first()
        .textContent()
      await page.keyboard.press('a')
      await page.getByText(email ?? '', { exact: true }).waitFor({ state: 'detached' })
    }
    expect(performance.now() - begun).toBeLessThan(60_000)
    await page.close()
  })
})

describe('a flow', () => {
  it('is one thing as picture and as text: either changes the other, errors stand where they are', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/flows/solar')
    const graph = page.getByRole('region', { name: 'The flow as a picture' })
    const text = page.getByRole('textbox', { name: 'The flow as YAML' })
    await page.getByText('No problems').waitFor()
    await graph.getByText('serviced').waitFor()
    await home.checkAccess(page)
    await home.shoot(page, 'flow')

    // By the picture: a step is added, moved and taken out.
    await graph.getByText('serviced').click()
    await page.getByRole('button', { name: 'Add a step' }).click()
    await page.getByRole('menuitem', { name: 'Filter' }).click()
    await expect.poll(() => text.textContent()).toContain('Not for us')
    // What is changed in the text stands beside the picture too, and is not undone by looking at it there.
    const config = page.getByRole('textbox', { name: 'What the step is set to' })
    await text.getByText('Not for us').click()
    await page.keyboard.type('xyz')
    await expect.poll(() => config.inputValue()).toContain('xyz')
    await config.focus()
    await config.blur()
    expect(await text.textContent()).toContain('xyz')
    await page.getByRole('button', { name: 'Remove the step' }).click()
    await expect.poll(() => text.textContent()).not.toContain('xyz')

    // By the text: what is wrong is said with its place, and stands at the step.
    await page.getByText('!(lead.state in').last().click()
    await page.keyboard.press('Home')
    await page.keyboard.press('Control+ArrowRight')
    await page.keyboard.type('x')
    await page.getByText(/^\d problems?$/).waitFor()
    expect(await page.getByRole('button', { name: 'Publish' }).isEnabled()).toBe(false)
    await page.keyboard.press('Control+z')
    await page.getByText('No problems').waitFor()
    await page.close()
  })

  it('is published with a note, its change told in words, and gone back on', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/flows/solar')
    await page.getByText('No problems').waitFor()
    const graph = page.getByRole('region', { name: 'The flow as a picture' })
    await graph.getByText('serviced').click()
    const config = page.getByRole('textbox', { name: 'What the step is set to' })
    await config.fill((await config.inputValue()).replace('"NY"', '"NY", "AK"'))
    await config.blur()
    await page.getByText('changed, not published').waitFor()
    // Nothing is lost by going elsewhere.
    await page.getByRole('link', { name: 'Leads' }).click()
    await page.getByRole('grid').waitFor()
    await page.goBack()
    await page.getByText('changed, not published').waitFor()
    await page.getByRole('button', { name: 'Publish' }).click()
    await page
      .getByRole('dialog')
      .getByText(/Step serviced: when was .* and is now .*AK/)
      .waitFor()
    await page.getByLabel('Note').fill('Alaska is too far')
    await home.checkAccess(page)
    await page.getByRole('dialog').getByRole('button', { name: 'Publish' }).click()
    await page.getByText('Version 2 is in use').waitFor()

    await page.getByRole('button', { name: 'Versions' }).click()
    await page.getByText('Alaska is too far').waitFor()
    await page.getByText(/Step serviced: when was/).waitFor()
    await home.checkAccess(page)
    await home.shoot(page, 'flow-versions')
    await page.getByRole('button', { name: /^v1/ }).click()
    await page.getByRole('button', { name: 'Go back to version 1' }).click()
    await page.getByText('Version 3 is in use').waitFor()
    // What is edited from now on is that version, and nobody has changed it yet.
    await page.getByRole('button', { name: 'Edit', exact: true }).click()
    await page.getByText('v3', { exact: true }).waitFor()
    await expect
      .poll(() => page.getByRole('textbox', { name: 'The flow as YAML' }).textContent())
      .toContain('(lead.state in ["NY"])')
    expect(await page.getByText('changed, not published').count()).toBe(0)
    await page.close()
  })

  it('is tried on a lead with every value in between, and nothing is kept', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/flows/solar?tab=test')
    const given = page.getByRole('textbox', { name: 'A lead' })
    await given.fill(JSON.stringify({ ...person(4), email: 'try@example.com', phone: '(202) 555-0101', state: 'NY' }))
    await page.getByRole('button', { name: 'Run' }).click()
    await page.getByText('State not serviced: NY').first().waitFor()
    await page.getByText('lead.state = NY').waitFor()
    await home.checkAccess(page)
    await home.shoot(page, 'flow-test')
    const [row] = await home.api.home.inspect<{ n: number }>(
      `select count(*)::integer as n from millrace.lead where test`,
    )
    expect(row?.n).toBe(0)
    await page.close()
  })
})

const BRANCHED = (url: string): string => `flow: branched
country: US
fields: { email: { type: email, required: true }, state: state, bill: number }
sources: [ { id: web, name: Web form } ]
destinations:
  near: { name: Near by, type: http, url: '${url}/near', repeat: keyed }
  far: { name: Far away, type: http, url: '${url}/far', repeat: keyed }
steps:
  - normalize
  - branch:
      id: where
      rules:
        - id: texas
          when: 'lead.state == "TX"'
          steps:
            - filter: { id: worth, when: 'lead.bill > 50', reason: 'Too small' }
            - deliver: { id: to-near, to: near, map: { Email: '{{ lead.email }}' } }
        - id: ohio
          when: 'lead.state == "OH"'
          steps:
            - stop: { id: not-yet, outcome: reject, reason: 'Not in Ohio yet' }
      else:
        - deliver: { id: to-far, to: far, map: { Email: '{{ lead.email }}' } }
  - score: { base: 5, points: [ { id: big, when: 'lead.bill > 100', points: 20 } ] }
`

describe('a flow that branches', () => {
  it('is drawn with its arms, changed within them, and tried on a stored lead', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    await home.api.home.publish(BRANCHED(home.sink.url))
    const values = { email: 'stored@example.com', state: 'OH', bill: 120 }
    const id = (await home.api.home.submit('branched', 'web', values)).answer.lead_id
    await home.api.deps.runner.drained()
    const page = await home.open('/flows/branched')
    const graph = page.getByRole('region', { name: 'The flow as a picture' })
    const text = page.getByRole('textbox', { name: 'The flow as YAML' })
    await page.getByText('No problems').waitFor()
    for (const arm of ['texas', 'ohio', 'otherwise']) await graph.getByText(arm, { exact: true }).waitFor()
    const box = async (name: string) =>
      (await graph.getByText(name, { exact: true }).boundingBox()) ?? expect.fail(name)
    const [worth, stopped, far, score] = await Promise.all(['worth', 'not-yet', 'to-far', 'Score'].map(box))
    // Arms stand side by side, and what is behind the branch below all of them.
    expect((worth?.x ?? 0) < (stopped?.x ?? 0) && (stopped?.x ?? 0) < (far?.x ?? 0)).toBe(true)
    expect((score?.y ?? 0) > (await box('to-near')).y).toBe(true)
    await home.checkAccess(page)
    await home.shoot(page, 'flow-branches')

    // A wide one is drawn larger where it has the whole width; what is wrong is still said.
    const small = (await box('worth')).height
    await page.getByRole('button', { name: 'The picture alone' }).click()
    await text.waitFor({ state: 'hidden' })
    await expect.poll(async () => (await box('worth')).height).toBeGreaterThan(small * 1.2)
    await page.getByText('No problems').waitFor()
    await home.checkAccess(page)
    await page.getByRole('button', { name: 'The picture alone' }).click()
    await text.waitFor()

    // A step of an arm is changed by the picture, and stays in its arm.
    await graph.getByText('worth', { exact: true }).click()
    await page.getByRole('button', { name: 'Move down' }).click()
    await expect.poll(async () => (await box('worth')).y > (await box('to-near')).y).toBe(true)
    await page.getByRole('button', { name: 'Remove the step' }).click()
    await expect.poll(() => text.textContent()).not.toContain('Too small')
    await page.getByText('No problems').waitFor()

    await page.getByRole('button', { name: 'Test', exact: true }).click()
    await page.getByRole('combobox', { name: 'A stored lead' }).click()
    await page.getByRole('option', { name: new RegExp(`${id.slice(-6)}$`) }).click()
    await page.getByText('Not in Ohio yet').first().waitFor()
    await page.getByText(/^As it came, by version 1: Rejected/).waitFor()
    await page.getByText('lead.state = OH').first().waitFor()
    await home.checkAccess(page)
    await page.close()
  })
})

describe('two people at one flow', () => {
  it('are told of each other before one undoes what the other did', async ({ skip }) => {
    skip(missing !== null, `no browser: ${missing}`)
    const page = await home.open('/flows/solar')
    await page.getByText('No problems').waitFor()
    const token = await home.api.token(ADMIN)
    const { document } = (
      await home.api.app.inject({ url: '/api/v1/flows/solar', headers: { authorization: `Bearer ${token}` } })
    ).json<{ document: string }>()
    await home.api.home.publish(document.replace('Partner feed', 'Partners'))
    await page.getByRole('region', { name: 'The flow as a picture' }).getByText('serviced').click()
    await page.getByRole('button', { name: 'Move up' }).click()
    await page.getByRole('button', { name: 'Publish' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Publish' }).click()
    await page.getByRole('alert').getByText('What you changed here is kept.').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
    // Theirs is looked at, and then it is said that one goes on over it.
    const told = page.getByRole('alert').filter({ hasText: /Somebody published version \d+ meanwhile/ })
    await told.waitFor()
    await home.checkAccess(page)
    expect(await page.getByRole('button', { name: 'Publish' }).isEnabled()).toBe(false)
    await told.getByRole('link', { name: 'Look at theirs' }).click()
    await page.getByText(/Source partner: name was "?Partner feed"? and is now "?Partners"?/).waitFor()
    await page.getByRole('button', { name: 'Edit', exact: true }).click()
    await told.getByRole('button', { name: /^Go on over version/ }).click()
    await told.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Publish' }).click()
    await page
      .getByRole('dialog')
      .getByText(/Source partner: name was "?Partners"? and is now "?Partner feed"?/)
      .waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Publish' }).click()
    await page.getByText(/^Version \d+ is in use$/).waitFor()
    await page.getByRole('dialog').waitFor({ state: 'detached' })

    // Whoever has changed nothing sees what others publish, and is not told that they changed something.
    const now = (
      await home.api.app.inject({ url: '/api/v1/flows/solar', headers: { authorization: `Bearer ${token}` } })
    ).json<{ document: string }>()
    await home.api.home.publish(now.document.replace('Solar quotes', 'Sun quotes'))
    await page.getByRole('link', { name: 'Leads', exact: true }).click()
    await page.getByRole('grid').waitFor()
    await page.clock.setSystemTime(home.api.clock.now() + 60_000)
    await page.goBack()
    await expect
      .poll(() => page.getByRole('textbox', { name: 'The flow as YAML' }).textContent())
      .toContain('Sun quotes')
    expect(await page.getByText('changed, not published').count()).toBe(0)
    await page.close()
  })
})
