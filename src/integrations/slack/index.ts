import { Type } from 'typebox'
import { Fault } from '../../base/faults.ts'
import { Closed } from '../../kit/config-parts.ts'
import { type AttemptResult, type Call, type CallAnswer, defineDestination } from '../../kit/destination.ts'
import type { Json } from '../../kit/field.ts'
import { faultOfStatus, retryAfterMs } from '../../kit/http-status.ts'
import { textOf, titled } from '../../kit/values.ts'

/**
 * Messages in a Slack channel, by an incoming webhook or by a bot.
 * https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks, https://docs.slack.dev/reference/methods/chat.postMessage
 */

const SlackSettings = Closed({
  webhook: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 100,
      description: 'Name of the stored secret that holds the incoming webhook’s address. It is itself the credential.',
    }),
  ),
  bot: Type.Optional(
    Closed(
      {
        token: Type.String({ minLength: 1, maxLength: 100, description: 'Name of the stored secret: `xoxb-…`.' }),
        channel: Type.String({ minLength: 1, maxLength: 200, description: 'Id of the channel, such as C0123456789.' }),
      },
      { description: 'Instead of a webhook: a bot that may `chat:write`, and where it writes.' },
    ),
  ),
  text: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 4000,
      description:
        'The message, a template over `payload`, in Slack’s mrkdwn; values cannot mention anybody. Without it: every name ' +
        'and value.',
    }),
  ),
  blocks: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 10_000,
      description: 'A list of Block Kit blocks as JSON, a template too; `text` is then what notifications show.',
    }),
  ),
})

const HOOKS = /^https:\/\/hooks\.slack(?:-gov)?\.com\/\S+$/
const HOOK_SHOWN = 'https://hooks.slack.com/services/'
const POST_MESSAGE = 'https://slack.com/api/chat.postMessage'
/** What a message may be long. */
const TEXT_CHARS_MAX = 4000

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const listed = (payload: { readonly [name: string]: Json }): string =>
  Object.entries(payload)
    .map(([name, value]) => `*${escaped(titled(name))}*: ${escaped(textOf(value))}`)
    .join('\n')

/** What any method may answer where the token is none that may do it. */
const CREDENTIALS: ReadonlySet<string> = new Set([
  'invalid_auth',
  'not_authed',
  'token_revoked',
  'token_expired',
  'account_inactive',
  'missing_scope',
  'invalid_token',
  'access_denied',
  'no_permission',
  'not_allowed_token_type',
  'org_login_required',
  'two_factor_setup_required',
  'ekm_access_denied',
])
/** Slack's own trouble, told with a 200. */
const AWAY: ReadonlySet<string> = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'team_added_to_org',
])

const refusal = (error: string, answer: CallAnswer, now: number): AttemptResult => {
  const reason = `Slack answered "${error}"`
  const failed = (
    code: 'setting_invalid' | 'destination.credentials' | 'destination.throttled' | 'destination.unavailable',
  ): AttemptResult => ({
    outcome: 'error',
    reason,
    code,
    retryAfterMs: retryAfterMs(answer.headers, now),
  })
  if (CREDENTIALS.has(error)) return failed('destination.credentials')
  if (/^(?:ratelimited|rate_limited)$/.test(error)) return failed('destination.throttled')
  if (AWAY.has(error)) return failed('destination.unavailable')
  if (/channel|archived|no_service|no_team|team_disabled|action_prohibited|posting_to_general|restricted/.test(error))
    return failed('setting_invalid')
  return { outcome: 'failure', reason, code: 'destination.rejected' }
}

/** What a program may say in an answer: a word, never a text of the message. */
const errorOf = (body: string): string => /^[a-z_]{2,60}$/.exec(body.trim())?.[0] ?? 'something else'

const read = (answer: CallAnswer, bot: boolean, now: number): AttemptResult => {
  const code = faultOfStatus(answer.status, answer.headers)
  if (code === 'destination.throttled' || code === 'destination.unavailable' || code === 'destination.unknown_outcome')
    return {
      outcome: 'error',
      reason: `Slack answered ${answer.status}`,
      code,
      retryAfterMs: retryAfterMs(answer.headers, now),
    }
  if (!bot)
    return code === null
      ? { outcome: 'success', reference: null, price: null, reason: null }
      : refusal(errorOf(answer.body), answer, now)
  let said: { ok?: unknown; error?: unknown; ts?: unknown } = {}
  try {
    said = JSON.parse(answer.body) as typeof said
  } catch {
    // Not Slack, then; told as such.
  }
  if (said.ok === true)
    return { outcome: 'success', reference: typeof said.ts === 'string' ? said.ts : null, price: null, reason: null }
  return refusal(errorOf(String(said.error ?? '')), answer, now)
}

const withJson = (text: string): Json[] | null => {
  try {
    const blocks: unknown = JSON.parse(text)
    return Array.isArray(blocks) ? (blocks as Json[]) : null
  } catch {
    return null
  }
}

export const slack = defineDestination({
  type: 'slack',
  summary: 'Tells a Slack channel of leads, by an incoming webhook or as a bot.',
  settings: SlackSettings,
  // A message that stands there twice does less harm than one that waits for somebody to look.
  repeat: () => 'safe',
  example: { webhook: 'slack-sales', text: 'New lead: *{{ payload.first_name }}*, {{ payload.phone }}' },
  flaws: (settings, tools) => {
    const wrong: { path: string; message: string }[] = []
    if ((settings.webhook === undefined) === (settings.bot === undefined))
      wrong.push({ path: 'webhook', message: 'slack needs either a webhook or a bot' })
    for (const [path, text, into] of [
      ['text', settings.text, 'mrkdwn'],
      ['blocks', settings.blocks, 'mrkdwn_json'],
    ] as const) {
      if (text === undefined) continue
      try {
        tools.template(text, into)
      } catch (error) {
        wrong.push({ path, message: error instanceof Fault ? error.message : 'the template cannot be read' })
      }
    }
    return wrong
  },
  deliver: function* deliver(input, settings, tools) {
    const values = {
      payload: input.payload as Json,
      delivery: { id: input.deliveryId, lead_id: input.leadId, attempt: input.attempt },
      now: input.now,
    }
    const written =
      settings.text === undefined ? listed(input.payload) : tools.template(settings.text, 'mrkdwn').render(values)
    const text = written.slice(0, TEXT_CHARS_MAX)
    const blocks =
      settings.blocks === undefined
        ? undefined
        : withJson(tools.template(settings.blocks, 'mrkdwn_json').render(values))
    if (blocks === null)
      return {
        outcome: 'error',
        reason: 'blocks is no JSON list once it is written',
        code: 'setting_invalid',
        retryAfterMs: null,
      }
    const call: Call = {
      method: 'POST',
      url: settings.bot === undefined ? HOOK_SHOWN : POST_MESSAGE,
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify({
        ...(settings.bot && { channel: settings.bot.channel }),
        text,
        ...(blocks && { blocks }),
      }),
    }
    return read(yield call, settings.bot !== undefined, input.now)
  },
  authorize: (call, settings, credential) => {
    if (settings.bot !== undefined)
      return { ...call, headers: { ...call.headers, authorization: `Bearer ${credential.secret(settings.bot.token)}` } }
    const url = credential.secret(settings.webhook ?? '').trim()
    if (!HOOKS.test(url))
      throw new Fault('setting_invalid', {
        message: 'The secret of a Slack webhook is its whole address, which begins with https://hooks.slack.com/',
      })
    return { ...call, url }
  },
  check: (settings) =>
    settings.bot === undefined
      ? null
      : { method: 'GET', url: 'https://slack.com/api/auth.test', headers: { accept: 'application/json' }, body: null },
  readCheck: (answer, now) => read(answer, true, now),
})
