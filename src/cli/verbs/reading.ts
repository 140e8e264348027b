import type { Command } from 'commander'
import type { Clock } from '../../base/clock.ts'
import { Fault } from '../../base/faults.ts'
import { THRESHOLD } from '../../columns/propose.ts'
import { countryMeant } from '../../flow/places.ts'
import { runMap } from '../commands/map.ts'
import { runParse } from '../commands/parse.ts'
import type { VerbContext } from './custody.ts'

/** A country that is none would make every number of it wrong, without a word. */
const countryOf = (asked: string): string => {
  const country = countryMeant(asked)
  if (country !== null) return country
  throw new Fault('invalid_request', { message: `--country ${asked}: expected an ISO 3166 code such as US` })
}

/** The verbs that only read, and need no database. */
export const addReadingVerbs = (
  program: Command,
  { act, clock }: Pick<VerbContext, 'act'> & { readonly clock: Clock },
): void => {
  program
    .command('parse')
    .description('Read lines from standard input as a field type; print each as JSON')
    .argument('<type>', 'field type: phone, email, …')
    .option('--country <code>', 'country of numbers without one', 'US')
    .action((type: string, flags) =>
      act(async () =>
        runParse({
          type,
          country: countryOf(flags.country),
          input: process.stdin,
          output: process.stdout,
          errors: process.stderr,
          now: clock.now(),
        }),
      ),
    )

  program
    .command('map')
    .description('Propose a field for each column of a CSV file, by its name and its values; ask where it is not sure')
    .argument('<file>')
    .option('--country <code>', 'country of phones, states and postal codes', 'US')
    .option('--threshold <number>', 'columns less sure than this, 0 to 1, are asked about', String(THRESHOLD))
    .option(
      '--encoding <name>',
      'what the file is written in: utf-8, windows-1252, utf-16le, …; it is found out otherwise',
    )
    .option('--samples', 'show some values of each column: they may be personal')
    .option('--yaml', 'print fields and mapping for a flow file')
    .option('--json', 'print JSON')
    .action((file: string, flags) =>
      act(async () => {
        const threshold = Number(flags.threshold)
        if (!(threshold >= 0 && threshold <= 1))
          throw new Fault('invalid_request', {
            message: `--threshold ${flags.threshold}: expected a number from 0 to 1, such as ${THRESHOLD}`,
          })
        return runMap({
          file,
          encoding: flags.encoding,
          country: countryOf(flags.country),
          threshold,
          json: flags.json === true,
          samples: flags.samples === true,
          yaml: flags.yaml === true,
          now: clock.now(),
          output: process.stdout,
        })
      }),
    )
}
