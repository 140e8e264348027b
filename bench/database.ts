/** One Postgres for a run: the one Millrace brings, with its settings as they are, in a folder of the run's own. */
import { join } from 'node:path'
import pg from 'pg'
import { type Embedded, startEmbedded } from '../src/database/embedded.ts'

export interface BenchDatabase {
  readonly version: string
  readonly pid: () => number
  /** Makes an empty database; gives its address. */
  create(name: string): Promise<string>
  /** Runs something as the superuser in one of the databases. */
  use<T>(name: string, run: (client: pg.Client) => Promise<T>): Promise<T>
  stop(): Promise<void>
}

const addressOf = ({ connection }: Embedded, name: string): string =>
  `postgresql://${connection.user}@localhost/${name}?host=${encodeURIComponent(connection.host)}&port=${connection.port}`

export const openBenchDatabase = async (options: {
  readonly folder: string
  readonly onLog: (text: string) => void
}): Promise<BenchDatabase> => {
  const embedded = await startEmbedded({ dataDir: join(options.folder, 'data'), restart: false, onLog: options.onLog })
  const use: BenchDatabase['use'] = async (name, run) => {
    const client = new pg.Client({ ...embedded.superuser, database: name })
    await client.connect()
    try {
      return await run(client)
    } finally {
      await client.end()
    }
  }
  return {
    version: embedded.version,
    pid: embedded.pid,
    use,
    create: async (name) => {
      await use('postgres', (client) => client.query(`create database ${name} owner ${embedded.connection.user}`))
      return addressOf(embedded, name)
    },
    stop: embedded.stop,
  }
}
