import { windowOf } from '../base/windows.ts'

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
const DAY_MS = 86_400_000

/** The first end of a window after `now`, ms since 1970. Clocks that are put forward skip no time: what falls out leaves after. */
export const nextBatchAt = ({ everyMinutes, at, zone }: BatchSchedule, now: number): number => {
  if (at.length === 0) {
    const every = (everyMinutes ?? 15) * MINUTE_MS
    return (Math.floor(now / every) + 1) * every
  }
  const times: number[] = []
  for (const day of [now, now + DAY_MS]) {
    const { from, until } = windowOf({ per: 'day', zone, now: day })
    for (const time of at) {
      const [hours = 0, minutes = 0] = time.split(':').map(Number)
      times.push(Math.min(from + (hours * 60 + minutes) * MINUTE_MS, until ?? Number.MAX_SAFE_INTEGER))
    }
  }
  return Math.min(...times.filter((each) => each > now))
}
