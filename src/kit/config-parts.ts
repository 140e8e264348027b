import { Type } from 'typebox'
import { REJECTIONS, type RejectionCode } from '../lead/codes.ts'

/** Parts that configs of several steps are made of, so that they read alike in forms, errors and docs. */

export const Text = (description: string) => Type.String({ minLength: 1, description })

export const FieldName = (description: string) => Type.String({ minLength: 1, maxLength: 100, description })

export const RuleText = (description: string) => Type.String({ minLength: 1, maxLength: 4000, description })

export const TemplateText = (description: string) => Type.String({ minLength: 1, maxLength: 10_000, description })

export const Duration = (description: string) => Type.String({ minLength: 1, maxLength: 20, description })

/** The name of a rule inside a step: kept in events, so it should outlive a rewording of the rule. */
export const RuleId = Type.String({
  minLength: 1,
  maxLength: 100,
  description: 'Name of this rule in events and reports; without one, its text.',
})

const CODES = Object.keys(REJECTIONS) as RejectionCode[]

export const RejectionCodeName = Type.Unsafe<RejectionCode>(
  Type.Enum(CODES, { description: 'Code the rejection carries.' }),
)

/** An object that takes these keys and no other: a mistyped one is found when the flow is checked. */
export const Closed = <P extends Parameters<typeof Type.Object>[0]>(
  properties: P,
  options: { readonly description?: string } = {},
) => Type.Object(properties, { additionalProperties: false, ...options })
