import { parse } from 'yaml'
import { Fault, type FieldProblem } from '../base/faults.ts'
import type { Database } from '../database/pool.ts'
import { email as emailType } from '../fields/email.ts'
import { phone as phoneType } from '../fields/phone.ts'
import type { FieldType } from '../kit/field.ts'

const COUNTRY = 'US'

/** The country that a flow reads phone numbers by. */
const countryOfFlow = async (database: Database, tenantId: string, flow: string): Promise<string> => {
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'read_flow_document',
        text: `select v.document from millrace.flow f
               join millrace.flow_version v
                 on v.tenant_id = f.tenant_id and v.flow_id = f.id and v.version = f.current_version
               where f.tenant_id = $1::uuid and f.id = $2::text`,
        values: [tenantId, flow],
      },
    ],
  )
  const [row] = rows
  if (!row) {
    const message = 'there is no flow of this id'
    throw new Fault('invalid_request', { message: `flow: ${message}`, problems: [{ field: 'flow', message }] })
  }
  const document: unknown = parse(row.document as string)
  const country = (document as { readonly country?: unknown } | null)?.country
  return typeof country === 'string' ? country : COUNTRY
}

const normalOf = (type: FieldType, written: string, country: string): string | null => {
  // Neither reads the time: it is only what ages are counted from.
  const { valid, masked, normal } = type.parse(written, { country, now: 0, fields: {} })
  return valid && !masked && typeof normal === 'string' ? normal : null
}

export interface SearchAsked {
  readonly email?: string
  readonly phone?: string
  readonly flow?: string
  readonly country?: string
}

/** The normal forms to look for. Throws Fault `invalid_request`, which never quotes what was looked for. */
export const readSearch = async (search: {
  readonly database: Database
  readonly tenantId: string
  readonly asked: SearchAsked
}): Promise<{ readonly email?: string; readonly phone?: string }> => {
  const { database, tenantId, asked } = search
  const problems: FieldProblem[] = []
  if (asked.email === undefined && asked.phone === undefined) {
    problems.push({ field: 'email', message: 'expected an email, a phone, or both' })
  }
  const inFlow = asked.country === undefined && asked.flow !== undefined && asked.phone !== undefined
  const country = inFlow ? await countryOfFlow(database, tenantId, asked.flow) : (asked.country ?? COUNTRY)
  const email = asked.email === undefined ? null : normalOf(emailType, asked.email, country)
  const phone = asked.phone === undefined ? null : normalOf(phoneType, asked.phone, country)
  if (asked.email !== undefined && email === null) problems.push({ field: 'email', message: 'is no email address' })
  if (asked.phone !== undefined && phone === null) {
    problems.push({ field: 'phone', message: `is no phone number in ${country}; write it with + and country code` })
  }
  const [first] = problems
  if (first) throw new Fault('invalid_request', { message: `${first.field}: ${first.message}`, problems })
  return { ...(email === null ? {} : { email }), ...(phone === null ? {} : { phone }) }
}
