/** What stands between a flow's destination and its calls: at most so many at once, so fast, and a breaker. */

export interface LaneLimits {
  /** Calls under way at once, in all processes together; null: the operator's. */
  readonly concurrency: number | null
  /** Calls in a second, in all processes together; null: as fast as they come. */
  readonly perSecond: number | null
  /** Failures in a row that open the breaker, and the first pause; null: the operator's; 0 failures: it never opens. */
  readonly breaker: { readonly failures: number; readonly openMs: number } | null
}

/** One destination of one flow of one tenant. */
export interface Lane {
  readonly tenantId: string
  readonly flowId: string
  readonly destination: string
}

/** As `work.lane` and `hold.name` hold it. No flow's id has a slash. */
export const laneName = ({ flowId, destination }: Pick<Lane, 'flowId' | 'destination'>): string =>
  `${flowId}/${destination}`

/** Among all tenants. */
export const laneKey = (lane: Lane): string => `${lane.tenantId}/${laneName(lane)}`

export const laneOf = (tenantId: string, name: string): Lane => {
  const at = name.indexOf('/')
  return { tenantId, flowId: name.slice(0, at), destination: name.slice(at + 1) }
}
