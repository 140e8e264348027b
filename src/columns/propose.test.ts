import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fieldTypes } from '../fields/index.ts'
import { proposeFields, THRESHOLD } from './propose.ts'

const asked = { country: 'US', now: Date.UTC(2026, 10, 26), threshold: THRESHOLD }

/** Header → field of a file with these columns; null where it is asked about. */
const fieldsOf = (file: Readonly<Record<string, readonly string[]>>): Record<string, string | null> =>
  Object.fromEntries(
    proposeFields(
      Object.entries(file).map(([header, values]) => ({ header, values })),
      asked,
    ).map(({ header, field }) => [header, field]),
  )

const alone = (header: string, ...values: string[]) => proposeFields([{ header, values }], asked)[0]

const EMAIL = 'ada@example.com'
const PHONE = '(512) 555-0142'

describe('a column is known by its name', () => {
  it.each([
    ['email', EMAIL, 'email'],
    ['E-mail Address', EMAIL, 'email'],
    ['e-mail address', EMAIL, 'email'],
    ['EMAIL_ADDRESS', EMAIL, 'email'],
    ['emailAddress', EMAIL, 'email'],
    ['Email (work)', EMAIL, 'email'],
    ["What's your email?", EMAIL, 'email'],
    ['Contact Email Address', EMAIL, 'email'],
    ['Person - Email - Work', EMAIL, 'email'],
    ['Phone Number', PHONE, 'phone'],
    ['phone_number', 'p:+15125550142', 'phone'],
    ['Mobile', PHONE, 'phone'],
    ['Cell Phone #', PHONE, 'phone'],
    ['Telephone No.', PHONE, 'phone'],
    ['Tel', '5125550142', 'phone'],
    ['User Phone', '+1 512 555 0142', 'phone'],
    ['Best phone number to reach you', PHONE, 'phone'],
    ['given_name', 'Ada', 'first_name'],
    ['FNAME', 'Ada', 'first_name'],
    ['First', 'Ada', 'first_name'],
    ['surname', 'Lovelace', 'last_name'],
    ['Family Name', 'Lovelace', 'last_name'],
    ['lname', 'Lovelace', 'last_name'],
    ['Name', 'Ada Lovelace', 'full_name'],
    ['Your full name', 'Ada Lovelace', 'full_name'],
    ['Middle Initial', 'K', 'middle_name'],
    ['zip', '78701', 'postal_code'],
    ['Zip/Postal Code', '78701', 'postal_code'],
    ['postcode', 'SW1A 1AA', 'postal_code'],
    ['ZIP+4', '78701-1234', 'postal_code'],
    ['State/Region', 'TX', 'state'],
    ['Province', 'Ontario', 'state'],
    ['Country Code', 'US', 'country'],
    ['Country Code', '+1', 'calling_code'],
    ['Street Address', '1 Main St', 'street'],
    ['address1', '1 Main St', 'street'],
    ['Address Line 2', 'Apt 4', 'street_2'],
    ['Address', '1 Main St', 'street'],
    ['Address', '1 Main St, Austin, TX 78701', 'full_address'],
    ['Suburb', 'Austin', 'city'],
    ['D.O.B.', '12/10/1985', 'dob'],
    ['Date of Birth', '1985-12-10', 'dob'],
    ['Birthday', '12/10', 'birthday'],
    ['Sex', 'F', 'gender'],
    ['Company Name', 'Acme Inc', 'company'],
    ['Organization 1 - Name', 'Acme Inc', 'company'],
    ['Title', 'VP Sales', 'job_title'],
    ['Title', 'Mrs.', 'name_prefix'],
    ['Customer_Last_Nm', 'Lovelace', 'last_name'],
    ['Birth_Dt', '12/10/1985', 'dob'],
    ['Default Address Zip', "'78701", 'postal_code'],
    ['Default Address Address1', '1 Main St', 'street'],
    ['Default Address Company', 'Acme Inc', 'company'],
    ['soc_sec_id', '6988048', 'ssn'],
    ['IP', '192.0.2.1', 'ip_address'],
    [
      'xxTrustedFormCertUrl',
      'https://cert.trustedform.com/0123456789abcdef0123456789abcdef01234567',
      'trustedform_cert_url',
    ],
    ['universal_leadid', '01234567-89AB-CDEF-0123-456789ABCDEF', 'jornaya_leadid'],
    ['Google Click Id', 'Cj0', 'gclid'],
    ['created_time', '2026-10-01T10:00:00-05:00', 'created_at'],
    ['Create Date (GMT-5)', '2026-10-01 10:00', 'created_at'],
    ['Number of Employees', '11-50', 'employee_count'],
    ['AnnualRevenue', '1000000', 'annual_revenue'],
    ['Assistant Phone', PHONE, 'assistant_phone'],
    ["Spouse's First Name", 'Ann', 'spouse_first_name'],
    ['Insured Phone Number', PHONE, 'insured_phone'],
    ['Do you own a pool?', 'yes', 'do_you_own_a_pool'],
    ['IsConverted', 'false', 'is_converted'],
  ])('%s of %s is %s', (header, value, field) => {
    const proposal = alone(header, value, value)
    expect({ field: proposal?.field, why: proposal?.why }).toEqual({ field, why: proposal?.why })
  })

  it('without values too, less surely', () => {
    expect(alone('Phone Number', '', 'N/A')).toMatchObject({ field: 'phone' })
    expect(alone('Phone Number', '')?.confidence).toBeLessThan(alone('Phone Number', PHONE)?.confidence ?? 0)
  })
})

describe('a column is known by its values', () => {
  it.each([
    ['Column 1', [EMAIL, 'bob@example.org'], 'email'],
    ['contact', [PHONE, '+1 214 555 0143'], 'phone'],
    ['x', ['192.0.2.1', '198.51.100.7'], 'ip_address'],
    ['cert', ['https://cert.trustedform.com/0123456789abcdef0123456789abcdef01234567'], 'trustedform_cert_url'],
    ['where', ['Texas', 'Ohio', 'CA', 'NY'], 'state'],
  ])('%s of %s is %s', (header, values, field) => {
    expect(alone(header, ...values)?.field).toBe(field)
  })
})

describe('what is not sure is asked about', () => {
  it.each([
    ['Column 7', ['78701', '75201']],
    ['Column 7', ['5125550142', '2145550143']],
    ['X1', ['red', 'blue']],
    ['thing', ['Ada Lovelace', 'Bob Jones']],
    ['data', ['2026-10-01', '2026-10-02']],
    ['phone', [EMAIL, 'bob@example.org']],
    ['email', [PHONE, PHONE]],
    ['email', ['yes', 'no']],
    ['State', ['open', 'closed']],
    ['zip', ['Austin', 'Dallas']],
    ['Number', ['12', '13']],
    ['Title', ['Spring offer', 'Gutter talk']],
  ])('%s of %s', (header, values) => {
    const proposal = alone(header, ...values)
    expect(proposal?.field).toBe(null)
    expect(proposal?.type).toBe(null)
    expect(proposal?.confidence).toBeLessThan(THRESHOLD)
    expect(proposal?.candidates.length).toBeGreaterThan(0)
  })

  it('with what it may be: what the values say goes before what the name says', () => {
    expect(alone('phone', EMAIL, EMAIL)?.candidates.map(({ field }) => field)).toEqual(['email', 'phone'])
  })

  it('where two columns say the same and nothing tells them apart', () => {
    expect(fieldsOf({ 'E-mail': [EMAIL], 'Email Address': [EMAIL] })).toEqual({
      'E-mail': 'email',
      'Email Address': null,
    })
  })

  it('as a whole where the first line is a row', () => {
    expect(fieldsOf({ Ada: ['Bob'], [EMAIL]: ['bob@example.org'] })).toEqual({ Ada: null, [EMAIL]: null })
  })
})

describe('a file', () => {
  it('gives a field to one column, and names the others for what sets them apart', () => {
    expect(
      fieldsOf({
        'Work Email': [EMAIL],
        Email: [EMAIL],
        'Home Phone': [PHONE],
        'Mobile Phone': [PHONE],
        MailingCity: ['Austin'],
        OtherCity: ['Dallas'],
        'Lead ID': ['1'],
        'Account ID': ['2'],
      }),
    ).toEqual({
      'Work Email': 'work_email',
      Email: 'email',
      'Home Phone': 'home_phone',
      'Mobile Phone': 'phone',
      MailingCity: 'city',
      OtherCity: 'other_city',
      'Lead ID': 'external_id',
      'Account ID': 'account_id',
    })
  })

  it('with a name beside a surname has first names', () => {
    expect(fieldsOf({ Name: ['Ada'], Surname: ['Lovelace'] })).toEqual({ Name: 'first_name', Surname: 'last_name' })
  })

  it('of anything gives each column one answer, no field twice, and types that exist', () => {
    const header = fc.oneof(
      fc.string({ maxLength: 30 }),
      fc.constantFrom('email', 'Phone 2', 'Name', 'zip', 'Title', '?', '#', 'constructor', '__proto__'),
    )
    const value = fc.oneof(fc.string({ maxLength: 30 }), fc.constantFrom(EMAIL, PHONE, '78701', 'TX', '1/2/1970', ''))
    fc.assert(
      fc.property(fc.array(fc.tuple(header, fc.array(value, { maxLength: 5 })), { maxLength: 12 }), (file) => {
        const columns = file.map(([name, values]) => ({ header: name, values }))
        const proposals = proposeFields(columns, asked)
        expect(proposals.map((proposal) => proposal.header)).toEqual(columns.map((column) => column.header))
        const taken = proposals.flatMap(({ field }) => (field === null ? [] : [field]))
        expect(new Set(taken).size).toBe(taken.length)
        for (const { field, type, confidence } of proposals) {
          expect(confidence >= 0 && confidence <= 1).toBe(true)
          expect(field !== null).toBe(confidence >= THRESHOLD && type !== null)
          if (field !== null) expect(field).toMatch(/^[a-z][a-z0-9_]{0,62}$/)
          if (type !== null) expect(Object.hasOwn(fieldTypes, type)).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })
})
