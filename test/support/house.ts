import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { Clock } from '../../src/base/clock.ts'
import { newId } from '../../src/base/ids.ts'
import { readConfig } from '../../src/config.ts'
import type { SendMail } from '../../src/feed/alerts.ts'
import { fieldTypes } from '../../src/fields/index.ts'
import { type House, openHouse } from '../../src/house.ts'
import { destinationTypes } from '../../src/integrations/index.ts'
import type { Json } from '../../src/kit/field.ts'
import type { Registries } from '../../src/kit/flow.ts'
import type { Submission, SubmissionResult } from '../../src/runner/types.ts'
import { stepTypes } from '../../src/steps/index.ts'
import { type ServerVersion, type TestDatabase, testDatabase } from './database.ts'

export const registries: Registries = { fields: fieldTypes, steps: stepTypes, destinations: destinationTypes }

export interface TestHouse {
  readonly house: House
  readonly tenantId: string
  /** Runs one statement as the superuser, whom row-level security does not bind. */
  readonly inspect: TestDatabase['inspect']
  /** What was logged so far, as JSON lines. */
  readonly logged: string[]
  /** Publishes a flow for the tenant; throws with its problems. */
  publish(
    text: string,
    tenantId?: string,
  ): Promise<{ flow: string; version: number; keys: readonly { source: string; key: string }[] }>
  submit(
    flow: string,
    source: string,
    values: Record<string, Json>,
    over?: Partial<Submission>,
  ): Promise<SubmissionResult>
  addTenant(slug: string): Promise<string>
  /** Another process on the same database, as far as a process can be had in one. */
  sibling(): Promise<House>
  close(): Promise<void>
}

/** A whole house on a database of its own. */
export const testHouse = async (
  options: {
    readonly version?: ServerVersion
    readonly clock?: Clock
    readonly env?: Record<string, string>
    readonly random?: () => number
    readonly mail?: SendMail
  } = {},
): Promise<TestHouse> => {
  const db = await testDatabase(options.version === undefined ? {} : { version: options.version })
  const logged: string[] = []
  const config = readConfig({
    MILLRACE_DATA: mkdtempSync(join(tmpdir(), 'millrace-house-')),
    OUTBOUND_ALLOW: '127.0.0.1',
    ...options.env,
  })
  const open = (): Promise<House> =>
    openHouse({
      config,
      registries,
      log: pino({ level: 'debug' }, { write: (line) => logged.push(line) }),
      onProgress: () => undefined,
      attach: false,
      connection: db.connection,
      outboundAllow: [],
      ...(options.clock && { clock: options.clock }),
      ...(options.random && { random: options.random }),
      ...(options.mail && { mail: options.mail }),
    })
  const house = await open()
  const siblings: House[] = []
  const addTenant = async (slug: string): Promise<string> => {
    const id = newId(house.clock.now())
    await house.database.transaction([id], async (tx) => {
      await tx.query({
        text: `insert into millrace.tenant (id, slug, name, created_at) values ($1::uuid, $2, $2, $3::timestamptz)`,
        values: [id, slug, new Date(house.clock.now())],
      })
      for (const statement of await house.keyring.createTenantKeys(id, house.clock.now())) await tx.query(statement)
    })
    return id
  }
  const tenantId = await addTenant('acme')
  return {
    house,
    tenantId,
    inspect: db.inspect,
    logged,
    addTenant,
    publish: async (text, tenant = tenantId) => {
      const { flow, version, problems, keys } = await house.publish({ tenantId: tenant, text, by: 'test' })
      if (version === null)
        throw new Error(problems.map((problem) => `${problem.line}:${problem.column} ${problem.message}`).join('\n'))
      return { flow, version, keys }
    },
    submit: (flow, source, values, over = {}) =>
      house.runner.submit({
        source: {
          tenantId,
          keyId: '00000000-0000-0000-0000-000000000000',
          flowId: flow,
          sourceId: source,
          method: 'bearer',
        },
        format: 'json',
        mode: 'sync',
        raw: JSON.stringify(values),
        values,
        test: false,
        idempotencyKey: null,
        ip: '203.0.113.7',
        userAgent: 'test',
        receivedAt: house.clock.now(),
        ...over,
      }),
    sibling: async () => {
      const other = await open()
      siblings.push(other)
      return other
    },
    close: async () => {
      for (const other of siblings) await other.close(1000)
      await house.close(1000)
      await db.close()
    },
  }
}
