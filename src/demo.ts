import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hash as argon2 } from '@node-rs/argon2'
import { newId } from './base/ids.ts'
import { keyedHash16, seal } from './base/seal.ts'
import type { House } from './house.ts'

/** What a newcomer is shown: a tenant with a user, a flow, a source and a sink that takes every lead. */
export interface Demo {
  readonly tenantId: string
  readonly flow: string
  readonly source: string
  readonly sourceKey: string
  readonly admin: { readonly email: string; readonly password: string }
}

const FILE = 'demo.json'
const FLOW_FILE = new URL('../examples/demo/flow.yaml', import.meta.url)

/** Where the demo's sink listens: on the server itself. */
export const SINK_PATH = '/demo/sink'

const read = (file: string): Demo | null => (existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Demo) : null)

/** The demo's flow, aimed at the sink of this server. */
const document = (baseUrl: string): string =>
  readFileSync(FLOW_FILE, 'utf8').replaceAll('http://127.0.0.1:8080/demo/sink', `${baseUrl}${SINK_PATH}`)

/**
 * Furnishes an empty database with the demo, or finds the one made before; null where the database has tenants and
 * none of them is ours to show. Its secrets stand in the data folder, mode 0600.
 */
export const ensureDemo = async (house: House, baseUrl: string): Promise<Demo | null> => {
  const { database, keyring, clock, config } = house
  const file = join(config.dataDir, FILE)
  const tenants = await database.definer<{ id: string }>({
    name: 'find_tenants',
    text: 'select id from millrace.find_tenants()',
  })
  const known = read(file)
  if (known && tenants.some((tenant) => tenant.id === known.tenantId)) {
    await house.publish({ tenantId: known.tenantId, text: document(baseUrl), by: 'demo' })
    return known
  }
  if (tenants.length > 0) return null

  const tenantId = newId(clock.now())
  const at = new Date(clock.now())
  const admin = { email: 'demo@millrace.example', password: randomBytes(9).toString('base64url') }
  const passwordHash = await argon2(admin.password)
  await database.transaction([tenantId], async (tx) => {
    await tx.query({
      text: `insert into millrace.tenant (id, slug, name, created_at) values ($1::uuid, 'demo', 'Demo', $2::timestamptz)`,
      values: [tenantId, at],
    })
    for (const statement of keyring.createTenantKeys(tenantId, clock.now())) await tx.query(statement)
  })
  const keys = await keyring.tenant(tenantId)
  await database.batch(
    [tenantId],
    [
      {
        text: `insert into millrace.login (tenant_id, id, email_key, sealed, password_hash, role, created_at)
               values ($1::uuid, $2::uuid, $3, $4, $5, 'owner', $6::timestamptz)`,
        values: [
          tenantId,
          newId(clock.now()),
          keyedHash16(keyring.login, admin.email),
          seal(keys.wrap, JSON.stringify({ email: admin.email })),
          passwordHash,
          at,
        ],
      },
    ],
  )
  const published = await house.publish({ tenantId, text: document(baseUrl), by: 'demo' })
  const first = published.keys[0]
  if (!first) throw new Error(`the demo's flow did not publish: ${published.problems.map((p) => p.message).join('; ')}`)
  const demo: Demo = { tenantId, flow: published.flow, source: first.source, sourceKey: first.key, admin }
  writeFileSync(file, `${JSON.stringify(demo, null, 2)}\n`, { mode: 0o600 })
  return demo
}
