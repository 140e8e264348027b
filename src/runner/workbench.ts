import { Fault } from '../base/faults.ts'
import type { Database } from '../database/pool.ts'
import { compileFlow, scopeOf } from '../flow/compile.ts'
import type { FlowDocument } from '../flow/document.ts'
import { parseFlow } from '../flow/parse.ts'
import { type Preview, previewFlow } from '../flow/preview.ts'
import type { Finding } from '../flow/problems.ts'
import { celOf } from '../flow/rule-structured.ts'
import { type StructuredRule, structuredOf } from '../flow/rule-unstructured.ts'
import { readRule } from '../flow/rules.ts'
import { anyScope } from '../flow/scope.ts'
import { readSource } from '../flow/source.ts'
import type { LeadLoader } from '../journal/read.ts'
import type { Json } from '../kit/field.ts'
import type { CompiledFlow, CompiledSource, FlowProblem, Registries } from '../kit/flow.ts'
import type { Appended, LeadView } from '../kit/step.ts'
import { deliveriesSeen } from '../lead/lead.ts'
import { submissionOpenApi } from '../posting/openapi.ts'
import { submissionPage } from '../posting/page.ts'
import { type SubmissionSpec, submissionSpec } from '../posting/spec.ts'

/** What authors of flows try things with: nothing here asks, sends, counts or keeps anything. */
export interface Workbench {
  /** `problems`: the draft has some, and was not tried. Throws Fault `not_found`. */
  preview(asked: PreviewRequest): Promise<PreviewResult | { readonly problems: readonly FlowProblem[] }>
  /** What a source is told of how to send leads. `base`: what stands before its addresses. Throws Fault `not_found`. */
  posting(asked: {
    readonly tenantId: string
    readonly flow: string
    readonly source: string
    readonly base: string
    readonly now: number
  }): Promise<{ readonly spec: SubmissionSpec; readonly page: string; readonly openapi: Json }>
  /** A rule as CEL and as data, whichever way it is given. With a flow its names are checked. */
  convertRule(asked: {
    readonly tenantId: string
    readonly flow: string | null
    readonly rule: Json
  }): Promise<ConvertedRule>
}

export interface PreviewRequest {
  readonly tenantId: string
  readonly flow: string
  /** Null: the current one. */
  readonly version: number | null
  /** A draft to be tried instead of a published version. */
  readonly document: string | null
  /** Null: the lead's, or the first. */
  readonly source: string | null
  readonly given:
    | { readonly lead: string }
    | { readonly values: Readonly<Record<string, Json>>; readonly test: boolean; readonly partial: boolean }
  readonly now: number
}

export interface PreviewResult extends Preview {
  readonly flow: string
  /** Null: a draft. */
  readonly version: number | null
  readonly source: string
  readonly lead_id: string | null
}

export interface ConvertedRule {
  readonly text: string
  readonly structured: StructuredRule
  readonly problems: readonly { readonly code: string; readonly message: string; readonly expected: string | null }[]
}

interface Opened {
  readonly document: FlowDocument
  readonly compiled: CompiledFlow
}

export const createWorkbench = (options: {
  readonly database: Database
  readonly registries: Registries
  readonly loader: LeadLoader
}): Workbench => {
  const { database, registries, loader } = options

  const published = async (tenantId: string, flow: string, version: number | null) => {
    const [rows = []] = await database.batch(
      [tenantId],
      [
        {
          name: 'workbench_flow',
          text: `select v.document, v.version from millrace.flow f
                 join millrace.flow_version v on v.tenant_id = f.tenant_id and v.flow_id = f.id
                   and v.version = coalesce($3::integer, f.current_version)
                 where f.tenant_id = $1::uuid and f.id = $2::text`,
          values: [tenantId, flow, version],
        },
      ],
    )
    const row = rows[0]
    if (!row)
      throw new Fault('not_found', {
        message: version === null ? 'There is no flow of this id.' : `There is no version ${version} of this flow.`,
      })
    return { text: row.document as string, version: row.version as number }
  }

  const open = (text: string, version: number): Opened | { readonly problems: readonly FlowProblem[] } => {
    const { document, problems } = parseFlow(text, registries)
    return problems.length > 0 ? { problems } : { document, compiled: compileFlow({ document, version, registries }) }
  }

  const sourceIn = ({ compiled }: Opened, id: string | null): CompiledSource => {
    const found = id === null ? [...compiled.sources.values()][0] : compiled.sources.get(id)
    if (found) return found
    throw new Fault('not_found', {
      message: `The flow has no source "${id ?? ''}": there are ${[...compiled.sources.keys()].join(', ')}.`,
    })
  }

  /** What test leads are told by each enricher. */
  const samplesOf = ({ compiled }: Opened): Appended =>
    Object.fromEntries(
      [...compiled.enrichers].map(([id, { sample }]) => [id, { ...sample, outcome: 'success', reason: null }]),
    )

  const viewOf = (opened: Opened, source: CompiledSource, now: number): LeadView => {
    const { compiled } = opened
    const { id, name, version, country, currency } = compiled
    return {
      id: '00000000-0000-7000-8000-000000000000',
      test: true,
      receivedAt: now,
      now,
      flow: { id, name, version, country, currency },
      source: { id: source.id, name: source.name },
      fields: {},
      extra: {},
      partial: source.partial,
      score: null,
      class: null,
      route: null,
      price: null,
      deliveries: {},
    }
  }

  const ofStored = async (asked: PreviewRequest, opened: Opened, leadId: string) => {
    const loaded = await loader.load(asked.tenantId, leadId)
    if (!loaded || loaded.row.flow !== asked.flow)
      throw new Fault('not_found', { message: 'There is no such lead of this flow.' })
    if (loaded.key === null) throw new Fault('not_found', { message: 'The lead was erased.' })
    const { lead, row } = loaded
    const source = sourceIn(opened, asked.source ?? row.source)
    const raw = Object.fromEntries(Object.entries(lead.fields).map(([name, field]) => [name, field.raw]))
    const about = { source: { id: source.id, name: source.name }, extra: lead.extra }
    const view: LeadView = {
      ...viewOf(opened, source, row.received_at),
      id: lead.id,
      test: row.test,
      extra: lead.extra,
      fields: opened.compiled.parse(raw, row.received_at, about),
      deliveries: deliveriesSeen(lead),
    }
    return { source, view, facts: { ...samplesOf(opened), ...lead.appended } }
  }

  const ofValues = (
    asked: PreviewRequest,
    opened: Opened,
    { values, test, partial }: Extract<PreviewRequest['given'], { readonly values: unknown }>,
  ) => {
    const source = sourceIn(opened, asked.source)
    const mapped = source.map(values)
    const about = { source: { id: source.id, name: source.name }, extra: mapped.extra }
    const base = viewOf(opened, source, asked.now)
    const fields = opened.compiled.parse(mapped.values, asked.now, about)
    return {
      source,
      view: { ...base, test, partial: partial || source.partial, extra: mapped.extra, fields },
      facts: samplesOf(opened),
    }
  }

  return {
    preview: async (asked) => {
      const { tenantId, flow, given } = asked
      const base = asked.document === null || 'lead' in given ? await published(tenantId, flow, asked.version) : null
      const opened = open(asked.document ?? base?.text ?? '', asked.document === null ? (base?.version ?? 0) : 0)
      if ('problems' in opened) return opened
      const { source, view, facts } =
        'lead' in given ? await ofStored(asked, opened, given.lead) : ofValues(asked, opened, given)
      const preview = previewFlow({ document: opened.document, registries, source, lead: view, facts })
      return {
        ...preview,
        flow: opened.compiled.id,
        version: asked.document === null ? opened.compiled.version : null,
        source: source.id,
        lead_id: 'lead' in given ? given.lead : null,
      }
    },
    posting: async ({ tenantId, flow, source, base, now }) => {
      const { text, version } = await published(tenantId, flow, null)
      const opened = open(text, version)
      if ('problems' in opened) throw new Fault('not_found', { message: 'The flow cannot be read by this program.' })
      const { document, compiled } = opened
      const spec = submissionSpec({ document, flow: compiled, registries, source, now })
      if (spec === null) throw new Fault('not_found', { message: 'The flow has no such source.' })
      return { spec, page: submissionPage(spec, base), openapi: submissionOpenApi(spec, base) }
    },
    convertRule: async ({ tenantId, flow, rule }) => {
      const scope =
        flow === null
          ? anyScope
          : scopeOf(parseFlow((await published(tenantId, flow, null)).text, registries).document, registries)
      const findings: Pick<Finding, 'code' | 'message' | 'expected'>[] = []
      const report = (finding: Finding): void => void findings.push(finding)
      const { root } = readSource(typeof rule === 'string' ? JSON.stringify({ rule }) : JSON.stringify(rule), report)
      const text =
        typeof rule === 'string' ? rule : root === null ? null : (celOf({ scope, report }, root, 'rule')?.value ?? null)
      if (text !== null) findings.push(...readRule(text, scope).issues)
      return {
        text: text ?? '',
        structured: structuredOf(text ?? ''),
        problems: findings.map(({ code, message, expected }) => ({ code, message, expected: expected ?? null })),
      }
    },
  }
}
