import type { Command } from 'commander'
import type { TenantLimits } from '../../access/tenants.ts'
import { Fault } from '../../base/faults.ts'
import type { Config } from '../../config.ts'
import { runTenantChange, runTenantCreate, runTenantDelete, runTenantList } from '../commands/tenants.ts'
import type { VerbContext } from './custody.ts'

interface Flags {
  readonly data?: string
  readonly json?: boolean
  readonly leadsMonth?: string
  readonly requestsMinute?: string
  readonly sourceRequestsMinute?: string
  readonly destinations?: string
  readonly storageBytes?: string
}

const NAMES = ['leadsMonth', 'requestsMinute', 'sourceRequestsMinute', 'destinations', 'storageBytes'] as const

const limitsOf = (flags: Flags): Partial<TenantLimits> =>
  Object.fromEntries(
    NAMES.flatMap((name): [string, number | null][] => {
      const text = flags[name]
      if (text === undefined) return []
      if (text === 'none') return [[name, null]]
      if (!/^\d{1,15}$/.test(text)) {
        const flag = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
        throw new Fault('setting_invalid', { message: `--${flag}: expected a whole number or none, not "${text}"` })
      }
      return [[name, Number(text)]]
    }),
  )

const withLimits = (command: Command): Command =>
  command
    .option('--leads-month <number>', 'leads taken in a month, or none')
    .option('--requests-minute <number>', 'requests a minute, or none')
    .option('--source-requests-minute <number>', 'submissions a minute of each source, or none')
    .option('--destinations <number>', 'destinations in all flows, or none')
    .option('--storage-bytes <number>', 'bytes of journal and submissions, or none')

/** The verbs of who runs the installation: tenants. */
export const addTenantVerbs = (
  program: Command,
  { configOf, opener, act, servedAt }: VerbContext & { readonly servedAt: (config: Config) => string },
): void => {
  const common = (flags: Flags, mayMake = false) => {
    const config = configOf(flags)
    return {
      config,
      openHouse: opener(config, mayMake),
      output: process.stdout,
      progress: process.stderr,
      json: flags.json === true,
    }
  }
  const shared = (command: Command): Command =>
    command.option('--data <folder>', 'data folder (MILLRACE_DATA)').option('--json', 'print JSON')

  const tenant = program.command('tenant').description('Make, limit, suspend and delete tenants')
  shared(tenant.command('list').description('All tenants, with their limits')).action((flags: Flags) =>
    act(() => runTenantList(common(flags))),
  )
  shared(
    withLimits(
      tenant
        .command('create')
        .description('Make a tenant')
        .argument('<slug>', 'short name: small letters, digits, hyphens')
        .option('--name <name>', 'name for people')
        .option('--owner <email>', 'invite this user as its owner, and print the link'),
    ),
  ).action((slug: string, flags: Flags & { name?: string; owner?: string }) =>
    act(async () => {
      const { config, ...rest } = common(flags, true)
      const { name, owner } = flags
      return runTenantCreate({
        ...rest,
        slug,
        name,
        owner,
        limits: limitsOf(flags),
        publicUrl: config.publicUrl,
        servedAt: servedAt(config),
      })
    }),
  )
  shared(withLimits(tenant.command('limit').description('What a tenant may use').argument('<slug>'))).action(
    (slug: string, flags: Flags) =>
      act(async () => runTenantChange({ ...common(flags), slug, change: { limits: limitsOf(flags) } })),
  )
  shared(tenant.command('suspend').description('Take nothing in, let nobody log in').argument('<slug>')).action(
    (slug: string, flags: Flags) => act(() => runTenantChange({ ...common(flags), slug, change: { enabled: false } })),
  )
  shared(tenant.command('resume').description('Open a suspended tenant again').argument('<slug>')).action(
    (slug: string, flags: Flags) => act(() => runTenantChange({ ...common(flags), slug, change: { enabled: true } })),
  )
  shared(
    tenant
      .command('delete')
      .description('Destroy the keys of a suspended tenant, and remove everything of it')
      .argument('<slug>')
      .option('--yes <slug>', 'its name once more: this cannot be undone'),
  ).action((slug: string, flags: Flags & { yes?: string }) =>
    act(() => runTenantDelete({ ...common(flags), slug, confirmed: flags.yes })),
  )
}
