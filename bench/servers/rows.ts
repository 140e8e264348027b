/**
 * (f) The framework and the rows that a lead of (c) leaves, written as (c) writes them: those of one real lead, again for
 * each, with ids and keys of its own. Nothing is read of the lead, looked up, decided, sealed or hashed: what is left is
 * what nobody can save who keeps what (c) keeps.
 */
import { randomBytes } from 'node:crypto'
import Fastify from 'fastify'
import { newId } from '../../src/base/ids.ts'
import { createDatabase } from '../../src/database/pool.ts'
import { createAppender, type LeadCommit } from '../../src/journal/append.ts'
import { NO_PERSONS } from '../../src/journal/person-writes.ts'
import type { LeadRows } from '../lead-rows.ts'
import { serveUntilTold } from './lifetime.ts'

const KEY_BYTES = 16
const KEYS_AT_ONCE = 4096
const CONNECTIONS = 10
const ROWS_MAX = 500

const rows = JSON.parse(process.env.BENCH_LEAD_ROWS ?? '') as LeadRows
const [sealed, hash, wrapped] = [rows.sealed, rows.hash, rows.wrappedKey].map((text) => Buffer.from(text, 'base64'))
const nothing = (): void => undefined
const database = await createDatabase({
  connection: { connectionString: process.env.DATABASE_URL ?? '' },
  poolMax: CONNECTIONS,
  log: { info: nothing, warn: nothing, error: nothing },
})
const appender = createAppender({ database, rowsMax: ROWS_MAX, onUsage: nothing })

let keys = Buffer.alloc(0)
let taken = 0
const newKey = (): Buffer => {
  if (taken === keys.length) {
    keys = randomBytes(KEY_BYTES * KEYS_AT_ONCE)
    taken = 0
  }
  taken += KEY_BYTES
  return keys.subarray(taken - KEY_BYTES, taken)
}

const commitOf = (leadId: string, now: number): LeadCommit => {
  const names = Array.from({ length: rows.claims }, newKey)
  return {
    tenantId: rows.tenantId,
    leadId,
    isNew: true,
    segment: { seq: 1, at: now, events: rows.events, sealed: sealed as Buffer, hash: hash as Buffer },
    events: [],
    columns: {
      receivedAt: now,
      closedAt: now,
      duplicateOf: null,
      personId: null,
      emailKey: names[0]?.readBigInt64LE() ?? null,
      phoneKey: names[1]?.readBigInt64LE() ?? null,
      flowVersion: 1,
      durationMs: 10,
      test: false,
      flow: rows.flow,
      source: rows.source,
      status: 'accepted',
      outcome: 'success',
      code: null,
      price: '15.00',
      revenue: '0',
      currency: 'USD',
    },
    key: { wrapped: wrapped as Buffer, tenantKeyVersion: 1 },
    claims: names.map((key) => ({
      key,
      at: now,
      staleBefore: null,
      replaces: false,
      fingerprint: null,
      kept: { rejected: false, erased: false },
    })),
    caps: [{ scope: rows.capScope, from: rows.capFrom, amount: 1, max: Number.MAX_SAFE_INTEGER }],
    entries: [],
    persons: NO_PERSONS,
    releasesPerson: false,
    releasedClaims: [],
    releasedCaps: [],
    work: null,
    deliveries: [],
  }
}

const app = Fastify({ forceCloseConnections: true })
app.post('/submit', async (_request, reply) => {
  const now = Date.now()
  const id = newId(now)
  await appender.append(commitOf(id, now))
  return reply.code(201).send({ outcome: 'success', lead_id: id })
})
await app.listen({ host: '127.0.0.1', port: 0 })
serveUntilTold(app.server.address(), async () => {
  await app.close()
  await database.close()
})
