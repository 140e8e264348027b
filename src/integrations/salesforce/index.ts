import { signJwt } from '../../base/signing.ts'
import { defineDestination, type TokenSource } from '../../kit/destination.ts'
import { readTokenAnswer } from '../../kit/token-answer.ts'
import { readAnswer } from './answer.ts'
import { basePath, callOf } from './request.ts'
import { SalesforceSettings } from './settings.ts'

const LOGIN_URL = 'https://login.salesforce.com'
/** An assertion is good for so long; Salesforce takes no more than three minutes. */
const ASSERTION_SECONDS = 170

/**
 * https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm and
 * https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_refresh_token_flow.htm
 */
const tokenOf = ({ auth }: SalesforceSettings): TokenSource => {
  const login = ('jwt' in auth ? auth.jwt.login_url : auth.refresh_token.login_url) ?? LOGIN_URL
  const formOf: (
    credential: Parameters<TokenSource['request']>[0],
    refresh: string | null,
  ) => Readonly<Record<string, string>> = ({ secret, now }, refresh) =>
    'jwt' in auth
      ? {
          grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
          assertion: signJwt(
            {
              iss: auth.jwt.client_id,
              sub: auth.jwt.username,
              aud: login,
              exp: Math.floor(now / 1000) + ASSERTION_SECONDS,
            },
            secret(auth.jwt.key),
          ),
        }
      : {
          grant_type: 'refresh_token',
          client_id: auth.refresh_token.client_id,
          ...(auth.refresh_token.secret !== undefined && { client_secret: secret(auth.refresh_token.secret) }),
          refresh_token: refresh ?? secret(auth.refresh_token.token),
        }
  return {
    name: JSON.stringify(['salesforce', login, auth]),
    request: (credential, refresh) => ({
      method: 'POST',
      url: `${login}/services/oauth2/token`,
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(formOf(credential, refresh)).toString(),
    }),
    read: (answer, now) => readTokenAnswer({ answer, now, host: new URL(login).host }),
  }
}

export const salesforce = defineDestination({
  type: 'salesforce',
  summary: 'Makes or updates leads, contacts or other records in Salesforce.',
  settings: SalesforceSettings,
  repeat: (settings) => (settings.external_id !== undefined && settings.campaign === undefined ? 'safe' : 'unsafe'),
  example: {
    instance_url: 'https://acme.my.salesforce.com',
    auth: { jwt: { client_id: '3MVG9…', username: 'millrace@acme.example', key: 'salesforce-key' } },
    object: 'Lead',
    external_id: 'Millrace_Id__c',
    assignment_rule: 'active',
  },
  flaws: ({ object, account, campaign }) => [
    ...(account !== undefined && object !== 'Contact'
      ? [{ path: 'account', message: 'account has a meaning for object Contact alone' }]
      : []),
    ...(campaign !== undefined && !['Lead', 'Contact'].includes(object ?? 'Lead')
      ? [{ path: 'campaign', message: 'members of campaigns are leads and contacts' }]
      : []),
  ],
  deliver: function* deliver(input, settings) {
    return readAnswer(yield callOf(input, settings), input.now)
  },
  token: tokenOf,
  authorize: (call, _settings, credential) => ({
    ...call,
    headers: { ...call.headers, authorization: `Bearer ${credential.token ?? ''}` },
  }),
  check: (settings) => ({
    method: 'GET',
    url: `${settings.instance_url}${basePath(settings)}/limits`,
    headers: { accept: 'application/json' },
    body: null,
  }),
})
