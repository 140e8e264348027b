import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Site } from '../../site/site.ts'
import { startPage } from '../start-page.ts'

/** Everything from here and nothing from elsewhere; styles are set on elements by the parts of the screen. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

const PLAIN_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"

const FOR_EVER = 'public, max-age=31536000, immutable'
const ASK_AGAIN = 'no-cache'

const encodingOf = (accepted: string | string[] | undefined): 'br' | 'gzip' | null => {
  const text = String(accepted ?? '')
  if (/\bbr\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(text)) return 'br'
  return /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(text) ? 'gzip' : null
}

/** Whether a browser asks for a page: addresses of the console are its own affair, and all answered with its one page. */
export const wantsPage = (request: FastifyRequest): boolean =>
  (request.method === 'GET' || request.method === 'HEAD') &&
  /\btext\/html\b/.test(String(request.headers.accept ?? '')) &&
  !/^\/(?:api|docs|assets|metrics|healthz|readyz)(?:[/?]|$)/.test(request.url)

export const createConsolePages = (site: Site, version: string) => {
  const send = async (request: FastifyRequest, reply: FastifyReply, path: string): Promise<FastifyReply | null> => {
    const file = site.file(path)
    if (file === null) return null
    reply
      .header('content-type', file.type)
      .header('cache-control', file.immutable ? FOR_EVER : ASK_AGAIN)
      .header('etag', file.etag)
      .header('vary', 'accept-encoding')
      .header('content-security-policy', POLICY)
    if (request.headers['if-none-match'] === file.etag) return reply.code(304).send()
    const encoding = encodingOf(request.headers['accept-encoding'])
    const body = await file.body(encoding)
    if (encoding !== null && body !== (await file.body(null))) reply.header('content-encoding', encoding)
    return reply.send(body)
  }

  /** The console's one page; before it is built, or where it is not, a plain one that says so. */
  const page = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const sent = await send(request, reply, 'index.html')
    if (sent !== null) return sent
    const state = site.state()
    return reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('content-security-policy', PLAIN_POLICY)
      .header('cache-control', 'no-store')
      .send(startPage(version, state))
  }
  return { send, page }
}

export type ConsolePages = ReturnType<typeof createConsolePages>

export const consoleRoutes =
  (pages: ConsolePages): FastifyPluginAsyncTypebox =>
  async (app) => {
    const hidden = { config: { access: 'public' as const }, schema: { hide: true } }
    app.get('/', hidden, pages.page)
    app.get('/assets/:name', hidden, async (request, reply) => {
      const { name } = request.params as { readonly name: string }
      const sent = await pages.send(request, reply, `assets/${name}`)
      return sent ?? reply.callNotFound()
    })
    for (const name of ['theme.js', 'icon.svg'])
      app.get(`/${name}`, hidden, async (request, reply) => {
        const sent = await pages.send(request, reply, name)
        return sent ?? reply.callNotFound()
      })
  }
