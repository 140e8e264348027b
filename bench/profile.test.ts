import { describe, expect, it } from 'vitest'
import { placeOf, summarize } from './profile.ts'

const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 9 })

describe('placeOf', () => {
  it.each([
    ['file:///home/x/millrace/src/journal/append.ts', 'src/journal/append.ts'],
    ['file:///home/src/millrace/node_modules/pg/lib/client.js', 'node_modules/pg'],
    ['file:///x/node_modules/a/node_modules/@node-rs/argon2/index.js', 'node_modules/@node-rs/argon2'],
    ['node:internal/crypto/hash', 'node:internal/crypto/hash'],
    ['', '(engine)'],
  ])('%s is told as %s', (url, expected) => expect(placeOf(url)).toBe(expected))
})

describe('summarize', () => {
  it('shares out the time the process was busy, waiting left out', () => {
    const summary = summarize({
      nodes: [
        { id: 1, callFrame: frame('(idle)', '') },
        { id: 2, callFrame: frame('append', 'file:///m/src/journal/append.ts') },
        { id: 3, callFrame: frame('', 'file:///m/src/journal/append.ts') },
        { id: 4, callFrame: frame('(garbage collector)', '') },
      ],
      samples: [1, 2, 2, 3, 4],
      timeDeltas: [5_000, 1_000, 2_000, 500, 500],
    })
    expect(summary.busyS).toBeCloseTo(0.004)
    expect(summary.functions).toEqual([
      { name: 'append  src/journal/append.ts:10', percent: 75 },
      { name: '(anonymous)  src/journal/append.ts:10', percent: 12.5 },
      { name: '(garbage collector)  (engine)', percent: 12.5 },
    ])
    expect(summary.files[0]).toEqual({ name: 'src/journal/append.ts', percent: 87.5 })
  })
})
