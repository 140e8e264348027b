import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { stepsReference } from '../../src/cli/commands/reference-steps.ts'
import { stepTypes } from '../../src/steps/index.ts'

it('keeps docs/reference/steps.md equal to what the steps say of themselves', () => {
  const page = readFileSync(new URL('../../docs/reference/steps.md', import.meta.url), 'utf8')
  expect(page === stepsReference(stepTypes), 'docs/reference/steps.md is out of date: make it anew').toBe(true)
})
