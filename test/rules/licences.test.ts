import { expect, it } from 'vitest'
import { read } from './source-files.ts'

/**
 * Licences of everything that `npm ci` installs, out of the lock file: no registry is asked. A company can ship what has
 * one of these; what has another is looked at by a person first.
 */
const SHIPPED = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'OFL-1.1',
  'PostgreSQL',
  'Python-2.0',
  'Unlicense',
])
/** Tools alone: their own files may not be changed without saying so, and none of them is shipped. */
const TOOLS = new Set([...SHIPPED, 'MPL-2.0'])

interface Locked {
  readonly license?: string
  readonly dev?: boolean
  readonly link?: boolean
}

const { packages } = JSON.parse(read('package-lock.json')) as { readonly packages: Readonly<Record<string, Locked>> }
const installed = Object.entries(packages).filter(([path, { link }]) => path.startsWith('node_modules/') && !link)

/** These say it in an older way (`licenses`), which the lock file leaves out: looked up by hand. */
const SAID_OTHERWISE: Readonly<Record<string, string>> = {
  'node_modules/buildcheck': 'MIT',
  'node_modules/cpu-features': 'MIT',
  'node_modules/ssh2': 'MIT',
}

const licenceOf = (path: string, { license }: Locked): string => license ?? SAID_OTHERWISE[path] ?? 'none'

/** `(MIT OR CC0-1.0)`: one that is allowed is enough; of `A AND B` each must be. */
const isAllowed = (expression: string, allowed: ReadonlySet<string>): boolean =>
  expression
    .replaceAll(/[()]/g, '')
    .split(' OR ')
    .some((part) => part.split(' AND ').every((licence) => allowed.has(licence.trim())))

it('installs nothing under a licence that a company cannot ship', () => {
  expect(installed.length).toBeGreaterThan(300)
  const wrong = installed
    .map(([path, locked]) => ({ path, licence: licenceOf(path, locked), allowed: locked.dev ? TOOLS : SHIPPED }))
    .filter(({ licence, allowed }) => !isAllowed(licence, allowed))
    .map(({ path, licence }) => `${path}: ${licence}`)
  expect(wrong, 'look at the licence; then add it here, or choose another package').toEqual([])
})

it('tells licences apart', () => {
  const verdicts = ['MIT', '(MIT OR GPL-3.0)', 'MIT AND GPL-3.0', 'AGPL-3.0', 'CC-BY-NC-ND-4.0', 'none', 'MPL-2.0']
  expect(verdicts.map((licence) => isAllowed(licence, SHIPPED))).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
    false,
  ])
  expect(isAllowed('MPL-2.0', TOOLS)).toBe(true)
})

it('runs nothing that is not locked by its digest, and asks one registry for it', () => {
  const locked = installed
    .map(([path, each]) => ({ path, ...(each as Locked & { resolved?: string; integrity?: string }) }))
    .filter(({ dev }) => !dev)
  expect(locked.filter(({ integrity }) => !integrity?.startsWith('sha512-')).map(({ path }) => path)).toEqual([])
  expect(new Set(locked.map(({ resolved }) => new URL(resolved ?? 'none:').origin)).size).toBe(1)
})
