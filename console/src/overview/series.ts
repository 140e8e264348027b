import type { Counts, FigureAnswer, Range } from './types.ts'

export interface Bucket extends Counts {
  readonly at: number
  readonly untilMs: number
}

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

/** How wide a bar is: so that some thirty to sixty of them make a picture. */
const WIDTH: Readonly<Record<Range, number>> = {
  '1h': MINUTE_MS,
  '24h': HOUR_MS,
  '7d': 6 * HOUR_MS,
  '30d': DAY_MS,
  '90d': 3 * DAY_MS,
}

const NOTHING: Counts = { leads: 0, accepted: 0, rejected: 0, failed: 0, waiting: 0 }

const add = (a: Counts, b: Counts): Counts => ({
  leads: a.leads + b.leads,
  accepted: a.accepted + b.accepted,
  rejected: a.rejected + b.rejected,
  failed: a.failed + b.failed,
  waiting: a.waiting + b.waiting,
})

/** The minutes or hours of an answer as bars of one width, empty ones too; days begin at the viewer's midnight. */
export const bucketsOf = (answer: FigureAnswer, range: Range): readonly Bucket[] => {
  const width = WIDTH[range]
  const { from, to, series } = answer.now
  const shift = width >= DAY_MS ? -new Date(from).getTimezoneOffset() * MINUTE_MS : 0
  const first = Math.floor((new Date(from).getTime() + shift) / width) * width - shift
  const end = new Date(to).getTime()
  const buckets: Bucket[] = []
  for (let at = first; at < end; at += width) buckets.push({ ...NOTHING, at, untilMs: at + width })
  for (const row of series) {
    const index = Math.floor((new Date(row.at).getTime() - first) / width)
    const bucket = buckets[index]
    if (bucket !== undefined) buckets[index] = { ...bucket, ...add(bucket, row) }
  }
  return buckets
}
