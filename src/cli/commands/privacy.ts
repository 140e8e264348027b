import { writeFileSync } from 'node:fs'
import { Fault } from '../../base/faults.ts'
import { isId } from '../../base/ids.ts'
import { email as emailType } from '../../fields/email.ts'
import { phone as phoneType } from '../../fields/phone.ts'
import type { House } from '../../house.ts'
import type { FieldType } from '../../kit/field.ts'
import { bundleHtml } from '../../privacy/bundle.ts'
import { listRequests, noticesOf } from '../../privacy/requests.ts'
import { subjectOfLead } from '../../privacy/subject.ts'
import type { PrivacyRequest, Subject } from '../../privacy/types.ts'
import { lookupColumn } from '../../runner/journey.ts'

export interface PrivacyOptions {
  readonly openHouse: () => Promise<House>
  readonly output: NodeJS.WritableStream
  readonly progress: NodeJS.WritableStream & { readonly isTTY?: boolean }
  readonly json: boolean
  readonly tenant: string | undefined
}

export interface PersonFlags {
  readonly email?: string
  readonly phone?: string
  readonly lead?: string
  readonly country: string
}

const OPERATOR = { kind: 'operator', id: 'cli' } as const

export const tenantOf = async (house: House, slug: string | undefined): Promise<{ id: string; slug: string }> => {
  const tenants = await house.database.definer<{ id: string; slug: string }>({
    name: 'all_tenants',
    text: 'select id, slug from millrace.find_tenants()',
  })
  const wanted = tenants.filter((tenant) => slug === undefined || tenant.slug === slug)
  const [only] = wanted
  if (only && wanted.length === 1) return only
  const names = tenants.map((tenant) => tenant.slug).join(', ')
  throw new Fault('setting_invalid', {
    message: only ? `--tenant: which one? There are: ${names}` : `--tenant: there is no "${slug}". There are: ${names}`,
  })
}

/** Neither is quoted where it cannot be read: both are personal. */
const normalOf = (type: FieldType, option: string, written: string, country: string): string => {
  const { valid, normal } = type.parse(written, { country, now: 0, fields: {} })
  if (valid && typeof normal === 'string') return normal
  throw new Fault('setting_invalid', {
    message: `${option}: this is no ${type.type === 'email' ? 'email address' : `phone number in ${country}`}`,
  })
}

export const subjectFrom = async (house: House, tenantId: string, flags: PersonFlags): Promise<Subject> => {
  const keys = await house.keyring.tenant(tenantId)
  const found: bigint[] = []
  let leads: readonly string[] = []
  if (flags.lead !== undefined) {
    const subject = isId(flags.lead) ? await subjectOfLead(house.database, tenantId, flags.lead) : null
    if (!subject) throw new Fault('setting_invalid', { message: '--lead: there is no such lead' })
    found.push(...subject.keys)
    leads = subject.leads
  }
  if (flags.email !== undefined)
    found.push(lookupColumn(keys, 'email', normalOf(emailType, '--email', flags.email, flags.country)))
  if (flags.phone !== undefined)
    found.push(lookupColumn(keys, 'phone', normalOf(phoneType, '--phone', flags.phone, flags.country)))
  if (found.length + leads.length === 0)
    throw new Fault('setting_invalid', { message: 'Whom? Give --email, --phone or --lead.' })
  return { keys: [...new Set(found)], leads }
}

const lineOf = (request: PrivacyRequest, now: number): object => ({
  id: request.id,
  kind: request.kind,
  status: request.status,
  at: new Date(request.at).toISOString(),
  due_at: new Date(request.dueAt).toISOString(),
  overdue: request.status !== 'done' && request.dueAt < now,
  leads: request.data.leads ?? null,
})

/** `./millrace privacy erase` */
export const runPrivacyErase = async (
  options: PrivacyOptions & {
    readonly person: PersonFlags
    readonly onlyLead: boolean
    readonly receipt: string | undefined
  },
): Promise<number> => {
  const { output, progress, json } = options
  const house = await options.openHouse()
  try {
    const tenant = await tenantOf(house, options.tenant)
    const subject = await subjectFrom(house, tenant.id, options.person)
    const { erasure, notices } = house.privacy
    const scope = options.onlyLead ? 'lead' : 'person'
    const opened = await erasure.open({ tenantId: tenant.id, subject, scope, actor: OPERATOR })
    const done = await erasure.carryOut(tenant.id, opened.id, {
      onProgress: (leads) => {
        if (!json && progress.isTTY) progress.write(`\r\x1b[K${leads} leads erased`)
      },
    })
    if (!json && progress.isTTY) progress.write('\n')
    await notices.round()
    const told = await noticesOf(house.database, tenant.id, done.id)
    const count = (status: string) => told.filter((notice) => notice.status === status).length
    if (options.receipt !== undefined && done.receipt !== null)
      writeFileSync(options.receipt, `${done.receipt}\n`, { mode: 0o600 })
    const summary = {
      request: done.id,
      leads: done.data.leads ?? 0,
      recipients: told.length,
      acknowledged: count('acknowledged'),
      to_be_told_by_you: count('manual'),
    }
    output.write(
      json
        ? `${JSON.stringify(summary)}\n`
        : [
            `Request ${done.id}: ${summary.leads === 1 ? '1 lead' : `${summary.leads} leads`} erased.`,
            ...(told.length > 0
              ? [
                  `${told.length} deliveries to be told of it: ${summary.acknowledged} acknowledged, ${count('due')} under way, ${summary.to_be_told_by_you} to be told by you.`,
                ]
              : []),
            `Who must stay erased is noted in the ledger, too: keep that file apart from backups.`,
            '',
          ].join('\n'),
    )
    return 0
  } finally {
    await house.close(0)
  }
}

/** `./millrace privacy status`; exit code 1 where something is overdue. */
export const runPrivacyStatus = async (options: PrivacyOptions): Promise<number> => {
  const { output, json } = options
  const house = await options.openHouse()
  try {
    const tenant = await tenantOf(house, options.tenant)
    const now = house.clock.now()
    const requests = await listRequests(house.database, tenant.id, {}, { before: null, limit: 100 })
    let overdue = false
    for (const request of requests) {
      const notices = await noticesOf(house.database, tenant.id, request.id)
      const open = notices.filter((notice) => notice.status !== 'acknowledged')
      const late = open.some((notice) => notice.dueAt < now) || (request.status !== 'done' && request.dueAt < now)
      overdue ||= late
      const waits = open.map((notice) => `${notice.destination} (${notice.status})`)
      output.write(
        json
          ? `${JSON.stringify({ ...lineOf(request, now), notices: notices.length, waiting_for: waits })}\n`
          : `${request.id}  ${request.kind.padEnd(8)} ${request.status.padEnd(8)} ${new Date(request.at).toISOString().slice(0, 16)}  due ${new Date(request.dueAt).toISOString().slice(0, 10)}${late ? '  OVERDUE' : ''}${waits.length > 0 ? `  waits for ${waits.join(', ')}` : ''}\n`,
      )
    }
    if (!json && requests.length === 0) output.write('Nobody has asked for anything yet.\n')
    return overdue ? 1 : 0
  } finally {
    await house.close(0)
  }
}

/** `./millrace privacy export`: everything held on a person, into a file. */
export const runPrivacyExport = async (
  options: PrivacyOptions & { readonly person: PersonFlags; readonly out: string; readonly html: boolean },
): Promise<number> => {
  const { output, out, html } = options
  const house = await options.openHouse()
  try {
    const tenant = await tenantOf(house, options.tenant)
    const subject = await subjectFrom(house, tenant.id, options.person)
    const bundle = await house.privacy.bundle(tenant.id, subject)
    await house.audit.record({
      tenantId: tenant.id,
      actor: OPERATOR,
      action: 'privacy.export',
      resource: 'person',
      resourceId: null,
      data: { leads: bundle.leads.length },
    })
    writeFileSync(out, html ? bundleHtml(bundle) : `${JSON.stringify(bundle, null, 2)}\n`, { mode: 0o600 })
    output.write(
      options.json
        ? `${JSON.stringify({ ok: true, file: out, leads: bundle.leads.length, consents: bundle.consents.length })}\n`
        : `${out}: ${bundle.leads.length} leads, ${bundle.consents.length} consents. It holds personal data: keep it private.\n`,
    )
    return 0
  } finally {
    await house.close(0)
  }
}
