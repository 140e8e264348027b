import { Fault } from '../base/faults.ts'
import { isId } from '../base/ids.ts'
import type { Known } from '../privacy/consents.ts'
import { type Person, subjectOfLead } from '../privacy/subject.ts'
import type { ApiDeps } from './deps.ts'
import { readSearch, type SearchAsked } from './lead-search.ts'

/**
 * Whom a request is about, as keyed hashes: by email, phone, or the lead they came with. Throws Fault `invalid_request`
 * or `not_found`, without a word of what was sent.
 */
export const readPerson = async (
  deps: Pick<ApiDeps, 'database' | 'keys'>,
  tenantId: string,
  asked: SearchAsked & { readonly lead_id?: string },
): Promise<Person> => {
  const known: Known[] = []
  let leads: readonly string[] = []
  if (asked.lead_id !== undefined) {
    const subject = isId(asked.lead_id) ? await subjectOfLead(deps.database, tenantId, asked.lead_id) : null
    if (subject === null) throw new Fault('not_found', { message: 'There is no such lead' })
    known.push(...subject.known)
    leads = subject.leads
  }
  if (asked.email !== undefined || asked.phone !== undefined || asked.lead_id === undefined) {
    const { email, phone } = await readSearch({ database: deps.database, tenantId, asked })
    if (email !== undefined) known.push({ kind: 'email', key: await deps.keys.person(tenantId, 'email', email) })
    if (phone !== undefined) known.push({ kind: 'phone', key: await deps.keys.person(tenantId, 'phone', phone) })
  }
  const once = [...new Map(known.map((each) => [each.key, each])).values()]
  return { keys: once.map(({ key }) => key), known: once, leads }
}
