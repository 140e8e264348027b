import fastifySwagger from '@fastify/swagger'
import Fastify, { type FastifyInstance } from 'fastify'
import { type ApiDocument, compactDocument } from '../openapi-document.ts'

const TITLE = 'Millrace API'

/**
 * What the reference page may load: everything from here, nothing from elsewhere. It writes scripts and styles into
 * its page, and so is the only one that may.
 */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

/** `GET /api/v1/leads/:id` → `get_leads_id`. */
const operationIdOf = (method: string, url: string): string => {
  const words = url.replace(/^\/api\/v\d+/, '').match(/[A-Za-z0-9]+/g) ?? ['start']
  return [method.toLowerCase(), ...words].join('_')
}

/** Collects the description of every route that is added after it. */
export const describeRoutes = async (app: FastifyInstance, version: string): Promise<void> => {
  await app.register(fastifySwagger, {
    transform: ({ schema, url, route }) => {
      const access = route.config?.access
      const named = { operationId: operationIdOf(String(route.method), url), ...schema }
      const isPermission = access?.includes('.') === true
      return { schema: isPermission ? { ...named, 'x-permission': access } : named, url }
    },
    openapi: {
      openapi: '3.1.0',
      info: {
        title: TITLE,
        version,
        description:
          'Leads go in with the key of a source; everything else needs a login. ' +
          'Errors are problem documents (RFC 9457) with a code of a closed list.',
      },
      tags: [
        { name: 'Submissions', description: 'Leads go in.' },
        { name: 'Login', description: 'In, out, and what users do about themselves.' },
        { name: 'Users', description: 'Who may come in.' },
        { name: 'Leads', description: 'What became of them, and why.' },
        { name: 'Reviews', description: 'Leads that wait for a decision.' },
        { name: 'Figures', description: 'How many leads came how far, and what changes now.' },
        { name: 'Flows' },
        { name: 'Destinations', description: 'Where leads go.' },
        { name: 'Deliveries', description: 'What was sent, what waits, and what was given up.' },
        { name: 'Suppression lists' },
        { name: 'Secrets' },
        { name: 'API keys', description: 'How machines come in.' },
        { name: 'Destinations', description: 'Where leads go.' },
        { name: 'Pipeline', description: 'What stands still, and how it goes on.' },
        { name: 'Tenants', description: 'For the operator of the installation.' },
        { name: 'Privacy', description: 'What people may ask of their data.' },
        { name: 'Audit', description: 'What people and keys did.' },
        { name: 'Console', description: 'What people set for their screens.' },
        { name: 'Service' },
      ],
      components: {
        securitySchemes: {
          login: { type: 'http', scheme: 'bearer', description: 'access_token of a login.' },
          cookie: {
            type: 'apiKey',
            in: 'cookie',
            name: 'millrace_session',
            description: 'Of a browser that logged in.',
          },
          platformKey: { type: 'http', scheme: 'bearer', description: 'MILLRACE_PLATFORM_KEY, of the operator.' },
          sourceKey: { type: 'http', scheme: 'bearer', description: 'The key of a source.' },
          sourceKeyHeader: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
          sourceKeyBasic: { type: 'http', scheme: 'basic', description: 'The key as password; any user name.' },
        },
      },
    },
  })
}

/** `/openapi.json`, and `/docs` for people. */
export const docsRoutes = async (app: FastifyInstance): Promise<void> => {
  let document: ApiDocument | undefined
  app.get('/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, async () => {
    // Made once: routes are complete when the first request comes.
    document ??= compactDocument(app.swagger())
    return document
  })
  let page: Promise<FastifyInstance> | undefined
  for (const url of ['/docs', '/docs/', '/docs/js/scalar.js'])
    app.get(url, { config: { access: 'public' }, schema: { hide: true } }, async (_request, reply) => {
      page ??= referencePage()
      const { statusCode, headers, rawPayload } = await (await page).inject(url)
      for (const name of ['content-type', 'location'] as const)
        if (headers[name] !== undefined) reply.header(name, headers[name])
      reply.header('content-security-policy', PAGE_POLICY)
      reply.header('cache-control', 'private, max-age=300')
      return reply.code(statusCode).send(rawPayload)
    })
}

/** An application of its own, made when the page is first asked for: it holds a script of 5 MB that few starts need. */
const referencePage = async (): Promise<FastifyInstance> => {
  const { default: reference } = await import('@scalar/fastify-api-reference')
  const pages = Fastify()
  await pages.register(reference, {
    routePrefix: '/docs',
    configuration: {
      url: '/openapi.json',
      pageTitle: TITLE,
      withDefaultFonts: false,
      telemetry: false,
      hideClientButton: true,
      // They lead out of the house: to an AI, to a hosting service.
      showDeveloperTools: 'never',
      agent: { disabled: true },
    },
  })
  return pages
}
