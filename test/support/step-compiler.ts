import { fieldTypes } from '../../src/fields/index.ts'
import { readDurationMs } from '../../src/flow/durations.ts'
import { compileExpression, compileRule } from '../../src/flow/rules.ts'
import { leadScope } from '../../src/flow/scope.ts'
import { compileTemplate } from '../../src/flow/templates.ts'
import type { FieldType } from '../../src/kit/field.ts'
import type { Compiler, StepType } from '../../src/kit/step.ts'

/** The fields that the tests' leads and the steps' examples speak of. */
const FIELDS: Readonly<Record<string, string>> = {
  first_name: 'first_name',
  last_name: 'last_name',
  email: 'email',
  phone: 'phone',
  state: 'state',
  city: 'string',
  company: 'string',
  service: 'string',
  urgency: 'string',
  call_at: 'string',
}

const typeOf = (name: string): FieldType => {
  const type = fieldTypes[name]
  if (type === undefined) throw new Error(`no field type ${name}`)
  return type
}

/** A compiler as a flow has it, for a step that stands alone. */
export const stepCompiler = (step: StepType, stepId: string = step.type): Compiler => {
  const zone = 'America/Chicago'
  const scope = leadScope({
    fields: new Map(Object.entries(FIELDS).map(([name, type]) => [name, typeOf(type)])),
    destinations: [],
    steps: [],
    enrichers: new Map([['neverbounce', new Map()]]),
    country: 'US',
    zone,
  })
  return {
    stepId,
    country: 'US',
    currency: 'USD',
    zone,
    fieldTypes: new Map(Object.entries(FIELDS)),
    rule: (text) => compileRule(text, scope),
    expression: (text) => compileExpression(text, scope),
    template: (text) => compileTemplate(text, scope, step.references.templateNames),
    durationMs: (text) => {
      const ms = readDurationMs(text)
      if (ms === null) throw new Error(`${text} is no duration`)
      return ms
    },
    destination: (id) => ({ id, name: id }),
    parse: (field, raw, lead) =>
      typeOf(FIELDS[field] ?? field).parse(raw, { country: 'US', now: lead.now, fields: lead.fields }),
  }
}
