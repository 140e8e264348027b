/**
 * (b) The framework and one durable insert: the lead is kept as it came, and the answer leaves after the commit. Leads
 * that arrive while two inserts are under way go out together in the next; no timer holds any back.
 */
import Fastify from 'fastify'
import pg from 'pg'
import { gather } from '../../src/base/coalesce.ts'
import { newId } from '../../src/base/ids.ts'
import { serveUntilTold } from './lifetime.ts'

interface Raw {
  readonly id: string
  readonly receivedAt: Date
  readonly text: string
}

const IN_FLIGHT = 2
const ROWS_MAX = 500

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL ?? '', max: IN_FLIGHT })
await pool.query(
  'create table if not exists raw_lead (id uuid primary key, received_at timestamptz not null, body text not null)',
)

const insert = gather<Raw, true>({
  run: async (rows) => {
    await pool.query({
      name: 'insert_raw',
      text: 'insert into raw_lead select * from unnest($1::uuid[], $2::timestamptz[], $3::text[])',
      values: [rows.map(({ id }) => id), rows.map(({ receivedAt }) => receivedAt), rows.map(({ text }) => text)],
    })
    return rows.map(() => true)
  },
  rowsMax: ROWS_MAX,
  concurrency: IN_FLIGHT,
})

const app = Fastify({ forceCloseConnections: true })
app.removeAllContentTypeParsers()
app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
  try {
    // Read as well, since nobody would take what is no JSON.
    JSON.parse(body as string)
    done(null, body)
  } catch (error) {
    done(error as Error)
  }
})
app.post('/submit', async (request, reply) => {
  const now = Date.now()
  const id = newId(now)
  await insert({ id, receivedAt: new Date(now), text: request.body as string })
  return reply.code(201).send({ outcome: 'success', lead_id: id })
})
await app.listen({ host: '127.0.0.1', port: 0 })
serveUntilTold(app.server.address(), async () => {
  await app.close()
  await pool.end()
})
