import { afterAll, beforeAll, expect, it } from 'vitest'
import { ADMIN, asker } from '../support/api.ts'
import { type ConsoleHome, openConsole } from '../support/console.ts'

/** Whoever is invited, or forgot the password, needs nothing but the link and a browser. */
let home: ConsoleHome
let missing: string | null = null

beforeAll(async () => {
  const opened = await openConsole({ leads: 1 })
  if ('missing' in opened) missing = opened.missing
  else home = opened
}, 300_000)
afterAll(() => home?.close())

it('an invitation sets a password once, and leaves no token in the address', async ({ skip }) => {
  skip(missing !== null, `no browser: ${missing}`)
  const token = await home.api.token(ADMIN)
  const ask = asker(() => ({ api: home.api, token }))
  const payload = { email: 'new@acme.example', role: 'operator' }
  const { url } = (await ask('POST', '/api/v1/users', { payload })).json().invitation
  const path = `/join#${url.split('#')[1]}`
  const page = await home.open(path, null)
  await page.getByRole('heading', { name: 'Welcome to Millrace' }).waitFor()
  expect(page.url()).toBe(`${home.url}/join`)
  await home.checkAccess(page)
  await page.getByLabel('New password', { exact: true }).fill('a password of mine')
  await page.getByRole('button', { name: 'Set the password' }).click()
  await page.getByRole('heading', { name: 'Your password is set' }).waitFor()
  await page.getByRole('link', { name: 'Sign in' }).click()
  await page.getByLabel('Email').fill('new@acme.example')
  await page.getByLabel('Password', { exact: true }).fill('a password of mine')
  await page.keyboard.press('Enter')
  await page.locator('.sign-in').waitFor({ state: 'detached' })
  await page.close()

  const again = await home.open(path, null)
  await again.getByLabel('New password', { exact: true }).fill('somebody else’s')
  await again.getByRole('button', { name: 'Set the password' }).click()
  await again.getByRole('alert').getByText('not valid any more').waitFor()
  await again.getByRole('link', { name: 'Ask for a new link' }).click()
  await again.getByRole('heading', { name: 'Forgot the password?' }).waitFor()
  await again.close()
})

it('a forgotten password is asked for from the sign-in, with one answer for everybody', async ({ skip }) => {
  skip(missing !== null, `no browser: ${missing}`)
  const page = await home.open('/', null)
  await page.getByRole('link', { name: 'Forgot the password?' }).click()
  await page.getByRole('heading', { name: 'Forgot the password?' }).waitFor()
  await home.checkAccess(page)
  await page.getByLabel('Email').fill('nobody@acme.example')
  await page.getByRole('button', { name: 'Send the link' }).click()
  await page.getByRole('heading', { name: 'Look into your mail' }).waitFor()
  await page.close()
})
