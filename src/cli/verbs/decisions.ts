import type { Command } from 'commander'
import { runListsImport } from '../commands/lists-import.ts'
import type { VerbContext } from './custody.ts'

const split = (value: string, before: string[]): string[] => [...before, ...value.split(',').map((each) => each.trim())]

/** The verbs of what flows decide by: lists, caps. */
export const addDecisionVerbs = (
  program: Command,
  {
    configOf,
    opener,
    act,
    untilSignalled,
  }: VerbContext & {
    /** Resolves when somebody wants the process to end. */
    readonly untilSignalled: () => Promise<string>
  },
): void => {
  const lists = program.command('lists').description('Fill suppression lists')
  lists
    .command('import')
    .description('Add the values of a file, a value a line or a CSV file with a header, to a list')
    .argument('<file>')
    .requiredOption('--list <id>', 'list they are added to; it is made where there is none')
    .option(
      '--column <names>',
      'columns of the values, separated by commas; several stand for one entry together',
      split,
      [],
    )
    .option(
      '--type <names>',
      'field types of the columns; without it emails, phones, domains and digests are told apart',
      split,
      [],
    )
    .option('--country <code>', 'country of phone numbers without one', 'US')
    .option('--expires <duration>', 'how long the entries stand, as 90d; for ever where this is left out')
    .option('--label <name>', 'name of a new list, for people')
    .option('--tenant <slug>', 'tenant, where there are several')
    .option('--data <folder>', 'data folder (MILLRACE_DATA)')
    .option(
      '--encoding <name>',
      'what the file is written in: utf-8, windows-1252, utf-16le, …; it is found out otherwise',
    )
    .option('--rejects <file>', 'where rows that hold no value are written (default: <file>.rejects.csv)')
    .option('--json', 'print one line of JSON at the end')
    .action((file: string, flags) =>
      act(() =>
        runListsImport({
          file,
          encoding: flags.encoding,
          list: flags.list,
          columns: flags.column,
          types: flags.type,
          country: flags.country,
          expires: flags.expires,
          label: flags.label,
          tenant: flags.tenant,
          rejects: flags.rejects,
          json: flags.json === true,
          openHouse: opener(configOf(flags)),
          ended: untilSignalled(),
          output: process.stdout,
          progress: process.stderr,
        }),
      ),
    )
}
