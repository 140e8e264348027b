import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Fault } from '../base/faults.ts'
import { keyOf, open, seal } from '../base/seal.ts'
import type { Row, Statement } from '../database/pool.ts'
import type { ApiDeps } from './deps.ts'
import { sessionOf } from './guard.ts'

/**
 * `Idempotency-Key` on every POST of the management API: the first request with a key is done, the same again is given
 * the first one's answer, another one under the same key is refused. Answers are kept for a day.
 *
 * Submissions have their own: there the key belongs to the lead, and holds as long as the lead does.
 */

interface Begun {
  /** Null: it belongs to no tenant. */
  readonly tenantId: string | null
  readonly key: Buffer
}

interface Stored {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Its answer will be kept. */
    idempotency: Begun | null
    /** It was done before, and is only answered again. */
    isReplay: boolean
  }
  interface FastifyContextConfig {
    /**
     * A POST without a session that counts the key all the same. Of the others that have none each is harmless twice: a
     * login opens another session, a link is good once, a mail with one goes three times an hour at most.
     */
    readonly idempotent?: true
  }
}

const KEY = /^[\x21-\x7e]{1,255}$/
const KEPT_HEADERS = ['content-type', 'location', 'etag'] as const
/** A first request without an answer so long has died: the next one does it. */
const DIED_MS = 60_000
/** What may be otherwise the next time is not kept. */
const isPassing = (status: number): boolean => status >= 500 || [401, 403, 429].includes(status)

const readKey = (request: FastifyRequest): string | null => {
  const header = request.headers['idempotency-key']
  if (header === undefined) return null
  if (typeof header === 'string' && KEY.test(header)) return header
  const message = 'expected 1 to 255 visible ASCII characters'
  throw new Fault('invalid_request', {
    message: `Idempotency-Key: ${message}`,
    problems: [{ field: 'Idempotency-Key', message }],
  })
}

export const keepAnswers = (app: FastifyInstance, deps: Pick<ApiDeps, 'database' | 'clock' | 'keys'>): void => {
  const { database, clock, keys } = deps
  app.decorateRequest('idempotency', null)
  app.decorateRequest('isReplay', false)

  const answersKey = keyOf(createHash('sha256').update('kept answers').update(keys.token).digest())
  /** Of a tenant under its row-level security, else in the table of the installation. */
  const run = async (tenantId: string | null, statement: Statement): Promise<Row[]> =>
    tenantId === null ? database.definer(statement) : ((await database.batch([tenantId], [statement]))[0] ?? [])
  const sealFor = async (tenantId: string | null, text: string): Promise<Buffer> =>
    tenantId === null ? seal(answersKey, text) : keys.sealTenant(tenantId, text)
  const openFor = async (tenantId: string | null, sealed: Buffer): Promise<string> =>
    tenantId === null ? open(answersKey, sealed).toString('utf8') : keys.openTenant(tenantId, sealed)

  const begin = async (tenantId: string | null, key: Buffer, fingerprint: Buffer): Promise<boolean> => {
    const now = clock.now()
    if (tenantId === null) {
      const rows = await database.definer({
        name: 'begin_installation_answer',
        text: `insert into millrace.installation_answer as i (key, fingerprint, created_at)
               values ($1::bytea, $2::bytea, $3::timestamptz)
               on conflict (key) do update set created_at = excluded.created_at
                 where i.status is null and i.fingerprint = excluded.fingerprint and i.created_at < $4::timestamptz
               returning key`,
        values: [key, fingerprint, new Date(now), new Date(now - DIED_MS)],
      })
      return rows.length > 0
    }
    const [rows] = await database.batch(
      [tenantId],
      [
        {
          name: 'begin_idempotency',
          text: `insert into millrace.idempotency as i (tenant_id, key, fingerprint, created_at)
                 values ($1::uuid, $2::bytea, $3::bytea, $4::timestamptz)
                 on conflict (tenant_id, key) do update set created_at = excluded.created_at
                   where i.status is null and i.fingerprint = excluded.fingerprint and i.created_at < $5::timestamptz
                 returning key`,
          values: [tenantId, key, fingerprint, new Date(now), new Date(now - DIED_MS)],
        },
      ],
    )
    return (rows ?? []).length > 0
  }

  const again = async (asked: Begun & { readonly fingerprint: Buffer }, reply: FastifyReply): Promise<FastifyReply> => {
    const { tenantId, key, fingerprint } = asked
    const [row] = await run(
      tenantId,
      tenantId === null
        ? {
            name: 'read_installation_answer',
            text: 'select fingerprint, status, sealed from millrace.installation_answer where key = $1::bytea',
            values: [key],
          }
        : {
            name: 'read_idempotency',
            text: 'select fingerprint, status, sealed from millrace.idempotency where tenant_id = $1::uuid and key = $2::bytea',
            values: [tenantId, key],
          },
    )
    if (row && !(row.fingerprint as Buffer).equals(fingerprint))
      throw new Fault('idempotency_key_reused', { message: 'This Idempotency-Key came before, with another request.' })
    if (!row || row.status === null)
      throw new Fault('conflict', {
        message: 'The first request with this Idempotency-Key is under way. Ask again shortly.',
      })
    const { headers, body } = JSON.parse(await openFor(tenantId, row.sealed as Buffer)) as Stored
    return reply
      .code(row.status as number)
      .headers({ ...headers, 'idempotency-replayed': 'true' })
      .send(body === '' ? undefined : body)
  }

  app.addHook('preHandler', async (request, reply) => {
    const isOfNobody = request.session === null && request.routeOptions.config.idempotent === true
    if (request.method !== 'POST' || (request.session === null && !isOfNobody)) return
    const given = readKey(request)
    if (given === null) return
    const { tenantId, userId } = isOfNobody ? { tenantId: null, userId: '' } : sessionOf(request)
    const key = keys.login(`idempotency|${tenantId}|${userId}|${request.routeOptions.url ?? ''}|${given}`)
    const fingerprint = keys.login(`request|${request.url}|${JSON.stringify(request.body ?? null)}`)
    if (await begin(tenantId, key, fingerprint)) {
      request.idempotency = { tenantId, key }
      return
    }
    request.isReplay = true
    return again({ tenantId, key, fingerprint }, reply)
  })

  app.addHook('onSend', async (request, reply, payload) => {
    const { idempotency } = request
    if (idempotency === null) return payload
    const { tenantId, key } = idempotency
    const isText = typeof payload === 'string' || payload === undefined || payload === null
    if (isPassing(reply.statusCode) || !isText) {
      await run(
        tenantId,
        tenantId === null
          ? {
              name: 'forget_installation_answer',
              text: 'delete from millrace.installation_answer where key = $1::bytea',
              values: [key],
            }
          : {
              name: 'forget_idempotency',
              text: 'delete from millrace.idempotency where tenant_id = $1::uuid and key = $2::bytea',
              values: [tenantId, key],
            },
      )
      return payload
    }
    const headers = Object.fromEntries(
      KEPT_HEADERS.flatMap((name) => {
        const value = reply.getHeader(name)
        return value === undefined ? [] : [[name, String(value)]]
      }),
    )
    const stored: Stored = { headers, body: typeof payload === 'string' ? payload : '' }
    const sealed = await sealFor(tenantId, JSON.stringify(stored))
    await run(
      tenantId,
      tenantId === null
        ? {
            name: 'keep_installation_answer',
            text: 'update millrace.installation_answer set status = $2::integer, sealed = $3::bytea where key = $1::bytea',
            values: [key, reply.statusCode, sealed],
          }
        : {
            name: 'keep_idempotency',
            text: `update millrace.idempotency set status = $3::integer, sealed = $4::bytea
                   where tenant_id = $1::uuid and key = $2::bytea`,
            values: [tenantId, key, reply.statusCode, sealed],
          },
    )
    return payload
  })
}
