import { defineDestination } from '../../kit/destination.ts'
import { authorize, tokenOf } from './authorize.ts'
import { batch } from './batch.ts'
import { enriches } from './enrich.ts'
import { exchange } from './exchange.ts'
import { flawsOf } from './flaws.ts'
import { forget } from './forget.ts'
import { lowered } from './request.ts'
import { HttpSettings } from './settings.ts'

export const http = defineDestination({
  type: 'http',
  summary:
    'Sends leads to any address over HTTP, as JSON, form, query, XML, SOAP, GraphQL, multipart, CSV or text, and reads what ' +
    'the answer says of them.',
  settings: HttpSettings,
  repeat: (settings) => settings.repeat ?? (settings.idempotency_header === undefined ? 'unsafe' : 'keyed'),
  example: {
    url: 'https://buyer.example.com/leads',
    idempotency_header: 'Idempotency-Key',
    auth: { bearer: { secret: 'buyer-token' } },
    response: { outcome_path: 'status', success_values: ['accepted'], reason_path: 'message', price_path: 'price' },
  },
  flaws: flawsOf,
  batch,
  deliver: (input, settings, tools) => exchange({ input, settings, tools, rest: false }),
  enriches,
  token: tokenOf,
  authorize,
  forget,
  check: (settings) =>
    settings.check_url === undefined
      ? null
      : {
          method: 'GET',
          url: settings.check_url,
          headers: {
            accept: '*/*',
            ...lowered(
              Object.fromEntries(Object.entries(settings.headers ?? {}).filter(([, value]) => !value.includes('{'))),
            ),
          },
          body: null,
        },
})
