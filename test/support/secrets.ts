import { seal } from '../../src/base/seal.ts'
import type { Engine, Process } from './engine.ts'

/** Stores a secret of the engine's tenant, as another process would: who has read them before does not know it yet. */
export const storeSecret = async (
  engine: Engine,
  { keyring }: Pick<Process, 'keyring'>,
  name: string,
  secret: string,
): Promise<void> => {
  const { wrap } = await keyring.tenant(engine.tenantId)
  await engine.db.inspect('insert into millrace.secret (tenant_id, name, sealed, updated_at) values ($1, $2, $3, $4)', [
    engine.tenantId,
    name,
    seal(wrap, secret),
    new Date(engine.clock.now()),
  ])
}
