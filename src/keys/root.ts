import { newKeyBytes } from '../base/seal.ts'
import type { Database } from '../database/pool.ts'
import type { MasterKeys } from '../journal/keyring.ts'

/**
 * What signatures, tokens and login look-ups are derived from: made once, wrapped by the master key, so that these stay
 * valid when the master key is exchanged. An installation that is older than this table derived them from its master
 * key itself: that value is kept.
 */
export const openRoot = async (options: {
  readonly database: Database
  readonly master: MasterKeys
  /** The bytes of the master key, where this process has them. */
  readonly legacy: Buffer | null
  readonly now: number
}): Promise<Buffer> => {
  const { database, master, legacy, now } = options
  const read = async () =>
    (
      await database.definer<{ wrapped: Buffer; master: string }>({
        name: 'read_root_key',
        text: `select wrapped, master from millrace.installation_key where purpose = 'root'`,
      })
    )[0]
  const known = await read()
  if (known) return master.unwrap(known.wrapped, known.master)
  const [tenant] = await database.definer<{ id: string }>({
    name: 'find_tenants',
    text: 'select id from millrace.find_tenants()',
  })
  if (tenant) {
    // A wrong master key must not become the root of an installation that another one opens.
    const [rows] = await database.batch(
      [tenant.id],
      [
        {
          name: 'tenant_key_to_prove',
          text: 'select wrapped, master from millrace.tenant_key where tenant_id = $1::uuid limit 1',
          values: [tenant.id],
        },
      ],
    )
    for (const row of rows ?? []) await master.unwrap(row.wrapped as Buffer, row.master as string | null)
  }
  const bytes = tenant && legacy ? legacy : newKeyBytes()
  await database.definer({
    name: 'make_root_key',
    text: `insert into millrace.installation_key (purpose, wrapped, master, created_at)
           values ('root', $1, $2, $3::timestamptz) on conflict do nothing`,
    values: [await master.wrap(bytes), master.current(), new Date(now)],
  })
  const made = await read()
  return made ? master.unwrap(made.wrapped, made.master) : bytes
}
