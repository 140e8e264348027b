import { Fault } from '../base/faults.ts'
import type { Database } from '../database/pool.ts'
import { openUnderTenant, type TenantKeys } from '../journal/keyring.ts'
import type { Credential } from '../kit/destination.ts'

/** A tenant's secrets: sealed under the tenant's key, opened for `authorize` alone. */
export interface Secrets {
  credential(keys: TenantKeys): Promise<Pick<Credential, 'secret'>>
  /** Names that begin so, in order. */
  names(keys: TenantKeys, prefix: string): Promise<readonly string[]>
  /** Asked of the database only where it is not known here: it may have been set elsewhere a moment ago. */
  has(keys: TenantKeys, name: string): Promise<boolean>
  remove(keys: TenantKeys, name: string): Promise<void>
  /** What was read of a tenant is read anew. */
  forget(tenantId: string): void
}

/** The name that the address of a subscription is kept under; no secret that a person sets can be called so. */
export const hookName = (flow: string, destination: string, id: string): string => `hook/${flow}/${destination}/${id}`

export const createSecrets = (options: { readonly database: Database }): Secrets => {
  const { database } = options
  const known = new Map<string, Promise<ReadonlyMap<string, Buffer>>>()

  const load = async (tenantId: string): Promise<ReadonlyMap<string, Buffer>> => {
    const [rows] = await database.batch(
      [tenantId],
      [
        {
          name: 'secrets',
          text: 'select name, sealed from millrace.secret where tenant_id = $1::uuid',
          values: [tenantId],
        },
      ],
    )
    return new Map((rows ?? []).map((row) => [row.name as string, row.sealed as Buffer]))
  }

  const all = (tenantId: string): Promise<ReadonlyMap<string, Buffer>> => {
    let secrets = known.get(tenantId)
    if (!secrets) {
      secrets = load(tenantId)
      known.set(tenantId, secrets)
      secrets.catch(() => known.delete(tenantId))
    }
    return secrets
  }

  return {
    names: async (keys, prefix) =>
      [...(await all(keys.tenantId)).keys()].filter((name) => name.startsWith(prefix)).toSorted(),
    has: async ({ tenantId }, name) => {
      if ((await all(tenantId)).has(name)) return true
      const [rows = []] = await database.batch(
        [tenantId],
        [
          {
            name: 'has_secret',
            text: 'select 1 as one from millrace.secret where tenant_id = $1::uuid and name = $2',
            values: [tenantId, name],
          },
        ],
      )
      if (rows.length > 0) known.delete(tenantId)
      return rows.length > 0
    },
    remove: async (keys, name) => {
      await database.batch(
        [keys.tenantId],
        [
          {
            name: 'remove_secret',
            text: 'delete from millrace.secret where tenant_id = $1::uuid and name = $2',
            values: [keys.tenantId, name],
          },
          {
            name: 'raise_epoch',
            text: 'update millrace.tenant set config_epoch = config_epoch + 1 where id = $1::uuid',
            values: [keys.tenantId],
          },
        ],
      )
      known.delete(keys.tenantId)
    },
    credential: async (keys) => {
      const sealed = await all(keys.tenantId)
      return {
        secret: (name) => {
          const value = sealed.get(name)
          if (!value)
            throw new Fault('setting_invalid', {
              message: `There is no secret "${name}": set it with PUT /api/v1/secrets/${name}`,
            })
          return openUnderTenant(keys, value).toString('utf8')
        },
      }
    },
    forget: (tenantId) => {
      known.delete(tenantId)
    },
  }
}
