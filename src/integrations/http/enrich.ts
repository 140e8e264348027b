import { Type } from 'typebox'
import { Closed } from '../../kit/config-parts.ts'
import type { Enriching } from '../../kit/destination.ts'
import { exchange } from './exchange.ts'
import { HttpSettings } from './settings.ts'
import { Response } from './settings-response.ts'

/** An HTTP provider that is asked for facts: what a destination says of its calls, and no more than that. */

const picked = <Properties extends object, Name extends keyof Properties>(
  from: Properties,
  ...names: readonly Name[]
): Pick<Properties, Name> =>
  Object.fromEntries(names.map((name) => [name, from[name]])) as unknown as Pick<Properties, Name>

const EnrichSettings = Closed({
  ...picked(
    HttpSettings.properties,
    'url',
    'method',
    'format',
    'body',
    'nested',
    'root',
    'namespace',
    'soap',
    'graphql',
    'ascii',
    'headers',
    'idempotency_header',
  ),
  repeat: Type.Optional(
    Type.Enum(['safe', 'keyed', 'unsafe'], {
      description:
        'What asking the same twice does there: nothing, is recognised by its key, or counts twice. It decides whether a ' +
        'call whose answer was lost is made again. Left out: `safe` with GET, `keyed` where `idempotency_header` is named, ' +
        'else `unsafe`.',
    }),
  ),
  ...picked(HttpSettings.properties, 'auth', 'sign', 'client_certificate', 'follow_redirects', 'redirect_hosts'),
  response: Type.Optional(
    Closed(
      picked(
        Response.properties,
        'content_type',
        'outcome_path',
        'success_values',
        'error_values',
        'outcomes',
        'otherwise',
        'reason_path',
        'default_reason',
      ),
      {
        description:
          'What the answer says besides the facts: whether it knows, and why not. By status alone where this is left out: ' +
          '2xx means that it knows, 404 that it does not.',
      },
    ),
  ),
  ...picked(HttpSettings.properties, 'forget'),
})

type Given = Pick<HttpSettings, 'method' | 'format' | 'repeat' | 'response'>

export const enriches: Enriching = {
  settings: EnrichSettings,
  example: {
    url: 'https://company.example.com/v2/companies/{{ payload.domain }}',
    method: 'GET',
    auth: { bearer: { secret: 'clearbit-key' } },
  },
  asDestination: (settings, places) => {
    const { method, format, repeat, response } = settings as Given
    // Asked for what they do not have, most providers answer 404.
    const nothing: NonNullable<Response['outcomes']> = format === 'graphql' ? [] : [{ status: 404, is: 'failure' }]
    const outcomes = [...(response?.outcomes ?? []), ...nothing]
    const whole: Response = { ...response, ...(outcomes.length > 0 && { outcomes }), capture: places }
    return { ...settings, ...(repeat === undefined && method === 'GET' && { repeat: 'safe' }), response: whole }
  },
  ask: (input, settings, tools) => exchange({ input, settings, tools, rest: true }),
}
