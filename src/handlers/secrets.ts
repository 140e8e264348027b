import { Fault } from '../base/faults.ts'
import type { Database } from '../database/pool.ts'
import { openUnderTenant, type TenantKeys } from '../journal/keyring.ts'
import type { Credential } from '../kit/destination.ts'

/** A tenant's secrets: sealed under the tenant's key, opened for `authorize` alone. */
export interface Secrets {
  credential(keys: TenantKeys): Promise<Pick<Credential, 'secret'>>
  /** What was read of a tenant is read anew. */
  forget(tenantId: string): void
}

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

  return {
    credential: async (keys) => {
      let secrets = known.get(keys.tenantId)
      if (!secrets) {
        secrets = load(keys.tenantId)
        known.set(keys.tenantId, secrets)
        secrets.catch(() => known.delete(keys.tenantId))
      }
      const sealed = await secrets
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
