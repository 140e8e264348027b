import { Type } from 'typebox'
import { TemplateText, Text } from './config-parts.ts'
import type { Json } from './field.ts'
import type { FactsAnswer } from './requests.ts'
import type { Appended, Compiler, LeadView } from './step.ts'

/** What the steps that ask enrichers have in common. */

export const EnricherId = Text('Id of an enricher of the flow.')

export const SendMap = Type.Record(Type.String(), TemplateText('The value. A lone `{{ lead.x }}` keeps its type.'), {
  minProperties: 1,
  description:
    'What it is asked with, by name, and nothing else of the lead. Blank values are left out; where all are, nothing is ' +
    'asked and the step is skipped.',
})

type Payload = { readonly [key: string]: Json }

/** Null where there is nothing to ask with. */
export const compileSend = (
  send: Readonly<Record<string, string>>,
  compiler: Compiler,
): ((lead: LeadView) => Payload | null) => {
  const templates = Object.entries(send).map(([name, text]) => [name, compiler.template(text)] as const)
  return (lead) => {
    const values = templates
      .map(([name, template]) => [name, template.render(lead)] as const)
      .filter(([, value]) => value !== null && value !== '')
    return values.length === 0 ? null : Object.fromEntries(values)
  }
}

/** What later rules see under the enricher's name. */
export const appendedBy = (enricher: string, { outcome, reason, facts }: FactsAnswer): Appended => ({
  [enricher]: { ...facts, outcome, reason },
})

/** For the audit trail in plain: no fact itself. */
export const factsNote = (enricher: string, { facts, since }: FactsAnswer): Readonly<Record<string, Json>> => ({
  enricher,
  facts: Object.values(facts).filter((value) => value !== null).length,
  ...(since !== null && { since }),
})
