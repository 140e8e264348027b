import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildConsole } from '../../src/site/build.ts'
import { inputsDigest } from '../../src/site/inputs.ts'
import { createSite } from '../../src/site/site.ts'
import { type TestApi, testApi } from '../support/api.ts'

const CONSOLE = fileURLToPath(new URL('../../console', import.meta.url))
const FIRST_LOAD_BYTES_MAX = 250 * 1024
const HTML = { accept: 'text/html,application/xhtml+xml' }

let api: TestApi
let folder: string
let app: FastifyInstance

beforeAll(async () => {
  api = await testApi()
  const build = buildConsole(CONSOLE)
  folder = (await build.done) ?? ''
  const site = createSite({ build: () => build, onFailed: (error) => expect.fail(error.message) })
  app = await api.appWith({ site })
}, 300_000)
afterAll(() => api.close())

/** A file and all that it needs before it runs. */
const needed = (name: string, seen = new Set<string>()): Set<string> => {
  if (seen.has(name)) return seen
  seen.add(name)
  const text = readFileSync(join(folder, 'assets', name), 'utf8')
  for (const [, other] of text.matchAll(/(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g))
    if (other !== undefined) needed(other, seen)
  return seen
}

describe('the first load', () => {
  it('is at most 250 KB of JavaScript, compressed, and holds neither charts nor editors', () => {
    const page = readFileSync(join(folder, 'index.html'), 'utf8')
    const names = new Set<string>()
    for (const [, name] of page.matchAll(/\/assets\/([\w.-]+\.js)/g)) if (name !== undefined) needed(name, names)
    // What the overview itself loads at once, too.
    const overview = readdirSync(join(folder, 'assets')).find((name) => /^overview-.*\.js$/.test(name)) ?? ''
    needed(overview, names)
    const bytes = [...names].reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, 'assets', name))).length, 0)
    expect(names.size).toBeGreaterThan(2)
    expect(bytes).toBeLessThan(FIRST_LOAD_BYTES_MAX)
    const text = [...names].map((name) => readFileSync(join(folder, 'assets', name), 'utf8')).join('')
    expect(text).not.toContain('cm-content')
    expect(text).not.toContain('react-flow__node')
    expect(text).not.toContain('axisPointer')
  })
})

describe('the server', () => {
  it('gives every address of the console its page, asked for anew, and keeps what never changes', async () => {
    for (const url of ['/', '/leads?outcome=failure', '/flows/solar', '/nowhere']) {
      const page = await app.inject({ url, headers: HTML })
      expect(page.statusCode).toBe(200)
      expect(page.headers['cache-control']).toBe('no-cache')
      expect(page.headers['content-security-policy']).toMatch(/script-src 'self';/)
      const again = await app.inject({ url, headers: { ...HTML, 'if-none-match': String(page.headers.etag) } })
      expect(again.statusCode).toBe(304)
    }
    const [, asset = ''] = /"(\/assets\/[\w.-]+\.js)"/.exec(readFileSync(join(folder, 'index.html'), 'utf8')) ?? []
    const script = await app.inject({ url: asset, headers: { 'accept-encoding': 'br, gzip' } })
    expect(script.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect(script.headers['content-encoding']).toBe('br')
    expect(script.headers.vary).toBe('accept-encoding')
    expect((await app.inject({ url: asset })).headers['content-encoding']).toBeUndefined()
  })

  it('leaves the API’s own addresses alone, and shows no file but those of the build', async () => {
    expect((await app.inject({ url: '/api/v1/nothing', headers: HTML })).statusCode).toBe(404)
    expect((await app.inject({ url: '/nowhere' })).headers['content-type']).toContain('application/problem+json')
    for (const url of ['/assets/..%2findex.html', '/assets/%2e%2e/%2e%2e/package.json', '/assets/nothing.js'])
      expect((await app.inject({ url, headers: { accept: '*/*' } })).statusCode).toBe(404)
  })

  it('says that the console is being built, or is not there, while leads are taken in', async () => {
    const never = { done: new Promise<string | null>(() => undefined), stop: async () => undefined }
    const waiting = await api.appWith({ site: createSite({ build: () => never, onFailed: () => undefined }) })
    const page = await waiting.inject({ url: '/', headers: HTML })
    expect(page.body).toContain('is being built')
    expect(page.headers['cache-control']).toBe('no-store')
    const failed: string[] = []
    const broken = createSite({
      build: () => ({ done: Promise.reject(new Error('no vite')), stop: async () => undefined }),
      onFailed: ({ message }) => failed.push(message),
    })
    await expect.poll(() => broken.state()).toBe('failed')
    expect(failed).toEqual(['no vite'])
    const without = await api.appWith({ site: broken })
    expect((await without.inject({ url: '/', headers: HTML })).body).toContain('could not be built')
    expect((await api.submit({ email: 'in@example.com', state: 'TX' })).statusCode).toBe(201)
  })
})

describe('a build', () => {
  const root = mkdtempSync(join(tmpdir(), 'millrace-console-'))
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  it('is named by what it is made of', () => {
    mkdirSync(join(root, 'src'))
    writeFileSync(join(root, 'index.html'), '<p>one</p>')
    writeFileSync(join(root, 'src', 'main.tsx'), '1')
    const first = inputsDigest(root)
    expect(inputsDigest(root)).toBe(first)
    writeFileSync(join(root, 'src', 'main.tsx'), '2')
    expect(inputsDigest(root)).not.toBe(first)
  })

  it('waits for another process that makes the same, and takes over from one that died', async () => {
    const dist = join(root, 'dist')
    mkdirSync(dist)
    const digest = inputsDigest(root)
    writeFileSync(join(dist, `${digest}.lock`), String(process.ppid))
    const waiting = buildConsole(root)
    mkdirSync(join(dist, digest))
    writeFileSync(join(dist, digest, 'index.html'), 'made by the other')
    expect(await waiting.done).toBe(join(dist, digest))

    rmSync(join(dist, digest), { recursive: true })
    writeFileSync(join(dist, `${digest}.lock`), '999999999')
    // It has no vite: that it tries is the point.
    await expect(buildConsole(root).done).rejects.toThrow()
    expect(readdirSync(dist)).toEqual([])
  })
})
