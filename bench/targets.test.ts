import { describe, expect, it } from 'vitest'
import { type Findings, judge } from './targets.ts'

const nothing: Findings = {
  rateRatio: () => undefined,
  p50Ms: () => undefined,
  p99Ms: () => undefined,
  memoryBytes: () => undefined,
  bytesPerLead: () => undefined,
  millionRatio: undefined,
  decisionsRatio: undefined,
  dueP99Ms: undefined,
  deliveriesPerSecond: undefined,
  waitingRatio: undefined,
  guardsPercent: undefined,
  matchWholeRatio: undefined,
  matchRatio: undefined,
  matchAddedMs: undefined,
  listAddedMs: undefined,
}

describe('judge', () => {
  it('says of what was not measured neither that it was reached nor that it was not', () => {
    expect(new Set(judge(nothing).map(({ reached }) => reached))).toEqual(new Set([null]))
  })
  it('counts the bound itself as reached', () => {
    const atTheBound: Findings = {
      rateRatio: (id) => (id === 'c' ? 0.45 : 0.3),
      p50Ms: () => 5,
      p99Ms: () => 50,
      memoryBytes: () => 300_000_000,
      bytesPerLead: () => 4096,
      millionRatio: 0.9,
      decisionsRatio: 0.8,
      dueP99Ms: 100,
      deliveriesPerSecond: 2_000,
      waitingRatio: 0.95,
      guardsPercent: 20,
      matchWholeRatio: 0.75,
      matchRatio: 0.75,
      matchAddedMs: 5,
      listAddedMs: 1,
    }
    expect(judge(atTheBound).map(({ reached }) => reached)).toEqual(Array(16).fill(true))
  })
  it('counts what is just beyond the bound as not reached', () => {
    const beyond: Findings = {
      rateRatio: (id) => (id === 'c' ? 0.449 : 0.299),
      p50Ms: () => 5.01,
      p99Ms: () => 50.1,
      memoryBytes: () => 300_000_001,
      bytesPerLead: () => 4097,
      millionRatio: 0.899,
      decisionsRatio: 0.799,
      dueP99Ms: 100.1,
      deliveriesPerSecond: 1_999,
      waitingRatio: 0.949,
      guardsPercent: 20.1,
      matchWholeRatio: 0.749,
      matchRatio: 0.749,
      matchAddedMs: 5.1,
      listAddedMs: 1.01,
    }
    expect(judge(beyond).map(({ reached }) => reached)).toEqual(Array(16).fill(false))
  })
  it('takes the larger of two servers’ memory', () => {
    const memory = judge({ ...nothing, memoryBytes: (id) => (id === 'd' ? 400e6 : 100e6) })
    expect(memory.find(({ unit }) => unit === 'MB')).toMatchObject({ found: 400, reached: false })
  })
})
