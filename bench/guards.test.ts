import { expect, it } from 'vitest'
import { guardShares } from './guards.ts'

const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 9 })

it('counts what a guard calls for it, what another guard does for that one, and neither waiting nor the start', () => {
  const found = guardShares(
    {
      startTime: 1_000,
      nodes: [
        { id: 1, callFrame: frame('(root)', ''), children: [2, 3, 7] },
        { id: 2, callFrame: frame('(idle)', '') },
        { id: 3, callFrame: frame('find', 'file:///m/src/ingest/authenticate.ts'), children: [4, 5] },
        { id: 4, callFrame: frame('hash', 'node:internal/crypto/hash') },
        { id: 5, callFrame: frame('keyedHash', 'file:///m/src/base/seal.ts'), children: [6] },
        { id: 6, callFrame: frame('update', 'node:internal/crypto/hash') },
        { id: 7, callFrame: frame('drive', 'file:///m/src/runner/drive.ts') },
      ],
      samples: [7, 2, 3, 4, 6, 7],
      timeDeltas: [500, 500, 100, 200, 300, 400],
    },
    2_000,
  )
  expect(found.shares).toEqual({ authentication: 30, authorization: 0, sealing: 30, limits: 0 })
  expect(found.total).toBe(60)
  expect(found.busyS).toBeCloseTo(0.001)
})
