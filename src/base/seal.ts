import { createCipheriv, createDecipheriv, createSecretKey, hash, type KeyObject, randomBytes } from 'node:crypto'
import { Fault } from './faults.ts'

/**
 * Sealing: AES-256-GCM. A sealed value is nonce (12 bytes), ciphertext, tag (16 bytes).
 *
 * Keys are KeyObjects, made once and kept: with a Buffer as key the same call costs three times as much on Node 24.
 */
const NONCE_BYTES = 12
const TAG_BYTES = 16
export const KEY_BYTES = 32

const RANDOM_POOL_BYTES = 8192
let pool = Buffer.alloc(0)
let taken = 0

/** Random bytes out of a pool: one system call serves many leads. The bytes are copied, and never handed out twice. */
const random = (bytes: number): Buffer => {
  if (taken + bytes > pool.length) {
    pool = randomBytes(RANDOM_POOL_BYTES)
    taken = 0
  }
  const part = Buffer.from(pool.subarray(taken, taken + bytes))
  pool.fill(0, taken, taken + bytes)
  taken += bytes
  return part
}

export const newKeyBytes = (): Buffer => random(KEY_BYTES)

export const keyOf = (bytes: Uint8Array): KeyObject => {
  if (bytes.length !== KEY_BYTES)
    throw new Fault('setting_invalid', { message: `A key has ${KEY_BYTES} bytes, not ${bytes.length}` })
  return createSecretKey(bytes)
}

export const seal = (key: KeyObject, plain: Uint8Array | string): Buffer => {
  const nonce = random(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const body = typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain)
  cipher.final()
  return Buffer.concat([nonce, body, cipher.getAuthTag()], NONCE_BYTES + body.length + TAG_BYTES)
}

/** Opens what `seal` made; throws where the key is another or a bit was changed. */
export const open = (key: KeyObject, sealed: Uint8Array): Buffer => {
  if (sealed.length < NONCE_BYTES + TAG_BYTES)
    throw new Fault('internal', { message: 'Internal error', detail: 'a sealed value is too short' })
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES))
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES))
  const body = decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES))
  try {
    decipher.final()
  } catch (cause) {
    throw new Fault('internal', {
      message: 'Internal error',
      detail: 'a sealed value does not open with its key',
      cause,
    })
  }
  return body
}

/** A key for keyed hashes: 64 hex digits, so it fills one block of SHA-256. */
export interface HashKey {
  readonly inner: string
  readonly outer: string
}

export const hashKeyOf = (bytes: Uint8Array): HashKey => {
  const hex = Buffer.from(bytes).toString('hex')
  return { inner: hash('sha256', `inner${hex}`), outer: hash('sha256', `outer${hex}`) }
}

/**
 * Keyed hash, 64 hex digits: H(outer ‖ H(inner ‖ text)), the shape of HMAC with both keys one block long.
 * Over createHmac it saves three quarters of the time, and a lead needs a dozen.
 */
export const keyedHash = (key: HashKey, text: string): string =>
  hash('sha256', key.outer + hash('sha256', key.inner + text))

/**
 * A keyed tag to find or compare by, 32 hex digits: one hash over key and text. Cut to half, it cannot be lengthened to
 * that of a longer text, which is what the second hash of `keyedHash` is for.
 */
export const keyedTag = (key: HashKey, text: string): string => hash('sha256', key.inner + text).slice(0, 32)

const TAG_KEY_BYTES = 16

/** A keyed tag as 16 bytes: an identity's key in a table. */
export const keyedHash16 = (key: HashKey, text: string): Buffer => Buffer.from(keyedName16(key, text), 'latin1')

/** The same 16 bytes as latin1 text: what a map finds a key by. */
export const keyedName16 = (key: HashKey, text: string): string =>
  hash('sha256', key.inner + text, 'binary').slice(0, TAG_KEY_BYTES)

/** The first 8 bytes of a keyed tag as a signed bigint: a lookup column. */
export const keyedHash8 = (key: HashKey, text: string): bigint =>
  BigInt.asIntN(64, BigInt(`0x${keyedTag(key, text).slice(0, 16)}`))
