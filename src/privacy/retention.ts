import { createHash, type Hash } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Audit } from '../audit/audit.ts'
import { eachByItself } from '../base/by-itself.ts'
import type { Clock } from '../base/clock.ts'
import { firstIdAt, newId } from '../base/ids.ts'
import { uuids } from '../database/arrays.ts'
import type { Database, Row } from '../database/pool.ts'
import { isPassing } from '../journal/anchors.ts'
import type { Keyring } from '../journal/keyring.ts'
import type { LeadLoader } from '../journal/read.ts'
import { eraseLead } from './erase-lead.ts'

/**
 * Letting go what is old. A lead past its time is written, without anything personal, into an archive file; then it is
 * forgotten as an erasure forgets; then its segments go, and their hashes stay, so that chains and signed days still
 * verify. Consents go with the keys of their evidence, audit entries up to a signed place.
 */
export const KINDS = ['leads', 'consent', 'audit'] as const
export type RetentionKind = (typeof KINDS)[number]
export type Policy = Readonly<Record<RetentionKind, number | null>>

/** Days. Consents: 16 CFR 310.5, five years. */
export const DEFAULT_POLICY: Policy = { leads: 365, consent: 1_826, audit: 1_826 }

export interface RunReport {
  readonly kind: RetentionKind
  /** ms since 1970: what is older goes; null: nothing ever does. */
  readonly before: number | null
  readonly items: number
  readonly segments: number
  /** Leads that are old and have not ended: left alone. */
  readonly open: number
  readonly archive: string | null
}

export interface Retention {
  policy(tenantId: string): Promise<Policy>
  setPolicy(tenantId: string, policy: Partial<Policy>): Promise<Policy>
  /** `dryRun` counts and changes nothing. Throws at the end where a lead could not be let go: it stays, others are gone. */
  run(
    tenantId: string,
    options?: { readonly dryRun?: boolean; readonly onProgress?: (items: number) => void },
  ): Promise<RunReport[]>
  /** Runs for every tenant whose last run was a day ago. */
  daily(): Promise<void>
  runs(tenantId: string): Promise<
    readonly {
      id: string
      at: number
      kind: string
      before: number
      items: number
      segments: number
      archive: string | null
      digest: string | null
    }[]
  >
}

const DAY_MS = 86_400_000
/** A little less than a day: runs do not wander through it. */
const AGAIN_MS = 23 * 3_600_000
const LOOK = 200

interface Archive {
  readonly file: string
  write(line: object): Promise<void>
  close(): Promise<string>
}

const openArchive = (folder: string, name: string): Archive => {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, name)
  const digest: Hash = createHash('sha256')
  const gzip = createGzip()
  const out = createWriteStream(file, { mode: 0o600, flush: true })
  gzip.on('data', (part: Buffer) => digest.update(part))
  gzip.pipe(out)
  return {
    file,
    write: async (line) => {
      if (!gzip.write(`${JSON.stringify(line)}\n`)) await once(gzip, 'drain')
    },
    close: async () => {
      gzip.end()
      await finished(out)
      return digest.digest('hex')
    },
  }
}

/** What cannot be read of a lead that was forgotten all the same never will be: it goes as it stands. */
const archived = (events: string, forgotten: boolean): unknown => {
  try {
    return JSON.parse(events)
  } catch (error) {
    if (!forgotten) throw error
    return events
  }
}

export const createRetention = (options: {
  readonly database: Database
  readonly keyring: Keyring
  readonly loader: LeadLoader
  readonly audit: Audit
  readonly clock: Clock
  /** Folder of the archives. */
  readonly archiveDir: string
}): Retention => {
  const { database, keyring, loader, audit, clock, archiveDir } = options

  const policy: Retention['policy'] = async (tenantId) => {
    const [rows = []] = await database.batch(
      [tenantId],
      [
        {
          name: 'retention_policy',
          text: 'select kind, days from millrace.retention_policy where tenant_id = $1::uuid',
          values: [tenantId],
        },
      ],
    )
    const own = Object.fromEntries(rows.map((row) => [row.kind as string, row.days as number | null]))
    return { ...DEFAULT_POLICY, ...own }
  }

  const note = async (tenantId: string, report: RunReport, digest: string | null): Promise<void> => {
    const now = clock.now()
    const id = newId(now)
    await database.transaction([tenantId], async (tx) => {
      await tx.query({
        name: 'retention_note',
        text: `insert into millrace.retention_run (tenant_id, id, at, kind, before, items, segments, archive, digest)
               values ($1::uuid, $2::uuid, $3::timestamptz, $4, $5::timestamptz, $6::bigint, $7::bigint, $8, $9)`,
        values: [
          tenantId,
          id,
          new Date(now),
          report.kind,
          new Date(report.before ?? 0),
          report.items,
          report.segments,
          report.archive,
          digest,
        ],
      })
      const data = { kind: report.kind, items: report.items, segments: report.segments }
      await audit.recordIn(tx, [
        {
          tenantId,
          actor: { kind: 'system', id: 'retention' },
          action: 'retention.run',
          resource: 'retention',
          resourceId: id,
          data,
        },
      ])
    })
  }

  const old = (tenantId: string, before: number, after: string) => ({
    name: 'leads_to_let_go',
    text: `select l.id, l.flow_id, l.source_id, l.received_at, l.status, l.outcome, l.code, l.price::text as price,
             l.revenue::text as revenue, l.currency, l.wrapped_key is null as forgotten
           from millrace.lead l
           where l.tenant_id = $1::uuid and l.id > $3::uuid and l.id < $2::uuid and l.closed_at is not null
             and exists (select from millrace.segment s where s.lead_id = l.id and s.tenant_id = l.tenant_id)
           order by l.id limit ${LOOK}`,
    values: [tenantId, firstIdAt(before), after],
  })

  const counts = async (
    tenantId: string,
    before: number,
  ): Promise<{ items: number; segments: number; open: number }> => {
    const [rows = []] = await database.batch(
      [tenantId],
      [
        {
          name: 'retention_counts',
          text: `select count(distinct l.id) filter (where l.closed_at is not null)::integer as items,
                   count(s.seq) filter (where l.closed_at is not null)::integer as segments,
                   count(distinct l.id) filter (where l.closed_at is null)::integer as open
                 from millrace.lead l join millrace.segment s on s.tenant_id = l.tenant_id and s.lead_id = l.id
                 where l.tenant_id = $1::uuid and l.id < $2::uuid`,
          values: [tenantId, firstIdAt(before)],
        },
      ],
    )
    const row = rows[0]
    return { items: Number(row?.items ?? 0), segments: Number(row?.segments ?? 0), open: Number(row?.open ?? 0) }
  }

  const letLeadsGo = async (
    tenantId: string,
    before: number,
    onProgress: ((items: number) => void) | undefined,
  ): Promise<{ report: RunReport; digest: string | null; failures: readonly unknown[] }> => {
    const { open } = await counts(tenantId, before)
    const failures: unknown[] = []
    let archive: Archive | null = null
    let items = 0
    let segments = 0
    let after = '00000000-0000-0000-0000-000000000000'
    for (;;) {
      const [rows = []] = await database.batch([tenantId], [old(tenantId, before, after)])
      const last = rows.at(-1)
      if (!last) break
      after = last.id as string
      const day = new Date(clock.now()).toISOString().slice(0, 10)
      const out: Archive =
        archive ?? openArchive(join(archiveDir, tenantId), `leads-${day}-${newId(clock.now()).slice(-12)}.ndjson.gz`)
      archive = out
      const leads = rows.map((row) => row.id as string)
      const [parts = []] = await database.batch(
        [tenantId],
        [
          {
            name: 'segments_to_archive',
            text: `select lead_id, seq, at, events, encode(hash, 'hex') as hash from millrace.segment
                   where tenant_id = $1::uuid and lead_id = any ($2::uuid[]) order by lead_id, seq`,
            values: [tenantId, uuids(leads)],
          },
        ],
      )
      const gone: string[] = []
      const letGo = async ({ id, forgotten, ...row }: Row): Promise<void> => {
        const leadId = id as string
        const own = parts.filter((part) => part.lead_id === leadId)
        await out.write({
          lead: leadId,
          ...row,
          segments: own.map((part) => ({
            seq: part.seq,
            at: part.at,
            hash: part.hash,
            events: archived(part.events as string, forgotten as boolean),
          })),
        })
        const requestId = firstIdAt(before)
        const asked = { database, keyring, loader, tenantId, leadId, requestId, now: clock.now(), noticesDueAt: null }
        if (forgotten !== true) await eraseLead({ ...asked, why: 'retention' })
        gone.push(leadId)
      }
      await eachByItself(rows, letGo).catch((error) => {
        if (isPassing(error)) throw error
        failures.push(error)
      })
      const [retired = []] = await database.batch(
        [tenantId],
        [
          {
            name: 'retire_segments',
            text: 'select millrace.retire_segments($1::uuid, $2::uuid[]) as segments',
            values: [tenantId, uuids(gone)],
          },
        ],
      )
      segments += Number(retired[0]?.segments ?? 0)
      items += gone.length
      onProgress?.(items)
    }
    const digest = archive ? await archive.close() : null
    return {
      report: { kind: 'leads', before, items, segments, open, archive: archive?.file ?? null },
      digest,
      failures,
    }
  }

  const expire = async (tenantId: string, text: string, values: (string | Date | number)[]): Promise<number> => {
    const [rows = []] = await database.batch([tenantId], [{ text, values }])
    return Number(rows[0]?.gone ?? 0)
  }

  const letConsentsGo = (tenantId: string, before: number, dryRun: boolean): Promise<number> =>
    expire(
      tenantId,
      dryRun
        ? 'select count(*) as gone from millrace.consent_record where tenant_id = $1::uuid and noted_at < $2::timestamptz'
        : 'select millrace.expire_consents($1::uuid, $2::timestamptz) as gone',
      [tenantId, new Date(before)],
    )

  /** Up to the last signed place that is old as a whole. */
  const letAuditGo = (tenantId: string, before: number, dryRun: boolean): Promise<number> => {
    const upto = `(select max(a.seq) from millrace.audit_anchor a where a.tenant_id = $1::uuid and a.made_at < $2::timestamptz)`
    return expire(
      tenantId,
      dryRun
        ? `select count(*) as gone from millrace.audit_entry where tenant_id = $1::uuid and seq <= ${upto}`
        : `select millrace.expire_audit($1::uuid, ${upto}) as gone`,
      [tenantId, new Date(before)],
    )
  }

  const run: Retention['run'] = async (tenantId, { dryRun = false, onProgress } = {}) => {
    const days = await policy(tenantId)
    const reports: RunReport[] = []
    let failures: readonly unknown[] = []
    for (const kind of KINDS) {
      const keep = days[kind]
      if (keep === null) {
        reports.push({ kind, before: null, items: 0, segments: 0, open: 0, archive: null })
        continue
      }
      const before = clock.now() - keep * DAY_MS
      let report: RunReport
      let digest: string | null = null
      if (kind === 'leads' && dryRun) report = { kind, before, archive: null, ...(await counts(tenantId, before)) }
      else if (kind === 'leads') {
        const done = await letLeadsGo(tenantId, before, onProgress)
        report = done.report
        digest = done.digest
        failures = done.failures
      } else {
        const items = await (kind === 'consent' ? letConsentsGo : letAuditGo)(tenantId, before, dryRun)
        report = { kind, before, items, segments: 0, open: 0, archive: null }
      }
      if (!dryRun && (report.items > 0 || kind === 'leads')) await note(tenantId, report, digest)
      reports.push(report)
    }
    if (failures.length > 0) throw failures[0]
    return reports
  }

  const runs: Retention['runs'] = async (tenantId) => {
    const [rows = []] = await database.batch(
      [tenantId],
      [
        {
          name: 'retention_runs',
          text: `select id, at, kind, before, items, segments, archive, digest from millrace.retention_run
                 where tenant_id = $1::uuid order by id desc limit 100`,
          values: [tenantId],
        },
      ],
    )
    return rows.map((row) => ({
      id: row.id as string,
      at: row.at as number,
      kind: row.kind as string,
      before: row.before as number,
      items: row.items as number,
      segments: row.segments as number,
      archive: row.archive as string | null,
      digest: row.digest as string | null,
    }))
  }

  return {
    policy,
    setPolicy: async (tenantId, changed) => {
      for (const kind of KINDS) {
        const days = changed[kind]
        if (days === undefined) continue
        await database.batch(
          [tenantId],
          [
            {
              name: 'retention_set',
              text: `insert into millrace.retention_policy (tenant_id, kind, days) values ($1::uuid, $2, $3::integer)
                     on conflict (tenant_id, kind) do update set days = excluded.days`,
              values: [tenantId, kind, days],
            },
          ],
        )
      }
      return policy(tenantId)
    },
    run,
    runs,
    daily: async () => {
      const tenants = await database.definer<{ id: string }>({
        name: 'find_tenants',
        text: 'select id from millrace.find_tenants()',
      })
      await eachByItself(tenants, async ({ id }) => {
        const [last] = await runs(id)
        if (!last || last.at <= clock.now() - AGAIN_MS) await run(id)
      })
    },
  }
}
