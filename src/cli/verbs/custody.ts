import type { Command } from 'commander'
import type { Config } from '../../config.ts'
import type { House } from '../../house.ts'
import { runBackup, runRestore } from '../commands/backup.ts'
import { runKeysPrune, runKeysRotate, runKeysStatus } from '../commands/keys.ts'
import { runPrivacyErase, runPrivacyExport, runPrivacyStatus } from '../commands/privacy.ts'
import { runRetention } from '../commands/retention.ts'

/** What main.ts hands to verbs that are added outside of it. */
export interface VerbContext {
  readonly configOf: (flags: { readonly data?: string }) => Config
  /** `mayMake`: a database that is not there yet. */
  readonly opener: (config: Config, mayMake?: boolean) => () => Promise<House>
  /** Runs a verb and ends the process with its code; what went wrong is one line. */
  readonly act: (run: () => Promise<number>) => Promise<void>
}

interface Flags {
  readonly data?: string
  readonly json?: boolean
}

/** The verbs of whoever has the keys: keys, privacy, backup and restore. */
export const addCustodyVerbs = (
  program: Command,
  {
    configOf,
    opener,
    restoring,
    act,
  }: VerbContext & {
    /** What a restore needs besides: the database as it is, not opened as a house. */
    readonly restoring: (config: Config) => Pick<Parameters<typeof runRestore>[0], 'master' | 'openConnection' | 'now'>
  },
): void => {
  const common = (flags: Flags) => {
    const config = configOf(flags)
    return {
      config,
      openHouse: opener(config),
      output: process.stdout,
      progress: process.stderr,
      json: flags.json === true,
    }
  }

  const keys = program.command('keys').description('Look at and exchange the keys that seal personal data')
  keys
    .command('status')
    .description('Which versions stand, and what is still wrapped under older ones')
    .option('--data <folder>', 'data folder (MILLRACE_DATA)')
    .option('--json', 'print JSON')
    .action((flags) => act(() => runKeysStatus(common(flags))))
  keys
    .command('rotate')
    .description('Make a new key for each tenant and wrap everything under it, while all runs on')
    .option('--tenant <slug>', 'only this tenant')
    .option('--master', 'exchange the master key that wraps the keys of tenants, instead')
    .option('--finish', 'make no new key: go on where a run was broken off')
    .option('--data <folder>', 'data folder (MILLRACE_DATA)')
    .option('--json', 'print JSON')
    .action((flags) =>
      act(() =>
        runKeysRotate({
          ...common(flags),
          tenant: flags.tenant,
          master: flags.master === true,
          finish: flags.finish === true,
        }),
      ),
    )

  keys
    .command('prune')
    .description('Destroy older versions that nothing is sealed under any more; a server does so daily')
    .option('--tenant <slug>', 'only this tenant')
    .option('--now', 'also those replaced less than a day ago: no process may run that has not heard of the newer one')
    .option('--data <folder>', 'data folder (MILLRACE_DATA)')
    .option('--json', 'print JSON')
    .action((flags) => act(() => runKeysPrune({ ...common(flags), tenant: flags.tenant, now: flags.now === true })))

  const privacy = program.command('privacy').description('Do what persons ask for about their data')
  privacy
    .command('erase')
    .description('Forget a person: their leads, what is under way, and who received them is told. It cannot be undone')
    .option('--email <address>', 'of the person')
    .option('--phone <number>', 'of the person')
    .option('--lead <id>', 'a lead of the person')
    .option('--only-lead', 'forget that lead alone, and block nobody')
    .option('--country <code>', 'country of a phone number without country code', 'US')
    .option('--receipt <file>', 'where the signed receipt goes')
    .option('--tenant <slug>', 'tenant, where there are several')
    .option('--data <folder>', 'data folder (MILLRACE_DATA)')
    .option('--json', 'print JSON')
    .action((flags) =>
      act(() =>
        runPrivacyErase({
          ...common(flags),
          tenant: flags.tenant,
          person: flags,
          onlyLead: flags.onlyLead === true,
          receipt: flags.receipt,
        }),
      ),
    )
  privacy
    .command('export')
    .description('Write everything held on a person into a file, as JSON or a page to read')
    .argument('<file>', 'where it goes; a name that ends in .html makes a page')
    .option('--email <address>', 'of the person')
    .option('--phone <number>', 'of the person')
    .option('--lead <id>', 'a lead of the person')
    .option('--country <code>', 'country of a phone number without country code', 'US')
    .option('--tenant <slug>', 'tenant, where there are several')
    .option('--data <folder>', 'data folder (MILLRACE_DATA)')
    .option('--json', 'print JSON')
    .action((file: string, flags) =>
      act(() =>
        runPrivacyExport({
          ...common(flags),
          tenant: flags.tenant,
          person: flags,
          out: file,
          html: /\.html?$/i.test(file),
        }),
      ),
    )
  privacy
    .command('retention')
    .description('Archive and let go what is older than it is kept, as happens daily by itself')
    .option('--dry-run', 'only say what would go')
    .option('--tenant <slug>', 'tenant, where there are several')
    .option('--data <folder>', 'data folder (MILLRACE_DATA)')
    .option('--json', 'print JSON')
    .action((flags) =>
      act(() => runRetention({ ...common(flags), tenant: flags.tenant, dryRun: flags.dryRun === true })),
    )
  privacy
    .command('status')
    .description('What was asked for, what waits for whom, and what is overdue')
    .option('--tenant <slug>', 'tenant, where there are several')
    .option('--data <folder>', 'data folder (MILLRACE_DATA)')
    .option('--json', 'print one line of JSON a request')
    .action((flags) => act(() => runPrivacyStatus({ ...common(flags), tenant: flags.tenant })))

  program
    .command('backup')
    .description('Write everything, as of one moment, into a folder while all runs on; run again, it goes on')
    .argument('<folder>')
    .option('--check', 'only look whether the backup in the folder is whole')
    .option('--data <folder>', 'data folder (MILLRACE_DATA)')
    .option('--json', 'print JSON')
    .action((folder: string, flags) =>
      act(() => runBackup({ ...common(flags), folder, check: flags.check === true, progress: process.stderr })),
    )
  program
    .command('restore')
    .description('Put a backup back into an empty database, then erase again whoever must stay erased')
    .argument('<folder>')
    .option('--overwrite', 'throw away what the database holds')
    .option('--data <folder>', 'data folder (MILLRACE_DATA)')
    .option('--json', 'print JSON')
    .action((folder: string, flags) =>
      act(() => {
        const { config, ...rest } = common(flags)
        return runRestore({
          ...rest,
          folder,
          overwrite: flags.overwrite === true,
          progress: process.stderr,
          ...restoring(config),
        })
      }),
    )
}
