import { bools, byteas, int4s, int8s, texts, timestamps, uuids } from '../database/arrays.ts'
import type { Statement } from '../database/pool.ts'

/** A consent as it is written: with the commit that tells of it, or by itself. */
export interface ConsentWrite {
  readonly id: string
  /** ms since 1970 */
  readonly at: number
  readonly notedAt: number
  readonly subject: bigint
  readonly kind: 'email' | 'phone'
  readonly channel: string
  readonly act: 'given' | 'revoked'
  readonly renews: boolean
  readonly purpose: string | null
  readonly basis: string | null
  readonly seller: string | null
  readonly source: string | null
  readonly via: string
  readonly leadId: string | null
  /** The key its evidence is sealed under, to be kept with the first record that has it. */
  readonly evidence: {
    readonly id: string
    readonly wrapped: Buffer
    readonly keyVersion: number
    readonly sealed: Buffer
  } | null
}

interface Consenting {
  readonly tenantId: string
  readonly consents?: readonly ConsentWrite[]
}

/** Writes records and the keys of their evidence; what renews a consent ends the block of its revocation. */
export const consentStatements = (commits: readonly Consenting[]): Statement[] => {
  const rows = commits.flatMap(({ tenantId, consents = [] }) => consents.map((consent) => ({ tenantId, ...consent })))
  if (rows.length === 0) return []
  const keys = new Map(rows.flatMap((row) => (row.evidence ? [[row.evidence.id, row] as const] : [])))
  const sealed = [...keys.values()]
  const renewing = rows.filter(({ act, renews }) => act === 'given' && renews)
  const statements: Statement[] = []
  if (sealed.length > 0)
    statements.push({
      name: 'append_evidence_keys',
      text: `insert into millrace.sealing_key (tenant_id, id, scope, tenant_key_version, wrapped)
             select w.tenant_id, w.id, 'evidence', w.version, w.wrapped
             from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::bytea[]) as w(tenant_id, id, version, wrapped)
             on conflict do nothing`,
      values: [
        uuids(sealed.map((row) => row.tenantId)),
        uuids(sealed.map((row) => row.evidence?.id ?? '')),
        int4s(sealed.map((row) => row.evidence?.keyVersion ?? 0)),
        byteas(sealed.map((row) => row.evidence?.wrapped ?? null)),
      ],
    })
  statements.push({
    name: 'append_consents',
    text: `insert into millrace.consent_record (tenant_id, id, at, noted_at, subject, subject_kind, channel, act, renews,
             purpose, basis, seller, source, via, lead_id, evidence_id, sealed)
           select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::bigint[], $6::text[],
             $7::text[], $8::text[], $9::boolean[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[],
             $15::uuid[], $16::uuid[], $17::bytea[])`,
    values: [
      uuids(rows.map((row) => row.tenantId)),
      uuids(rows.map((row) => row.id)),
      timestamps(rows.map((row) => row.at)),
      timestamps(rows.map((row) => row.notedAt)),
      int8s(rows.map((row) => row.subject)),
      texts(rows.map((row) => row.kind)),
      texts(rows.map((row) => row.channel)),
      texts(rows.map((row) => row.act)),
      bools(rows.map((row) => row.renews)),
      texts(rows.map((row) => row.purpose)),
      texts(rows.map((row) => row.basis)),
      texts(rows.map((row) => row.seller)),
      texts(rows.map((row) => row.source)),
      texts(rows.map((row) => row.via)),
      uuids(rows.map((row) => row.leadId)),
      uuids(rows.map((row) => row.evidence?.id ?? null)),
      byteas(rows.map((row) => row.evidence?.sealed ?? null)),
    ],
  })
  if (renewing.length > 0)
    statements.push({
      name: 'renew_consents',
      text: `delete from millrace.person_block b
             using unnest($1::uuid[], $2::bigint[], $3::text[], $4::timestamptz[]) as w(tenant_id, key, channel, at)
             where b.tenant_id = w.tenant_id and b.key = w.key and b.channel = w.channel and b.why = 'revoked'
               and b.at < w.at`,
      values: [
        uuids(renewing.map((row) => row.tenantId)),
        int8s(renewing.map((row) => row.subject)),
        texts(renewing.map((row) => row.channel)),
        timestamps(renewing.map((row) => row.at)),
      ],
    })
  return statements
}

interface Fenced {
  readonly tenantId: string
  /** A call follows this commit: it must not be written where its person is blocked for one of these channels. */
  readonly fence?: readonly string[] | null
  readonly columns: { readonly emailKey: bigint | null; readonly phoneKey: bigint | null }
}

/** Asked last, so that whoever was told "it is done" before this commit is never sent after it. */
export const fenceStatement = (commits: readonly Fenced[]): Statement[] => {
  const keys = commits.flatMap(({ tenantId, fence, columns }) =>
    fence
      ? [columns.emailKey, columns.phoneKey].flatMap((key) =>
          key === null ? [] : [{ tenantId, key, channels: fence.join(',') }],
        )
      : [],
  )
  if (keys.length === 0) return []
  return [
    {
      name: 'append_fence',
      text: `select millrace.must_be_free((
               select count(*) from unnest($1::uuid[], $2::bigint[], $3::text[]) as w(tenant_id, key, channels)
               cross join lateral (
                 select from millrace.person_block b
                 where b.tenant_id = w.tenant_id and b.key = w.key
                   and b.channel = any (string_to_array(w.channels, ',')) limit 1
               ) b))`,
      values: [
        uuids(keys.map(({ tenantId }) => tenantId)),
        int8s(keys.map(({ key }) => key)),
        texts(keys.map(({ channels }) => channels)),
      ],
    },
  ]
}
