import type { Clock } from '../base/clock.ts'
import { Fault } from '../base/faults.ts'
import type { Database } from '../database/pool.ts'
import {
  describeTotp,
  isRecoveryCode,
  newRecoveryCodes,
  newTotpSecret,
  recoveryHash,
  stepOfCode,
} from './second-factor.ts'
import type { Vault } from './sessions.ts'

/** Second factors as they are kept: set up, confirmed by a first code, taken away. */
export interface SecondFactors {
  /** Begins, or begins anew as long as it was not confirmed. Throws Fault `conflict` where one counts already. */
  begin(who: Who & { readonly email: string }): Promise<{ readonly secret: string; readonly uri: string }>
  /** From now on it is asked for. Gives the recovery codes, this once. Throws `conflict` or `invalid_request`. */
  confirm(who: Who & { readonly code: string }): Promise<readonly string[]>
  /** Spends a code. False where it is wrong, or spent. */
  spend(who: Who & { readonly code: string }): Promise<boolean>
  remove(who: Who): Promise<void>
}

interface Who {
  readonly tenantId: string
  readonly id: string
}

interface Kept {
  readonly totp: Buffer | null
  readonly totp_confirmed: boolean
  readonly totp_step: number
}

export const wrongCode = (): Fault =>
  new Fault('invalid_request', {
    message: 'code: is not the one that the app shows now',
    problems: [{ field: 'code', message: 'is not the one that the app shows now' }],
  })

export const createSecondFactors = (options: {
  readonly database: Database
  readonly clock: Clock
  readonly vault: Vault
}): SecondFactors => {
  const { database, clock, vault } = options

  const read = async ({ tenantId, id }: Who): Promise<Kept> => {
    const [rows] = await database.batch(
      [tenantId],
      [
        {
          name: 'read_second_factor',
          text: `select totp, totp_confirmed, totp_step from millrace.login
                 where tenant_id = $1::uuid and id = $2::uuid`,
          values: [tenantId, id],
        },
      ],
    )
    const [kept] = (rows ?? []) as unknown as Kept[]
    if (!kept) throw new Fault('not_found', { message: 'There is no such user.' })
    return kept
  }

  const secretOf = async (tenantId: string, sealed: Buffer): Promise<Buffer> =>
    Buffer.from(await vault.open(tenantId, sealed), 'hex')

  /** True where the row was as expected, and is changed. */
  const update = async (who: Who, set: string, values: (Buffer | number | string)[]): Promise<boolean> => {
    const [rows] = await database.batch(
      [who.tenantId],
      [
        {
          text: `update millrace.login set ${set} returning id`,
          values: [who.tenantId, who.id, ...values],
        },
      ],
    )
    return (rows ?? []).length > 0
  }
  const MINE = 'where tenant_id = $1::uuid and id = $2::uuid'

  return {
    begin: async ({ email, ...who }) => {
      const secret = newTotpSecret()
      const sealed = await vault.seal(who.tenantId, secret.toString('hex'))
      const done = await update(who, `totp = $3::bytea, totp_step = 0 ${MINE} and not totp_confirmed`, [sealed])
      if (!done)
        throw new Fault('conflict', {
          message: 'A second factor is set up already: remove it before you set up another.',
        })
      return describeTotp(secret, email)
    },

    confirm: async ({ code, ...who }) => {
      const { totp, totp_confirmed: confirmed, totp_step: spent } = await read(who)
      if (totp === null || confirmed)
        throw new Fault('conflict', { message: 'There is no second factor waiting for its first code.' })
      const step = stepOfCode({ secret: await secretOf(who.tenantId, totp), code, spent, now: clock.now() })
      if (step === null) throw wrongCode()
      const codes = newRecoveryCodes()
      const hashes = `{${codes.map((each) => `"\\\\x${recoveryHash(each).toString('hex')}"`).join(',')}}`
      const done = await update(
        who,
        `totp_confirmed = true, totp_step = $3::bigint, recovery = $4::bytea[], version = version + 1 ${MINE} and not totp_confirmed`,
        [step, hashes],
      )
      if (!done) throw new Fault('conflict', { message: 'Somebody else has just confirmed it.' })
      return codes
    },

    spend: async ({ code, ...who }) => {
      if (isRecoveryCode(code)) {
        const hashed = recoveryHash(code)
        return update(who, `recovery = array_remove(recovery, $3::bytea) ${MINE} and $3::bytea = any (recovery)`, [
          hashed,
        ])
      }
      const { totp, totp_step: spent } = await read(who)
      if (totp === null) return false
      const step = stepOfCode({ secret: await secretOf(who.tenantId, totp), code, spent, now: clock.now() })
      return step !== null && (await update(who, `totp_step = $3::bigint ${MINE} and totp_step < $3::bigint`, [step]))
    },

    remove: async (who) => {
      await update(
        who,
        `totp = null, totp_confirmed = false, totp_step = 0, recovery = '{}', version = version + 1 ${MINE}`,
        [],
      )
    },
  }
}
