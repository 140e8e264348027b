import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { hashPassword } from './access/passwords.ts'
import { apiKeyHash, apiKeyHint, newApiKey } from './base/api-key.ts'
import { Fault } from './base/faults.ts'
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
  /** Host and port where its sink listened last: other commands on this folder may send there too. */
  readonly sink?: string
}

const FILE = 'demo.json'
const FLOW_FILE = new URL('../examples/demo/flow.yaml', import.meta.url)
const FLOW = 'demo'
const SOURCE = 'website'
const BY = 'demo'

/** Where the demo's sink listens: on the server itself. */
export const SINK_PATH = '/demo/sink'

const read = (file: string): Demo | null => {
  if (!existsSync(file)) return null
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Demo
  } catch (cause) {
    throw new Fault('setting_invalid', {
      message: `${file} is damaged: put it back from a copy, or remove it; the demo's login and key are then shown no more.`,
      cause,
    })
  }
}

/** With a database and a master key from elsewhere, it is the first thing to be kept here. */
const write = (file: string, demo: Demo): Demo => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(`${file}.new`, `${JSON.stringify(demo, null, 2)}\n`, { mode: 0o600, flush: true })
  renameSync(`${file}.new`, file)
  return demo
}

/** Host and port of the demo's sink; null where this folder has no demo that was ever served. */
export const demoSink = (dataDir: string): string | null => read(join(dataDir, FILE))?.sink ?? null

/** The demo's flow, aimed at the sink of this server. */
const document = (baseUrl: string): string =>
  readFileSync(FLOW_FILE, 'utf8').replaceAll('http://127.0.0.1:8080/demo/sink', `${baseUrl}${SINK_PATH}`)

/** Its secrets are noted before the database knows of them: of each it keeps no more than a hash. */
const note = (file: string, tenantId: string): Demo => {
  const admin = { email: 'demo@millrace.example', password: randomBytes(9).toString('base64url') }
  return write(file, { tenantId, flow: FLOW, source: SOURCE, sourceKey: newApiKey(), admin })
}

/** False where another process has just made a demo of its own. */
const addTenant = async ({ database, keyring, clock }: House, tenantId: string): Promise<boolean> =>
  database.transaction([tenantId], async (tx) => {
    const made = await tx.query({
      text: `insert into millrace.tenant (id, slug, name, created_at) values ($1::uuid, 'demo', 'Demo', $2::timestamptz)
             on conflict do nothing returning id`,
      values: [tenantId, new Date(clock.now())],
    })
    if (made.length === 0) return false
    for (const statement of await keyring.createTenantKeys(tenantId, clock.now())) await tx.query(statement)
    return true
  })

const addAccess = async ({ database, keyring, clock }: House, demo: Demo): Promise<void> => {
  const { tenantId, admin, flow, source, sourceKey } = demo
  const keys = await keyring.tenant(tenantId)
  const at = new Date(clock.now())
  await database.batch(
    [tenantId],
    [
      {
        text: `insert into millrace.login (tenant_id, id, email_key, sealed, password_hash, role, created_at)
               values ($1::uuid, $2::uuid, $3, $4, $5, 'owner', $6::timestamptz) on conflict do nothing`,
        values: [
          tenantId,
          newId(clock.now()),
          keyedHash16(keyring.login, admin.email),
          seal(keys.wrap, JSON.stringify({ email: admin.email })),
          await hashPassword(admin.password),
          at,
        ],
      },
      {
        text: `insert into millrace.source_key (tenant_id, id, flow_id, source_id, key_hash, hint, created_at)
               values ($1::uuid, $2::uuid, $3, $4, $5, $6, $7::timestamptz) on conflict do nothing`,
        values: [tenantId, newId(clock.now()), flow, source, apiKeyHash(sourceKey), apiKeyHint(sourceKey), at],
      },
    ],
  )
}

/** Who published the flow that is now served; null where there is none yet. */
const publisherOf = async ({ database }: House, { tenantId, flow }: Demo): Promise<string | null> => {
  const [rows] = await database.batch(
    [tenantId],
    [
      {
        text: `select v.published_by from millrace.flow f
               join millrace.flow_version v on v.tenant_id = f.tenant_id and v.flow_id = f.id and v.version = f.current_version
               where f.tenant_id = $1::uuid and f.id = $2`,
        values: [tenantId, flow],
      },
    ],
  )
  return (rows?.[0]?.published_by as string | undefined) ?? null
}

/**
 * Furnishes an empty database with the demo, or finds the one made before; null where the database has tenants and
 * none of them is ours to show. Its secrets stand in the data folder, mode 0600.
 *
 * The flow comes last, and says that all is there: what a start that was killed left out is added by the next. A flow
 * that somebody else has published since stays as it is.
 */
export const ensureDemo = async (house: House, baseUrl: string): Promise<Demo | null> => {
  const file = join(house.config.dataDir, FILE)
  const tenants = await house.database.definer<{ id: string }>({
    name: 'find_tenants',
    text: 'select id from millrace.find_tenants()',
  })
  const known = read(file)
  const isThere = known !== null && tenants.some((tenant) => tenant.id === known.tenantId)
  if (!isThere && tenants.length > 0) return null

  const demo = known ?? note(file, newId(house.clock.now()))
  if (!isThere && !(await addTenant(house, demo.tenantId))) {
    rmSync(file, { force: true })
    return null
  }
  const publisher = await publisherOf(house, demo)
  if (publisher === null) await addAccess(house, demo)
  if (publisher === null || publisher === BY) {
    const sink = new URL(baseUrl).host
    if (demo.sink !== sink) write(file, { ...demo, sink })
    const { problems } = await house.publish({ tenantId: demo.tenantId, text: document(baseUrl), by: BY })
    if (problems.length > 0)
      throw new Error(`the demo's flow did not publish: ${problems.map((problem) => problem.message).join('; ')}`)
  }
  return demo
}
