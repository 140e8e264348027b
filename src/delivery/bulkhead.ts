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
  const waiting = new Set<(entered: boolean) => void>()
  let inside = 0
  return {
    enter: async (most) => {
      if (inside < most) {
        inside += 1
        return true
      }
      if (waiting.size >= waitingMax) return false
      return new Promise((resolve) => {
        const settle = (entered: boolean): void => {
          clearTimeout(timer)
          waiting.delete(settle)
          resolve(entered)
        }
        const timer = setTimeout(settle, waitMs, false)
        waiting.add(settle)
      })
    },
    leave: () => {
      const [next] = waiting
      // The place goes from hand to hand: `inside` stays.
      if (next) next(true)
      else inside -= 1
    },
    load: () => inside + waiting.size,
  }
}
