import { readFileSync } from 'node:fs'
import { Fault } from '../../base/faults.ts'
import { formatProblem } from '../../flow/problems.ts'
import type { House } from '../../house.ts'
import { asOperator } from '../operator-change.ts'

/** The tenant named, or the only one there is. */
export const tenantOf = async (house: House, slug: string | undefined): Promise<string> => {
  const tenants = await house.database.definer<{ id: string; slug: string }>({
    name: 'all_tenants',
    text: 'select id, slug from millrace.find_tenants()',
  })
  const found =
    slug === undefined
      ? tenants.length === 1
        ? tenants[0]
        : undefined
      : tenants.find((tenant) => tenant.slug === slug)
  if (found) return found.id
  const names = tenants.map((tenant) => tenant.slug).join(', ')
  throw new Fault('setting_invalid', {
    message:
      tenants.length === 0
        ? 'There is no tenant yet: run millrace serve once.'
        : slug === undefined
          ? `There are several tenants: name one with --tenant (${names})`
          : `There is no tenant "${slug}"; there are: ${names}`,
  })
}

/** Publishes a flow file as the next version of its flow; the same file again is the same version. */
export const runFlowPublish = async (options: {
  readonly file: string
  readonly tenant: string | undefined
  readonly json: boolean
  readonly openHouse: () => Promise<House>
  readonly output: NodeJS.WritableStream
}): Promise<number> => {
  const { file, json, output } = options
  const text = readFileSync(file, 'utf8')
  const house = await options.openHouse()
  try {
    const tenantId = await tenantOf(house, options.tenant)
    let flow: string | null = null
    const onFlow = (id: string): void => {
      flow = id
    }
    const published = await asOperator(
      tenantId,
      () => ({ action: 'flow.publish', resource: 'flow', resourceId: flow }),
      () => house.publish({ tenantId, text, by: 'cli', onFlow }),
    )
    if (published.version === null) {
      output.write(
        json
          ? `${JSON.stringify(published)}\n`
          : published.problems.map((problem) => `${formatProblem(problem, file)}\n`).join(''),
      )
      return 2
    }
    if (json) output.write(`${JSON.stringify(published)}\n`)
    else {
      output.write(`Published flow ${published.flow}, version ${published.version}.\n`)
      for (const { source, key } of published.keys) output.write(`  Key of source ${source}, shown this once: ${key}\n`)
    }
    return 0
  } finally {
    await house.close(0)
  }
}
