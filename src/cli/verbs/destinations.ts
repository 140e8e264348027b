import type { Command } from 'commander'
import type { Clock } from '../../base/clock.ts'
import type { Registries } from '../../kit/flow.ts'
import { runDestinationTest } from '../commands/destination-test.ts'
import type { VerbContext } from './custody.ts'

/** The verbs of whoever sets destinations up. */
export const addDestinationVerbs = (
  program: Command,
  {
    configOf,
    opener,
    act,
    registries,
    clock,
  }: VerbContext & { readonly registries: Registries; readonly clock: Clock },
): void => {
  program
    .command('destination')
    .description('Try destinations out')
    .command('test')
    .description('Send a sample to a destination of a flow file, and show what is sent, answered and read')
    .argument('<file>', 'flow file; it need not be published')
    .argument('<destination>', 'id of one of its destinations')
    .option('--lead <json>', 'values of the sample by field, as JSON or a file; others are made up')
    .option('--payload <json>', 'what is sent, as it is, as JSON or a file')
    .option('--answer <text>', 'send nothing: read this answer’s body, a text or a file')
    .option('--status <number>', 'status of that answer', '200')
    .option('--check', 'only make the call that proves the connection')
    .option('--tenant <slug>', 'whose secrets it is sent with, where there are several tenants')
    .option('--data <folder>', 'data folder (MILLRACE_DATA)')
    .option('--json', 'print JSON')
    .action((file: string, destination: string, flags) =>
      act(() =>
        runDestinationTest({
          file,
          destination,
          lead: flags.lead,
          payload: flags.payload,
          answer: flags.answer,
          status: flags.status,
          check: flags.check === true,
          tenant: flags.tenant,
          json: flags.json === true,
          registries,
          openHouse: opener(configOf(flags)),
          output: process.stdout,
          now: clock.now(),
        }),
      ),
    )
}
