import { getRandomValues } from 'node:crypto'

/**
 * UUIDv7 (RFC 9562): 48 bits of milliseconds, then a counter and random bits.
 * Ids made by one process grow strictly, so a table keyed by them is filled at its end.
 */
const POOL_BYTES = 4096
const pool = new Uint8Array(POOL_BYTES)
let taken = POOL_BYTES
let lastMs = 0
let counter = 0

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

const random = (): number => {
  if (taken >= POOL_BYTES) {
    getRandomValues(pool)
    taken = 0
  }
  return pool[taken++] as number
}

/** A new id for the given time, ms since 1970. */
export const newId = (nowMs: number): string => {
  if (nowMs > lastMs) {
    lastMs = nowMs
    counter = random() & 0x7f
  } else {
    counter += 1
    if (counter > 0xfff) {
      lastMs += 1
      counter = 0
    }
  }
  const time = lastMs.toString(16).padStart(12, '0')
  const sequence = `7${counter.toString(16).padStart(3, '0')}`
  const variant = (random() & 0x3f) | 0x80
  let tail = ''
  for (let i = 0; i < 6; i += 1) tail += HEX[random()]
  return `${time.slice(0, 8)}-${time.slice(8)}-${sequence}-${HEX[variant]}${HEX[random()]}-${tail}`
}

/** The smallest id of a time: where a search by time begins. */
export const firstIdAt = (ms: number): string => {
  const time = Math.max(0, Math.floor(ms)).toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-0000-0000-000000000000`
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
export const isId = (text: string): boolean => UUID.test(text)
