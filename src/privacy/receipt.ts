import { sign, verify } from 'node:crypto'
import type { SigningKey } from '../journal/anchors.ts'

/** A receipt as it is handed out: what was done, and a signature over its text. */
export interface SignedReceipt {
  readonly receipt: Readonly<Record<string, unknown>>
  /** Ed25519 over the JSON of `receipt`, base64. */
  readonly signature: string
  /** The public key, SPKI in base64: the same for all receipts of an installation. */
  readonly public_key: string
}

const textOf = (receipt: unknown): Buffer => Buffer.from(`millrace receipt 1|${JSON.stringify(receipt)}`)

export const signReceipt = (key: SigningKey, receipt: Readonly<Record<string, unknown>>): SignedReceipt => ({
  receipt,
  signature: sign(null, textOf(receipt), key.secret).toString('base64'),
  public_key: key.public.export({ type: 'spki', format: 'der' }).toString('base64'),
})

/** Whether this installation signed it, as it stands. */
export const isReceiptOurs = (key: SigningKey, signed: SignedReceipt): boolean =>
  verify(null, textOf(signed.receipt), key.public, Buffer.from(signed.signature, 'base64'))
