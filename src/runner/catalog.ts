import { Fault, isFault } from '../base/faults.ts'
import type { Database } from '../database/pool.ts'
import type { CalledBy } from '../delivery/departed.ts'
import { compileFlow } from '../flow/compile.ts'
import { parseFlow } from '../flow/parse.ts'
import { ADVICE } from '../flow/problems.ts'
import type { CompiledFlow, Registries } from '../kit/flow.ts'

/**
 * Published flows, compiled once and kept. A version never changes, so it is never read twice; which version is the
 * current one is read anew when the tenant's configuration has changed.
 *
 * What was published goes on as it was written, though a program that came later would advise against it. Only where it
 * cannot be read or run as it was written is it refused: it would do something else than what somebody published.
 */
export interface Catalog {
  /** Throws Fault `not_found` where the tenant has no such flow. */
  current(tenantId: string, flowId: string): Promise<CompiledFlow>
  version(tenantId: string, flowId: string, version: number): Promise<CompiledFlow>
  /** What was read of a tenant is read anew. */
  forget(tenantId: string): void
}

const VERSIONS_MAX = 500

/** The step types as a version pinned them; an older revision stands in the registry as `type@revision`. */
const pinned = (registries: Registries, revisions: Readonly<Record<string, number>>): Registries => {
  const steps: Record<string, Registries['steps'][string]> = { ...registries.steps }
  for (const [type, revision] of Object.entries(revisions)) {
    const current = registries.steps[type]
    if (current?.revision === revision) continue
    const older = registries.steps[`${type}@${revision}`]
    if (!older)
      throw new Fault('revision_missing', {
        message: `The flow was published with revision ${revision} of step "${type}", which this program does not have`,
      })
    steps[type] = older
  }
  return { ...registries, steps }
}

export const createCatalog = (options: { readonly database: Database; readonly registries: Registries }): Catalog => {
  const { database, registries } = options
  const versions = new Map<string, Promise<CompiledFlow>>()
  const currents = new Map<string, Map<string, Promise<CompiledFlow>>>()

  const load = async (tenantId: string, flowId: string, version: number): Promise<CompiledFlow> => {
    const [rows] = await database.batch(
      [tenantId],
      [
        {
          name: 'load_flow',
          text: `select document, revisions from millrace.flow_version
                 where tenant_id = $1::uuid and flow_id = $2 and version = $3::integer`,
          values: [tenantId, flowId, version],
        },
      ],
    )
    const row = rows?.[0]
    if (!row) throw new Fault('not_found', { message: `There is no version ${version} of flow "${flowId}"` })
    const own = pinned(registries, row.revisions as Record<string, number>)
    const { document } = parseFlow(row.document as string, own)
    const problems = document.problems.filter(({ code }) => !ADVICE.has(code))
    return compileFlow({ document: { ...document, problems }, version, registries: own })
  }

  const version: Catalog['version'] = (tenantId, flowId, number) => {
    const name = `${tenantId}|${number}|${flowId}`
    const known = versions.get(name)
    if (known) return known
    const loading = load(tenantId, flowId, number)
    versions.set(name, loading)
    loading.catch(() => versions.delete(name))
    if (versions.size > VERSIONS_MAX) versions.delete(versions.keys().next().value ?? name)
    return loading
  }

  const loadCurrent = async (tenantId: string, flowId: string): Promise<CompiledFlow> => {
    const [rows] = await database.batch(
      [tenantId],
      [
        {
          name: 'current_flow',
          text: 'select current_version, enabled from millrace.flow where tenant_id = $1::uuid and id = $2',
          values: [tenantId, flowId],
        },
      ],
    )
    const row = rows?.[0]
    if (!row) throw new Fault('not_found', { message: `There is no flow "${flowId}"` })
    if (row.enabled !== true) throw new Fault('source_disabled', { message: `The flow "${flowId}" is disabled` })
    return version(tenantId, flowId, row.current_version as number)
  }

  return {
    version,
    current: (tenantId, flowId) => {
      let flows = currents.get(tenantId)
      if (!flows) {
        flows = new Map()
        currents.set(tenantId, flows)
      }
      const known = flows.get(flowId)
      if (known) return known
      const loading = loadCurrent(tenantId, flowId)
      flows.set(flowId, loading)
      const tenantFlows = flows
      loading.catch(() => tenantFlows.delete(flowId))
      return loading
    },
    forget: (tenantId) => {
      currents.delete(tenantId)
    },
  }
}

/** Of a flow that is switched off, or that this program cannot read, nothing is said. */
export const calledBy =
  (catalog: Catalog): CalledBy =>
  async (tenantId, flowId) => {
    try {
      const { destinations, enrichers } = await catalog.current(tenantId, flowId)
      return [...destinations.keys(), ...enrichers.keys()]
    } catch (error) {
      if (!isFault(error) || error.code === 'database_unavailable') throw error
      return error.code === 'not_found' ? [] : null
    }
  }
