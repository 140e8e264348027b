import { expect, test } from 'vitest'
import { writeReference } from './reference.ts'

test('pages made from code are up to date', async () => {
  expect(await writeReference({ check: true }), 'run: npm run reference').toEqual([])
})
