/** Things that are worked on by name, each by itself: one that is slow holds up no other. */
export interface InHand {
  /** False where it is in hand already, or as many are as may be. */
  begin(name: string, work: () => Promise<void>): boolean
  /** Resolves when all that is in hand has ended; rejects then with what went wrong first. */
  idle(): Promise<void>
}

export const createInHand = (options: {
  readonly most: number
  readonly onFailed: (error: unknown) => void
}): InHand => {
  const { most, onFailed } = options
  const working = new Map<string, Promise<void>>()
  return {
    begin: (name, work) => {
      if (working.has(name) || working.size >= most) return false
      const run = work().finally(() => working.delete(name))
      run.catch(onFailed)
      working.set(name, run)
      return true
    },
    idle: async () => {
      for (const end of await Promise.allSettled(working.values())) if (end.status === 'rejected') throw end.reason
    },
  }
}
