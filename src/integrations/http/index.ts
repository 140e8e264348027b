import { defineDestination } from '../../kit/destination.ts'
import { readAnswer } from './answer.ts'
import { authorize, tokenOf } from './authorize.ts'
import { flawsOf } from './flaws.ts'
import { forget } from './forget.ts'
import { isRedirect, redirected } from './redirects.ts'
import { callOf, lowered } from './request.ts'
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
  deliver: function* deliver(input, settings, tools) {
    let call = callOf(input, settings, tools)
    let answer = yield call
    for (let followed = 0; followed < (settings.follow_redirects ?? 0) && isRedirect(answer); followed += 1) {
      const next = redirected({ call, answer, settings })
      if ('result' in next) return next.result
      call = next.call
      answer = yield call
    }
    return readAnswer({ answer, settings, tools, now: input.now })
  },
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
