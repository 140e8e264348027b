/** What a scenario found. The sum of all is what `npm run chaos` prints. */
export interface Findings {
  /** Processes killed with SIGKILL. */
  kills: number
  /** Leads that a source was told of. */
  acknowledged: number
  /** Acknowledged and not there, or not what its source was told. */
  lost: number
  /** Counted, accepted or sent more than once. */
  doubled: number
  /** Without an end when nothing was left to do. */
  unfinished: number
  /** What else must not be, each a sentence. */
  readonly problems: string[]
  /** Figures of interest that judge nothing. */
  readonly figures: Record<string, number>
}

export const noFindings = (): Findings => ({
  kills: 0,
  acknowledged: 0,
  lost: 0,
  doubled: 0,
  unfinished: 0,
  problems: [],
  figures: {},
})

/** So many of one kind are told by name; the rest is counted. */
const TOLD_MAX = 5

/** Adds to a count for each, and says of the first few what they are. */
export const found = (
  findings: Findings,
  what: 'lost' | 'doubled' | 'unfinished' | null,
  texts: readonly string[],
): void => {
  if (what !== null) findings[what] += texts.length
  findings.problems.push(...texts.slice(0, TOLD_MAX))
  if (texts.length > TOLD_MAX) findings.problems.push(`… and ${texts.length - TOLD_MAX} more such`)
}

export const isGood = (findings: Findings): boolean =>
  findings.lost === 0 && findings.doubled === 0 && findings.unfinished === 0 && findings.problems.length === 0

export const addFindings = (sum: Findings, name: string, part: Findings): void => {
  sum.kills += part.kills
  sum.acknowledged += part.acknowledged
  sum.lost += part.lost
  sum.doubled += part.doubled
  sum.unfinished += part.unfinished
  sum.problems.push(...part.problems.map((problem) => `${name}: ${problem}`))
  for (const [figure, value] of Object.entries(part.figures)) sum.figures[`${name}_${figure}`] = value
}
