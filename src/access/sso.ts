import { createHash, type KeyObject } from 'node:crypto'
import * as oidc from 'openid-client'
import type { Clock } from '../base/clock.ts'
import { Fault, isFault } from '../base/faults.ts'
import { newId } from '../base/ids.ts'
import { keyOf, open, seal } from '../base/seal.ts'
import type { Database } from '../database/pool.ts'
import type { OnRefused } from './logins.ts'
import type { Vault } from './sessions.ts'
import { tidyEmail } from './users.ts'

/**
 * Single sign-on by OpenID Connect: authorization code with PKCE, state and nonce, one provider a tenant.
 *
 * What goes between leaving for the provider and coming back is sealed into a cookie: nothing is kept here for logins
 * that never come back. All calls to providers go through the house's way out.
 */

export interface SsoProvider {
  readonly issuer: string
  readonly clientId: string
  /** Whoever the provider knows and we don't becomes a user in this role; null: only who was invited gets in. */
  readonly defaultRole: string | null
  readonly version: number
}

/** A call to a provider, as `outbound` sends it. */
export type SsoSend = (request: {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
  readonly timeoutMs: number
}) => Promise<{ readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }>

export interface SingleSignOn {
  read(tenantId: string): Promise<SsoProvider>
  /** Asks the provider to describe itself first. Throws Fault `invalid_request` or `precondition_failed`. */
  set(asked: {
    tenantId: string
    issuer: string
    clientId: string
    /** Null: the one that is kept, where the issuer stays the same. */
    clientSecret: string | null
    defaultRole: string | null
    ifVersion: number | null
  }): Promise<SsoProvider>
  remove(tenantId: string): Promise<void>
  /** Where to send the browser, and what it must bring back. */
  begin(slug: string, callbackUrl: string): Promise<{ readonly url: string; readonly kept: string }>
  /** Who came back. Throws Fault `unauthenticated` or `forbidden`. */
  finish(asked: {
    slug: string
    callbackUrl: string
    query: string
    kept: string | null
    readonly onRefused: OnRefused
  }): Promise<{
    readonly tenantId: string
    readonly loginId: string
  }>
}

interface Known {
  readonly tenant_id: string
  readonly issuer: string
  readonly client_id: string
  readonly client_secret: Buffer
  readonly default_role: string | null
}

interface Kept {
  readonly slug: string
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  readonly at: number
}

const TIMEOUT_MS = 10_000
/** A description of a provider is believed so long. */
const DESCRIBED_MS = 10 * 60_000
/** How long somebody may take at the provider. */
const AWAY_MS = 10 * 60_000

const isLoopback = (url: URL): boolean => ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)

const problem = (field: string, message: string): Fault =>
  new Fault('invalid_request', { message: `${field}: ${message}`, problems: [{ field, message }] })

const noProvider = (): Fault => new Fault('not_found', { message: 'There is no single sign-on here.' })
const failed = (cause?: unknown): Fault =>
  new Fault('unauthenticated', { message: 'The sign-on did not succeed. Begin again.', cause })

export const createSingleSignOn = (options: {
  readonly database: Database
  readonly clock: Clock
  readonly vault: Vault
  readonly send: SsoSend
  readonly loginKey: (email: string) => Buffer
  /** Of the installation: what is kept in cookies is sealed under one made of it. */
  readonly key: Uint8Array
}): SingleSignOn => {
  const { database, clock, vault, send, loginKey } = options
  const cookieKey: KeyObject = keyOf(createHash('sha256').update('sso cookie').update(options.key).digest())
  const described = new Map<string, { readonly config: Promise<oidc.Configuration>; readonly until: number }>()

  const fetchThroughHouse: oidc.CustomFetch = async (url, { method, headers, body }) => {
    const text = body === undefined || body === null ? null : String(body)
    const { 'content-length': _length, host: _host, ...rest } = headers
    const answer = await send({
      url,
      method: method === 'POST' ? 'POST' : 'GET',
      headers: rest,
      body: text,
      timeoutMs: TIMEOUT_MS,
    })
    const { 'content-encoding': _encoding, 'content-length': _bytes, ...kept } = answer.headers
    return new Response(answer.status === 204 ? null : answer.body, { status: answer.status, headers: kept })
  }

  const discover = (issuer: string, clientId: string, secret: string): Promise<oidc.Configuration> => {
    const url = new URL(issuer)
    return oidc.discovery(url, clientId, secret, undefined, {
      [oidc.customFetch]: fetchThroughHouse,
      timeout: TIMEOUT_MS / 1000,
      execute: [
        // Its signature too, though the token comes straight from the provider.
        oidc.enableNonRepudiationChecks,
        // Without TLS only what never leaves this machine.
        ...(isLoopback(url) && url.protocol === 'http:' ? [oidc.allowInsecureRequests] : []),
      ],
    })
  }

  const configOf = async (known: Known): Promise<oidc.Configuration> => {
    const mark = `${known.issuer}|${known.client_id}|${known.client_secret.toString('base64')}`
    const before = described.get(mark)
    if (before && before.until > clock.now()) return before.config
    const config = discover(known.issuer, known.client_id, await vault.open(known.tenant_id, known.client_secret))
    described.set(mark, { config, until: clock.now() + DESCRIBED_MS })
    config.catch(() => described.delete(mark))
    return config
  }

  const find = async (slug: string): Promise<Known> => {
    const [known] = await database.definer<Known>({
      name: 'find_sso',
      text: 'select * from millrace.find_sso($1::text)',
      values: [slug],
    })
    if (!known) throw noProvider()
    return known
  }

  const readRow = async (tenantId: string): Promise<(SsoProvider & { readonly secret: Buffer }) | null> => {
    const [rows] = await database.batch(
      [tenantId],
      [
        {
          name: 'read_sso',
          text: `select issuer, client_id, client_secret, default_role, version from millrace.sso_provider
                 where tenant_id = $1::uuid`,
          values: [tenantId],
        },
      ],
    )
    const row = rows?.[0]
    if (!row) return null
    return {
      issuer: row.issuer as string,
      clientId: row.client_id as string,
      defaultRole: row.default_role as string | null,
      version: row.version as number,
      secret: row.client_secret as Buffer,
    }
  }

  /** A secret goes to the issuer it was given for, and to no other: else whoever may change settings could have it sent. */
  const secretOf = async (tenantId: string, issuer: string, given: string | null): Promise<string> => {
    if (given !== null) return given
    const kept = await readRow(tenantId)
    if (kept?.issuer === issuer) return vault.open(tenantId, kept.secret)
    throw problem('client_secret', 'is missing; it may be left out only where the issuer stays the same')
  }

  const readKept = (kept: string | null, slug: string): Kept => {
    try {
      const told = JSON.parse(open(cookieKey, Buffer.from(kept ?? '', 'base64url')).toString('utf8')) as Kept
      if (told.slug === slug && told.at > clock.now() - AWAY_MS) return told
    } catch (cause) {
      throw failed(cause)
    }
    throw failed()
  }

  /** By what the provider calls them; at the first sign-on by their email; else a new user, where that is wanted. */
  const loginOf = async (known: Known, subject: string, email: string | null): Promise<string> => {
    const tenantId = known.tenant_id
    const one = async (name: string, text: string, values: (string | Buffer | Date)[]): Promise<string | null> => {
      const [rows] = await database.batch([tenantId], [{ name, text, values: [tenantId, ...values] }])
      return (rows?.[0]?.id as string | undefined) ?? null
    }
    const bound = await one(
      'find_sso_login',
      'select id from millrace.login where tenant_id = $1::uuid and sso_subject = $2::text',
      [subject],
    )
    if (bound !== null) return bound
    if (email === null)
      throw new Fault('forbidden', {
        message: 'The provider tells no verified email of you, and you are not known here.',
      })
    const key = loginKey(tidyEmail(email))
    const invited = await one(
      'bind_sso_login',
      `update millrace.login set sso_subject = $2::text, version = version + 1
       where tenant_id = $1::uuid and email_key = $3::bytea and sso_subject is null returning id`,
      [subject, key],
    )
    if (invited !== null) return invited
    if (known.default_role === null)
      throw new Fault('forbidden', { message: 'You are not known here: ask an admin for an invitation.' })
    const made = await one(
      'make_sso_login',
      `insert into millrace.login (tenant_id, id, email_key, sealed, role, created_at, sso_subject)
       values ($1::uuid, $4::uuid, $3::bytea, $5::bytea, $6::text, $7::timestamptz, $2::text)
       on conflict do nothing returning id`,
      [
        subject,
        key,
        newId(clock.now()),
        await vault.seal(tenantId, email.trim()),
        known.default_role,
        new Date(clock.now()),
      ],
    )
    if (made === null) throw new Fault('forbidden', { message: 'This email is bound to another identity.' })
    return made
  }

  return {
    read: async (tenantId) => {
      const found = await readRow(tenantId)
      if (!found) throw noProvider()
      return found
    },

    set: async ({ tenantId, issuer, clientId, clientSecret: given, defaultRole, ifVersion }) => {
      const url = URL.canParse(issuer) ? new URL(issuer) : null
      if (url === null || !(url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))))
        throw problem('issuer', 'expected an address with https')
      const clientSecret = await secretOf(tenantId, issuer, given)
      try {
        await discover(issuer, clientId, clientSecret)
      } catch (error) {
        const why = isFault(error) ? ` (${error.code})` : ''
        throw problem('issuer', `does not describe itself at /.well-known/openid-configuration${why}`)
      }
      const sealed = await vault.seal(tenantId, clientSecret)
      const [rows] = await database.batch(
        [tenantId],
        [
          {
            name: 'set_sso',
            text: `insert into millrace.sso_provider as p (tenant_id, issuer, client_id, client_secret, default_role)
                   values ($1::uuid, $2::text, $3::text, $4::bytea, $5::text)
                   on conflict (tenant_id) do update set issuer = excluded.issuer, client_id = excluded.client_id,
                     client_secret = excluded.client_secret, default_role = excluded.default_role, version = p.version + 1
                   where $6::integer is null or p.version = $6::integer
                   returning version`,
            values: [tenantId, issuer, clientId, sealed, defaultRole, ifVersion],
          },
        ],
      )
      if (!rows?.length)
        throw new Fault('precondition_failed', {
          message: 'Somebody changed the sign-on since you read it. Read it again.',
        })
      return { issuer, clientId, defaultRole, version: rows[0]?.version as number }
    },

    remove: async (tenantId) => {
      await database.batch(
        [tenantId],
        [
          {
            name: 'remove_sso',
            text: 'delete from millrace.sso_provider where tenant_id = $1::uuid',
            values: [tenantId],
          },
        ],
      )
    },

    begin: async (slug, callbackUrl) => {
      const config = await configOf(await find(slug))
      const kept: Kept = {
        slug,
        state: oidc.randomState(),
        nonce: oidc.randomNonce(),
        verifier: oidc.randomPKCECodeVerifier(),
        at: clock.now(),
      }
      const url = oidc.buildAuthorizationUrl(config, {
        redirect_uri: callbackUrl,
        scope: 'openid email profile',
        state: kept.state,
        nonce: kept.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(kept.verifier),
        code_challenge_method: 'S256',
      })
      return { url: url.href, kept: seal(cookieKey, JSON.stringify(kept)).toString('base64url') }
    },

    finish: async ({ slug, callbackUrl, query, kept, onRefused }) => {
      const { state, nonce, verifier } = readKept(kept, slug)
      const known = await find(slug)
      const tenantId = known.tenant_id
      try {
        const config = await configOf(known)
        const claims = await oidc
          .authorizationCodeGrant(config, new URL(`${callbackUrl}?${query}`), {
            pkceCodeVerifier: verifier,
            expectedState: state,
            expectedNonce: nonce,
            idTokenExpected: true,
          })
          .then((tokens) => tokens.claims())
          .catch((error: unknown) => {
            throw isFault(error) ? error : failed(error)
          })
        if (!claims) throw failed()
        const isVerified = claims.email_verified !== false
        const email = typeof claims.email === 'string' && isVerified ? claims.email : null
        return { tenantId, loginId: await loginOf(known, claims.sub, email) }
      } catch (error) {
        if (isFault(error) && (error.code === 'unauthenticated' || error.code === 'forbidden'))
          onRefused({ tenantId, loginId: null, why: 'sso' })
        throw error
      }
    },
  }
}
