import { hash, randomBytes } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { Fault } from '../base/faults.ts'
import { newId } from '../base/ids.ts'
import { type Database, type Row, type Statement, sqlState, type Tx, violatedConstraint } from '../database/pool.ts'
import { isRole, ROLES } from './matrix.ts'
import { fitsRole, type Partner } from './partners.ts'
import type { Vault } from './sessions.ts'

/** The users of a tenant, and the links by which they come in or set a new password. */

export interface User {
  readonly id: string
  readonly email: string
  readonly role: string
  readonly partner: Partner | null
  readonly enabled: boolean
  /** Whether a password was set: an invitation was taken. */
  readonly joined: boolean
  readonly secondFactor: boolean
  readonly createdAt: number
  readonly lastLoginAt: number | null
  readonly version: number
}

export interface Link {
  readonly token: string
  readonly expiresAt: number
}

export interface UserChange {
  readonly role?: string
  readonly partner?: Partner | null
  readonly enabled?: boolean
}

/** Who acts: an admin makes no owner and touches none. */
export interface Actor {
  readonly role: string
}

export interface Users {
  /** By id, from after `after`. */
  list(tenantId: string, page: { readonly after: string | null; readonly limit: number }): Promise<User[]>
  read(tenantId: string, id: string): Promise<User>
  invite(asked: {
    tenantId: string
    email: string
    role: string
    partner: Partner | null
    actor: Actor
  }): Promise<{ readonly user: User; readonly link: Link }>
  /** A link by which the user sets a new password; earlier ones end. */
  link(tenantId: string, id: string, purpose: 'invitation' | 'reset', actor: Actor | null): Promise<Link>
  /** `ifVersion` null: whatever it is now. Throws Fault `precondition_failed`, `conflict`, `forbidden`, `not_found`. */
  change(asked: {
    tenantId: string
    id: string
    change: UserChange
    ifVersion: number | null
    actor: Actor
  }): Promise<User>
  remove(asked: { tenantId: string; id: string; ifVersion: number | null; actor: Actor }): Promise<void>
  /** Throws Fault `unauthenticated` where there is no such link, or no more. */
  whoseLink(token: string): Promise<{ readonly tenantId: string; readonly loginId: string }>
  /**
   * Sets the password of the user whose link this is, and ends the user's links and sessions. A link is good once.
   * Throws Fault `unauthenticated`.
   */
  takeLink(asked: { tenantId: string; token: string; passwordHash: string }): Promise<void>
  /** The same for a user who knows the old one; `except` is the session that goes on. */
  setPassword(asked: { tenantId: string; id: string; passwordHash: string; except: string }): Promise<void>
}

const DAY_MS = 86_400_000
const LINK_MS = { invitation: 7 * DAY_MS, reset: 3_600_000 } as const

const COLUMNS = `id, sealed, role, partner, enabled, password_hash is not null or sso_subject is not null as joined,
  totp_confirmed, created_at, last_login_at, version`

/** Of an email address, before it is hashed or compared. */
export const tidyEmail = (email: string): string => email.trim().toLowerCase()

/** The demo and earlier versions wrap it in JSON. */
export const emailOf = (opened: string): string =>
  opened.startsWith('{') ? (JSON.parse(opened) as { email: string }).email : opened

const noUser = (): Fault => new Fault('not_found', { message: 'There is no such user.' })
const badLink = (): Fault =>
  new Fault('unauthenticated', { message: 'This link is not valid any more. Ask for a new one.' })

const checkRole = (role: string, partner: Partner | null): void => {
  const problem = (field: string, message: string): Fault =>
    new Fault('invalid_request', { message: `${field}: ${message}`, problems: [{ field, message }] })
  if (!isRole(role)) throw problem('role', `expected one of ${Object.keys(ROLES).join(', ')}`)
  if (fitsRole(role, partner)) return
  if (role === 'source_partner') throw problem('partner', 'expected {"flow", "source"}: whose leads this user sees')
  if (role === 'buyer_partner') throw problem('partner', 'expected {"destination"}: whose leads this user sees')
  throw problem('partner', `is only of source_partner and buyer_partner, not of ${role}`)
}

const checkActor = (actor: Actor, ...roles: readonly string[]): void => {
  if (roles.includes('owner') && actor.role !== 'owner')
    throw new Fault('forbidden', { message: 'Only an owner may make, change or remove an owner.' })
}

const tokenHash = (token: string): Buffer => hash('sha256', `link|${token}`, 'buffer')

export const createUsers = (options: {
  readonly database: Database
  readonly clock: Clock
  readonly vault: Vault
  /** Keyed hash of a tidy email. */
  readonly loginKey: (email: string) => Buffer
}): Users => {
  const { database, clock, vault, loginKey } = options

  const userOf = async (tenantId: string, row: Row): Promise<User> => ({
    id: row.id as string,
    email: emailOf(await vault.open(tenantId, row.sealed as Buffer)),
    role: row.role as string,
    partner: row.partner as Partner | null,
    enabled: row.enabled as boolean,
    joined: row.joined as boolean,
    secondFactor: row.totp_confirmed as boolean,
    createdAt: row.created_at as number,
    lastLoginAt: row.last_login_at as number | null,
    version: row.version as number,
  })

  const readRow = async (tenantId: string, id: string): Promise<Row> => {
    const [rows] = await database.batch(
      [tenantId],
      [
        {
          name: 'read_user',
          text: `select ${COLUMNS} from millrace.login where tenant_id = $1::uuid and id = $2::uuid`,
          values: [tenantId, id],
        },
      ],
    )
    const row = rows?.[0]
    if (!row) throw noUser()
    return row
  }

  const newLink = (tenantId: string, loginId: string, purpose: 'invitation' | 'reset') => {
    const now = clock.now()
    const token = randomBytes(32).toString('base64url')
    const expiresAt = now + LINK_MS[purpose]
    const statement = {
      name: 'new_login_link',
      text: `with ended as (delete from millrace.login_link where tenant_id = $1::uuid and login_id = $3::uuid)
             insert into millrace.login_link (tenant_id, id, login_id, purpose, token_hash, created_at, expires_at)
             values ($1::uuid, $2::uuid, $3::uuid, $4::text, $5::bytea, $6::timestamptz, $7::timestamptz)`,
      values: [tenantId, newId(now), loginId, purpose, tokenHash(token), new Date(now), new Date(expiresAt)],
    }
    return { link: { token, expiresAt }, statement }
  }

  /** Locks out everybody else who changes users of this tenant, so that the last owner cannot leave twice. */
  const locked = async (tx: Tx, tenantId: string, id: string, ifVersion: number | null): Promise<Row> => {
    await tx.query({ text: 'select id from millrace.tenant where id = $1::uuid for update', values: [tenantId] })
    const [row] = await tx.query({
      text: `select ${COLUMNS} from millrace.login where tenant_id = $1::uuid and id = $2::uuid`,
      values: [tenantId, id],
    })
    if (!row) throw noUser()
    if (ifVersion !== null && row.version !== ifVersion)
      throw new Fault('precondition_failed', {
        message: 'Somebody changed this user since you read it. Read it again.',
      })
    return row
  }

  const keepAnOwner = async (tx: Tx, tenantId: string): Promise<void> => {
    const [row] = await tx.query<{ owners: number }>({
      text: `select count(*)::integer as owners from millrace.login
             where tenant_id = $1::uuid and role = 'owner' and enabled`,
      values: [tenantId],
    })
    if (!row?.owners)
      throw new Fault('conflict', { message: 'A tenant keeps one owner at least: make another one first.' })
  }

  const passwordSet = (tenantId: string, id: string, passwordHash: string, except: string | null): Statement[] => [
    {
      name: 'set_password',
      text: `update millrace.login set password_hash = $3::text, version = version + 1
             where tenant_id = $1::uuid and id = $2::uuid`,
      values: [tenantId, id, passwordHash],
    },
    {
      name: 'end_proofs',
      text: 'delete from millrace.login_proof where tenant_id = $1::uuid and login_id = $2::uuid',
      values: [tenantId, id],
    },
    {
      name: 'end_links',
      text: 'delete from millrace.login_link where tenant_id = $1::uuid and login_id = $2::uuid',
      values: [tenantId, id],
    },
    {
      name: 'end_sessions',
      text: `update millrace.login_session set revoked_at = $3::timestamptz, revoked_for = 'password'
             where tenant_id = $1::uuid and login_id = $2::uuid and revoked_at is null
               and ($4::uuid is null or id <> $4::uuid)`,
      values: [tenantId, id, new Date(clock.now()), except],
    },
  ]

  return {
    list: async (tenantId, { after, limit }) => {
      const [rows = []] = await database.batch(
        [tenantId],
        [
          {
            name: 'list_users',
            text: `select ${COLUMNS} from millrace.login
                   where tenant_id = $1::uuid and ($2::uuid is null or id > $2::uuid) order by id limit $3::integer`,
            values: [tenantId, after, limit],
          },
        ],
      )
      return Promise.all(rows.map((row) => userOf(tenantId, row)))
    },

    read: async (tenantId, id) => userOf(tenantId, await readRow(tenantId, id)),

    invite: async ({ tenantId, email, role, partner, actor }) => {
      checkRole(role, partner)
      checkActor(actor, role)
      const now = clock.now()
      const id = newId(now)
      const { link, statement } = newLink(tenantId, id, 'invitation')
      try {
        await database.batch(
          [tenantId],
          [
            {
              name: 'invite_user',
              text: `insert into millrace.login (tenant_id, id, email_key, sealed, role, partner, created_at)
                     values ($1::uuid, $2::uuid, $3::bytea, $4::bytea, $5::text, $6::jsonb, $7::timestamptz)`,
              values: [
                tenantId,
                id,
                loginKey(tidyEmail(email)),
                await vault.seal(tenantId, email.trim()),
                role,
                partner === null ? null : JSON.stringify(partner),
                new Date(now),
              ],
            },
            statement,
          ],
        )
      } catch (error) {
        if (sqlState(error) === '23505' && violatedConstraint(error) === 'login_tenant_email')
          throw new Fault('conflict', { message: 'There is a user with this email already.', cause: error })
        throw error
      }
      return { user: await userOf(tenantId, await readRow(tenantId, id)), link }
    },

    link: async (tenantId, id, purpose, actor) => {
      const row = await readRow(tenantId, id)
      if (actor) checkActor(actor, row.role as string)
      const { link, statement } = newLink(tenantId, id, purpose)
      await database.batch([tenantId], [statement])
      return link
    },

    change: async ({ tenantId, id, change, ifVersion, actor }) => {
      const changed = await database.transaction([tenantId], async (tx) => {
        const row = await locked(tx, tenantId, id, ifVersion)
        const role = change.role ?? (row.role as string)
        const partner = change.partner === undefined ? (row.partner as Partner | null) : change.partner
        checkRole(role, partner)
        checkActor(actor, role, row.role as string)
        const enabled = change.enabled ?? (row.enabled as boolean)
        const [after] = await tx.query({
          text: `update millrace.login set role = $3, partner = $4::jsonb, enabled = $5::boolean, version = version + 1
                 where tenant_id = $1::uuid and id = $2::uuid returning ${COLUMNS}`,
          values: [tenantId, id, role, partner === null ? null : JSON.stringify(partner), enabled],
        })
        if (row.role === 'owner') await keepAnOwner(tx, tenantId)
        return after ?? row
      })
      return userOf(tenantId, changed)
    },

    remove: async ({ tenantId, id, ifVersion, actor }) => {
      await database.transaction([tenantId], async (tx) => {
        const row = await locked(tx, tenantId, id, ifVersion)
        checkActor(actor, row.role as string)
        const values = [tenantId, id]
        for (const table of ['login_link', 'login_proof', 'login_session'])
          await tx.query({
            text: `delete from millrace.${table} where tenant_id = $1::uuid and login_id = $2::uuid`,
            values,
          })
        await tx.query({ text: 'delete from millrace.login where tenant_id = $1::uuid and id = $2::uuid', values })
        if (row.role === 'owner') await keepAnOwner(tx, tenantId)
      })
    },

    whoseLink: async (token) => {
      const hashed = tokenHash(token)
      const [found] = await database.definer<{ tenant_id: string }>({
        name: 'find_login_link',
        text: 'select * from millrace.find_login_link($1::bytea, $2::timestamptz)',
        values: [hashed, new Date(clock.now())],
      })
      if (!found) throw badLink()
      const tenantId = found.tenant_id
      const [rows] = await database.batch(
        [tenantId],
        [
          {
            name: 'whose_link',
            text: 'select login_id from millrace.login_link where tenant_id = $1::uuid and token_hash = $2::bytea',
            values: [tenantId, hashed],
          },
        ],
      )
      const loginId = rows?.[0]?.login_id as string | undefined
      if (loginId === undefined) throw badLink()
      return { tenantId, loginId }
    },

    takeLink: async ({ tenantId, token, passwordHash }) => {
      await database.transaction([tenantId], async (tx) => {
        const [taken] = await tx.query<{ login_id: string }>({
          text: 'delete from millrace.login_link where tenant_id = $1::uuid and token_hash = $2::bytea returning login_id',
          values: [tenantId, tokenHash(token)],
        })
        if (!taken) throw badLink()
        for (const statement of passwordSet(tenantId, taken.login_id, passwordHash, null)) await tx.query(statement)
      })
    },

    setPassword: async ({ tenantId, id, passwordHash, except }) => {
      await database.batch([tenantId], passwordSet(tenantId, id, passwordHash, except))
    },
  }
}
