import { createHash, type KeyObject } from 'node:crypto'
import { Fault } from '../base/faults.ts'
import { open, seal } from '../base/seal.ts'
import type { MasterKeys } from '../journal/keyring.ts'

/** The name of a master key: tells two apart and says nothing of either. */
export const masterIdOf = (key: KeyObject): string =>
  `local:${createHash('sha256').update('millrace master key|').update(key.export()).digest('hex').slice(0, 16)}`

/** Its text is looked for by those who watch a start: it names the setting first. */
export const wrongMasterKey = (cause: unknown): Fault =>
  new Fault('setting_invalid', {
    message: 'MILLRACE_MASTER_KEY: this key does not open the database; it was set up with another one.',
    cause,
  })

/**
 * Master keys that this process holds: the one that wraps, and older ones that still open. `read` is asked at each
 * wrapping and where a key is missing, so that a file that was exchanged meanwhile is heeded.
 */
export const localMaster = (read: () => readonly [KeyObject, ...KeyObject[]]): MasterKeys => {
  const unwrap = (wrapped: Uint8Array, by: string | null): Buffer | null => {
    for (const key of read()) {
      if (by !== null && masterIdOf(key) !== by) continue
      try {
        return open(key, wrapped)
      } catch {
        // Wrapped before names were noted: by another of them.
      }
    }
    return null
  }
  return {
    current: () => masterIdOf(read()[0]),
    knows: (by) => read().some((key) => masterIdOf(key) === by),
    wrap: async (plain) => seal(read()[0], plain),
    unwrap: async (wrapped, by) => {
      const plain = unwrap(wrapped, by)
      if (plain === null) throw wrongMasterKey(undefined)
      return plain
    },
  }
}
