/** What comes first where not all can at once, and how long each waits before it begins at all. */
export const PRIORITIES = ['emergency', 'high', 'medium', 'low'] as const
export type Priority = (typeof PRIORITIES)[number]

export type PriorityDelays = Readonly<Record<Priority, number>>

/** Where the operator does not say otherwise: others may come first, and many are one by then. */
export const PRIORITY_DELAY_MS: PriorityDelays = {
  emergency: 0,
  high: 30_000,
  medium: 5 * 60_000,
  low: 30 * 60_000,
}

/** As it stands in tables: 0 comes first. */
export const rankOf = (priority: Priority): number => PRIORITIES.indexOf(priority)

/** Of what names none: it waits for nothing, and only an emergency comes before it. */
export const RANK_USUAL = rankOf('high')
