import type { Audit } from '../audit/audit.ts'
import { int8s, uuids } from '../database/arrays.ts'
import type { Database } from '../database/pool.ts'
import { isPassing } from '../journal/anchors.ts'
import type { LeadLoader, LoadedLead } from '../journal/read.ts'
import type { Consents } from './consents.ts'
import { statesAt } from './consents.ts'
import type { Subject } from './types.ts'

/** Everything held on a person, in words and names that they can read. */
export interface Bundle {
  readonly made_at: string
  /** The oldest of them. */
  readonly leads: readonly Readonly<Record<string, unknown>>[]
  /** How many more there are. */
  readonly leads_left_out: number
  readonly consents: readonly Readonly<Record<string, unknown>>[]
  readonly consent_now: readonly Readonly<Record<string, unknown>>[]
  readonly blocks: readonly Readonly<Record<string, unknown>>[]
  /** Who looked at it, and when. */
  readonly read_by: readonly Readonly<Record<string, unknown>>[]
}

const LEADS_MAX = 1_000
const READS_MAX = 50
const iso = (ms: number): string => new Date(ms).toISOString()

export const buildBundle = async (options: {
  readonly database: Database
  readonly loader: LeadLoader
  readonly consents: Consents
  readonly audit: Audit
  readonly tenantId: string
  readonly subject: Subject
  readonly now: number
}): Promise<Bundle> => {
  const { database, loader, consents, audit, tenantId, subject, now } = options
  const [found = [], blocks = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'bundle_leads',
        text: `select id, count(*) over () as of from (
                 select id from millrace.lead where tenant_id = $1::uuid and id = any ($3::uuid[])
                 union
                 select id from millrace.lead where tenant_id = $1::uuid and email_key = any ($2::bigint[])
                 union
                 select id from millrace.lead where tenant_id = $1::uuid and phone_key = any ($2::bigint[])
               ) found order by id limit ${LEADS_MAX}`,
        values: [tenantId, int8s([...subject.keys]), uuids([...subject.leads])],
      },
      {
        name: 'bundle_blocks',
        text: `select channel, why, at from millrace.person_block
               where tenant_id = $1::uuid and key = any ($2::bigint[]) order by at`,
        values: [tenantId, int8s([...subject.keys])],
      },
    ],
  )
  const leads: Record<string, unknown>[] = []
  const reads: Record<string, unknown>[] = []
  for (const row of found) {
    const id = row.id as string
    let loaded: LoadedLead | null
    try {
      loaded = await loader.load(tenantId, id)
    } catch (error) {
      if (isPassing(error)) throw error
      // It is held, though nobody can read it now: of the others all is given.
      leads.push({ id, cannot_be_read: true })
      continue
    }
    if (!loaded?.key) continue
    const { lead, events } = loaded
    const received = events.find((event) => event.type === 'lead.received')
    leads.push({
      id: lead.id,
      received_at: iso(lead.receivedAt),
      flow: lead.flow,
      source: lead.source,
      status: loaded.row.status,
      fields: Object.fromEntries(
        Object.entries(lead.fields).flatMap(([name, { raw, normal }]) =>
          raw === null && normal === null ? [] : [[name, { as_sent: raw, as_understood: normal }]],
        ),
      ),
      further: lead.extra,
      as_it_came: received?.sealed ?? null,
      given_to: [...lead.deliveries.values()].map((delivery) => ({
        destination: delivery.destination,
        outcome: delivery.outcome,
        they_call_it: delivery.reference,
        what: delivery.payload,
      })),
      history: events.map(({ type, at, data, sealed }) => ({ at: iso(at), what: type, facts: data, private: sealed })),
    })
    const filter = { resource: 'lead', resourceId: lead.id }
    for (const entry of await audit.list(tenantId, filter, { before: null, limit: READS_MAX }))
      reads.push({ at: iso(entry.at), lead: lead.id, who: entry.actor, what: entry.action })
  }
  const records = await consents.records(tenantId, subject.keys)
  return {
    made_at: iso(now),
    leads,
    leads_left_out: Number(found[0]?.of ?? 0) - found.length,
    consents: records.map(({ at, ...record }) => ({ at: iso(at), ...record })),
    consent_now: statesAt(records, now).map((state) => ({
      ...state,
      since: state.since === null ? null : iso(state.since),
    })),
    blocks: blocks.map((row) => ({ channel: row.channel, why: row.why, at: iso(row.at as number) })),
    read_by: reads,
  }
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)

const titled = (name: string): string => {
  const words = name.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

const valueHtml = (value: unknown): string => {
  if (value === null || value === undefined || value === '') return '<i>nothing</i>'
  if (Array.isArray(value))
    return value.length === 0
      ? '<i>none</i>'
      : `<ol>${value.map((item) => `<li>${valueHtml(item)}</li>`).join('')}</ol>`
  if (typeof value === 'object') {
    const entries = Object.entries(value)
    if (entries.length === 0) return '<i>nothing</i>'
    return `<dl>${entries.map(([name, item]) => `<dt>${escaped(titled(name))}</dt><dd>${valueHtml(item)}</dd>`).join('')}</dl>`
  }
  return escaped(String(value))
}

const SECTIONS: readonly (readonly [keyof Bundle, string])[] = [
  ['leads', 'What was received and what became of it'],
  ['leads_left_out', 'How many more were received'],
  ['consents', 'What was consented to, and taken back'],
  ['consent_now', 'How consents stand'],
  ['blocks', 'What must not be done'],
  ['read_by', 'Who looked at it'],
]

/** One page without script, that can be printed. */
export const bundleHtml = (bundle: Bundle): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>What is held on you</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 0; }
dt { color: #57606a; } dd { margin: 0; overflow-wrap: anywhere; } ol { margin: 0; padding-left: 1.4rem; }
li + li { margin-top: .6rem; } h2 { margin-top: 2rem; border-bottom: 1px solid #d0d7de; }
</style>
<h1>What is held on you</h1>
<p>As of ${escaped(bundle.made_at)}.</p>
${SECTIONS.map(([name, title]) => `<h2>${escaped(title)}</h2>\n${valueHtml(bundle[name])}`).join('\n')}
</html>
`
