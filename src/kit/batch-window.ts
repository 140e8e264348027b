import { nextTimeOfDay } from '../base/windows.ts'

/** When what waits for a batch leaves: at the end of each window of so many minutes, or at set times of the day. */
export interface BatchSchedule {
  /** Minutes; windows are counted from midnight UTC of 1970, so that every process has the same. */
  readonly everyMinutes: number | null
  /** `02:00`, in the zone. */
  readonly at: readonly string[]
  /** IANA */
  readonly zone: string
}

export const isZone = (zone: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

const MINUTE_MS = 60_000

/** The first end of a window after `now`, ms since 1970. Clocks that are put forward skip no time: what falls out leaves after. */
export const nextBatchAt = ({ everyMinutes, at, zone }: BatchSchedule, now: number): number => {
  if (at.length === 0) {
    const every = (everyMinutes ?? 15) * MINUTE_MS
    return (Math.floor(now / every) + 1) * every
  }
  return nextTimeOfDay({ times: at, zone, now })
}
