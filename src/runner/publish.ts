import { hash } from 'node:crypto'
import { apiKeyHash, apiKeyHint, newApiKey } from '../base/api-key.ts'
import type { Clock } from '../base/clock.ts'
import { Fault } from '../base/faults.ts'
import { newId } from '../base/ids.ts'
import type { Database } from '../database/pool.ts'
import { forgetDeparted } from '../delivery/departed.ts'
import { compileFlow } from '../flow/compile.ts'
import { checkFlow, parseFlow } from '../flow/parse.ts'
import type { FlowProblem, Registries } from '../kit/flow.ts'

/** `version` is null where nothing was published, because of the problems. */
export interface Published {
  readonly flow: string
  readonly version: number | null
  readonly problems: readonly FlowProblem[]
  /** Keys made for sources that had none. Shown this once: only their hashes are kept. */
  readonly keys: readonly { readonly source: string; readonly key: string }[]
}

export type Publish = (asked: {
  readonly tenantId: string
  readonly text: string
  readonly by: string
  /** What was changed and why. */
  readonly note?: string | null
  /** The version that the document was made from: refused where it is no longer the last. */
  readonly base?: number | null
  /** Told which flow it is, before anything is written. */
  readonly onFlow?: (flow: string) => void
}) => Promise<Published>

/** `dnc` is read aloud letter by letter, `customers` is a word. */
const labelOf = (list: string): string => {
  if (list.length <= 4 && !/[aeiou]/.test(list)) return list.toUpperCase()
  const words = list.replaceAll(/[-_]+/g, ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

const listsOf = (value: unknown): string[] => {
  if (Array.isArray(value)) return value.flatMap(listsOf)
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([name, inner]) =>
    name === 'lists' && Array.isArray(inner) ? inner.filter((list) => typeof list === 'string') : listsOf(inner),
  )
}

/** Makes a document the next version of its flow; the same document again is the same version. */
export const createPublish =
  (options: {
    readonly database: Database
    readonly registries: Registries
    readonly clock: Clock
    readonly onPublished: (tenantId: string) => void
  }): Publish =>
  async ({ tenantId, text, by, note = null, base = null, onFlow }) => {
    const { database, registries, clock, onPublished } = options
    const problems = checkFlow(text, registries)
    if (problems.length > 0) return { flow: '', version: null, problems, keys: [] }
    const { document } = parseFlow(text, registries)
    const compiled = compileFlow({ document, version: 0, registries })
    onFlow?.(compiled.id)
    const digest = Buffer.from(hash('sha256', text), 'hex')
    const revisions: Record<string, number> = {}
    for (const source of compiled.sources.values())
      for (const step of source.program) revisions[step.type] = step.revision
    const at = new Date(clock.now())
    const changed = document.steps.flatMap(({ type, config }) => (type === 'list' ? [String(config.list)] : []))
    const lists = [...new Set([...listsOf(document), ...changed])]

    const published = await database.transaction([tenantId], async (tx) => {
      await tx.query({ text: 'select id from millrace.tenant where id = $1::uuid for update', values: [tenantId] })
      const [last] = await tx.query<{ version: number; digest: Buffer }>({
        text: `select version, digest from millrace.flow_version where tenant_id = $1::uuid and flow_id = $2 order by version desc limit 1`,
        values: [tenantId, compiled.id],
      })
      const [plan] = await tx.query<{ most: number | null }>({
        text: 'select limit_destinations as most from millrace.tenant where id = $1::uuid',
        values: [tenantId],
      })
      if (plan?.most != null) {
        const others = await tx.query<{ document: string }>({
          text: `select v.document from millrace.flow f join millrace.flow_version v
                   on v.tenant_id = f.tenant_id and v.flow_id = f.id and v.version = f.current_version
                 where f.tenant_id = $1::uuid and f.id <> $2`,
          values: [tenantId, compiled.id],
        })
        const count = others.reduce(
          (sum, { document: text }) => sum + Object.keys(parseFlow(text, registries).document.destinations).length,
          compiled.destinations.size,
        )
        if (count > plan.most)
          throw new Fault('payment_required', {
            message: `The account's plan takes ${plan.most} destinations; with this flow there would be ${count}.`,
          })
      }
      if (base !== null && (last?.version ?? 0) !== base)
        throw new Fault('conflict', {
          message: `Somebody published version ${last?.version ?? 0} since version ${base}: look at what changed, then publish again.`,
        })
      const same = last?.digest.equals(digest) ?? false
      const version = same ? (last?.version ?? 1) : (last?.version ?? 0) + 1
      if (!same) {
        await tx.query({
          text: `insert into millrace.flow_version (tenant_id, flow_id, version, document, digest, revisions, published_at, published_by, note)
                 values ($1::uuid, $2, $3::integer, $4, $5, $6::jsonb, $7::timestamptz, $8, $9)`,
          values: [tenantId, compiled.id, version, text, digest, JSON.stringify(revisions), at, by, note],
        })
      }
      await tx.query({
        text: `insert into millrace.flow (tenant_id, id, current_version) values ($1::uuid, $2, $3::integer)
               on conflict (tenant_id, id) do update set current_version = excluded.current_version`,
        values: [tenantId, compiled.id, version],
      })
      const called = [...compiled.destinations.keys(), ...compiled.enrichers.keys()]
      for (const statement of forgetDeparted(tenantId, compiled.id, called)) await tx.query(statement)
      for (const list of lists) {
        await tx.query({
          text: `insert into millrace.suppression_list (tenant_id, id, label, created_at) values ($1::uuid, $2, $3, $4::timestamptz)
                 on conflict do nothing`,
          values: [tenantId, list, labelOf(list), at],
        })
      }
      const known = await tx.query<{ source_id: string }>({
        text: 'select distinct source_id from millrace.source_key where tenant_id = $1::uuid and flow_id = $2',
        values: [tenantId, compiled.id],
      })
      const keys: { source: string; key: string }[] = []
      for (const source of compiled.sources.keys()) {
        if (known.some((row) => row.source_id === source)) continue
        const key = newApiKey()
        keys.push({ source, key })
        await tx.query({
          text: `insert into millrace.source_key (tenant_id, id, flow_id, source_id, key_hash, hint, created_at)
                 values ($1::uuid, $2::uuid, $3, $4, $5, $6, $7::timestamptz)`,
          values: [tenantId, newId(clock.now()), compiled.id, source, apiKeyHash(key), apiKeyHint(key), at],
        })
      }
      await tx.query({
        text: 'update millrace.tenant set config_epoch = config_epoch + 1 where id = $1::uuid',
        values: [tenantId],
      })
      return { flow: compiled.id, version, problems: [], keys }
    })
    onPublished(tenantId)
    return published
  }
