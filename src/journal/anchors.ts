import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { isFault } from '../base/faults.ts'
import type { Database } from '../database/pool.ts'
import type { Keyring } from './keyring.ts'

/**
 * Anchors: for each tenant and day (UTC) the number of segments committed on it and a digest over all of them, signed.
 *
 * A chain proves that a lead's segments belong together; it cannot prove that a whole lead, or the last segments of one,
 * were there. The anchor can: digest = sha256 over (lead, seq, hash) of the day's segments in the order of lead and seq.
 * It is made an hour after the day has ended; no commit carries a time so far back.
 */
const DAY_MS = 86_400_000
const SETTLED_AFTER_MS = 3_600_000
const PAGE = 5_000
/** DER of an Ed25519 private key before its 32 bytes of seed: RFC 8410, section 7. */
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex')

export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

export interface SigningKey {
  readonly secret: KeyObject
  readonly public: KeyObject
}

/** An Ed25519 key of the installation for one purpose. */
export const signingKey = (keyring: Pick<Keyring, 'derive'>, purpose: string): SigningKey => {
  const secret = createPrivateKey({
    key: Buffer.concat([PKCS8_ED25519, keyring.derive(purpose)]),
    format: 'der',
    type: 'pkcs8',
  })
  return { secret, public: createPublicKey(secret) }
}

export const anchorKey = (keyring: Keyring): SigningKey => signingKey(keyring, 'anchor')

const signedText = (tenantId: string, day: string, segments: number, digest: Uint8Array): Buffer =>
  Buffer.from(`millrace anchor 1|${tenantId}|${day}|${segments}|${Buffer.from(digest).toString('hex')}`)

/** The digest over a tenant's segments of a day. */
export const digestDay = async (options: {
  readonly database: Database
  readonly tenantId: string
  readonly day: string
}): Promise<{ readonly segments: number; readonly digest: Buffer }> => {
  const { database, tenantId, day } = options
  const from = new Date(`${day}T00:00:00Z`)
  const to = new Date(from.getTime() + DAY_MS)
  const digest = createHash('sha256')
  let segments = 0
  let after = { lead: '00000000-0000-0000-0000-000000000000', seq: 0 }
  for (;;) {
    const [, rows] = await database.batch(
      [tenantId],
      [
        // The index on time is a BRIN: read by bitmap alone.
        { name: 'allow_bitmaps', text: 'set local enable_bitmapscan = on' },
        {
          name: 'anchor_segments',
          // What retention let go has left its hash.
          text: `select lead_id, seq, hash from (
                   (select lead_id, seq, hash from millrace.segment
                    where tenant_id = $1::uuid and at >= $2::timestamptz and at < $3::timestamptz
                      and (lead_id, seq) > ($4::uuid, $5::integer) order by lead_id, seq limit ${PAGE})
                   union all
                   (select lead_id, seq, hash from millrace.retired_segment
                    where tenant_id = $1::uuid and at >= $2::timestamptz and at < $3::timestamptz
                      and (lead_id, seq) > ($4::uuid, $5::integer) order by lead_id, seq limit ${PAGE})
                 ) s order by lead_id, seq limit ${PAGE}`,
          values: [tenantId, from, to, after.lead, after.seq],
        },
      ],
    )
    for (const row of rows ?? []) {
      digest.update(`${row.lead_id as string}|${row.seq as number}|`)
      digest.update(row.hash as Buffer)
      segments += 1
    }
    const last = rows?.at(-1)
    if (!last || (rows?.length ?? 0) < PAGE) return { segments, digest: digest.digest() }
    after = { lead: last.lead_id as string, seq: last.seq as number }
  }
}

const firstLead = (tenantId: string) => ({
  name: 'first_lead',
  text: 'select received_at from millrace.lead where tenant_id = $1::uuid order by id limit 1',
  values: [tenantId],
})

/** Anchors every settled day of a tenant that has none yet, from the first day with a lead on. Gives the days anchored. */
export const anchorTenant = async (options: {
  readonly database: Database
  readonly keyring: Keyring
  readonly tenantId: string
  readonly now: number
}): Promise<string[]> => {
  const { database, keyring, tenantId, now } = options
  const [known, first] = await database.batch(
    [tenantId],
    [
      {
        name: 'last_anchor',
        text: 'select max(day)::text as day from millrace.anchor where tenant_id = $1::uuid',
        values: [tenantId],
      },
      firstLead(tenantId),
    ],
  )
  const last = known?.[0]?.day as string | null | undefined
  const firstAt = first?.[0]?.received_at as number | undefined
  const begin = last
    ? Date.parse(`${last}T00:00:00Z`) + DAY_MS
    : firstAt === undefined
      ? null
      : Date.parse(`${dayOf(firstAt)}T00:00:00Z`)
  if (begin === null) return []
  const { secret } = anchorKey(keyring)
  const made: string[] = []
  for (let at = begin; at + DAY_MS + SETTLED_AFTER_MS <= now; at += DAY_MS) {
    const day = dayOf(at)
    const { segments, digest } = await digestDay({ database, tenantId, day })
    await database.batch(
      [tenantId],
      [
        {
          name: 'put_anchor',
          text: `insert into millrace.anchor (tenant_id, day, segments, digest, signature, made_at)
                 values ($1::uuid, $2::date, $3::bigint, $4, $5, $6::timestamptz) on conflict do nothing`,
          values: [
            tenantId,
            day,
            segments,
            digest,
            sign(null, signedText(tenantId, day, segments, digest), secret),
            new Date(now),
          ],
        },
      ],
    )
    made.push(day)
  }
  return made
}

export interface AnchorBreach {
  readonly day: string
  readonly what: 'signature' | 'segments_removed_or_changed' | 'anchor_removed'
  readonly anchored: number
  readonly found: number
}

/**
 * Checks every anchor of a tenant: that one follows the other from the day of the first lead on, its signature, and that
 * the day's segments are still the same.
 */
export const verifyAnchors = async (options: {
  readonly database: Database
  readonly keyring: Keyring
  readonly tenantId: string
}): Promise<{ readonly anchors: number; readonly breach: AnchorBreach | null }> => {
  const { database, keyring, tenantId } = options
  const { public: key } = anchorKey(keyring)
  const [rows, first] = await database.batch(
    [tenantId],
    [
      {
        name: 'anchors',
        text: 'select day::text as day, segments, digest, signature from millrace.anchor where tenant_id = $1::uuid order by day',
        values: [tenantId],
      },
      firstLead(tenantId),
    ],
  )
  let anchors = 0
  const firstAt = first?.[0]?.received_at as number | undefined
  let due = firstAt === undefined ? null : dayOf(firstAt)
  for (const row of rows ?? []) {
    const day = row.day as string
    if (due !== null && day > due) {
      const { segments: found } = await digestDay({ database, tenantId, day: due })
      return { anchors, breach: { day: due, what: 'anchor_removed', anchored: 0, found } }
    }
    due = dayOf(Date.parse(`${day}T00:00:00Z`) + DAY_MS)
    const anchored = row.segments as number
    const digest = row.digest as Buffer
    if (!verify(null, signedText(tenantId, day, anchored, digest), key, row.signature as Buffer))
      return { anchors, breach: { day, what: 'signature', anchored, found: anchored } }
    const now = await digestDay({ database, tenantId, day })
    if (now.segments !== anchored || !now.digest.equals(digest))
      return { anchors, breach: { day, what: 'segments_removed_or_changed', anchored, found: now.segments } }
    anchors += 1
  }
  return { anchors, breach: null }
}

/** Whether the database is only away: the next round will do. */
export const isPassing = (error: unknown): boolean => isFault(error) && error.code === 'database_unavailable'
