import type { Contribution, Survivorship } from '../persons/survivorship.ts'
import { survive } from '../persons/survivorship.ts'
import type { FieldTypes } from './field-types.ts'
import { maskField } from './masking.ts'
import { iso } from './times.ts'

/** Field by field the value that survived of those a person's leads gave, and which lead gave it. */
export const personFields = async (asked: {
  readonly tenantId: string
  readonly said: readonly Contribution[]
  readonly rules: Survivorship
  readonly isShown: boolean
  readonly fieldTypes: FieldTypes
}): Promise<Record<string, unknown>> => {
  const { tenantId, said, rules, isShown, fieldTypes } = asked
  const fields: Record<string, unknown> = {}
  for (const [name, { field, from, rule, others }] of survive(said, rules)) {
    const types = await fieldTypes(tenantId, from.flow, from.flowVersion)
    fields[name] = {
      value: (isShown ? field : maskField(types.get(name) ?? 'string', field)).normal,
      valid: field.valid,
      rule,
      others,
      lead_id: from.leadId,
      flow: from.flow,
      source: from.source,
      at: iso(from.receivedAt),
    }
  }
  return fields
}
