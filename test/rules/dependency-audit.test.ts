import { spawn } from 'node:child_process'
import type { RequestListener } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { afterEach, expect, it } from 'vitest'
import { verdictOf } from '../support/dependency-audit.ts'
import { type Loopback, openLoopback } from '../support/loopback.ts'
import { ROOT } from './source-files.ts'

/** The dependency audit of CI, by the real npm on this lock file, against registries of our own. */

let server: Loopback | undefined
afterEach(() => server?.close())

const registry = async (answer: RequestListener): Promise<string> => {
  server = await openLoopback(answer)
  return `${server.origin}/`
}
/** In a process of its own: the registry answers from this one. */
const audit = (at: string) =>
  new Promise<{ code: number | null; text: string }>((resolve) => {
    const child = spawn(process.execPath, ['test/support/dependency-audit.ts'], {
      cwd: ROOT,
      env: { ...process.env, npm_config_registry: at },
    })
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += String(chunk)
    })
    child.once('close', (code) => resolve({ code, text }))
  })

it('fails where the registry knows of a grave weakness in what is shipped, and names it', async () => {
  const asked: string[] = []
  const at = await registry((request, response) => {
    const name = decodeURIComponent((request.url ?? '/').slice(1))
    // What else is known of a package, which npm asks for before it judges.
    if (request.method === 'GET') {
      response.setHeader('content-type', 'application/json')
      return response.end(JSON.stringify({ name, 'dist-tags': {}, versions: {} }))
    }
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      asked.push((request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString())
      const advisory = { id: 1, url: 'https://example.com/1', title: 'Lets anybody in', severity: 'high' }
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ fastify: [{ ...advisory, vulnerable_versions: '<99' }] }))
    })
  })
  const { code, text } = await audit(at)
  expect(asked.join()).toContain('"fastify"')
  expect([code, text]).toEqual([1, expect.stringMatching(/high: fastify .*Lets anybody in https:\/\/example\.com\/1/)])
})

it('passes where it knows of none', async () => {
  const at = await registry((_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end('{}')
  })
  expect(await audit(at)).toEqual({ code: 0, text: expect.stringMatching(/^\d+ packages audited, 0 lesser/) })
})

it('says that nothing was audited where the registry offers none, or is not there', async () => {
  const at = await registry((_request, response) => {
    response.statusCode = 405
    response.end()
  })
  expect(await audit(at)).toEqual({ code: 0, text: expect.stringMatching(/^NOTHING WAS AUDITED: .*405/) })
  expect(await audit('http://127.0.0.1:1/')).toEqual({ code: 0, text: expect.stringMatching(/^NOTHING WAS AUDITED/) })
})

it('does not take silence, or another text, for a report', () => {
  expect(verdictOf('<html>').ok).toBe(false)
  expect(verdictOf('').ok).toBe(false)
})
