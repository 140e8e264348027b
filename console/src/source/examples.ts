/** A value that a field of a type takes, for examples and forms. */
const EXAMPLES: Readonly<Record<string, string>> = {
  first_name: 'Ada',
  last_name: 'Lovelace',
  full_name: 'Ada Lovelace',
  email: 'ada@example.com',
  phone: '(512) 555-0142',
  state: 'TX',
  city: 'Austin',
  postal_code: '78701',
  country: 'US',
  street: '100 Congress Ave',
  full_address: '100 Congress Ave, Austin, TX 78701',
  company: 'Analytical Engines Inc.',
  job_title: 'Head of operations',
  number: '3',
  boolean: 'yes',
  date: '2026-01-31',
  dob: '1980-12-10',
  url: 'https://example.com/quote',
  ip: '203.0.113.7',
  currency: '250.00',
}

export const exampleOf = (name: string, type: string): string =>
  EXAMPLES[type] ?? EXAMPLES[name] ?? name.replaceAll('_', ' ')
