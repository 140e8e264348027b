import { describe, expect, it } from 'vitest'
import { cpuRatio, type Measured, type Round, rateRatio } from './rounds.ts'

const rounds = (...rates: number[]): Pick<Measured, 'rounds'> => ({
  rounds: rates.map((perSecond) => ({ perSecond }) as Round),
})

describe('rateRatio', () => {
  it('compares round with round: a machine that slows down for both changes nothing', () => {
    expect(rateRatio(rounds(50, 5, 500), rounds(100, 10, 1000))).toBe(0.5)
  })
  it('is not moved by one round that went wrong', () => {
    expect(rateRatio(rounds(50, 50, 1), rounds(100, 100, 100))).toBe(0.5)
  })
  it('is NaN without rounds in common', () => expect(rateRatio(rounds(), rounds(1))).toBeNaN())
})

describe('cpuRatio', () => {
  it('is the whole cost of the one by the whole cost of the other', () => {
    const cheap = { serverCpuS: 0.1, postgresCpuS: 0.05, generatorCpuS: 0.05 }
    const dear = { serverCpuS: 0.25, postgresCpuS: 0.1, generatorCpuS: 0.05 }
    expect(cpuRatio(dear, cheap)).toBeCloseTo(0.5)
  })
})
