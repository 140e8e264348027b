import { Fault } from '../base/faults.ts'
import { open, seal } from '../base/seal.ts'
import type { Database } from '../database/pool.ts'
import type { TenantKeys } from '../journal/keyring.ts'
import type { Credential } from '../kit/destination.ts'

/** A tenant's secrets: sealed under the tenant's key, opened for `authorize` alone. */
export interface Secrets {
  credential(keys: TenantKeys): Promise<Credential>
  put(keys: TenantKeys, secret: { readonly name: string; readonly value: string; readonly now: number }): Promise<void>
  names(tenantId: string): Promise<string[]>
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
          return open(keys.wrap, value).toString('utf8')
        },
      }
    },
    put: async (keys, { name, value, now }) => {
      await database.batch(
        [keys.tenantId],
        [
          {
            name: 'put_secret',
            text: `insert into millrace.secret (tenant_id, name, sealed, updated_at) values ($1::uuid, $2, $3, $4::timestamptz)
                   on conflict (tenant_id, name) do update set sealed = excluded.sealed, updated_at = excluded.updated_at`,
            values: [keys.tenantId, name, seal(keys.wrap, value), new Date(now)],
          },
          {
            name: 'bump_epoch',
            text: 'update millrace.tenant set config_epoch = config_epoch + 1 where id = $1::uuid',
            values: [keys.tenantId],
          },
        ],
      )
      known.delete(keys.tenantId)
    },
    names: async (tenantId) => [...(await load(tenantId)).keys()].sort(),
    forget: (tenantId) => {
      known.delete(tenantId)
    },
  }
}
