/** At most so many at once; some wait for a place, for so long; all others are turned away. */
export interface Bulkhead {
  /** True with a place, which must be left; false where there is none in time. */
  enter(most: number): Promise<boolean>
  leave(): void
  /** Under way and waiting. */
  load(): number
}

export const createBulkhead = (options: { readonly waitingMax: number; readonly waitMs: number }): Bulkhead => {
  const { waitingMax, waitMs } = options
  const waiting: ((entered: boolean) => void)[] = []
  let inside = 0
  return {
    enter: async (most) => {
      if (inside < most) {
        inside += 1
        return true
      }
      if (waiting.length >= waitingMax) return false
      return new Promise((resolve) => {
        const settle = (entered: boolean): void => {
          clearTimeout(timer)
          resolve(entered)
        }
        const timer = setTimeout(() => {
          waiting.splice(waiting.indexOf(settle), 1)
          settle(false)
        }, waitMs)
        waiting.push(settle)
      })
    },
    leave: () => {
      const next = waiting.shift()
      // The place goes from hand to hand: `inside` stays.
      if (next) next(true)
      else inside -= 1
    },
    load: () => inside + waiting.length,
  }
}
