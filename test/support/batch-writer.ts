import { createBatches } from '../../src/handlers/batches.ts'
import { createTokens } from '../../src/handlers/tokens.ts'
import { createLeadLoader } from '../../src/journal/read.ts'
import { createOutbound, type Outbound } from '../../src/outbound/outbound.ts'
import { type BatchWriter, createBatchWriter } from '../../src/runner/batch-writer.ts'
import { createCatalog } from '../../src/runner/catalog.ts'
import type { Engine, Process } from './engine.ts'
import { registries } from './house.ts'

/** What sends batches in a process of the engine, by its own clock, to this machine. */
export const batchWriter = (
  engine: Engine,
  { database, keyring, secrets, gate }: Pick<Process, 'database' | 'keyring' | 'secrets' | 'gate'>,
): { readonly writer: BatchWriter; readonly outbound: Outbound } => {
  const { clock } = engine
  const outbound = createOutbound({
    allow: ['127.0.0.1'],
    bodyBytesMax: 100_000,
    connectTimeoutMs: 1000,
    connectionsPerOrigin: 2,
  })
  const tokens = createTokens({ database, clock, secrets, send: async () => ({ status: 500, headers: {}, body: '' }) })
  const writer = createBatchWriter({
    ctx: { clock, secrets, tokens, outbound },
    batches: createBatches({ database }),
    keyring,
    catalog: createCatalog({ database, registries }),
    loader: createLeadLoader({ database, keyring }),
    blocks: { why: async () => null },
    gate,
    random: () => 0,
    timeoutMs: 5_000,
    log: { error: () => undefined },
  })
  return { writer, outbound }
}
