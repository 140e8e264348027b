import type { Call, DeliveryInput } from '../../kit/destination.ts'
import type { Json } from '../../kit/field.ts'
import { textOf } from '../../kit/values.ts'
import type { SalesforceSettings } from './settings.ts'

/**
 * One call: an upsert by external id or a new record; with an account or a campaign a composite, all of it or nothing.
 * https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_upsert_patch.htm
 */

const VERSION = 'v62.0'
const ACCOUNT = 'Account.'

type Fields = Readonly<Record<string, Json>>

const headersOf = ({ assignment_rule: rule, duplicates }: SalesforceSettings): Readonly<Record<string, string>> => ({
  ...(rule !== undefined && { 'sforce-auto-assign': rule === 'active' ? 'TRUE' : rule === 'none' ? 'FALSE' : rule }),
  ...(duplicates === 'save' && { 'sforce-duplicate-rule-header': 'allowSave=true' }),
})

export const basePath = ({ api_version }: SalesforceSettings): string => `/services/data/${api_version ?? VERSION}`

interface Write {
  readonly method: 'POST' | 'PATCH'
  readonly path: string
  readonly body: Fields
}

/** The external id stands in the address alone: in the body it is an error. */
const writeOf = (asked: {
  readonly base: string
  readonly object: string
  readonly externalId: string | undefined
  readonly fields: Fields
  readonly otherwise: string
}): Write => {
  const { base, object, externalId, fields, otherwise } = asked
  if (externalId === undefined) return { method: 'POST', path: `${base}/sobjects/${object}`, body: fields }
  const { [externalId]: given, ...body } = fields
  const id = textOf(given).trim() || otherwise
  return { method: 'PATCH', path: `${base}/sobjects/${object}/${externalId}/${encodeURIComponent(id)}`, body }
}

const split = (payload: Fields): { readonly record: Fields; readonly account: Fields } => {
  const entries = Object.entries(payload)
  return {
    record: Object.fromEntries(entries.filter(([name]) => !name.startsWith(ACCOUNT))),
    account: Object.fromEntries(
      entries.filter(([name]) => name.startsWith(ACCOUNT)).map(([name, value]) => [name.slice(ACCOUNT.length), value]),
    ),
  }
}

/** In a composite, `@{…}` refers to another part: a lead's own text must not. */
const literal = (fields: Fields): Fields =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'string' ? value.replaceAll('@{', '@ {') : value,
    ]),
  )

export const callOf = (input: DeliveryInput, settings: SalesforceSettings): Call => {
  const base = basePath(settings)
  const object = settings.object ?? 'Lead'
  const isComposite = settings.account !== undefined || settings.campaign !== undefined
  const payload = isComposite ? literal(input.payload) : input.payload
  const { record, account } = settings.account === undefined ? { record: payload, account: {} } : split(payload)
  const withAccount = settings.account !== undefined && Object.keys(account).length > 0
  const write = writeOf({
    base,
    object,
    externalId: settings.external_id,
    fields: withAccount ? { ...record, AccountId: '@{account.id}' } : record,
    otherwise: input.leadId,
  })
  const headers = { accept: 'application/json', 'content-type': 'application/json', ...headersOf(settings) }
  if (!withAccount && settings.campaign === undefined)
    return { method: write.method, url: settings.instance_url + write.path, headers, body: JSON.stringify(write.body) }

  const inside = headersOf(settings)
  const part = (referenceId: string, { method, path, body }: Write) => ({
    method,
    url: path,
    referenceId,
    ...(Object.keys(inside).length > 0 && { httpHeaders: inside }),
    body,
  })
  const accountWrite = (): Write =>
    writeOf({
      base,
      object: 'Account',
      externalId: settings.account?.external_id,
      fields: account,
      otherwise: textOf(account.Name),
    })
  const member: Write = {
    method: 'POST',
    path: `${base}/sobjects/CampaignMember`,
    body: { CampaignId: settings.campaign ?? '', [`${object}Id`]: '@{record.id}' },
  }
  return {
    method: 'POST',
    url: `${settings.instance_url}${base}/composite`,
    headers,
    body: JSON.stringify({
      allOrNone: true,
      compositeRequest: [
        ...(withAccount ? [part('account', accountWrite())] : []),
        part('record', write),
        ...(settings.campaign === undefined ? [] : [part('member', member)]),
      ],
    }),
  }
}
