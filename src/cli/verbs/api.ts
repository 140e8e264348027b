import type { Command } from 'commander'
import { runApi } from '../commands/api.ts'
import type { VerbContext } from './custody.ts'

interface Flags {
  readonly server: string
  readonly query: readonly string[]
  readonly body?: string
  readonly idempotencyKey?: string
  readonly all?: boolean
}

/** The verb that asks a server instead of working on the database. */
export const addApiVerb = (
  program: Command,
  { act }: Pick<VerbContext, 'act'>,
  env: Readonly<Record<string, string | undefined>>,
): void => {
  program
    .command('api')
    .description('Ask a running server: ./millrace api get /api/v1/leads --query status=approved --all')
    .argument('<method>', 'get, post, put, patch or delete')
    .argument('<address>', 'such as /api/v1/leads; /docs of the server lists them')
    .option('--server <url>', 'where the server is (MILLRACE_SERVER)', env.MILLRACE_SERVER ?? 'http://127.0.0.1:8080')
    .option(
      '--query <name=value>',
      'again for each',
      (pair: string, before: readonly string[]) => [...before, pair],
      [],
    )
    .option('--body <json>', 'what is sent')
    .option('--idempotency-key <key>', 'the same key and body are done once')
    .option('--all', 'of a list: page after page, an item a line')
    .addHelpText(
      'after',
      '\nThe API key or access token is read from MILLRACE_API_KEY: in an argument, others could read it.',
    )
    .action((method: string, address: string, flags: Flags) =>
      act(() =>
        runApi({
          method,
          address,
          server: flags.server,
          key: env.MILLRACE_API_KEY,
          query: flags.query,
          body: flags.body,
          idempotencyKey: flags.idempotencyKey,
          all: flags.all === true,
          output: process.stdout,
        }),
      ),
    )
}
