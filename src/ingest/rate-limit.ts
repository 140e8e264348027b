/**
 * At most `max` in any window of `windowMs`, per key, in this process.
 *
 * The window is counted in slots of a sixtieth. A slot that lies partly outside still counts whole: never more than
 * `max` pass in any window, and at worst a sixtieth of the window too few.
 */
const SLOTS = 60

export type Taken = { readonly allowed: true } | { readonly allowed: false; readonly retryAfterMs: number }

export interface RateLimiter {
  /** `now` in ms since 1970. What is refused is not counted. */
  take(key: string, now: number): Taken
  /** As if the key had taken nothing. */
  forget(key: string): void
}

interface Usage {
  /** Of slot n at n modulo its length. */
  readonly counts: Uint32Array
  newest: number
  total: number
}

export interface RateLimiterOptions {
  readonly max: number
  readonly windowMs: number
  /** Keys remembered; of more, the one not seen for longest is forgotten. */
  readonly keysMax?: number
}

const ALLOWED: Taken = { allowed: true }
const LENGTH = SLOTS + 1

export const createRateLimiter = ({ max, windowMs, keysMax = 50_000 }: RateLimiterOptions): RateLimiter => {
  const slotMs = windowMs / SLOTS
  const usages = new Map<string, Usage>()

  const usageOf = (key: string, slot: number): Usage => {
    const known = usages.get(key)
    if (known) {
      if (known.newest !== slot) {
        usages.delete(key)
        usages.set(key, known)
      }
      return known
    }
    if (usages.size >= keysMax) {
      const [oldest] = usages.keys()
      if (oldest !== undefined) usages.delete(oldest)
    }
    const usage: Usage = { counts: new Uint32Array(LENGTH), newest: slot, total: 0 }
    usages.set(key, usage)
    return usage
  }

  /** Empties the slots that the window has left. A clock set back counts into the newest slot. */
  const advance = (usage: Usage, slot: number): void => {
    if (slot - usage.newest >= LENGTH) {
      usage.counts.fill(0)
      usage.total = 0
      usage.newest = slot
      return
    }
    while (usage.newest < slot) {
      usage.newest += 1
      const at = usage.newest % LENGTH
      usage.total -= usage.counts[at] ?? 0
      usage.counts[at] = 0
    }
  }

  /** When enough of the oldest slots will have left. */
  const freeAt = (usage: Usage): number => {
    let left = usage.total
    for (let slot = usage.newest - SLOTS; slot <= usage.newest; slot += 1) {
      left -= usage.counts[((slot % LENGTH) + LENGTH) % LENGTH] ?? 0
      if (left < max) return (slot + LENGTH) * slotMs
    }
    return (usage.newest + LENGTH) * slotMs
  }

  return {
    take: (key, now) => {
      const slot = Math.floor(now / slotMs)
      const usage = usageOf(key, slot)
      advance(usage, slot)
      if (usage.total >= max) return { allowed: false, retryAfterMs: Math.max(1, Math.ceil(freeAt(usage) - now)) }
      const at = usage.newest % LENGTH
      usage.counts[at] = (usage.counts[at] ?? 0) + 1
      usage.total += 1
      return ALLOWED
    },
    forget: (key) => {
      usages.delete(key)
    },
  }
}
