import { type Command, InvalidArgumentError } from 'commander'
import type { Clock } from '../../base/clock.ts'
import type { Registries } from '../../kit/flow.ts'
import { runDedupe } from '../commands/dedupe.ts'
import { runEvalIdentity } from '../commands/eval-identity.ts'
import { runIdentityTrain } from '../commands/identity-train.ts'
import type { VerbContext } from './custody.ts'

const listed = (value: string, before: string[]): string[] => [...before, value]
const split = (value: string, before: string[]): string[] => [...before, ...value.split(',').map((each) => each.trim())]

const wholeNumber = (text: string): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Expected a whole number from 1.')
  return value
}

const LEADS_MAX = 200_000

/** The verbs of who is who. */
export const addIdentityVerbs = (
  program: Command,
  {
    configOf,
    opener,
    act,
    untilSignalled,
    registries,
    clock,
  }: VerbContext & {
    /** Resolves when somebody wants the process to end. */
    readonly untilSignalled: () => Promise<string>
    readonly registries: Registries
    readonly clock: Clock
  },
): void => {
  program
    .command('dedupe')
    .description(
      'Find who stands more than once in a CSV file, or, without one, among the leads taken in; a later run goes on where one was interrupted',
    )
    .argument('[file]')
    .requiredOption('--out <file>', 'where the rows go, each with its person and why; of leads, their ids')
    .option('--map <header=field>', 'what a column means, or none to leave it out; may be repeated', listed, [])
    .option('--drop <columns>', 'columns to leave out, separated by commas', split, [])
    .option('--country <code>', 'country of dates and states', 'US')
    .option(
      '--encoding <name>',
      'what the file is written in: utf-8, windows-1252, utf-16le, …; it is found out otherwise',
    )
    .option('--flow <id>', 'without a file: the leads of this flow alone')
    .option('--tenant <slug>', 'without a file: whose leads, where there are several tenants')
    .option('--data <folder>', 'data folder (MILLRACE_DATA)')
    .option('--restart', 'begin anew, whatever an interrupted run left')
    .option('--json', 'print one line of JSON at the end')
    .action((file: string | undefined, flags) =>
      act(() =>
        runDedupe({
          file,
          encoding: flags.encoding,
          out: flags.out,
          maps: flags.map,
          drop: flags.drop,
          country: flags.country,
          tenant: flags.tenant,
          flow: flags.flow,
          restart: flags.restart === true,
          json: flags.json === true,
          now: clock.now(),
          ended: untilSignalled(),
          registries,
          openHouse: opener(configOf(flags)),
          output: process.stdout,
          progress: process.stderr,
        }),
      ),
    )

  program
    .command('eval')
    .description('Measure how good a part of Millrace is')
    .command('identity')
    .description('Link a labelled CSV file with no label used, and compare')
    .argument('<file>')
    .requiredOption('--truth <column>', 'column that says who is who')
    .option('--truth-pattern <regexp>', 'its first group, in that column, is the person')
    .option('--drop <columns>', 'columns to leave out, separated by commas', split, [])
    .option('--map <header=field>', 'what a column means, or none to leave it out; may be repeated', listed, [])
    .option('--country <code>', 'country of dates and states', 'US')
    .option('--json', 'print one line of JSON')
    .action((file: string, flags) =>
      act(() =>
        runEvalIdentity({
          file,
          truth: flags.truth,
          truthPattern: flags.truthPattern,
          drop: flags.drop,
          maps: flags.map,
          country: flags.country,
          json: flags.json === true,
          now: clock.now(),
          output: process.stdout,
          notes: process.stderr,
        }),
      ),
    )

  program
    .command('identity')
    .description('Persons: what leads are matched by')
    .command('train')
    .description(
      'Learn the weights of the step match from the leads taken in, without labels; decisions of reviewers count where there are any',
    )
    .option('--leads <number>', 'learn from so many leads at most, the newest', wholeNumber, LEADS_MAX)
    .option('--tenant <slug>', 'whose leads, where there are several tenants')
    .option('--data <folder>', 'data folder (MILLRACE_DATA)')
    .option('--json', 'print one line of JSON at the end')
    .action((flags) =>
      act(() =>
        runIdentityTrain({
          tenant: flags.tenant,
          leadsMax: flags.leads,
          json: flags.json === true,
          registries,
          openHouse: opener(configOf(flags)),
          output: process.stdout,
          progress: process.stderr,
        }),
      ),
    )
}
