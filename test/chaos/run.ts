/** `npm run chaos`: kills real processes for some minutes and says what was lost. Nothing, or exit code 1. */

import { parseArgs } from 'node:util'
import { atOnceAlone, atOnceTogether } from './at-once.ts'
import { databaseAway } from './database-away.ts'
import { deliveries } from './deliveries.ts'
import { drain } from './drain.ts'
import { addFindings, type Findings, isGood, noFindings } from './findings.ts'
import { killings } from './killings.ts'
import { createRandom } from './random.ts'
import { twins } from './twins.ts'
import { openWard, type Ward } from './ward.ts'

const HELP = `npm run chaos -- [--json] [--kills N] [--seconds N] [--seed N] [--only NAME]

Starts real servers in a folder of its own, sends them leads on 127.0.0.1, and ends them in every way there is:
  drain      SIGTERM with leads in flight
  alone      fifty identical leads at once; five hundred against a cap of 100
  together   the same against two processes on one database
  database   the embedded Postgres is killed, alone and together with the server
  killings   kill -9 at random moments, of running and of starting servers
  lies       10,000 deliveries to destinations that lie, from two processes on one Postgres: workers killed, the
             database restarted, its connections cut, clocks jumping
  own        a tenth of that from one process on the Postgres it brings
  twins      fifty twins at once over three processes, equal and a typing error apart; 200 rounds
Then it holds what sources were told against what stands in the database and what the buyer was sent.

  --json       prints one line: kills, acknowledged, lost, doubled, unfinished, and what else was found
  --kills N    servers killed in "killings" at most (60)
  --seconds N  about how long it may take in all, without the twins and the lies (180)
  --seed N     the people, pauses and moments of that run again; as far as a machine does the same twice
  --leads N    leads in "lies", four deliveries each (2500)
  --only NAME  one of the eight
  --rounds N   rounds of "twins" (200)

Exit code 1 where anything was lost, doubled, left unfinished or otherwise wrong; 2 where it was called wrongly.
`

const KILLS = 60
const SECONDS = 180
const LEADS = 2_500
/** For the leads of "killings" to come to an end and be read one by one. */
const CLOSING_MS = 25_000
const SENDERS = 24
const ROUNDS = 4
const TWIN_ROUNDS = 200

const numberOf = (text: string | undefined, fallback: number, name: string): number => {
  if (text === undefined) return fallback
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1) return value
  process.stderr.write(`chaos: --${name}: expected a whole number from 1, not "${text}"\n`)
  process.exit(2)
}

interface Asked {
  readonly ward: Ward
  readonly seed: number
  readonly kills: number
  readonly seconds: number
  readonly leads: number
  readonly twinRounds: number
  readonly say: (text: string) => void
}

type Scenario = (asked: Asked, spentMs: number) => Promise<Findings>

/** In this order: the killings take what time those before them leave, and twins take their own. */
const SCENARIOS: Readonly<Record<string, Scenario>> = {
  drain: ({ ward, seed }) => drain({ ward, random: createRandom(seed) }),
  alone: ({ ward }) => atOnceAlone(ward, ROUNDS),
  together: ({ ward }) => atOnceTogether(ward, ROUNDS),
  database: ({ ward, seed }) => databaseAway({ ward, random: createRandom(seed + 1), kills: 3, senders: SENDERS }),
  killings: ({ ward, seed, kills, seconds, say }, spentMs) =>
    killings({
      ward,
      random: createRandom(seed + 2),
      kills,
      untilMs: seconds * 1000 - spentMs - CLOSING_MS,
      senders: SENDERS,
      onProgress: say,
    }),
  lies: ({ ward, seed, leads, say }) =>
    deliveries({ ward, random: createRandom(seed + 4), leads, blows: 16, on: 'external', onProgress: say }),
  own: ({ ward, seed, leads, say }) =>
    deliveries({
      ward,
      random: createRandom(seed + 5),
      leads: Math.ceil(leads / 10),
      blows: 8,
      on: 'embedded',
      onProgress: say,
    }),
  twins: ({ ward, seed, twinRounds }) => twins(ward, createRandom(seed + 3), twinRounds),
}

const readArguments = () => {
  try {
    const { values } = parseArgs({
      options: {
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        kills: { type: 'string' },
        seconds: { type: 'string' },
        leads: { type: 'string' },
        seed: { type: 'string' },
        rounds: { type: 'string' },
        only: { type: 'string' },
      },
    })
    return values
  } catch (error) {
    process.stderr.write(`chaos: ${(error as Error).message}\n`)
    process.exit(2)
  }
}

const main = async (): Promise<number> => {
  const values = readArguments()
  if (values.help) {
    process.stdout.write(HELP)
    return 0
  }
  const names = Object.keys(SCENARIOS).filter((name) => values.only === undefined || name === values.only)
  if (names.length === 0) {
    process.stderr.write(`chaos: --only: expected one of ${Object.keys(SCENARIOS).join(', ')}, not "${values.only}"\n`)
    return 2
  }
  const kills = numberOf(values.kills, KILLS, 'kills')
  const seconds = numberOf(values.seconds, SECONDS, 'seconds')
  const leads = numberOf(values.leads, LEADS, 'leads')
  const twinRounds = numberOf(values.rounds, TWIN_ROUNDS, 'rounds')
  const seed = numberOf(values.seed, 1 + (Date.now() % 1_000_000), 'seed')
  const say = (text: string): void => {
    process.stderr.write(`${text}\n`)
  }
  const ward = await openWard()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => {
      void ward.end().finally(() => process.exit(1))
    })
  const startedAt = performance.now()
  const spent = (): number => Math.round(performance.now() - startedAt)
  const sum = noFindings()
  say(`chaos with seed ${seed}`)
  try {
    for (const name of names) {
      say(`${name} …`)
      const findings = await SCENARIOS[name]?.({ ward, seed, kills, seconds, leads, twinRounds, say }, spent()).catch(
        (error) => {
          const failed = noFindings()
          failed.problems.push(error instanceof Error ? error.message : String(error))
          return failed
        },
      )
      if (findings) addFindings(sum, name, findings)
    }
  } finally {
    await ward.end()
  }
  const { lost, doubled, unfinished, acknowledged, problems, figures } = sum
  const told = { kills: sum.kills, acknowledged, lost, doubled, unfinished, problems, seed, ms: spent(), figures }
  if (values.json) process.stdout.write(`${JSON.stringify(told)}\n`)
  else {
    const line = `${told.kills} kills, ${acknowledged} leads acknowledged: ${lost} lost, ${doubled} doubled, ${unfinished} unfinished`
    process.stdout.write([line, ...problems.map((problem) => `  ${problem}`), ''].join('\n'))
  }
  return isGood(sum) ? 0 : 1
}

process.exitCode = await main()
