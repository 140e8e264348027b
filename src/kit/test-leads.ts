import { REJECTIONS, type RejectionCode } from '../lead/codes.ts'
import type { Json } from './field.ts'
import { textOf } from './values.ts'

/**
 * Test leads run the flow as any other; nothing of them is counted, billed or sent. One may say what it is to come to:
 * `test: duplicate`, or an email `duplicate@millrace.test`. Then it meets neither leads nor lists nor caps, and comes to
 * that whenever it is sent, unless what it sent is refused before.
 */

/** A reserved domain, which nobody's address can be at: RFC 2606. */
const DOMAIN = 'millrace.test'

export type TestScript = 'success' | 'pending' | RejectionCode

const SCRIPTS: ReadonlySet<string> = new Set(['success', 'pending', ...Object.keys(REJECTIONS)])

/** What a test is to come to, by the name it was given; null where that is none. */
export const testScript = (value: Json | undefined): TestScript | null => {
  if (typeof value !== 'string' || value.length > 40) return null
  const name = value.trim().toLowerCase().replaceAll('-', '_')
  return SCRIPTS.has(name) ? (name as TestScript) : null
}

/** Whether an address makes its lead a test, and what of; null where it does not. */
export const testAddress = (email: Json | undefined): { readonly script: TestScript | null } | null => {
  const [name = '', domain] = textOf(email).toLowerCase().split('@')
  // What follows a + tells one test from another.
  return domain === DOMAIN ? { script: testScript(name.split('+')[0]) } : null
}
