import { describe, expect, it } from 'vitest'
import { median, percentile } from './percentiles.ts'

describe('percentile', () => {
  const hundred = Float64Array.from({ length: 100 }, (_, at) => at + 1)
  it.each([
    [50, 50],
    [95, 95],
    [99, 99],
    [100, 100],
    [0, 1],
  ])('is the nearest rank: %d of 1 to 100 is %d', (percent, expected) => {
    expect(percentile(hundred, percent)).toBe(expected)
  })
  it('never falls between two values', () => expect(percentile([1, 9], 51)).toBe(9))
  it('is the only value there is', () => expect(percentile([7], 99)).toBe(7))
  it('is NaN of nothing', () => expect(percentile([], 50)).toBeNaN())
})

describe('median', () => {
  it.each([
    [[3, 1, 2], 2],
    [[10, 9, 1, 2], 5.5],
    [[4], 4],
    // As numbers, not as text.
    [[100, 20, 3], 20],
  ])('of %j is %d', (values, expected) => expect(median(values)).toBe(expected))
  it('is NaN of nothing', () => expect(median([])).toBeNaN())
  it('leaves its input as it is', () => {
    const values = [3, 1, 2]
    median(values)
    expect(values).toEqual([3, 1, 2])
  })
})
