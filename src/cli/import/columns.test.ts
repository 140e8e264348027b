import { describe, expect, it } from 'vitest'
import { proposeFields, THRESHOLD } from '../../columns/propose.ts'
import { fieldTypes } from '../../fields/index.ts'
import { compileFlow } from '../../flow/compile.ts'
import { parseFlow } from '../../flow/parse.ts'
import { destinationTypes } from '../../integrations/index.ts'
import { stepTypes } from '../../steps/index.ts'
import { planColumns, valuesOf } from './columns.ts'

const registries = { fields: fieldTypes, steps: stepTypes, destinations: destinationTypes }
const { document, problems } = parseFlow(
  `
flow: people
fields: { first_name: first_name, email: email, phone: phone, street: string, age: number }
sources:
  - id: plain
  - id: mapped
    mapping: { phone: telephone, street: '{{ incoming.no }} {{ incoming.road }}', age: '{{ incoming.years | plus: 1 }}' }
steps: [ { normalize: {} } ]
`,
  registries,
)
if (problems.length > 0) throw new Error(JSON.stringify(problems))
const flow = compileFlow({ document, version: 1, registries })

const plan = (headers: string[], maps: string[] = [], id = 'plain', row: string[] = []) => {
  const source = flow.sources.get(id)
  if (!source) throw new Error(`no source ${id}`)
  const columns = headers.map((header, index) => ({ header, values: [row[index] ?? ''] }))
  const proposals = proposeFields(columns, { country: 'US', now: 0, threshold: THRESHOLD })
  return planColumns({ headers, maps, proposals, flow, source })
}

describe('columns', () => {
  it('are taken by the source itself, in any spelling; others are kept beside', () => {
    const columns = plan(['First Name', 'E-MAIL', 'ref'])
    expect(columns.taken).toEqual([
      { header: 'First Name', fields: ['first_name'] },
      { header: 'E-MAIL', fields: ['email'] },
    ])
    expect(columns.extra).toEqual(['ref'])
    expect(valuesOf(columns, ['Ann', 'a@example.com', '7'])).toEqual({
      'First Name': 'Ann',
      'E-MAIL': 'a@example.com',
      ref: '7',
    })
  })

  it('that no field takes by its name are found as `millrace map` finds them', () => {
    const headers = ['e-mail address', 'User Phone', 'FNAME', 'Work Email', 'X1']
    const columns = plan(headers, [], 'plain', [
      'a@example.com',
      'p:+15125550142',
      'Ann',
      'b@example.com',
      '5125550143',
    ])
    expect(columns.renamed).toEqual(['FNAME=first_name', 'User Phone=phone', 'e-mail address=email'])
    expect(columns.extra).toEqual(['Work Email', 'X1'])
    expect(valuesOf(columns, ['a@example.com', 'p:+15125550142', 'Ann', 'b@example.com', ''])).toEqual({
      email: 'a@example.com',
      phone: '+15125550142',
      first_name: 'Ann',
      'Work Email': 'b@example.com',
      X1: '',
    })
  })

  it('that may be a field are told, and not taken', () => {
    const columns = plan(['email', 'X1'], [], 'plain', ['a@example.com', '5125550143'])
    expect(columns.extra).toEqual(['X1'])
    expect(columns.unsure).toEqual([{ header: 'X1', fields: ['phone'] }])
  })

  it('are never taken from a name that --map or the source gives', () => {
    expect(plan(['mail', 'telephone'], ['mail='], 'mapped', ['a@example.com', '5125550142'])).toMatchObject({
      renamed: ['mail='],
      taken: [{ header: 'telephone', fields: ['phone'] }],
    })
  })

  it('are renamed or left out with --map', () => {
    const columns = plan(['given=name', 'email', 'ssn'], ['given=name=First Name', 'SSN='])
    expect(valuesOf(columns, ['Ann', 'a@example.com', '123'])).toEqual({ first_name: 'Ann', email: 'a@example.com' })
    expect(columns.renamed).toEqual(['given=name=first_name', 'ssn='])
  })

  it('reach fields that a source maps from other names and templates', () => {
    const columns = plan(['mobile', 'no', 'road', 'years'], ['mobile=telephone'], 'mapped')
    expect(columns.taken.map(({ header, fields }) => [header, ...fields])).toEqual([
      ['mobile', 'phone'],
      ['no', 'street'],
      ['road', 'street'],
      ['years', 'age'],
    ])
  })

  it.each([
    [['emial'], ['emal=email'], 'plain', /no header "emal"\. Did you mean "emial"\? It has: emial/],
    [['mail'], ['mail=emial'], 'plain', /no field "emial"\. Did you mean "email"\? It has: first_name, email/],
    [['mail'], ['mail'], 'plain', /expected header=field/],
    [['mail'], ['mail=email', 'Mail=phone'], 'plain', /mapped twice/],
    [['mobile'], ['mobile=phone'], 'mapped', /source "mapped" fills "phone" from another name/],
    [['email', 'work email'], ['work email=email'], 'plain', /"email" and "work email" both fill "email"/],
    [['email', 'E-Mail'], [], 'plain', /"email" and "E-Mail" both fill "E-Mail"/],
    [['x', 'y'], [], 'plain', /None of the file's columns \(x, y\) is a field of flow "people"/],
  ])('are refused in one line: %#', (headers, maps, source, message) => {
    expect(() => plan(headers, maps, source)).toThrow(message)
  })

  it('may be called anything', () => {
    const columns = plan(['__proto__', 'constructor', 'email'])
    const values = valuesOf(columns, ['1', '2', 'a@example.com'])
    expect(Object.keys(values)).toEqual(['__proto__', 'constructor', 'email'])
    expect(Object.getPrototypeOf(values)).toBe(Object.prototype)
  })
})
