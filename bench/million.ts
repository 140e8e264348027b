import type { Measured } from './rounds.ts'

export interface Million {
  readonly leads: number
  readonly empty: Measured
  readonly full: Measured
  readonly ratio: number
}
