/** Durations as flows write them: `30d`, `2h`, `15m`, `45s`, `500ms`, `1w`, and several after one another: `1h30m`. */

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** Ten years: what is longer is a slip of the pen, and would overflow timers. */
const DURATION_MS_MAX = 3650 * 86_400_000

export const DURATION_SHAPE = 'a duration such as 30d, 2h, 15m, 45s or 500ms'

/** Milliseconds, or null where the text is no duration of at most ten years. */
export const readDurationMs = (text: string): number | null => {
  const trimmed = text.trim()
  if (trimmed.length > 40 || !/^(?:\d+(?:ms|[smhdw]))+$/.test(trimmed)) return null
  let total = 0
  for (const [, amount, unit] of trimmed.matchAll(/(\d+)(ms|[smhdw])/g))
    total += Number(amount) * (UNITS[unit ?? ''] ?? 0)
  return total <= DURATION_MS_MAX ? total : null
}
