import { gather } from '../base/coalesce.ts'
import { isFault } from '../base/faults.ts'
import { newId } from '../base/ids.ts'
import { seal } from '../base/seal.ts'
import { int8s, texts, uuids } from '../database/arrays.ts'
import type { Database } from '../database/pool.ts'
import type { ConsentWrite } from '../journal/append-consents.ts'
import type { Keyring, TenantKeys } from '../journal/keyring.ts'
import type { RequestAnswer, RequestInput } from '../kit/requests.ts'
import { lookupColumn } from './look-up-column.ts'

/** What persons consented to: noted with the commit of their lead, and looked up. */
export interface Consent {
  record(
    keys: TenantKeys,
    lead: { readonly id: string; readonly now: number },
    input: RequestInput<'consent.record'>,
  ): { readonly answer: RequestAnswer<'consent.record'>; readonly writes: readonly ConsentWrite[] }
  check(keys: TenantKeys, input: RequestInput<'consent.check'>): Promise<RequestAnswer<'consent.check'>>
}

/** What a channel reaches a person by. */
export const KIND_OF_CHANNEL: Readonly<Record<string, readonly ('email' | 'phone')[]>> = {
  call: ['phone'],
  sms: ['phone'],
  email: ['email'],
  share: ['email', 'phone'],
}

interface Asked {
  readonly tenantId: string
  readonly subject: bigint
  readonly channel: string
  readonly seller: string | null
}

type Standing = 'given' | 'none' | 'revoked' | 'restricted' | 'objected' | 'erased'

const ROWS_MAX = 500

const lowered = (text: string | null): string | null => (text === null ? null : text.trim().toLowerCase())

export const createConsent = (options: { readonly database: Database; readonly keyring: Keyring }): Consent => {
  const { database, keyring } = options

  const run = async (asked: readonly Asked[]): Promise<readonly Standing[]> => {
    const [rows = []] = await database.batch(
      [...new Set(asked.map(({ tenantId }) => tenantId))],
      [
        {
          name: 'consent_standing',
          text: `select w.n::integer as n, b.why,
                   exists (select from millrace.consent_record c
                     where c.tenant_id = w.tenant_id and c.subject = w.subject and c.channel = w.channel
                       and c.act = 'given' and (w.seller is null or c.seller = w.seller)) as given
                 from unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[]) with ordinality
                   as w(tenant_id, subject, channel, seller, n)
                 left join lateral (
                   select why from millrace.person_block b
                   where b.tenant_id = w.tenant_id and b.key = w.subject and b.channel in ('all', w.channel) limit 1
                 ) b on true`,
          values: [
            uuids(asked.map(({ tenantId }) => tenantId)),
            int8s(asked.map(({ subject }) => subject)),
            texts(asked.map(({ channel }) => channel)),
            texts(asked.map(({ seller }) => seller)),
          ],
        },
      ],
    )
    const standings = new Array<Standing>(asked.length).fill('none')
    for (const row of rows)
      standings[(row.n as number) - 1] = (row.why as Standing | null) ?? (row.given ? 'given' : 'none')
    return standings
  }
  const standing = gather<Asked, Standing>({ run, rowsMax: ROWS_MAX, concurrency: 2, whole: isFault })

  return {
    record: (keys, lead, input) => {
      const writes: ConsentWrite[] = []
      const id = newId(lead.now)
      const { key, wrapped } = keyring.newScopedKey(keys, 'evidence', id)
      const evidence = {
        wording: input.wording,
        url: input.url,
        ip: input.ip,
        proof: input.proof,
        seller: input.seller,
      }
      const sealed = seal(key, JSON.stringify(evidence))
      for (const channel of input.channels) {
        for (const { kind, value } of input.values) {
          if (!KIND_OF_CHANNEL[channel]?.includes(kind)) continue
          writes.push({
            id: newId(lead.now),
            at: input.at,
            notedAt: lead.now,
            subject: lookupColumn(keys, kind, value),
            kind,
            channel,
            act: 'given',
            renews: input.renews,
            purpose: input.purpose,
            basis: input.basis,
            seller: lowered(input.seller),
            source: input.source,
            via: 'submission',
            leadId: lead.id,
            evidence: { id, wrapped, keyVersion: keys.wrapVersion, sealed },
          })
        }
      }
      return { answer: { records: writes.map((write) => write.id) }, writes }
    },
    check: async (keys, input) => {
      const asked = input.channels.flatMap((channel) =>
        input.values
          .filter(({ kind }) => KIND_OF_CHANNEL[channel]?.includes(kind))
          .map(({ kind, value }) => ({
            channel,
            tenantId: keys.tenantId,
            subject: lookupColumn(keys, kind, value),
            seller: lowered(input.seller),
          })),
      )
      const standings = await Promise.all(asked.map((each) => standing(each)))
      const channels: Record<string, Standing> = {}
      for (const channel of input.channels) {
        const those = standings.filter((_, index) => asked[index]?.channel === channel)
        const blocked = those.find((each) => each !== 'given' && each !== 'none')
        channels[channel] = blocked ?? (those.includes('given') ? 'given' : 'none')
      }
      return { channels }
    },
  }
}
