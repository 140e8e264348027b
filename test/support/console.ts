/** The console in a browser, on a server with a database of its own and leads of several fates. */

import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AxeBuilder } from '@axe-core/playwright'
import type { FastifyInstance } from 'fastify'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { buildConsole } from '../../src/site/build.ts'
import { createSite } from '../../src/site/site.ts'
import { ADMIN, type TestApi, testApi } from './api.ts'
import { browserPath, openBrowser, type TestBrowser } from './browser.ts'
import { openSink, type Sink } from './sink.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SHOTS = join(ROOT, 'docs/guides/console')
/** Pictures are made anew where somebody asks for them: `npm run screenshots`. */
const isShooting = process.env.MILLRACE_SCREENSHOTS === '1'

export const SOLAR = (url: string): string => `flow: solar
name: Solar quotes
country: US
currency: USD
zone: America/New_York
fields:
  first_name: first_name
  last_name: last_name
  email: { type: email, required: true }
  phone: { type: phone, required: true }
  state: state
  roof: string
  bill: number
sources:
  - id: facebook
    name: Facebook lead ads
    price: { id: base, amount: '22.00 USD' }
    accept:
      - { when: lead.phone.valid, else: 'Missing or invalid phone', field: phone }
  - { id: partner, name: Partner feed, price: { id: base, amount: '12.50 USD' } }
destinations:
  buyer:
    name: Sunny Inc.
    type: http
    url: ${url}/leads
    repeat: keyed
    response: { reference_path: id, price_path: price, price_currency: USD }
steps:
  - normalize: {}
  - dedupe: { id: once, on: [[email], [phone]], within: 30d, duplicate: reject }
  - suppress: { lists: [dnc], match: [phone, email] }
  - filter: { id: serviced, when: '!(lead.state in ["NY"])', reason: 'State not serviced: {{ lead.state }}' }
  - score:
      base: 10
      points:
        - { id: big-bill, when: lead.bill >= 200, points: 50 }
        - { id: own-roof, when: 'lead.roof == "own"', points: 25 }
        - { id: free-mail, when: lead.email.is_free, points: -5 }
  - review: { id: look, when: lead.score >= 60, queue: high-value, note: 'A bill of {{ lead.bill }} USD: is the roof their own?' }
  - deliver:
      to: buyer
      map: { Name: '{{ lead.first_name }} {{ lead.last_name }}', Email: '{{ lead.email }}', Phone: '{{ lead.phone }}' }
`

const FIRST = ['Ada', 'Grace', 'Alan', 'Barbara', 'Donald', 'Margaret', 'Radia', 'Frances', 'Ken', 'Edsger', 'Leslie']
const LAST = ['Lovelace', 'Hopper', 'Turing', 'Liskov', 'Knuth', 'Hamilton', 'Perlman', 'Allen', 'Thompson']
const STATES = ['TX', 'CA', 'FL', 'OH', 'NY', 'WA', 'GA', 'AZ', 'NV', 'CO']

/** A person who is nobody: names of the long famous, numbers and addresses that are reserved for examples. */
export const person = (n: number): Record<string, string | number> => ({
  first_name: FIRST[(n * 7) % FIRST.length] ?? '',
  last_name: LAST[(n * 5) % LAST.length] ?? '',
  email: `person${n % 13 === 12 ? n - 1 : n}@${n % 3 ? 'gmail.com' : 'example.com'}`,
  phone: n % 11 === 3 ? '12' : `(512) 555-01${String(10 + (n % 90)).padStart(2, '0')}`,
  state: STATES[n % STATES.length] ?? '',
  roof: n % 2 ? 'own' : 'rent',
  bill: (n * 37) % 230,
})

export interface ConsoleHome {
  readonly api: TestApi
  readonly url: string
  readonly sink: Sink
  readonly browser: TestBrowser
  /** A page of its own, signed in as the admin unless told otherwise, at this address of the console. */
  open(path: string, login?: { readonly email: string; readonly password: string } | null): Promise<Page>
  submit(values: Record<string, string | number>, source?: string): Promise<string>
  /** A lead that a person must decide about: of `<name><n>@example.com`, with a phone of its own. */
  inReview(name: string, n: number, over?: Record<string, string | number>): Promise<string>
  /** What the API answers the admin. */
  // biome-ignore lint/suspicious/noExplicitAny: what is answered is what the test is about
  ask(url: string): Promise<any>
  /** Everything that changed is in the figures. */
  fold(): Promise<void>
  /** Ends the server and starts another at the same address. */
  restart(between?: () => Promise<void>): Promise<void>
  /** No rule of WCAG 2.2 AA that axe knows is broken, in dark and in light. */
  checkAccess(page: Page): Promise<void>
  /** Pictures for the guide, in light and dark. */
  shoot(page: Page, name: string): Promise<void>
  close(): Promise<void>
}

/** Where no browser can be had: why. */
export const openConsole = async (
  options: { readonly leads?: number } = {},
): Promise<ConsoleHome | { readonly missing: string }> => {
  const found = browserPath()
  if ('missing' in found) return found
  const api = await testApi()
  const sink = await openSink()
  const published = await api.home.publish(SOLAR(sink.url))
  const keys = new Map(published.keys.map(({ source, key }) => [source, key]))
  await api.addLogin(ADMIN)
  const build = buildConsole(join(ROOT, 'console'))
  const site = createSite({ build: () => build, onFailed: (error) => expect.fail(error.message) })
  await build.done
  let app: FastifyInstance = await api.appWith({ site })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const browser = await openBrowser(found.path)
  const { context } = browser

  const submit: ConsoleHome['submit'] = async (values, source = 'facebook') => {
    const answer = await app.inject({
      method: 'POST',
      url: `/flows/solar/sources/${source}/submit`,
      headers: { authorization: `Bearer ${keys.get(source)}`, 'content-type': 'application/json' },
      payload: JSON.stringify(values),
    })
    return answer.json<{ lead_id: string }>().lead_id
  }

  // Hours of a day, so that there is something to see over time, by a destination that takes a moment.
  const count = options.leads ?? 0
  const takes = { do: 'answer', body: JSON.stringify({ id: 'SUN-4711', price: '31.00' }) } as const
  let calls = 0
  sink.otherwise(() => {
    calls += 1
    api.clock.advance(80 + ((calls * 53) % 240))
    return takes
  })
  for (let n = 0; n < count; n += 1) {
    await submit(person(n), n % 3 ? 'facebook' : 'partner')
    api.clock.advance(Math.round((22 * 3_600_000) / count))
  }
  await api.deps.runner.drained()
  await api.home.house.figures.now()
  sink.otherwise(takes)

  const open: ConsoleHome['open'] = async (path, login = ADMIN) => {
    const page = await context.newPage()
    await page.clock.setSystemTime(api.clock.now())
    await context.clearCookies()
    // As its sign-in does, which has tests of its own.
    if (login !== null) {
      const signedIn = await context.request.post(`${url}/api/v1/auth/session`, {
        data: { email: login.email, password: login.password },
      })
      expect(signedIn.status(), await signedIn.text()).toBe(200)
    }
    await page.goto(`${url}${path}`)
    return page
  }

  return {
    api,
    url,
    sink,
    browser,
    open,
    submit,
    inReview: async (name, n, over = {}) => {
      const reached = { email: `${name}${n}@example.com`, phone: `(202) 555-01${10 + n}` }
      const id = await submit({ ...person(n), ...reached, state: 'TX', bill: 220, roof: 'own', ...over })
      await api.deps.runner.drained()
      return id
    },
    ask: async (url) => {
      const headers = { authorization: `Bearer ${await api.token(ADMIN)}` }
      return (await api.app.inject({ url, headers })).json()
    },
    fold: async () => {
      await api.deps.runner.drained()
      await api.home.house.figures.now()
    },
    restart: async (between) => {
      const { port } = new URL(url)
      // A connection that was busy when the closing began is kept by the browser once it is idle.
      const idle = setInterval(() => app.server.closeIdleConnections(), 20)
      await app.close().finally(() => clearInterval(idle))
      await between?.()
      app = await api.appWith({ site })
      await app.listen({ host: '127.0.0.1', port: Number(port) })
    },
    checkAccess: async (page) => {
      for (const colorScheme of ['dark', 'light'] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor()
        const axe = new AxeBuilder({ page }).setLegacyMode(true)
        // The second time only its colours are another's.
        if (colorScheme === 'light') axe.withRules('color-contrast')
        const { violations } = await axe.analyze()
        const said = violations.map(
          ({ id, help, nodes }) =>
            `${colorScheme}: ${id}: ${help}: ${nodes
              .map(
                ({ target, failureSummary }) =>
                  `${target.join(' ')} ${failureSummary?.split('\n').slice(1, 2).join('')}`,
              )
              .slice(0, 3)
              .join(' | ')}`,
        )
        expect(said).toEqual([])
      }
    },
    shoot: async (page, name) => {
      if (!isShooting) return
      mkdirSync(SHOTS, { recursive: true })
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor()
        const path = join(SHOTS, `${name}-${colorScheme}.png`)
        // What was just said passes by itself: a picture is of what stays.
        await page.screenshot({ path, animations: 'disabled', style: '.mantine-Notifications-root { display: none }' })
        // Where it is there: a third of the size, for all to fetch.
        spawnSync('pngquant', ['--force', '--skip-if-larger', '--quality', '70-95', '--ext', '.png', path])
      }
      await page.emulateMedia({ colorScheme: 'light' })
    },
    close: async () => {
      await browser.close()
      await site.stop()
      await sink.close()
      await api.close()
    },
  }
}
