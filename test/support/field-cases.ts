/** Tables of cases for field types: what comes in, and what must come of it. */
import { expect, test } from 'vitest'
import type { FieldType, ParseContext, Parsed } from '../../src/kit/field.ts'

/** A flow of the United States on 23 November 2026. */
export const context: ParseContext = { country: 'US', now: Date.UTC(2026, 10, 23, 12), fields: {} }

export interface FieldCase {
  readonly raw: unknown
  readonly normal: Parsed['normal']
  readonly valid: boolean
  readonly masked?: boolean
  /** Those parts that matter to the case. */
  readonly parts?: Parsed['parts']
  /** Of the flow, where not the United States. */
  readonly country?: string
}

const short = (value: unknown): string =>
  ((typeof value === 'bigint' ? undefined : JSON.stringify(value)) ?? String(value)).slice(0, 60)

/** One test for each case, named by what comes in. */
export const testCases = (type: FieldType, cases: readonly FieldCase[]): void => {
  for (const { raw, normal, valid, masked = false, parts = {}, country = 'US' } of cases) {
    test(`${type.type} ${short(raw)} in ${country} is ${short(normal)}`, () => {
      const parsed = type.parse(raw, { ...context, country })
      expect(parsed).toMatchObject({ normal, valid, masked })
      expect(parsed.parts).toMatchObject(parts)
    })
  }
}
