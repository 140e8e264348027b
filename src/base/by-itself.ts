import { isFault } from './faults.ts'

/**
 * Goes through things of which each stands by itself: one that fails holds up none of the others. What failed first is
 * thrown at the end; that the database is away at once, since no other can be done either.
 */
export const eachByItself = async <T>(things: Iterable<T>, act: (thing: T) => Promise<void>): Promise<void> => {
  let failed: { readonly error: unknown } | null = null
  for (const thing of things) {
    try {
      await act(thing)
    } catch (error) {
      if (isFault(error) && error.code === 'database_unavailable') throw error
      failed ??= { error }
    }
  }
  if (failed) throw failed.error
}
