import type { RANGES } from '../../../src/api/contract/words.ts'
export interface Counts {
  readonly leads: number
  readonly accepted: number
  readonly rejected: number
  readonly failed: number
  readonly waiting: number
  readonly price: number
  readonly revenue: number
}

export interface Figures extends Counts {
  readonly from: string
  readonly to: string
  readonly currencies: readonly { readonly currency: string; price: number; revenue: number; margin: number }[]
  readonly acceptance_rate: number | null
  readonly p50_ms: number | null
  readonly p95_ms: number | null
  readonly funnel: readonly { readonly stage: string; leads: number; lost: number; codes: readonly string[] }[]
  readonly reasons: readonly { readonly code: string; readonly leads: number }[]
  readonly sources: readonly (Counts & {
    readonly flow: string
    readonly source: string
    readonly currency: string | null
  })[]
  readonly series: readonly (Counts & { readonly at: string })[]
}

export interface FigureAnswer {
  readonly grain: 'minute' | 'hour'
  readonly now: Figures
  readonly before: Figures | null
}

export type Range = (typeof RANGES)[number]
