import type { Answer } from '../../runner/types.ts'

/** What became of the rows so far. Counts of leads, but for `delivered` and below, which count deliveries. */
export interface Totals {
  rows: number
  accepted: number
  pending: number
  duplicates: number
  /** By code; duplicates are apart. */
  rejected: Record<string, number>
  delivered: number
  failed: number
  /** Of these, by destination and code: `CRM: destination.blocked`. Left out by what older versions counted. */
  failures?: Record<string, number>
  deliveriesOpen: number
  /** Rows that an earlier run had sent already: their leads were found, not made. */
  alreadySent: number
  unreadableCount: number
  /** The first of them. */
  unreadable: { line: number; reason: string }[]
  /** Seconds of work, over all runs of this import. */
  seconds: number
}

export const UNREADABLE_LISTED_MAX = 100

export const newTotals = (): Totals => ({
  rows: 0,
  accepted: 0,
  pending: 0,
  duplicates: 0,
  rejected: {},
  delivered: 0,
  failed: 0,
  deliveriesOpen: 0,
  alreadySent: 0,
  unreadableCount: 0,
  unreadable: [],
  seconds: 0,
})

export const countUnreadable = (totals: Totals, row: { readonly line: number; readonly reason: string }): void => {
  totals.rows += 1
  totals.unreadableCount += 1
  if (totals.unreadable.length < UNREADABLE_LISTED_MAX) totals.unreadable.push({ line: row.line, reason: row.reason })
}

export const countAnswer = (totals: Totals, answer: Answer, isRepeat: boolean): void => {
  totals.rows += 1
  if (isRepeat) totals.alreadySent += 1
  if (answer.accepted === null) totals.pending += 1
  else if (answer.accepted) totals.accepted += 1
  else if (answer.code === 'duplicate') totals.duplicates += 1
  else {
    const code = answer.code ?? 'processing_failed'
    totals.rejected[code] = (totals.rejected[code] ?? 0) + 1
  }
  for (const [destination, { outcome, code }] of Object.entries(answer.destinations)) {
    if (outcome === 'success') totals.delivered += 1
    else if (outcome === 'pending') totals.deliveriesOpen += 1
    else {
      totals.failed += 1
      const name = code ? `${destination}: ${code}` : destination
      totals.failures ??= {}
      totals.failures[name] = (totals.failures[name] ?? 0) + 1
    }
  }
}

const perSecond = (totals: Totals): number =>
  totals.seconds > 0 ? Math.round((totals.rows / totals.seconds) * 10) / 10 : 0

/** The last line of `--json`. `finished` false: the same command goes on where it stopped. */
export const jsonOf = (
  totals: Totals,
  more: { readonly encoding: string; readonly rejectsFile: string | null; readonly finished: boolean },
): Record<string, unknown> => ({
  rows: totals.rows,
  accepted: totals.accepted,
  pending: totals.pending,
  duplicates: totals.duplicates,
  rejected: totals.rejected,
  delivered: totals.delivered,
  failed: totals.failed,
  failures: totals.failures ?? {},
  deliveries_pending: totals.deliveriesOpen,
  already_sent: totals.alreadySent,
  unreadable: totals.unreadable,
  unreadable_count: totals.unreadableCount,
  seconds: Math.round(totals.seconds * 1000) / 1000,
  leads_per_second: perSecond(totals),
  encoding: more.encoding,
  rejects_file: more.rejectsFile,
  finished: more.finished,
})

const number = (value: number): string => value.toLocaleString('en-US')

const REASONS_SHOWN = 5

const mostFirst = (counts: Readonly<Record<string, number>>): [string, number][] =>
  Object.entries(counts).sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]))

/** Where one of these is all that stands between the rows and their destination, the code alone helps nobody. */
const blockedHint = (names: readonly string[]): string =>
  names.some((name) => name.endsWith('destination.blocked'))
    ? '\ndestination.blocked: its address is private, local or on another port than OUTBOUND_ALLOW names, so nothing was sent.\n'
    : ''

/** The closing table. */
export const tableOf = (totals: Totals, rejectsFile: string | null): string => {
  const codes = mostFirst(totals.rejected)
  const failures = mostFirst(totals.failures ?? {}).slice(0, REASONS_SHOWN)
  const lines: [string, number | string, string?][] = [
    ['rows read', totals.rows],
    ['accepted', totals.accepted],
    ['pending', totals.pending],
    ['duplicates', totals.duplicates],
    ['rejected', codes.reduce((sum, [, count]) => sum + count, 0)],
    ...codes.map(([code, count]): [string, number] => [`  ${code}`, count]),
    ['unreadable', totals.unreadableCount, rejectsFile ?? ''],
    ['deliveries made', totals.delivered],
    ['deliveries failed', totals.failed],
    ...failures.map(([name, count]): [string, number] => [`  ${name}`, count]),
    ['deliveries pending', totals.deliveriesOpen],
    ...(totals.alreadySent > 0 ? [['sent before', totals.alreadySent] as [string, number]] : []),
    ['seconds', totals.seconds.toFixed(1)],
    ['leads/s', number(Math.round(perSecond(totals)))],
  ]
  const text = lines.map(([name, value, note]) => {
    const shown = typeof value === 'number' ? number(value) : value
    const room = Math.max(0, 36 - name.length)
    return `  ${name}${shown.padStart(Math.max(room, shown.length + 2))}${note ? `   ${note}` : ''}\n`
  })
  const reasons = totals.unreadable.slice(0, REASONS_SHOWN).map(({ line, reason }) => `  line ${line}: ${reason}\n`)
  const more = totals.unreadableCount - reasons.length
  if (more > 0 && reasons.length > 0) reasons.push(`  and ${number(more)} more\n`)
  const hint = blockedHint(failures.map(([name]) => name))
  return `\n${text.join('')}${reasons.length > 0 ? `\nUnreadable:\n${reasons.join('')}` : ''}${hint}\n`
}
