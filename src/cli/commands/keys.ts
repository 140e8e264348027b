import { Fault } from '../../base/faults.ts'
import type { Config } from '../../config.ts'
import type { House } from '../../house.ts'
import { beginExchange, endExchange } from '../../keys/exchange.ts'
import { PRUNE_AFTER_MS, pruneTenant } from '../../keys/prune.ts'
import { type Progress, rotateMaster, rotateTenant } from '../../keys/rotate.ts'

interface KeysOptions {
  readonly config: Config
  readonly openHouse: () => Promise<House>
  readonly output: NodeJS.WritableStream
  readonly progress: NodeJS.WritableStream & { readonly isTTY?: boolean }
  readonly json: boolean
}

interface Tenant {
  readonly id: string
  readonly slug: string
}

const tenantsOf = async (house: House, slug: string | undefined): Promise<Tenant[]> => {
  const tenants = await house.database.definer<{ id: string; slug: string }>({
    name: 'all_tenants',
    text: 'select id, slug from millrace.find_tenants()',
  })
  const wanted = tenants.filter((tenant) => slug === undefined || tenant.slug === slug)
  if (slug !== undefined && wanted.length === 0)
    throw new Fault('setting_invalid', {
      message: `There is no tenant "${slug}". There are: ${tenants.map((tenant) => tenant.slug).join(', ')}`,
    })
  return wanted
}

const teller =
  ({ progress, json }: KeysOptions, of: string) =>
  ({ what, done, of: whole }: Progress): void => {
    if (json) return
    const percent = whole === 0 ? 100 : Math.floor((done / whole) * 100)
    const line = `${of}: ${what} ${done} of ${whole} (${percent}%)`
    progress.write(progress.isTTY ? `\r\x1b[K${line}${done === whole ? '\n' : ''}` : done === whole ? `${line}\n` : '')
  }

const rotateTheMaster = async (options: KeysOptions, rewrapAll: boolean): Promise<number> => {
  const { config } = options
  const inService = config.vaultAddress !== ''
  const inEnvironment = !inService && config.masterKey !== undefined
  if (inEnvironment && config.masterKeyPrevious === undefined)
    throw new Fault('setting_invalid', {
      message:
        'The master key stands in the environment. Start all processes with the new key in MILLRACE_MASTER_KEY and the ' +
        'old one in MILLRACE_MASTER_KEY_PREVIOUS, run this again with the same, then take the old one out.',
    })
  const house = await options.openHouse()
  try {
    const { file } = house.master
    const isOurs = file !== null && config.masterKeyPrevious === undefined
    if (isOurs) beginExchange(file)
    const tenants = (await tenantsOf(house, undefined)).map((tenant) => tenant.id)
    const keys = { database: house.database, master: house.master.keys, tenants }
    const all = inService || rewrapAll
    const changed = await rotateMaster({ ...keys, all, onProgress: teller(options, 'master key') })
    // What was made under the old key while the rest was wrapped anew.
    const late = await rotateMaster({
      ...keys,
      tenants: (await tenantsOf(house, undefined)).map(({ id }) => id),
      all: false,
    })
    if (isOurs) endExchange(file)
    options.output.write(
      options.json
        ? `${JSON.stringify({ ok: true, keys: changed + late, master: house.master.keys.current() })}\n`
        : `${changed + late} keys are wrapped by the master key ${house.master.keys.current()}.${isOurs ? ` It lies in ${file}: back it up.` : ''}\n`,
    )
    return 0
  } finally {
    await house.close(0)
  }
}

/** `./millrace keys rotate`: a new key for each tenant, or with `master` a new one around all of them. */
export const runKeysRotate = async (
  options: KeysOptions & { readonly tenant: string | undefined; readonly master: boolean; readonly finish: boolean },
): Promise<number> => {
  if (options.master) return rotateTheMaster(options, options.finish)
  const house = await options.openHouse()
  try {
    const rotated: object[] = []
    for (const tenant of await tenantsOf(house, options.tenant)) {
      const done = await rotateTenant({
        database: house.database,
        keyring: house.keyring,
        master: house.master.keys,
        tenantId: tenant.id,
        now: house.clock.now(),
        onlyFinish: options.finish,
        onProgress: teller(options, tenant.slug),
      })
      await house.audit.record({
        tenantId: tenant.id,
        actor: { kind: 'operator', id: 'cli' },
        action: 'keys.rotate',
        resource: 'keys',
        resourceId: String(done.version),
        data: { ...done },
      })
      rotated.push({ tenant: tenant.slug, ...done })
      if (!options.json)
        options.output.write(
          `${tenant.slug}: version ${done.version}; ${done.leads} keys of leads, ${done.scoped} of evidence, ${done.sealed} secrets.\n`,
        )
    }
    if (options.json) options.output.write(`${JSON.stringify({ ok: true, tenants: rotated })}\n`)
    return 0
  } finally {
    await house.close(0)
  }
}

const KEPT_FOR = {
  recent: 'was replaced less than a day ago',
  audit: 'opens entries of the audit that are older than the audit’s own key',
  in_use: 'still wraps something that came late: run it again',
} as const

/** `./millrace keys prune`: destroys versions that nothing needs any more. A server does so daily by itself. */
export const runKeysPrune = async (
  options: KeysOptions & { readonly tenant: string | undefined; readonly now: boolean },
): Promise<number> => {
  const house = await options.openHouse()
  try {
    const { database, keyring, master, clock, audit } = house
    const pruned: object[] = []
    for (const { id: tenantId, slug } of await tenantsOf(house, options.tenant)) {
      const { destroyed, kept } = await pruneTenant({
        database,
        keyring,
        master: master.keys,
        tenantId,
        now: clock.now(),
        afterMs: options.now ? 0 : PRUNE_AFTER_MS,
        onProgress: teller(options, slug),
        record: (tx, entry) => audit.recordIn(tx, [{ ...entry, actor: { kind: 'operator', id: 'cli' } }]),
      })
      pruned.push({ tenant: slug, destroyed, kept })
      if (options.json) continue
      const gone = destroyed.length === 0 ? 'none destroyed' : `destroyed ${destroyed.join(', ')}`
      const reasons = kept.map(({ version, why }) => `; ${version} stays: it ${KEPT_FOR[why]}`).join('')
      options.output.write(`${slug}: ${gone}${reasons}.\n`)
    }
    if (options.json) options.output.write(`${JSON.stringify({ ok: true, tenants: pruned })}\n`)
    return 0
  } finally {
    await house.close(0)
  }
}

/** `./millrace keys status`: which versions stand, and what is still wrapped under older ones. */
export const runKeysStatus = async (options: KeysOptions): Promise<number> => {
  const house = await options.openHouse()
  try {
    const lines: object[] = []
    for (const tenant of await tenantsOf(house, undefined)) {
      const [keys, leads] = await house.database.batch(
        [tenant.id],
        [
          {
            text: `select max(version)::integer as version, count(*)::integer as versions, min(created_at) as first,
                     max(created_at) as newest, count(*) filter (where master is distinct from $2)::integer as elsewhere
                   from millrace.tenant_key where tenant_id = $1::uuid and purpose = 'wrap'`,
            values: [tenant.id, house.master.keys.current()],
          },
          {
            text: `select count(*) filter (where wrapped_key is not null)::integer as sealed,
                     count(*) filter (where wrapped_key is not null and key_version <>
                       (select max(version) from millrace.tenant_key where tenant_id = $1::uuid and purpose = 'wrap'))::integer as stale
                   from millrace.lead where tenant_id = $1::uuid`,
            values: [tenant.id],
          },
        ],
      )
      const key = keys?.[0]
      const lead = leads?.[0]
      const status = {
        tenant: tenant.slug,
        version: key?.version as number,
        versions: key?.versions as number,
        newest_at: new Date(key?.newest as number).toISOString(),
        under_another_master: key?.elsewhere as number,
        leads_sealed: lead?.sealed as number,
        leads_under_older: lead?.stale as number,
      }
      lines.push(status)
      if (!options.json)
        options.output.write(
          `${status.tenant}: version ${status.version} since ${status.newest_at.slice(0, 10)}${status.versions > 1 ? `, ${status.versions - 1} older not yet destroyed` : ''}; ${status.leads_sealed} leads sealed, ` +
            `${status.leads_under_older} under older versions; ${status.under_another_master} keys under another master key.\n`,
        )
    }
    if (options.json)
      options.output.write(`${JSON.stringify({ master: house.master.keys.current(), tenants: lines })}\n`)
    return 0
  } finally {
    await house.close(0)
  }
}
