/** The console in a real browser, with a million leads stored and others streaming in. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { BrowserContext, Page } from 'playwright-core'
import { REJECTION_CODES } from '../../src/api/contract/words.ts'
import { browserPath, openBrowser } from '../../test/support/browser.ts'
import { layLeads } from '../bulk-leads.ts'
import { type CaseContext, startMillrace, type Target } from '../cases.ts'
import { type MachineFacts, readMachine } from '../machine.ts'
import { countFrames, type Frames, heapBytes, loadRows, timeFilters, timeOverview } from './page.ts'
import { startStream } from './stream.ts'

const DAY_MS = 86_400_000
const NAME = 'bench_console'
const SAMPLES = 4_000
const SAMPLES_PER_SECOND = 400
const OVER_MS = 90 * DAY_MS
const ROWS = 100_000
const ROWS_LIMIT_MS = 240_000
const STREAM_PER_SECOND = 500
const WINDOW_MS = 10_000
const LOADS = 7

export interface ConsoleOptions {
  readonly leads: number
  readonly minutes: number
}

interface Streamed {
  readonly screen: string
  readonly minutes: number
  readonly leadsPerSecond: number
  readonly refused: number
  /** One for each ten seconds. */
  readonly windows: readonly Frames[]
  readonly framesMedian: number
  readonly framesWorst: number
  readonly heapBytes: readonly number[]
  /** Of the machine over the minute before, with each look at the heap: whatever else it was at is in the figures. */
  readonly load: readonly number[]
}

export interface ConsoleMeasured {
  readonly at: string
  readonly machine: MachineFacts
  readonly browser: string
  readonly leads: number
  readonly overviewMs: { readonly first: number; readonly median: number; readonly worst: number }
  readonly filterMs: { readonly asked: number; readonly p50: number; readonly p95: number; readonly worst: number }
  readonly slowFilters: readonly { readonly query: string; readonly ms: number }[]
  readonly rows: { readonly loaded: number; readonly seconds: number; readonly heapBytes: number }
  readonly scrolling: { readonly load: number; readonly still: Frames; readonly smooth: Frames; readonly fast: Frames }
  readonly streamed: readonly Streamed[]
}

const loadNow = (): number => loadavg()[0] ?? 0

const rank = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0

/** Filters as people set them: each part alone, and together. */
const filters = (): string[] => {
  // Those that come from reading and rules, which are most.
  const codes = REJECTION_CODES.slice(0, 7)
  const times = [1, 7, 30].map((days) => `from=${new Date(Date.now() - days * DAY_MS).toISOString()}`)
  const outcomes = ['outcome=success', 'outcome=failure', 'outcome=error', 'status=pending_review']
  const reasons = codes.map((code) => `code=${code}`)
  const alone = [
    ...outcomes,
    ...reasons,
    ...times,
    'flow=bench',
    'source=website',
    'flow=none',
    'test=no',
    'assignee=me',
  ]
  const both = [...outcomes, ...reasons].flatMap((part) => times.map((time) => `${part}&${time}`))
  const sourced = [...outcomes, ...reasons].map((part) => `${part}&source=website`)
  return [...alone, ...both, ...sourced, `code=missing_field,invalid_field,not_accepted&test=no`]
}

const signIn = async (context: BrowserContext, target: Target): Promise<Page> => {
  const admin = target.server.ready.admin as { email: string; password: string } | null
  if (admin === null) throw new Error('the server made no demo, and so there is no login')
  const page = await context.newPage()
  await page.goto(target.server.url.href)
  await page.getByLabel('Email').fill(admin.email, { timeout: 120_000 })
  await page.getByLabel('Password', { exact: true }).fill(admin.password)
  await page.keyboard.press('Enter')
  await page.locator('.sign-in').waitFor({ state: 'detached' })
  return page
}

/** Built in the background as the server starts. */
const untilBuilt = async (target: Target, check: () => void): Promise<void> => {
  for (;;) {
    check()
    const page = await (await fetch(target.server.url, { headers: { accept: 'text/html' } })).text()
    if (page.includes('/assets/')) return
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

const stream = async (
  page: Page,
  asked: {
    readonly screen: string
    readonly target: Target
    readonly minutes: number
    readonly firstSerial: number
    readonly check: () => void
    readonly say: (text: string) => void
  },
): Promise<Streamed> => {
  const { screen, target, minutes, firstSerial, check, say } = asked
  const { url } = target.server
  const devtools = await page.context().newCDPSession(page)
  const leads = startStream({
    url: new URL(target.path, url),
    key: target.key,
    perSecond: STREAM_PER_SECOND,
    firstSerial,
  })
  const windows: Frames[] = []
  const heap = [await heapBytes(devtools)]
  const load = [loadNow()]
  try {
    for (let n = 0; n < (minutes * 60_000) / WINDOW_MS; n += 1) {
      check()
      windows.push(await countFrames(page, WINDOW_MS, 0))
      if (n % 3 !== 2) continue
      heap.push(await heapBytes(devtools))
      load.push(loadNow())
    }
  } finally {
    await devtools.detach()
  }
  const { taken, refused, seconds } = await leads.stop()
  const rates = windows.map(({ perSecond }) => perSecond)
  const told: Streamed = {
    screen,
    minutes,
    leadsPerSecond: taken / seconds,
    refused,
    windows,
    framesMedian: rank(rates, 0.5),
    framesWorst: Math.min(...rates),
    heapBytes: heap,
    load,
  }
  const mb = heap.map((bytes) => (bytes / 1e6).toFixed(1)).join(' ')
  say(
    `  ${screen}: ${told.leadsPerSecond.toFixed(0)} leads/s, ${told.framesMedian.toFixed(0)} frames/s (worst ten seconds ${told.framesWorst.toFixed(0)}), heap ${mb} MB`,
  )
  return told
}

/** Lays leads in, drives the browser, and keeps the figures. */
export const measureConsole = async (
  { leads, minutes }: ConsoleOptions,
  context: CaseContext,
  say: (text: string) => void,
): Promise<ConsoleMeasured> => {
  const { database, check } = context
  const found = browserPath()
  if ('missing' in found) throw new Error(found.missing)
  const machine = readMachine(database.version)
  const databaseUrl = await database.create(NAME)
  say('making leads to be cloned')
  const first = await startMillrace({ context, name: NAME, databaseUrl, sinkUrl: null })
  const samples = startStream({
    url: new URL(first.path, first.server.url),
    key: first.key,
    perSecond: SAMPLES_PER_SECOND,
    firstSerial: 0,
  })
  await new Promise((resolve) => setTimeout(resolve, (SAMPLES / SAMPLES_PER_SECOND) * 1000))
  const made = await samples.stop()
  await first.server.stop()
  say(`laying in ${leads} clones of ${made.taken}`)
  let told = 0
  await layLeads({
    database,
    name: NAME,
    leads,
    overMs: OVER_MS,
    check,
    onProgress: (laid) => {
      if (laid < told + 200_000 && laid < leads) return
      told = laid
      say(`  ${laid} laid in`)
    },
  })
  const target = await startMillrace({ context, name: NAME, databaseUrl, sinkUrl: null, key: first.key })
  await untilBuilt(target, check)
  const browser = await openBrowser(found.path)
  try {
    browser.context.setDefaultTimeout(60_000)
    let page = await signIn(browser.context, target)
    const overview = `${target.server.url.href}?range=90d`
    // Figures are counted anew in the background after a bulk: the overview is measured once they tell of all.
    say('counting figures')
    for (;;) {
      check()
      const count = await page.evaluate(async () => {
        const answer = await fetch('/api/v1/figures?range=90d')
        return ((await answer.json()) as { now: { leads: number } }).now.leads
      })
      if (count >= leads * 0.99) break
      await new Promise((resolve) => setTimeout(resolve, 1_000))
    }
    const loads: number[] = []
    for (let n = 0; n < LOADS; n += 1) loads.push(await timeOverview(page, overview))
    const [firstLoad = 0, ...others] = loads
    const overviewMs = { first: firstLoad, median: rank(others, 0.5), worst: Math.max(...loads) }
    say(
      `overview: first ${firstLoad.toFixed(0)} ms, then ${overviewMs.median.toFixed(0)} ms (worst ${overviewMs.worst.toFixed(0)})`,
    )

    const queries = filters()
    const times = await timeFilters(page, queries)
    times.push(...(await timeFilters(page, queries)))
    const filterMs = { asked: times.length, p50: rank(times, 0.5), p95: rank(times, 0.95), worst: Math.max(...times) }
    const slowFilters = times
      .map((ms, at) => ({ query: (queries[at % queries.length] ?? '').replace(/from=[^&]*/, 'from'), ms }))
      .sort((a, b) => b.ms - a.ms)
      .slice(0, 6)
    say(
      `filters: p50 ${filterMs.p50.toFixed(0)} ms, p95 ${filterMs.p95.toFixed(0)} ms, worst ${filterMs.worst.toFixed(0)} ms`,
    )

    await page.goto(`${target.server.url.href}leads`)
    await page.locator('.lead-row').nth(5).waitFor()
    const devtools = await page.context().newCDPSession(page)
    const loaded = await loadRows(page, ROWS, ROWS_LIMIT_MS)
    const rows = { loaded: loaded.rows, seconds: loaded.seconds, heapBytes: await heapBytes(devtools) }
    say(`${rows.loaded} rows loaded in ${rows.seconds.toFixed(0)} s, heap ${(rows.heapBytes / 1e6).toFixed(0)} MB`)
    const scrolling = {
      load: loadNow(),
      still: await countFrames(page, 5_000, 0),
      smooth: await countFrames(page, 10_000, 24),
      fast: await countFrames(page, 10_000, 600),
    }
    say(
      `scrolling: still ${scrolling.still.perSecond.toFixed(0)}, smooth ${scrolling.smooth.perSecond.toFixed(0)}, fast ${scrolling.fast.perSecond.toFixed(0)} frames/s`,
    )
    await page.close()

    const streamed: Streamed[] = []
    for (const [at, screen] of (['', 'leads'] as const).entries()) {
      page = await browser.context.newPage()
      await page.goto(`${target.server.url.href}${screen}`)
      await page.getByText('Live', { exact: true }).waitFor()
      const asked = { screen: screen || 'overview', target, minutes, firstSerial: (at + 1) * 1_000_000, check, say }
      streamed.push(await stream(page, asked))
      await page.close()
    }
    const version = browser.context.browser()?.version() ?? 'chromium'
    const at = new Date().toISOString()
    return {
      at,
      machine,
      browser: `${version}, software rendering`,
      leads,
      overviewMs,
      filterMs,
      slowFilters,
      rows,
      scrolling,
      streamed,
    }
  } finally {
    await browser.close()
    await target.server.stop()
  }
}

export const writeConsole = (measured: ConsoleMeasured): string => {
  const folder = fileURLToPath(new URL('../results/', import.meta.url))
  mkdirSync(folder, { recursive: true })
  const file = `${folder}${measured.at.slice(0, 16).replace(':', '')}-${measured.machine.commit}-console.json`
  writeFileSync(file, `${JSON.stringify(measured, null, 2)}\n`)
  return file
}
