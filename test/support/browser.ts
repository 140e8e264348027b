/** A real browser for tests: Debian's chromium, driven by playwright-core; none is downloaded by npm. */

import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium } from 'playwright-core'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const INSTALL_MS = 240_000
const LOCK = join(tmpdir(), 'millrace-chromium.lock')

const found = (): string | undefined =>
  [process.env.MILLRACE_TEST_BROWSER, ...PLACES].find((path) => path !== undefined && existsSync(path))

const install = (): string => {
  const run = (...args: string[]) =>
    spawnSync('apt-get', args, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, timeout: INSTALL_MS })
  run('update', '-qq')
  const { stderr } = run('install', '-y', '-qq', '--no-install-recommends', 'chromium')
  return stderr === null ? '' : stderr.toString().trim().split('\n').slice(-2).join(' ')
}

/** Where a browser is; installed where this runs as root on Debian; else how to come by one. */
export const browserPath = (): { readonly path: string } | { readonly missing: string } => {
  const there = found()
  if (there !== undefined) return { path: there }
  const canInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
  let said = ''
  if (canInstall) {
    // Two test files may want it at once: the one that comes second finds it there, or does without.
    try {
      closeSync(openSync(LOCK, 'wx'))
      try {
        said = install()
      } finally {
        rmSync(LOCK, { force: true })
      }
    } catch {
      said = 'another test installs it'
    }
  }
  const now = found()
  if (now !== undefined) return { path: now }
  return {
    missing:
      `there is no chromium: run "apt-get install chromium" as root, or name one in MILLRACE_TEST_BROWSER. ${said}`.trim(),
  }
}

export interface TestBrowser {
  readonly context: BrowserContext
  close(): Promise<void>
}

export const openBrowser = async (path: string): Promise<TestBrowser> => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-browser-'))
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: path,
    args: FLAGS,
    headless: true,
    viewport: { width: 1280, height: 780 },
    timezoneId: 'Europe/Vienna',
    locale: 'en-US',
    acceptDownloads: true,
  })
  context.setDefaultTimeout(15_000)
  return {
    context,
    close: async () => {
      await context.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
