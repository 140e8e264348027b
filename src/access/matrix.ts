/**
 * Who may do what: role × resource × action, as data. What does not stand here is denied.
 *
 * `all` is everything of the tenant. `own` is, for a source partner, what came in through its source; for a buyer
 * partner, what its destination took. Where a partner may do something, each route says what of it is theirs.
 */

export const ROLES = {
  owner: 'Everything, also who else is an owner.',
  admin: 'Everything but owners.',
  operator: 'The daily work: reviews, replays, lists; sees personal data.',
  analyst: 'Reads what happened and why, and the figures; never personal data.',
  auditor: 'Reads everything there is to prove, changes nothing; personal data only with a reason.',
  source_partner: 'Reads the leads of its own source, without what buyers pay.',
  buyer_partner: 'Reads the leads that its own destination took, as it received them.',
} as const

export type Role = keyof typeof ROLES
export type Reach = 'all' | 'own'
type Grants = Readonly<Partial<Record<Role, Reach>>>

const ADMINS = { owner: 'all', admin: 'all' } as const satisfies Grants
const OPERATORS = { ...ADMINS, operator: 'all' } as const satisfies Grants
const STAFF = { ...OPERATORS, analyst: 'all', auditor: 'all' } as const satisfies Grants
const PARTNERS = { source_partner: 'own', buyer_partner: 'own' } as const satisfies Grants

export const MATRIX = {
  lead: {
    /** Lists, and a lead with its personal fields masked. */
    read: { ...STAFF, ...PARTNERS },
    /** The journal of a lead, personal data masked. */
    trace: STAFF,
    /** Personal data as it is, in whatever is read. */
    read_personal: OPERATORS,
    /** Personal data of one lead, with a reason that is journaled. */
    unmask: { ...OPERATORS, auditor: 'all' },
    /** By email or phone. */
    search: { ...OPERATORS, auditor: 'all' },
    submit: OPERATORS,
    edit: OPERATORS,
    review: OPERATORS,
    /** To take up again what stands still, and to replay. */
    process: OPERATORS,
    export: OPERATORS,
  },
  person: { read: STAFF, edit: OPERATORS },
  flow: { read: STAFF, edit: ADMINS, simulate: { ...OPERATORS, analyst: 'all' } },
  list: { read: STAFF, edit: OPERATORS },
  secret: { read: ADMINS, edit: ADMINS },
  source: { read: { ...STAFF, source_partner: 'own' }, edit: ADMINS },
  destination: { read: STAFF, edit: ADMINS },
  buyer: { read: STAFF, edit: ADMINS },
  money: { read: STAFF, edit: ADMINS },
  job: { read: STAFF, edit: OPERATORS },
  webhook: { read: STAFF, edit: ADMINS },
  model: { read: STAFF, edit: ADMINS },
  report: { read: STAFF },
  status: { read: STAFF },
  consent: { read: STAFF, edit: OPERATORS },
  privacy: { read: { ...ADMINS, auditor: 'all' }, edit: ADMINS },
  audit: { read: { ...ADMINS, auditor: 'all' } },
  user: { read: { ...ADMINS, auditor: 'all' }, edit: ADMINS },
  key: { read: { ...ADMINS, auditor: 'all' }, edit: ADMINS },
  settings: { read: STAFF, edit: ADMINS },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Grants>>>>

type Matrix = typeof MATRIX
export type Permission = { [R in keyof Matrix & string]: `${R}.${keyof Matrix[R] & string}` }[keyof Matrix & string]

const GRANTS: ReadonlyMap<string, Grants> = new Map(
  Object.entries(MATRIX).flatMap(([resource, actions]) =>
    Object.entries(actions).map(([action, grants]): [string, Grants] => [`${resource}.${action}`, grants]),
  ),
)

export const PERMISSIONS = [...GRANTS.keys()] as readonly Permission[]

export const isRole = (text: string): text is Role => Object.hasOwn(ROLES, text)

/** How far a role may go in this; null: not at all. */
export const reachOf = (role: string, permission: Permission): Reach | null => {
  if (!isRole(role)) return null
  const grants = GRANTS.get(permission)
  return grants !== undefined && Object.hasOwn(grants, role) ? (grants[role] ?? null) : null
}

/** What a role may do at all. */
export const permissionsOf = (role: string): readonly Permission[] =>
  PERMISSIONS.filter((permission) => reachOf(role, permission) !== null)

/** A key's scopes in widening order, and the role that each acts in. `submit` acts in none: it only brings leads in. */
export const SCOPES = {
  submit: null,
  read: 'analyst',
  write: 'operator',
  admin: 'admin',
} as const satisfies Readonly<Record<string, Role | null>>
export type Scope = keyof typeof SCOPES

/** The role that a key with these scopes acts in: the widest one's; null where it only submits. */
export const roleOfScopes = (scopes: readonly string[]): Role | null => {
  let role: Role | null = null
  for (const [scope, acts] of Object.entries(SCOPES)) if (scopes.includes(scope)) role = acts ?? role
  return role
}
