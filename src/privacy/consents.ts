import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Audit } from '../audit/audit.ts'
import type { Actor } from '../audit/types.ts'
import type { Clock } from '../base/clock.ts'
import { newId } from '../base/ids.ts'
import { open, seal } from '../base/seal.ts'
import { int8s, texts } from '../database/arrays.ts'
import type { Database, Tx } from '../database/pool.ts'
import { type ConsentWrite, consentStatements } from '../journal/append-consents.ts'
import type { Keyring } from '../journal/keyring.ts'
import { revocationDueAt } from './consent-rules.ts'
import { insertRequest } from './requests.ts'
import type { PrivacyRequest, RequestKind } from './types.ts'

export const CHANNELS = ['call', 'sms', 'email', 'share'] as const
export type Channel = (typeof CHANNELS)[number] | 'all'
export type Kind = 'email' | 'phone'

export interface Known {
  readonly kind: Kind
  readonly key: bigint
}

/** One record of the ledger, opened as far as its key is there. */
export interface ConsentRow {
  readonly id: string
  readonly at: number
  readonly channel: Channel
  readonly kind: Kind
  readonly act: 'given' | 'revoked'
  readonly renews: boolean
  readonly purpose: string | null
  readonly basis: string | null
  readonly source: string | null
  readonly via: string
  readonly leadId: string | null
  /** Wording, url, ip, proof, seller; null once retention let it go. */
  readonly evidence: Readonly<Record<string, unknown>> | null
}

export interface ChannelState {
  readonly channel: string
  readonly state: 'given' | 'revoked' | 'none'
  readonly since: number | null
}

export interface Given {
  readonly tenantId: string
  readonly actor: Actor
  readonly known: readonly Known[]
  readonly channels: readonly Exclude<Channel, 'all'>[]
  readonly at: number
  readonly purpose: string | null
  readonly basis: string
  readonly wording: string
  readonly seller: string | null
  readonly url: string | null
  readonly ip: string | null
  readonly proof: string | null
  readonly renews: boolean
}

export interface Consents {
  give(given: Given): Promise<readonly string[]>
  /**
   * Takes consents back. When this resolves, no call of ours to a destination begins for this person; recipients are
   * told, with a deadline. `restrict` and `object` block all processing for others alike.
   */
  block(asked: {
    readonly tenantId: string
    readonly actor: Actor
    readonly kind: Extract<RequestKind, 'revoke' | 'restrict' | 'object'>
    readonly known: readonly Known[]
    readonly channels: readonly Channel[]
    /** `api`, `reply`, `link`, `operator`. */
    readonly via: string
    readonly evidence: Readonly<Record<string, unknown>> | null
  }): Promise<PrivacyRequest>
  /** Ends a restriction or an objection. */
  lift(asked: {
    readonly tenantId: string
    readonly actor: Actor
    readonly known: readonly Known[]
    readonly why: 'restricted' | 'objected'
  }): Promise<number>
  records(tenantId: string, keys: readonly bigint[]): Promise<ConsentRow[]>
  /** A token of an address where one click takes a consent back. It holds keyed hashes alone. */
  linkToken(tenantId: string, known: readonly Known[], channels: readonly Channel[]): string
  readToken(token: string): { tenantId: string; known: readonly Known[]; channels: readonly Channel[] } | null
}

/** How each channel stood at a moment, from the records in order: what was taken back stays so until it is renewed. */
export const statesAt = (rows: readonly ConsentRow[], at: number): ChannelState[] =>
  CHANNELS.map((channel) => {
    let state: ChannelState = { channel, state: 'none', since: null }
    for (const row of rows.filter((each) => each.at <= at).toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))) {
      if (row.channel !== channel && row.channel !== 'all') continue
      if (row.act === 'revoked') state = { channel, state: 'revoked', since: row.at }
      else if (state.state === 'none' || (state.state === 'revoked' && row.renews))
        state = { channel, state: 'given', since: row.at }
    }
    return state
  })

/** What a consent to a channel is written down under: the email, the phone, or both. */
const isFor = (channel: Channel, kind: Kind): boolean =>
  channel === 'share' || channel === 'all' || (channel === 'email') === (kind === 'email')

/** The channels that nothing known of the person stands for: a record of them could be found by nobody. */
export const unreached = <C extends Channel>(known: readonly Known[], channels: readonly C[]): C[] =>
  channels.filter((channel) => !known.some(({ kind }) => isFor(channel, kind)))

const WHY = { revoke: 'revoked', restrict: 'restricted', object: 'objected' } as const
const MONTH_MS = 30 * 86_400_000
/** A token: tenant (16 bytes), channels (a bit each), then a byte and 8 for each hash, then the MAC. */
const MAC_BYTES = 16
const HEAD_BYTES = 17
const KNOWN_BYTES = 9
const LINKED: readonly Channel[] = ['all', 'call', 'sms', 'email', 'share']

export const createConsents = (options: {
  readonly database: Database
  readonly keyring: Keyring
  readonly audit: Audit
  readonly clock: Clock
}): Consents => {
  const { database, keyring, audit, clock } = options
  const linkKey = keyring.derive('consent link')
  const mac = (text: Uint8Array): Buffer => createHmac('sha256', linkKey).update(text).digest().subarray(0, MAC_BYTES)

  const rowsFor = async (
    tenantId: string,
    asked: Omit<ConsentWrite, 'id' | 'subject' | 'kind' | 'channel' | 'evidence'>,
    known: readonly Known[],
    channels: readonly Channel[],
    evidence: Readonly<Record<string, unknown>> | null,
  ): Promise<ConsentWrite[]> => {
    const keys = await keyring.tenant(tenantId)
    const id = newId(asked.notedAt)
    const made = evidence === null ? null : keyring.newScopedKey(keys, 'evidence', id)
    const sealed = made && {
      id,
      wrapped: made.wrapped,
      keyVersion: keys.wrapVersion,
      sealed: seal(made.key, JSON.stringify(evidence)),
    }
    return channels.flatMap((channel) =>
      known
        .filter(({ kind }) => isFor(channel, kind))
        .map(({ kind, key }) => ({
          ...asked,
          id: newId(asked.notedAt),
          subject: key,
          kind,
          channel,
          evidence: sealed,
        })),
    )
  }

  const write = async (tx: Tx, tenantId: string, consents: readonly ConsentWrite[]): Promise<void> => {
    for (const statement of consentStatements([{ tenantId, consents }])) await tx.query(statement)
  }

  return {
    give: async ({ tenantId, actor, known, channels, ...given }) => {
      const now = clock.now()
      const { wording, url, ip, proof, seller } = given
      const writes = await rowsFor(
        tenantId,
        {
          at: given.at,
          notedAt: now,
          act: 'given',
          renews: given.renews,
          purpose: given.purpose,
          basis: given.basis,
          seller: seller?.trim().toLowerCase() ?? null,
          source: null,
          via: 'api',
          leadId: null,
        },
        known,
        channels,
        { wording, url, ip, proof, seller },
      )
      await database.transaction([tenantId], async (tx) => {
        await write(tx, tenantId, writes)
        const data = { channels: [...channels], records: writes.length }
        await audit.recordIn(tx, [
          { tenantId, actor, action: 'consent.give', resource: 'consent', resourceId: writes[0]?.id ?? null, data },
        ])
      })
      return writes.map(({ id }) => id)
    },
    block: async ({ tenantId, actor, kind, known, channels, via, evidence }) => {
      const now = clock.now()
      const request: PrivacyRequest = {
        tenantId,
        id: newId(now),
        kind,
        status: 'working',
        at: now,
        actor,
        dueAt: kind === 'revoke' ? revocationDueAt(now) : now + MONTH_MS,
        completedAt: null,
        subject: { keys: known.map(({ key }) => key), leads: [] },
        data: { channels, via },
        receipt: null,
      }
      const writes = await rowsFor(
        tenantId,
        {
          at: now,
          notedAt: now,
          act: 'revoked',
          renews: false,
          purpose: null,
          basis: null,
          seller: null,
          source: null,
          via,
          leadId: null,
        },
        known,
        channels,
        evidence,
      )
      const pairs =
        kind === 'revoke'
          ? writes.map(({ subject, channel }) => ({ subject, channel }))
          : known.map(({ key }) => ({ subject: key, channel: 'all' as string }))
      await database.transaction([tenantId], async (tx) => {
        await tx.query(insertRequest(request))
        if (kind === 'revoke') await write(tx, tenantId, writes)
        await tx.query({
          name: 'block_person',
          text: `insert into millrace.person_block (tenant_id, key, channel, why, at, request_id)
                 select $1::uuid, w.key, w.channel, $4, $5::timestamptz, $6::uuid
                 from unnest($2::bigint[], $3::text[]) as w(key, channel)
                 on conflict (tenant_id, key, why, channel) do update set at = excluded.at, request_id = excluded.request_id`,
          values: [
            tenantId,
            int8s(pairs.map(({ subject }) => subject)),
            texts(pairs.map(({ channel }) => channel)),
            WHY[kind],
            new Date(now),
            request.id,
          ],
        })
        const data = { channels: [...channels], via }
        await audit.recordIn(tx, [
          { tenantId, actor, action: `privacy.${kind}`, resource: 'privacy_request', resourceId: request.id, data },
        ])
      })
      return request
    },
    lift: async ({ tenantId, actor, known, why }) =>
      database.transaction([tenantId], async (tx) => {
        const lifted = await tx.query({
          name: 'lift_block',
          text: `delete from millrace.person_block where tenant_id = $1::uuid and key = any ($2::bigint[]) and why = $3
                 returning key::text as key`,
          values: [tenantId, int8s(known.map(({ key }) => key)), why],
        })
        const data = { why, lifted: lifted.length }
        await audit.recordIn(tx, [
          { tenantId, actor, action: 'privacy.lift', resource: 'privacy_request', resourceId: null, data },
        ])
        return lifted.length
      }),
    records: async (tenantId, subjects) => {
      const [rows = []] = await database.batch(
        [tenantId],
        [
          {
            name: 'consent_records',
            text: `select c.id, c.at, c.channel, c.subject_kind, c.act, c.renews, c.purpose, c.basis, c.source, c.via,
                     c.lead_id, c.evidence_id, c.sealed, k.wrapped, k.tenant_key_version
                   from millrace.consent_record c
                   left join millrace.sealing_key k on k.tenant_id = c.tenant_id and k.id = c.evidence_id and k.scope = 'evidence'
                   where c.tenant_id = $1::uuid and c.subject = any ($2::bigint[]) order by c.at, c.id`,
            values: [tenantId, int8s([...subjects])],
          },
        ],
      )
      const keys = await keyring.tenant(tenantId)
      return rows.map((row) => {
        const id = row.evidence_id as string | null
        const wrapped = row.wrapped as Buffer | null
        const sealed = row.sealed as Buffer | null
        const key =
          id && wrapped ? keyring.openScopedKey(keys, 'evidence', id, wrapped, row.tenant_key_version as number) : null
        return {
          id: row.id as string,
          at: row.at as number,
          channel: row.channel as Channel,
          kind: row.subject_kind as Kind,
          act: row.act as ConsentRow['act'],
          renews: row.renews as boolean,
          purpose: row.purpose as string | null,
          basis: row.basis as string | null,
          source: row.source as string | null,
          via: row.via as string,
          leadId: row.lead_id as string | null,
          evidence: key && sealed ? (JSON.parse(open(key, sealed).toString('utf8')) as Record<string, unknown>) : null,
        }
      })
    },
    linkToken: (tenantId, known, channels) => {
      const body = Buffer.concat([
        Buffer.from(tenantId.replaceAll('-', ''), 'hex'),
        Buffer.from([LINKED.reduce((bits, channel, at) => bits | (channels.includes(channel) ? 1 << at : 0), 0)]),
        ...known.map(({ kind, key }) => {
          const bytes = Buffer.alloc(KNOWN_BYTES)
          bytes[0] = kind === 'email' ? 1 : 2
          bytes.writeBigInt64BE(key, 1)
          return bytes
        }),
      ])
      return Buffer.concat([body, mac(body)]).toString('base64url')
    },
    readToken: (token) => {
      const bytes = Buffer.from(token, 'base64url')
      const body = bytes.subarray(0, Math.max(0, bytes.length - MAC_BYTES))
      const right = mac(body)
      const given = bytes.subarray(body.length)
      if (given.length !== right.length || !timingSafeEqual(given, right) || body.length < HEAD_BYTES) return null
      const hex = body.toString('hex', 0, 16)
      const known: Known[] = []
      for (let at = HEAD_BYTES; at + KNOWN_BYTES <= body.length; at += KNOWN_BYTES)
        known.push({ kind: body[at] === 1 ? 'email' : 'phone', key: body.readBigInt64BE(at + 1) })
      return {
        tenantId: [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-'),
        known,
        channels: LINKED.filter((_, at) => ((body[16] as number) >> at) & 1),
      }
    },
  }
}
