import { pino } from 'pino'
import { createApp } from './app.ts'
import type { ApiDeps } from './deps.ts'
import { type ApiDocument, compactDocument } from './openapi-document.ts'

/** Version of the API: in its addresses and in its description. It changes where a client would break. */
export const API_VERSION = '1'

/** Something that no request will ask for, since none comes. */
const absent = <T>(): T => ({}) as T

/** The description of the API (OpenAPI 3.1), of an app that is built for it alone. */
export const describeApi = async (): Promise<ApiDocument> => {
  const deps: ApiDeps = {
    ...absent<ApiDeps>(),
    log: pino({ level: 'silent' }),
    database: absent(),
    clock: absent(),
    delivery: absent(),
    settings: {
      version: API_VERSION,
      rateLimitMax: 1,
      rateLimitWindowMs: 1_000,
      publicUrl: null,
      platformKey: null,
      ipRateLimitMax: 1,
      leadsInFlightMax: 1,
      trustedProxies: [],
    },
    keys: { ...absent<ApiDeps['keys']>(), token: new Uint8Array(32) },
    mail: null,
    isDraining: () => false,
  }
  const app = await createApp(deps)
  await app.ready()
  const document = compactDocument(app.swagger())
  await app.close()
  return document
}
