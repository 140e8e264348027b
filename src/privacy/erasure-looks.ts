import { int8s, texts, uuids } from '../database/arrays.ts'
import type { Statement } from '../database/pool.ts'
import type { PrivacyRequest, Subject } from './types.ts'

/** The leads of an erasure, gone through look by look until none is left. */

/** Leads of one look. */
const LOOK = 100

/** Those that are left, but for some. */
export const findLeads = (
  tenantId: string,
  { keys, leads }: Subject,
  scope: string,
  past: readonly string[] = [],
): Statement => ({
  name: 'leads_to_erase',
  text: `select id from (
           select id from millrace.lead where tenant_id = $1::uuid and id = any ($2::uuid[]) and wrapped_key is not null
           union
           select id from millrace.lead where $4 = 'person' and tenant_id = $1::uuid and email_key = any ($3::bigint[])
           union
           select id from millrace.lead where $4 = 'person' and tenant_id = $1::uuid and phone_key = any ($3::bigint[])
         ) found where id <> all ($5::uuid[]) order by id limit ${LOOK}`,
  values: [tenantId, uuids([...leads]), int8s([...keys]), scope, uuids(past)],
})

/** Before a look is gone through: whatever breaks it off, its leads are known to have been of this request. */
export const noteLook = ({ tenantId, id }: PrivacyRequest, leads: readonly string[]): Statement => ({
  name: 'erasure_look',
  text: `update millrace.privacy_request r
         set data = (r.data::jsonb || jsonb_build_object('erased', coalesce(r.data::jsonb -> 'erased', '[]'::jsonb)
               || (select coalesce(jsonb_agg(w.lead), '[]'::jsonb) from unnest($3::text[]) as w(lead)
                   where not coalesce(r.data::jsonb -> 'erased' ? w.lead, false))))::text
         where r.tenant_id = $1::uuid and r.id = $2::uuid`,
  values: [tenantId, id, texts([...leads])],
})

export const forgottenOf = (tenantId: string, leads: readonly string[]): Statement => ({
  name: 'leads_forgotten',
  text: `select id from millrace.lead where tenant_id = $1::uuid and id = any ($2::uuid[]) and wrapped_key is null
         order by id`,
  values: [tenantId, uuids([...leads])],
})

/** Ids out of what is noted of a request. */
export const listed = (known: unknown): readonly string[] => (Array.isArray(known) ? (known as string[]) : [])
