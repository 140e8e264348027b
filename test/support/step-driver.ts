import type { Json, Parsed } from '../../src/kit/field.ts'
import type { Asking, Request, SingleRequest } from '../../src/kit/requests.ts'
import type { Compiler, LeadView, StepResult, StepType } from '../../src/kit/step.ts'

/** Answers by the request's name; a step that asks for another one fails its test. */
export type Answers = Readonly<Record<string, unknown>>

export interface Ran {
  readonly requests: readonly SingleRequest[]
  readonly result: StepResult
}

const answerOf = (answers: Answers, request: SingleRequest): unknown => {
  if (!Object.hasOwn(answers, request.name)) throw new Error(`the step asked "${request.name}", which has no answer`)
  return answers[request.name]
}

const perform = (answers: Answers, request: Request, requests: SingleRequest[]): unknown => {
  if (!('children' in request)) {
    requests.push(request)
    return answerOf(answers, request)
  }
  requests.push(...request.children)
  if (request.kind === 'all')
    return Object.fromEntries(request.children.map((child) => [child.name, answerOf(answers, child)]))
  const first = request.children.find((child) => Object.hasOwn(answers, child.name))
  if (!first) throw new Error('the step raced requests of which none has an answer')
  return { name: first.name, answer: answerOf(answers, first) }
}

/** Runs a step's generator to its end: what it asked, in order, and what it decided. */
export const drive = (asking: Asking<StepResult>, answers: Answers = {}): Ran => {
  const requests: SingleRequest[] = []
  for (let turn = asking.next(); ; ) {
    if (turn.done) return { requests, result: turn.value }
    turn = asking.next(perform(answers, turn.value, requests))
  }
}

/** A field as its parser leaves it: valid text, unless told otherwise. */
export const field = (raw: Json, over: Partial<Parsed> = {}): Parsed => ({
  raw,
  normal: raw === null || (typeof raw === 'object' && !Array.isArray(raw)) ? null : (raw as string),
  valid: true,
  masked: false,
  parts: {},
  ...over,
})

/** 5 November 2026, 12:00 in Chicago. */
export const NOW = Date.UTC(2026, 10, 5, 18)

export const lead = (over: Partial<LeadView> = {}): LeadView => ({
  id: '019a5500-0000-7000-8000-000000000001',
  test: false,
  receivedAt: NOW,
  now: NOW,
  flow: { id: 'f1', name: 'home-services', version: 3, country: 'US', currency: 'USD' },
  source: { id: 's1', name: 'facebook' },
  fields: {},
  extra: {},
  score: null,
  class: null,
  route: null,
  person: null,
  price: null,
  deliveries: {},
  ...over,
})

/** Given a config, a lead and answers: what the step asks and decides. */
export const run = (given: {
  readonly step: StepType
  readonly config: unknown
  readonly lead: LeadView
  readonly compiler: Compiler
  readonly answers?: Answers
}): Ran => drive(given.step.create(given.config as never, given.compiler)(given.lead), given.answers)
