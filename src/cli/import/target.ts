import { Fault } from '../../base/faults.ts'
import { nearest, oneOf } from '../../flow/nearest.ts'
import type { House } from '../../house.ts'
import type { CompiledFlow, CompiledSource, Registries } from '../../kit/flow.ts'
import { createCatalog } from '../../runner/catalog.ts'

/** The source that rows go into. Throws Fault `not_found` or `source_disabled`, one line with the nearest right name. */
export const findTarget = async (asked: {
  readonly house: House
  readonly registries: Registries
  readonly tenantId: string
  readonly flow: string
  readonly source: string
}): Promise<{ readonly flow: CompiledFlow; readonly source: CompiledSource }> => {
  const { house, registries, tenantId } = asked
  const [rows] = await house.database.batch(
    [tenantId],
    [{ text: 'select id from millrace.flow where tenant_id = $1::uuid order by id', values: [tenantId] }],
  )
  const unknown = (lacking: string, name: string, names: readonly string[]): Fault => {
    const near = nearest(name, names)
    return new Fault('not_found', {
      message: `${lacking} "${name}".${near === null ? '' : ` Did you mean "${near}"?`} Expected ${oneOf(names)}.`,
    })
  }
  const flows = (rows ?? []).map((row) => row.id as string)
  if (flows.length === 0)
    throw new Fault('not_found', { message: 'There is no flow yet. Publish one: millrace flow publish FILE' })
  if (!flows.includes(asked.flow)) throw unknown('There is no flow', asked.flow, flows)
  const flow = await createCatalog({ database: house.database, registries }).current(tenantId, asked.flow)
  const source = flow.sources.get(asked.source)
  if (!source) throw unknown(`Flow "${flow.id}" has no source`, asked.source, [...flow.sources.keys()])
  if (!source.enabled)
    throw new Fault('source_disabled', {
      message: `Source "${source.id}" of flow "${flow.id}" is disabled: enable it in the flow, and publish it.`,
    })
  return { flow, source }
}
