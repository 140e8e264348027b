/** Signatures as other systems ask for them. Pure: same key and text, same signature. */
import { createHmac, createSign, hash } from 'node:crypto'
import { Fault } from './faults.ts'

export type HmacAlgorithm = 'sha1' | 'sha256' | 'sha512'

export const hmac = (asked: {
  readonly algorithm: HmacAlgorithm
  readonly key: string | Uint8Array
  readonly text: string
  readonly encoding: 'hex' | 'base64'
}): string => createHmac(asked.algorithm, asked.key).update(asked.text, 'utf8').digest(asked.encoding)

/** SHA-256 in hex. */
export const sha256 = (text: string): string => hash('sha256', text)

const jsonPart = (value: object): string => Buffer.from(JSON.stringify(value), 'utf8').toString('base64url')

/** A JSON Web Token (RFC 7519) signed with RS256. Throws Fault('setting_invalid') where the key cannot sign. */
export const signJwt = (claims: Readonly<Record<string, string | number>>, privateKeyPem: string): string => {
  const text = `${jsonPart({ alg: 'RS256', typ: 'JWT' })}.${jsonPart(claims)}`
  try {
    return `${text}.${createSign('RSA-SHA256').update(text).sign(privateKeyPem, 'base64url')}`
  } catch {
    // What the library says of it may quote it.
    throw new Fault('setting_invalid', {
      message: 'The private key cannot sign: it must be an RSA key in PEM, beginning with -----BEGIN PRIVATE KEY-----',
    })
  }
}
