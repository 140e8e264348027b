import { MATRIX, type Permission, ROLES, type Role, reachOf, SCOPES } from '../../access/matrix.ts'

/** The reference page of the roles, written from the matrix. */

const WORDS = { all: 'yes', own: 'its own' } as const

export const rolesReference = (): string => {
  const roles = Object.keys(ROLES) as Role[]
  const rows = Object.entries(MATRIX).flatMap(([resource, actions]) =>
    Object.keys(actions).map((action) => {
      const cells = roles.map((role) => {
        const reach = reachOf(role, `${resource}.${action}` as Permission)
        return reach === null ? '' : WORDS[reach]
      })
      return `| \`${resource}.${action}\` | ${cells.join(' | ')} |`
    }),
  )
  const scopes = Object.entries(SCOPES).map(
    ([scope, role]) => `| \`${scope}\` | ${role === null ? 'submits leads to one source' : `acts as \`${role}\``} |`,
  )
  return `# Roles

<!-- Generated from src/access/matrix.ts. Change it there, then run: npm run reference -->

What a role may do. An empty cell is denied, and so is what does not stand here. "Its own" is, for a source partner, the
leads of its source; for a buyer partner, the leads that its destination took.

| role | is for |
|---|---|
${roles.map((role) => `| \`${role}\` | ${ROLES[role]} |`).join('\n')}

| permission | ${roles.map((role) => `\`${role}\``).join(' | ')} |
|---|${roles.map(() => '---|').join('')}
${rows.join('\n')}

An API key acts in the role of its widest scope:

| scope | the key |
|---|---|
${scopes.join('\n')}
`
}
