/**
 * A journey as seen by what it holds before its commit.
 *
 * Claims and reservations of a lead are decided in memory, in order of arrival, and written in the transaction that
 * makes the lead durable. Until that commit is settled they bind everyone else in this process; what other processes
 * took meanwhile shows at the commit, which then fails and the lead is run again.
 */
export interface Holder {
  readonly leadId: string
  /** Whom it waits for. */
  waitsFor: Set<Holder> | null
  readonly settlements: Settlement[]
}

/** Undoes or makes good what is held when the commit is settled: `true` when it is durable. */
export type Settlement = (durable: boolean) => void

/** Thrown where going on would wait in a circle, or a commit lost a race: give everything back and run the lead again. */
export class RunAgain extends Error {
  constructor(why: string) {
    super(why)
    this.name = 'RunAgain'
  }
}

export const createHolder = (leadId: string): Holder => ({ leadId, waitsFor: null, settlements: [] })

/** Ends what is held: as durable, or given back. The list is empty afterwards. */
export const settle = (settlements: Settlement[], durable: boolean): void => {
  for (const settlement of settlements.splice(0)) settlement(durable)
}

const reaches = (from: Holder, target: Holder, seen: Set<Holder>): boolean => {
  if (from === target) return true
  if (seen.has(from) || !from.waitsFor) return false
  seen.add(from)
  for (const next of from.waitsFor) if (reaches(next, target, seen)) return true
  return false
}

/** Waits until `until` resolves. Throws RunAgain where one of those waited for waits, in the end, for this one. */
export const waitFor = async <T>(holder: Holder, others: readonly Holder[], until: Promise<T>): Promise<T> => {
  const seen = new Set<Holder>()
  for (const other of others) if (reaches(other, holder, seen)) throw new RunAgain('two leads wait for each other')
  holder.waitsFor = new Set(others)
  try {
    return await until
  } finally {
    holder.waitsFor = null
  }
}
