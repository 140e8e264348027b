import { keyedHash8 } from '../base/seal.ts'
import type { TenantKeys } from '../journal/keyring.ts'

/** The lookup column of an email or phone; also how a search is hashed, and what a person is known by. */
export const lookupColumn = (keys: TenantKeys, kind: 'email' | 'phone', normal: string): bigint =>
  keyedHash8(keys.lookup, `${kind}|${normal.toLowerCase()}`)
