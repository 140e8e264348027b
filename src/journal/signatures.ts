import { verify } from 'node:crypto'
import type { SigningKey } from './anchors.ts'

/** Whether this installation signed the text: Ed25519, base64. */
export const verifySignature = (key: SigningKey, text: Uint8Array, signature: string): boolean =>
  verify(null, text, key.public, Buffer.from(signature, 'base64'))
