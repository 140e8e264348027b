import type { Json } from './field.ts'
import type { LeadView, Template } from './step.ts'
import { textOf } from './values.ts'

/** Longer reasons are cut: they go into answers and lists. */
const REASON_CHARS_MAX = 500

/** The reason its author wrote, or the plain one where none was written or it came out blank. */
export const reasonFrom = (asked: {
  readonly template: Template | null
  readonly lead: LeadView
  readonly more?: Readonly<Record<string, Json>>
  readonly otherwise: string
}): string => {
  const written = asked.template ? textOf(asked.template.render(asked.lead, asked.more)).trim() : ''
  return (written === '' ? asked.otherwise : written).slice(0, REASON_CHARS_MAX)
}
