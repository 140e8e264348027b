import { hash } from 'node:crypto'
import { newKeyBytes } from './seal.ts'

/** Keys of machines: 256 random bits behind a mark by which scanners of leaked secrets know them. Kept as a hash. */

export const API_KEY_MARK = 'mrk_'
const HINT_CHARS = 8

export const newApiKey = (): string => `${API_KEY_MARK}${newKeyBytes().toString('base64url')}`

/** A plain hash: nobody guesses 256 bits. */
export const apiKeyHash = (key: string): Buffer => Buffer.from(hash('sha256', key), 'hex')

/** Its first characters, to tell keys apart on a screen. */
export const apiKeyHint = (key: string): string => key.slice(0, HINT_CHARS)
