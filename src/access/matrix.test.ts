import { describe, expect, it } from 'vitest'
import { MATRIX, PERMISSIONS, type Permission, permissionsOf, ROLES, reachOf, roleOfScopes, SCOPES } from './matrix.ts'

/** By hand, apart from the code: `x` everything of the tenant, `o` what is one's own, `.` nothing. */
const CELLS = `
                    owner admin operator analyst auditor source_partner buyer_partner
lead.read           x     x     x        x       x       o              o
lead.trace          x     x     x        x       x       .              .
lead.read_personal  x     x     x        .       .       .              .
lead.unmask         x     x     x        .       x       .              .
lead.search         x     x     x        .       x       .              .
lead.submit         x     x     x        .       .       .              .
lead.edit           x     x     x        .       .       .              .
lead.review         x     x     x        .       .       .              .
lead.process        x     x     x        .       .       .              .
lead.export         x     x     x        .       .       .              .
person.read         x     x     x        x       x       .              .
person.edit         x     x     x        .       .       .              .
flow.read           x     x     x        x       x       .              .
flow.edit           x     x     .        .       .       .              .
flow.simulate       x     x     x        x       .       .              .
list.read           x     x     x        x       x       .              .
list.edit           x     x     x        .       .       .              .
secret.read         x     x     .        .       .       .              .
secret.edit         x     x     .        .       .       .              .
source.read         x     x     x        x       x       o              .
source.edit         x     x     .        .       .       .              .
destination.read    x     x     x        x       x       .              .
destination.edit    x     x     .        .       .       .              .
buyer.read          x     x     x        x       x       .              .
buyer.edit          x     x     .        .       .       .              .
money.read          x     x     x        x       x       .              .
money.edit          x     x     .        .       .       .              .
job.read            x     x     x        x       x       .              .
job.edit            x     x     x        .       .       .              .
webhook.read        x     x     x        x       x       .              .
webhook.edit        x     x     .        .       .       .              .
model.read          x     x     x        x       x       .              .
model.edit          x     x     .        .       .       .              .
report.read         x     x     x        x       x       .              .
status.read         x     x     x        x       x       .              .
consent.read        x     x     x        x       x       .              .
consent.edit        x     x     x        .       .       .              .
privacy.read        x     x     .        .       x       .              .
privacy.edit        x     x     .        .       .       .              .
audit.read          x     x     .        .       x       .              .
user.read           x     x     .        .       x       .              .
user.edit           x     x     .        .       .       .              .
key.read            x     x     .        .       x       .              .
key.edit            x     x     .        .       .       .              .
settings.read       x     x     x        x       x       .              .
settings.edit       x     x     .        .       .       .              .
`

const [head = '', ...lines] = CELLS.trim().split('\n')
const roles = head.trim().split(/\s+/)
const cells = lines.flatMap((line) => {
  const [permission = '', ...marks] = line.trim().split(/\s+/)
  return marks.map((mark, at) => [roles[at] ?? '', permission, mark] as const)
})
const REACH: Readonly<Record<string, string | null>> = { x: 'all', o: 'own', '.': null }

describe('the matrix of roles', () => {
  it('has every cell in its test', () => {
    expect(roles.toSorted()).toEqual(Object.keys(ROLES).toSorted())
    expect(lines.map((line) => line.split(/\s+/)[0])).toEqual(PERMISSIONS)
    expect(cells).toHaveLength(roles.length * PERMISSIONS.length)
  })

  it.each(cells)('%s, %s: %s', (role, permission, mark) => {
    expect(reachOf(role, permission as Permission)).toBe(REACH[mark])
    expect(permissionsOf(role).includes(permission as Permission)).toBe(mark !== '.')
  })

  it('denies what it does not know', () => {
    for (const role of ['', 'reviewer', 'constructor', '__proto__', 'Owner']) {
      expect(permissionsOf(role)).toEqual([])
      expect(reachOf(role, 'lead.read')).toBeNull()
    }
    for (const permission of ['lead.delete', 'lead', 'toString', 'lead.constructor'])
      expect(reachOf('owner', permission as Permission)).toBeNull()
  })

  it('gives an analyst and a partner nothing that shows or changes a person', () => {
    for (const role of ['analyst', 'source_partner', 'buyer_partner'])
      expect(permissionsOf(role).filter((each) => !/\.(read|trace|simulate)$/.test(each))).toEqual([])
  })

  it('lets an auditor change nothing', () => {
    expect(permissionsOf('auditor').filter((each) => !/\.(read|trace|search|unmask)$/.test(each))).toEqual([])
  })

  it('lets a key act in the role of its widest scope', () => {
    expect(Object.keys(SCOPES).map((scope) => roleOfScopes([scope]))).toEqual([null, 'analyst', 'operator', 'admin'])
    expect(roleOfScopes(['admin', 'submit', 'read'])).toBe('admin')
    expect(roleOfScopes([])).toBeNull()
    expect(roleOfScopes(['owner', 'toString'])).toBeNull()
    expect(Object.keys(MATRIX)).not.toContain('tenant')
  })
})
