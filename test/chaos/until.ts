import { setTimeout as pause } from 'node:timers/promises'

const LOOK_MS = 50

/**
 * Waits until `met` gives something other than null, undefined or false, and gives that. Throws what `missing` says
 * where it does not within `withinMs`.
 */
export const until = async <T>(
  met: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  options: { readonly withinMs: number; readonly missing: () => string },
): Promise<T> => {
  const deadline = performance.now() + options.withinMs
  for (;;) {
    const found = await met()
    if (found !== null && found !== undefined && found !== false) return found
    if (performance.now() > deadline) throw new Error(`${options.missing()} (waited ${options.withinMs} ms)`)
    await pause(LOOK_MS)
  }
}
