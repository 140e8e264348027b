import { createTenants, type Tenant, type TenantLimits, type Tenants } from '../../access/tenants.ts'
import { createUsers } from '../../access/users.ts'
import type { AuditEntry } from '../../audit/types.ts'
import { Fault } from '../../base/faults.ts'
import { newId } from '../../base/ids.ts'
import { keyedHash16, seal } from '../../base/seal.ts'
import type { House } from '../../house.ts'
import { openUnderTenant } from '../../journal/keyring.ts'
import { asOperator, changing } from '../operator-change.ts'

interface TenantsOptions {
  readonly openHouse: () => Promise<House>
  readonly output: NodeJS.WritableStream
  readonly progress: NodeJS.WritableStream & { readonly isTTY?: boolean }
  readonly json: boolean
}

const tenantsOf = (house: House): Tenants =>
  createTenants({ database: changing(house), clock: house.clock, makeKeys: house.keyring.createTenantKeys })

/** An entry of this tenant about itself. */
const about =
  (tenantId: string, action: string, data: AuditEntry['data'] = {}) =>
  (): Pick<AuditEntry, 'action' | 'resource' | 'resourceId' | 'data'> => ({
    action,
    resource: 'tenant',
    resourceId: tenantId,
    data,
  })

const usersOf = (house: House) => {
  const { clock, keyring } = house
  return createUsers({
    database: changing(house),
    clock,
    loginKey: (email) => keyedHash16(keyring.login, email),
    vault: {
      seal: async (tenantId, text) => seal((await keyring.tenant(tenantId)).wrap, text),
      open: async (tenantId, sealed) => openUnderTenant(await keyring.tenant(tenantId), sealed).toString('utf8'),
    },
  })
}

const within = async (options: TenantsOptions, run: (house: House) => Promise<number>): Promise<number> => {
  const house = await options.openHouse()
  try {
    return await run(house)
  } finally {
    await house.close(0)
  }
}

const WORDS: Readonly<Record<keyof TenantLimits, string>> = {
  leadsMonth: 'leads a month',
  requestsMinute: 'requests a minute',
  sourceRequestsMinute: 'submissions a minute and source',
  destinations: 'destinations',
  storageBytes: 'bytes kept',
}

const describe = ({ slug, name, enabled, deletedAt, limits, usage }: Tenant): string => {
  const state = deletedAt !== null ? 'being deleted' : enabled ? 'open' : 'suspended'
  const limited = Object.entries(limits).flatMap(([key, value]) =>
    value === null ? [] : [`${value} ${WORDS[key as keyof TenantLimits]}`],
  )
  const used = limits.leadsMonth === null ? '' : `; ${usage.leadsThisMonth} leads this month`
  return `${slug}  ${name}  ${state}  ${limited.length === 0 ? 'no limits' : limited.join(', ')}${used}\n`
}

const say = ({ output, json }: TenantsOptions, tenant: Tenant): void => {
  output.write(json ? `${JSON.stringify(tenant)}\n` : describe(tenant))
}

export const runTenantList = (options: TenantsOptions): Promise<number> =>
  within(options, async (house) => {
    const tenants = await tenantsOf(house).list()
    if (options.json) options.output.write(`${JSON.stringify(tenants)}\n`)
    else for (const tenant of tenants) options.output.write(describe(tenant))
    return 0
  })

export const runTenantCreate = (
  options: TenantsOptions & {
    readonly slug: string
    readonly name: string | undefined
    readonly owner: string | undefined
    readonly limits: Partial<TenantLimits>
    readonly publicUrl: string | undefined
    /** Host and port where this installation serves, or served last. */
    readonly servedAt: string
  },
): Promise<number> =>
  within(options, async (house) => {
    const { slug, name, owner, limits, json, output, publicUrl, servedAt } = options
    const id = newId(house.clock.now())
    const tenant = await asOperator(id, about(id, 'tenant.make', { owner: owner !== undefined }), () =>
      tenantsOf(house).make({ id, slug, name: name ?? slug, limits, by: 'cli' }),
    )
    if (owner === undefined) {
      say(options, tenant)
      return 0
    }
    const actor = { role: 'owner' }
    const { link } = await asOperator(id, about(id, 'users.post'), () =>
      usersOf(house).invite({ tenantId: id, email: owner, role: 'owner', partner: null, actor }),
    )
    const url = `${publicUrl ?? `http://${servedAt}`}/join#${link.token}`
    if (json) output.write(`${JSON.stringify({ ...tenant, invitation: url })}\n`)
    else {
      output.write(describe(tenant))
      output.write(`  Invitation of the owner, shown this once, good for 7 days: ${url}\n`)
      if (publicUrl === undefined)
        output.write(
          `  PUBLIC_URL is not set, so the link names ${servedAt}, which this machine alone can reach. Anywhere else, put the address of your server in its place.\n`,
        )
    }
    return 0
  })

export const runTenantChange = (
  options: TenantsOptions & {
    readonly slug: string
    readonly change: { readonly enabled?: boolean; readonly limits?: Partial<TenantLimits> }
  },
): Promise<number> =>
  within(options, async (house) => {
    const tenants = tenantsOf(house)
    const { id } = await tenants.read(options.slug)
    const { change } = options
    const data = {
      ...(change.enabled !== undefined && { enabled: change.enabled }),
      ...(change.limits !== undefined && { limits: { ...change.limits } }),
    }
    const changed = await asOperator(id, about(id, 'tenant.patch', data), () =>
      tenants.change({ id, change, ifVersion: null }),
    )
    say(options, changed)
    return 0
  })

/** Destroys the keys, then removes the rows, with progress; broken off, it goes on with the next run or by itself. */
export const runTenantDelete = (
  options: TenantsOptions & { readonly slug: string; readonly confirmed: string | undefined },
): Promise<number> =>
  within(options, async (house) => {
    const { slug, confirmed, json, output, progress } = options
    const tenants = tenantsOf(house)
    const tenant = await tenants.read(slug)
    if (confirmed !== slug)
      throw new Fault('setting_invalid', {
        message: `This destroys everything of tenant "${slug}", and cannot be undone. To do it, add --yes ${slug}`,
      })
    if (tenant.deletedAt === null) await tenants.remove(tenant.id)
    let removed = 0
    for (;;) {
      const gone = await tenants.purge(tenant.id)
      if (gone === 0) break
      removed += gone
      if (progress.isTTY && !json) progress.write(`\r\x1b[K${removed} rows removed`)
    }
    if (progress.isTTY && !json) progress.write('\r\x1b[K')
    output.write(
      json
        ? `${JSON.stringify({ deleted: slug, rows: removed })}\n`
        : `Deleted tenant ${slug}: ${removed} rows and leads.\n`,
    )
    return 0
  })
