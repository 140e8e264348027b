import { expect, it } from 'vitest'
import { placeOf, ruleOf } from './places.ts'
import { importsOf, lineAt, type SourceFile, sourceFiles } from './source-files.ts'

interface Ban {
  readonly what: RegExp
  readonly instead: string
  readonly where: (path: string) => boolean
  /** File and reason; a reason that no longer applies fails. */
  readonly except: Readonly<Record<string, string>>
}

const isPure = (path: string): boolean => ruleOf(placeOf(path))?.pure !== undefined
/** Rooms that must leave waiting and measuring to others. */
const isStill = (path: string): boolean => isPure(path) || ['base', 'runner', 'ingest'].includes(placeOf(path))

const BANS: readonly Ban[] = [
  {
    what: /\bDate\.now\b|\bnew Date\(\s*\)|(?<!new )\bDate\(\s*\)|\bTemporal\.Now\b/g,
    instead: 'take the time as a parameter: `now` in ms, or a Clock',
    where: () => true,
    except: {
      'src/base/clock.ts': 'the clock itself',
      'src/main.ts': '`millrace parse` reads lines that no clock of the house reaches',
      'src/database/embedded/folder-lock.ts': 'compares with the time a file was made, which is the machine’s',
    },
  },
  {
    what: /\bMath\.random\b|\bcrypto\.getRandomValues\b|\brandomUUID\b/g,
    instead: 'take `random` as a parameter; ids come from base/ids.ts',
    where: () => true,
    except: {
      'src/house.ts': 'what is handed in where a test hands nothing in',
      'src/cli/commands/import.ts': 'handed to the sender, for its pauses',
    },
  },
  {
    what: /\b(?:setTimeout|setInterval|setImmediate|queueMicrotask|process\.nextTick)\b|\bperformance\.now\b/g,
    instead: 'yield a request (`time.wait`), or leave it to handlers, jobs or outbound',
    where: isStill,
    except: {
      'src/base/coalesce.ts': 'gathers at the end of a turn of the event loop',
      'src/base/clock.ts': 'is the time: how much has passed where the machine’s clock was set back',
      'src/runner/runner.ts': 'how long a source waits for its answer',
    },
  },
  {
    what: /\bprocess\.|\bconsole\.|\bglobalThis\./g,
    instead: 'take what you need as a parameter; settings come from config.ts',
    where: isStill,
    except: {},
  },
  {
    what: /\bprocess\.env\b/g,
    instead: 'add the setting to SETTINGS in src/config.ts and be handed its value',
    where: () => true,
    except: {
      'src/main.ts': 'hands the environment to config.ts; MILLRACE_DEBUG shows stacks to us',
      'src/database/embedded/server-process.ts': 'hands PATH, and nothing else, to the server',
    },
  },
  {
    what: /(?<![.\w])fetch\(|\bXMLHttpRequest\b|\bnew WebSocket\b|\bEventSource\b/g,
    instead: 'yield a request; every call goes out through src/outbound',
    where: () => true,
    except: {},
  },
]

const found = (file: SourceFile, what: RegExp): string[] =>
  [...file.code.matchAll(what)].map((match) => `${file.path}:${lineAt(file.code, match.index)} ${match[0]}`)

it.each(BANS.map((ban) => [String(ban.what), ban] as const))('keeps out %s', (_, ban) => {
  const wrong = sourceFiles
    .filter(({ path }) => ban.where(path) && ban.except[path] === undefined)
    .flatMap((file) => found(file, ban.what))
  expect(wrong, ban.instead).toEqual([])
  const stale = Object.keys(ban.except).filter(
    (path) => !sourceFiles.some((file) => file.path === path && found(file, ban.what).length > 0),
  )
  expect(stale, 'these exceptions of test/rules/pure.test.ts are needed no more: take them out').toEqual([])
})

/** Parts of Node that a pure room may use all the same: file, part and reason. */
const NODE_IN_PURE_ROOMS: Readonly<Record<string, string>> = {
  'src/fields/email-domains.ts node:fs': 'reads a list that is shipped beside it, once, when it is loaded',
  'src/fields/phone-zones.ts node:fs': 'reads a list that is shipped beside it, once, when it is loaded',
  'src/flow/template-filters.ts node:crypto': 'hash and createHmac, pure functions',
  'src/fields/email-address.ts node:url': 'domainToASCII, a pure function',
}

it('keeps Node and unlisted packages out of the pure rooms', () => {
  const used = sourceFiles
    .filter(({ path }) => isPure(path))
    .flatMap(importsOf)
    .filter(({ target, typeOnly, specifier, from }) => {
      if (target !== null || typeOnly) return false
      return !ruleOf(placeOf(from.path))?.pure?.packages.includes(specifier)
    })
    .map(({ from, specifier }) => `${from.path} ${specifier}`)
  expect(
    used.filter((use) => NODE_IN_PURE_ROOMS[use] === undefined),
    'a pure room computes: what it needs from outside it is handed, or asks for by a request. A package that only computes is listed in test/rules/places.ts',
  ).toEqual([])
  expect(
    Object.keys(NODE_IN_PURE_ROOMS).filter((use) => !used.includes(use)),
    'no longer used: take it out',
  ).toEqual([])
})

const NETWORK =
  /^(?:undici|axios|got|ky|ws|nodemailer(?:\/.*)?|ssh2|node-fetch|node:(?:https?2?|net|tls|dns|dns\/promises|dgram))$/
const NETWORK_USES: Readonly<Record<string, string>> = {
  'src/config-values.ts node:net': 'isIP, a pure function',
  'src/main.ts node:net': 'tries whether the server could listen where it is to, before anything is built',
}

it('lets nothing but outbound out of the building', () => {
  const used = sourceFiles
    .filter(({ path }) => placeOf(path) !== 'outbound')
    .flatMap(importsOf)
    .filter(({ specifier, typeOnly }) => !typeOnly && NETWORK.test(specifier))
    .map(({ from, specifier }) => `${from.path} ${specifier}`)
  expect(
    used.filter((use) => NETWORK_USES[use] === undefined),
    'send through src/outbound, which guards addresses, limits and redacts; a step or integration yields the request',
  ).toEqual([])
  expect(
    Object.keys(NETWORK_USES).filter((use) => !used.includes(use)),
    'no longer used: take it out',
  ).toEqual([])
})

it.each([
  ['fastify', ['api']],
  // A backup is one long transaction of its own, in COPY, beside the pool.
  ['pg', ['database', 'backup']],
  ['node:child_process', ['database', 'site']],
] as const)('keeps %s in %j', (name, places) => {
  const wrong = sourceFiles
    .filter(({ path }) => !(places as readonly string[]).includes(placeOf(path)))
    .flatMap(importsOf)
    .filter(({ specifier, typeOnly }) => !typeOnly && specifier === name)
    .map(({ from }) => from.path)
  expect(wrong, `${name} is used by ${places.join(', ')} alone: ask it of them`).toEqual([])
})
