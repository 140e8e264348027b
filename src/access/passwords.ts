import { hash, verify as verifyArgon2 } from '@node-rs/argon2'
import { Fault } from '../base/faults.ts'

/** Argon2id with OWASP's smallest recommended cost: 19 MiB, two passes, one lane. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

export const hashPassword = (password: string): Promise<string> => hash(password, COST)

export interface Passwords {
  /** False where the hash is null too, after as long. Throws Fault `overloaded`. */
  check(passwordHash: string | null, password: string): Promise<boolean>
}

/** A check takes 20 MB and a core for 20 ms: few at once, and no long queue. */
const AT_ONCE = 2
const WAITING_MAX = 32

/** `verify` is for tests that count: one computation a check, whatever is checked. */
export const createPasswords = async (
  verify: (passwordHash: string, password: string) => Promise<boolean> = verifyArgon2,
): Promise<Passwords> => {
  const nobodys = await hashPassword('nobody has this one')
  let running = 0
  const waiting: (() => void)[] = []

  const enter = async (): Promise<void> => {
    if (running < AT_ONCE) {
      running += 1
      return
    }
    if (waiting.length >= WAITING_MAX) {
      throw new Fault('overloaded', { message: 'Too many logins at once. Try again.', retryAfterMs: 2_000 })
    }
    await new Promise<void>((resolve) => waiting.push(resolve))
  }
  /** The place goes to the next that waits. */
  const leave = (): void => {
    const next = waiting.shift()
    if (next) next()
    else running -= 1
  }

  return {
    check: async (passwordHash, password) => {
      await enter()
      try {
        const isRight = await verify(passwordHash ?? nobodys, password)
        return isRight && passwordHash !== null
      } finally {
        leave()
      }
    },
  }
}
