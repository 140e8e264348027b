/** Steps of a test's own: what no step of the house does, for what the runner must bear. */

import { Type } from 'typebox'
import type { Registries } from '../../src/kit/flow.ts'
import type { Asking } from '../../src/kit/requests.ts'
import { defineStep, type LeadView, type StepResult, type StepType } from '../../src/kit/step.ts'
import { registries } from './house.ts'

export const oddStep = (run: (lead: LeadView) => Asking<StepResult>): StepType =>
  defineStep({
    type: 'odd',
    summary: 'A step of a test.',
    event: 'wait.ended',
    revision: 1,
    config: Type.Object({}),
    references: {},
    example: {},
    create: () => run,
  })

/** The house's tables, and that step. */
export const withStep = (step: StepType): Registries => ({
  ...registries,
  steps: { ...registries.steps, [step.type]: step },
})

export const capOf = (id: string) => ({
  caps: [{ id, scope: 'test', by: null, max: 10, amount: 1, from: 0, until: null }],
})

export const claimOf = (value: string) => ({
  rule: 'r',
  scope: 'flow' as const,
  withinMs: null,
  keys: [{ on: ['email'], values: [value] }],
})
