import { Environment } from '@marcbachmann/cel-js'
import { Liquid } from 'liquidjs'
import type { Json } from '../../src/kit/field.ts'
import type { Compiler, LeadView } from '../../src/kit/step.ts'

/**
 * Compiles what the unit tests of steps need: rules over fields' normal forms and what earlier steps set. The checks,
 * parts of fields and missing values are the flow compiler's matter and tested there.
 */

const environment = new Environment().registerVariable('lead', 'map')
const liquid = new Liquid()

const seen = (lead: LeadView): Record<string, Json> => ({
  ...Object.fromEntries(Object.entries(lead.fields).map(([name, { normal }]) => [name, normal])),
  score: lead.score,
  class: lead.class,
  route: lead.route,
})

const plain = (value: unknown): Json => (typeof value === 'bigint' ? Number(value) : (value as Json))

const evaluated = (text: string) => {
  const program = environment.parse(text)
  return (lead: LeadView): Json => plain(program({ lead: seen(lead) }))
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

export const stepCompiler = (over: Partial<Pick<Compiler, 'stepId' | 'zone' | 'currency'>> = {}): Compiler => ({
  stepId: 'step',
  country: 'US',
  currency: 'USD',
  zone: 'America/Chicago',
  ...over,
  rule: (text) => {
    const value = evaluated(text)
    const paths = [...text.matchAll(/lead\.(\w+)/g)].map(([path, name]) => [path, name ?? ''] as const)
    return {
      text,
      holds: (lead) => value(lead) === true,
      saw: (lead) => Object.fromEntries(paths.map(([path, name]) => [path, seen(lead)[name] ?? null])),
    }
  },
  expression: (text) => ({ text, value: evaluated(text) }),
  template: (text) => {
    const parsed = liquid.parse(text)
    return { text, render: (lead, more) => liquid.renderSync(parsed, { lead: seen(lead), ...more }) as string }
  },
  durationMs: (text) => {
    const match = /^(\d+)(ms|s|m|h|d)$/.exec(text)
    return Number(match?.[1]) * (UNITS_MS[match?.[2] ?? ''] ?? Number.NaN)
  },
  destination: (id) => ({ id, name: id }),
})
