import { hash, randomBytes } from 'node:crypto'
import { Secret, TOTP } from 'otpauth'

/**
 * The second factor: time-based codes (RFC 6238) as every authenticator app makes them, and recovery codes for the day
 * the phone is lost. A code is good once: the time step of the one used last is kept, and none up to it is taken again.
 */

const STEP_S = 30
const ISSUER = 'Millrace'
/** Clocks of phones go wrong by seconds: the step before and the one after count too. */
const WINDOW = 1
const RECOVERY_CODES = 10

const totpOf = (secret: Uint8Array, label: string): TOTP =>
  new TOTP({ issuer: ISSUER, label, secret: new Secret({ buffer: new Uint8Array(secret).buffer }), period: STEP_S })

export const newTotpSecret = (): Buffer => randomBytes(20)

/** What an authenticator app reads, as text to type and as the address in a QR code. */
export const describeTotp = (secret: Uint8Array, email: string): { readonly secret: string; readonly uri: string } => {
  const totp = totpOf(secret, email)
  return { secret: totp.secret.base32, uri: totp.toString() }
}

/** The time step that the code is of; null where it is wrong, or was good and is spent. */
export const stepOfCode = (asked: {
  readonly secret: Uint8Array
  readonly code: string
  readonly spent: number
  readonly now: number
}): number | null => {
  const delta = totpOf(asked.secret, '').validate({
    token: asked.code.replaceAll(' ', ''),
    timestamp: asked.now,
    window: WINDOW,
  })
  if (delta === null) return null
  const step = Math.floor(asked.now / 1000 / STEP_S) + delta
  return step > asked.spent ? step : null
}

const tidy = (code: string): string => code.toLowerCase().replaceAll(/[^0-9a-f]/g, '')
/** 80 random bits: no guess finds one, so a plain hash keeps it. */
export const recoveryHash = (code: string): Buffer => hash('sha256', `recovery|${tidy(code)}`, 'buffer')

export const newRecoveryCodes = (): string[] =>
  Array.from({ length: RECOVERY_CODES }, () => (randomBytes(10).toString('hex').match(/.{5}/g) ?? []).join('-'))

/** Whether it looks like a recovery code rather than one of an app. */
export const isRecoveryCode = (code: string): boolean => tidy(code).length === 20
