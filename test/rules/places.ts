/**
 * The plan of the house as data: who may import whom, and which packages a pure room may use.
 *
 * `may` is the table of the design. `besides` is what was added to it since, each with its reason: the first word says
 * whether at run time or for types alone. A place that stands here and is not used is taken out.
 */

export interface Place {
  readonly may: readonly string[]
  readonly besides?: Readonly<Record<string, `${'values' | 'types'}: ${string}`>>
  /** A pure room has no clock, no chance, no timer and no I/O. These are the packages it may use. */
  readonly pure?: { readonly packages: readonly string[] }
}

const TYPES_OF_KIT = 'types: the contract of a field (Json, Parsed) stands in kit, and a lead is made of fields'
const DATABASE = 'values: the room `database` (pool, arrays, statements) came after the design: docs/decisions/0009'

export const PLACES: Readonly<Record<string, Place>> = {
  base: { may: [] },
  lead: { may: ['base'], besides: { kit: TYPES_OF_KIT }, pure: { packages: [] } },
  fields: {
    may: ['base'],
    besides: { kit: 'values: a field is described with `defineField`, as a step is with `defineStep`' },
    pure: { packages: ['libphonenumber-js/max'] },
  },
  kit: { may: ['base', 'lead', 'fields'], pure: { packages: ['typebox'] } },
  flow: {
    may: ['base', 'lead', 'fields', 'kit'],
    pure: {
      packages: ['@marcbachmann/cel-js', 'fastest-levenshtein', 'libphonenumber-js/max', 'liquidjs', 'yaml'],
    },
  },
  steps: { may: ['base', 'lead', 'fields', 'kit'], pure: { packages: ['typebox'] } },
  identity: { may: ['base', 'fields', 'kit'], pure: { packages: [] } },
  // What a source is told of how to send leads, made of its flow.
  posting: { may: ['base', 'kit', 'flow'], pure: { packages: [] } },
  // Which field a column of a file is, by its name and its values: commands and consoles ask it alike.
  columns: { may: ['fields', 'kit'], pure: { packages: [] } },
  'integrations/*': {
    may: ['base', 'kit'],
    // They read markup and sign; none of them reaches out.
    pure: { packages: ['typebox', '@xmldom/xmldom', 'aws4fetch', 'xpath', 'css-select', 'htmlparser2'] },
  },
  integrations: { may: ['kit', 'integrations/*'], pure: { packages: [] } },
  database: { may: ['base'] },
  journal: { may: ['base', 'lead', 'kit'], besides: { database: DATABASE } },
  keys: {
    may: ['base', 'database'],
    besides: {
      journal:
        'values: the port of the keyring that its adapters fill; what is sealed anew opens as the keyring opens it',
      outbound: 'types: Vault is called through the outbound it is handed',
    },
  },
  audit: {
    may: ['base', 'kit', 'database'],
    besides: { journal: 'values: it is anchored under the key of the journal, and seals under the keyring' },
  },
  backup: {
    may: ['base', 'database'],
    besides: { journal: 'types: a backup is signed with a key that it is handed' },
  },
  privacy: {
    may: ['base', 'lead', 'kit', 'database', 'audit'],
    besides: { journal: 'values: an erasure ends a chain, and receipts are signed as anchors are' },
  },
  handlers: {
    may: ['base', 'lead', 'kit'],
    besides: {
      database: DATABASE,
      identity: 'values: the intake path compares persons as a list does: docs/decisions/0012',
      journal: 'values: what a handler claims is written by the commit, in its shapes; secrets open under the keyring',
    },
  },
  // Persons as people see and change them: beside the intake path, which only finds them.
  persons: { may: ['base', 'lead', 'kit', 'journal'], besides: { database: DATABASE } },
  outbound: { may: ['base', 'lead', 'kit'] },
  // What is looked at: figures of leads, and what changed: docs/decisions/0030
  figures: { may: ['base', 'database'] },
  // What stands between a delivery and its calls: holds, breakers, limits, health.
  delivery: {
    may: ['base', 'lead', 'kit'],
    besides: { database: DATABASE },
  },
  // What tells others what happens: webhooks of a tenant, and alerts. docs/decisions/0051
  feed: {
    may: ['base', 'lead', 'kit', 'journal', 'delivery'],
    besides: {
      database: DATABASE,
      outbound: 'types: it posts through the outbound it is handed',
      jobs: 'values: what takes a request too long goes on as a job',
    },
  },
  jobs: {
    may: ['base', 'lead', 'kit'],
    besides: {
      database: DATABASE,
      journal: 'values: upkeep makes the anchors of the journal when a day is over',
      runner: 'types: the sweeper is handed the runner it wakes',
      delivery: 'values: upkeep forgets destinations that left; the sweeper asks how much room a lane has',
      audit: 'values: upkeep signs the end of the audit',
    },
  },
  runner: {
    may: ['base', 'lead', 'fields', 'kit', 'flow', 'journal', 'handlers', 'delivery', 'jobs', 'outbound', 'posting'],
    besides: { database: DATABASE },
  },
  ingest: {
    may: ['base', 'lead', 'fields', 'kit', 'flow', 'journal', 'handlers', 'jobs', 'outbound'],
    besides: {
      database: 'types: keys are looked up in the database it is handed: docs/decisions/0009',
      runner: 'types: who submits, in the shape that the runner takes',
    },
  },
  // For browsers as well: it knows the API by its description alone.
  client: { may: [] },
  access: {
    may: ['base'],
    besides: { database: 'values: who may come in stands in tables: docs/decisions/0013' },
  },
  'api/contract': { may: ['base'], pure: { packages: ['typebox'] } },
  api: {
    may: [
      'base',
      'lead',
      'fields',
      'kit',
      'journal',
      'audit',
      'privacy',
      'persons',
      'runner',
      'delivery',
      'feed',
      'ingest',
      'access',
      'api/contract',
      'database',
      'figures',
    ],
    besides: {
      handlers: 'types: lists are changed through the store it is handed',
      site: 'values: a server without a console has the site that is off',
    },
  },
  cli: {
    may: [
      'base',
      'access',
      'lead',
      'fields',
      'kit',
      'flow',
      'steps',
      'journal',
      'audit',
      'backup',
      'keys',
      'privacy',
      'runner',
      'ingest',
      'database',
      'identity',
      'columns',
      'config.ts',
    ],
    besides: {
      integrations: 'values: the reference page of destinations is made from their table',
      api: 'values: the reference of the API is what the app says of itself',
      handlers: 'values: what `identity train` learns is written under the keys that the intake path looks for',
      client: 'values: `api` asks a server as its typed client does',
      'house.ts': 'types: a command is handed the way to open the house',
      'demo.ts': 'types: `serve` prints what the demo is',
    },
  },
  'config.ts': { may: ['base', 'config-values.ts', 'config-deliveries.ts'] },
  'config-deliveries.ts': { may: ['config-values.ts'] },
  // What the operator's settings mean to the rooms: the house and the commands ask it.
  'operator.ts': { may: ['kit', 'database', 'delivery', 'runner', 'config.ts'] },
  'config-values.ts': { may: ['base'] },
  // It reads the table of postal codes that the operator names, once.
  'postal-codes.ts': { may: ['base', 'kit'] },
  'master-key.ts': {
    may: ['base', 'keys', 'outbound'],
    besides: {
      'config.ts': 'types: it reads some of the settings',
      journal: 'types: what wraps keys, as the keyring asks for it',
      database: 'values: the key file lies in the data folder, which both make where it is missing',
    },
  },
  // Builds the console and hands out its files: docs/decisions/0031
  site: { may: ['base'] },
  // It makes the demo's key as publishing does.
  'demo.ts': {
    may: ['base', 'runner'],
    besides: {
      'house.ts': 'types: it furnishes a house that is open',
      access: 'values: passwords are hashed one way, by the room that checks them',
    },
  },
  // What jobs do: built with the house, of what the house is built of.
  'house-jobs.ts': { may: ['audit', 'base', 'database', 'delivery', 'feed', 'jobs', 'journal', 'keys', 'runner'] },
  'house.ts': {
    may: [
      'house-jobs.ts',
      'base',
      'delivery',
      'flow',
      'kit',
      'database',
      'journal',
      'audit',
      'keys',
      'handlers',
      'jobs',
      'feed',
      'figures',
      'outbound',
      'runner',
      'privacy',
      'master-key.ts',
      'postal-codes.ts',
      'operator.ts',
      'config.ts',
    ],
  },
  // The only place that builds everything, and the only one that knows the tables of fields, steps and integrations.
  'main.ts': {
    may: [
      'base',
      'fields',
      'kit',
      'steps',
      'integrations',
      'journal',
      'handlers',
      'runner',
      'outbound',
      'api',
      'cli',
      'columns',
      'site',
      'config.ts',
      'demo.ts',
      'house.ts',
      'operator.ts',
      'master-key.ts',
    ],
  },
}

/** `src/integrations/http/index.ts` → `integrations/http`; a file at the top is a place of its own. */
export const placeOf = (path: string): string => {
  const [, first = '', second = '', third] = path.split('/')
  if (second === '') return first
  if (first === 'integrations') return third === undefined ? 'integrations' : `integrations/${second}`
  if (first === 'api' && second === 'contract') return 'api/contract'
  return first
}

export const ruleOf = (place: string): Place | undefined =>
  PLACES[place] ?? (place.startsWith('integrations/') ? PLACES['integrations/*'] : undefined)

/** The name a place goes by in the table. */
export const rowOf = (place: string): string => (place.startsWith('integrations/') ? 'integrations/*' : place)
