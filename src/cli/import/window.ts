/**
 * Runs tasks side by side and hands their results on in the order in which they were begun.
 *
 * Bounded twice: in tasks under way, and in results that wait for an earlier one, so that one slow task neither holds
 * up the others at once nor lets results pile up behind it.
 */
export interface Window<T> {
  /** Begins a task; resolves when there is room for another. Throws what `failed` throws. */
  push(task: () => Promise<T | null>): Promise<void>
  /** Resolves when nothing is under way. Throws the first error of a task. */
  drained(): Promise<void>
}

export const createWindow = <T>(options: {
  readonly concurrency: number
  /** Results kept for an earlier one. */
  readonly ahead: number
  /** Called in order. After a task without a result (null), or one that failed, nothing more is handed on. */
  readonly onResult: (result: T) => void
}): Window<T> => {
  const { concurrency, ahead, onResult } = options
  const results = new Map<number, T>()
  let begun = 0
  let handedOn = 0
  let running = 0
  let failure: { readonly error: unknown } | null = null
  let waiters: (() => void)[] = []

  const wake = (): void => {
    const woken = waiters
    waiters = []
    for (const each of woken) each()
  }
  const until = async (met: () => boolean): Promise<void> => {
    while (!met()) await new Promise<void>((resolve) => waiters.push(resolve))
    if (failure) throw failure.error
  }
  const handOn = (): void => {
    for (;;) {
      const result = results.get(handedOn)
      if (result === undefined) return
      // One that cannot be taken stays the next: nothing after it is handed on.
      onResult(result)
      results.delete(handedOn)
      handedOn += 1
    }
  }
  const hasRoom = (): boolean => failure !== null || (running < concurrency && begun - handedOn < ahead)
  const run = async (index: number, task: () => Promise<T | null>): Promise<void> => {
    try {
      const result = await task()
      if (result !== null) results.set(index, result)
      handOn()
    } catch (error) {
      failure ??= { error }
    } finally {
      running -= 1
      wake()
    }
  }

  return {
    push: async (task) => {
      running += 1
      void run(begun++, task)
      await until(hasRoom)
    },
    drained: () => until(() => running === 0),
  }
}
