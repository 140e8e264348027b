import { keyedHash16 } from '../base/seal.ts'
import type { TenantKeys } from '../journal/keyring.ts'
import type { RequestAnswer, RequestInput } from '../kit/requests.ts'
import type { Ahead } from './ahead.ts'
import type { LookUp, Suppressed } from './look-up.ts'

export interface Suppression {
  lookup(
    keys: TenantKeys,
    now: number,
    input: RequestInput<'suppression.lookup'>,
    ahead: Ahead | null,
  ): Promise<RequestAnswer<'suppression.lookup'>>
}

/** The key of a value in any suppression list of a tenant: the same however it was written, since normal forms are hashed. */
export const suppressionKey = (keys: TenantKeys, normal: string): Buffer =>
  keyedHash16(keys.lookup, `suppression|${normal.toLowerCase()}`)

export const createSuppression = (options: { readonly lookUp: LookUp }): Suppression => ({
  lookup: async (keys, now, input, ahead) => {
    if (input.values.length === 0) return { found: false }
    let found: readonly (readonly Suppressed[] | undefined)[] = input.values.map(({ value }) =>
      ahead?.suppressions.get(value),
    )
    if (found.includes(undefined)) {
      const suppressions = input.values.map(({ value }) => suppressionKey(keys, value))
      found = (await options.lookUp({ tenantId: keys.tenantId, claims: [], suppressions })).suppressions
    }
    for (const list of input.lists) {
      for (const [index, entries] of found.entries()) {
        const entry = entries?.find((e) => e.list === list && (e.expiresAt === null || e.expiresAt > now))
        const value = input.values[index]
        if (entry && value) return { found: true, list, label: entry.label, field: value.field, addedAt: entry.addedAt }
      }
    }
    return { found: false }
  },
})
