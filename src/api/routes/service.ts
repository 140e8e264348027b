import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Health, Readiness } from '../contract/health.ts'
import type { ApiDeps } from '../deps.ts'

const DATABASE_MS = 1_000

/** What operators and their tools ask. */
export const serviceRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, metrics, settings, isDraining } = deps
    const tags = ['Service']
    const open = { access: 'public' } as const

    /** And is written to: a standby answers, too, and so does a server whose disk is full, or nearly. */
    const isDatabaseThere = async (): Promise<boolean> => {
      if (database.isFull()) return false
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<boolean>((resolve) => {
        timer = setTimeout(resolve, DATABASE_MS, false)
      })
      const text = `select current_setting('transaction_read_only') as locked`
      const asked = database.definer<{ locked: string }>({ name: 'ready', text }).then(
        ([row]) => row?.locked === 'off',
        () => false,
      )
      try {
        return await Promise.race([asked, late])
      } finally {
        clearTimeout(timer)
      }
    }

    app.get(
      '/healthz',
      { config: open, schema: { tags, summary: 'Whether the process is up', response: { 200: Health } } },
      async () => ({ status: 'ok' as const, version: settings.version }),
    )

    app.get(
      '/readyz',
      {
        config: open,
        schema: { tags, summary: 'Whether leads can be taken in', response: { 200: Readiness, 503: Readiness } },
      },
      async (_request, reply) => {
        if (isDraining()) return reply.code(503).send({ status: 'draining' })
        if (await isDatabaseThere()) return { status: 'ready' as const }
        return reply.code(503).header('retry-after', '1').send({ status: 'database_unavailable' })
      },
    )

    app.get('/metrics', { config: open, schema: { hide: true } }, async (_request, reply) => {
      reply.header('content-type', metrics.contentType)
      return metrics.text()
    })
  }
