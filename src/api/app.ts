import Fastify, { type FastifyInstance } from 'fastify'
import type { ApiDeps } from './deps.ts'

export type { ApiDeps, ApiKeys, ApiSettings, Published } from './deps.ts'

/** Builds the HTTP side; listening and ending are main.ts's. */
export const createApp = async (deps: ApiDeps): Promise<FastifyInstance> => {
  const app = Fastify({ loggerInstance: deps.log, disableRequestLogging: true })
  return app as unknown as FastifyInstance
}
