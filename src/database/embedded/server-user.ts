/**
 * Who runs the server. Postgres refuses to run as root, so as root it is run as an unprivileged user; as anyone else
 * it is run as that user.
 */

import { execFileSync } from 'node:child_process'
import { chownSync, existsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Fault } from '../../base/faults.ts'

/** The user to run as, or undefined: as ourselves. */
export interface ServerUser {
  readonly uid: number
  readonly gid: number
  readonly name: string
}

const USER = 'millrace'

const lookUp = (name: string): ServerUser | undefined => {
  const id = (flag: string): string =>
    execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  try {
    return { uid: Number(id('-u')), gid: Number(id('-g')), name: id('-un') }
  } catch {
    return undefined
  }
}

const create = (): ServerUser | undefined => {
  try {
    const options = ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent']
    execFileSync('useradd', [...options, '--shell', '/usr/sbin/nologin', USER], { stdio: 'ignore' })
  } catch {
    // No useradd here, or made by another process meanwhile: the look-up tells.
  }
  return lookUp(USER)
}

/**
 * As root: the owner of an existing `dataFolder`, else the user `millrace` (made where it is missing), else
 * `postgres`. Throws a Fault `setting_invalid` where none is to be had.
 */
export const serverUser = (dataFolder: string): ServerUser | undefined => {
  if (process.getuid?.() !== 0) return undefined
  if (existsSync(dataFolder)) {
    const { uid } = statSync(dataFolder)
    const owner = uid === 0 ? undefined : lookUp(String(uid))
    if (owner !== undefined) return owner
  }
  const user = lookUp(USER) ?? create() ?? lookUp('postgres')
  if (user === undefined || user.uid === 0) {
    throw new Fault('setting_invalid', {
      message:
        'The embedded Postgres does not run as root, and no user for it could be made. ' +
        `Run Millrace as another user, add a user named ${USER}, or set DATABASE_URL.`,
    })
  }
  return user
}

/** The first folder on the way to `path` that `user` cannot enter. Group memberships but the first do not count. */
const closedFolder = (path: string, { uid, gid }: ServerUser): string | undefined => {
  const parents: string[] = []
  for (let at = dirname(resolve(path)); at !== dirname(at); at = dirname(at)) parents.unshift(at)
  return parents.find((folder) => {
    const status = statSync(folder)
    const bit = status.uid === uid ? 0o100 : status.gid === gid ? 0o010 : 0o001
    return (status.mode & bit) === 0
  })
}

export interface Reachable {
  readonly path: string
  readonly user: ServerUser
  /** What the path is to people: "the data folder". */
  readonly what: string
}

/** Without this, the spawn fails with a bare EACCES. Throws a Fault `setting_invalid` that names the folder. */
export const checkReachable = ({ path, user, what }: Reachable): void => {
  const closed = closedFolder(path, user)
  if (closed === undefined) return
  throw new Fault('setting_invalid', {
    message:
      `The user ${user.name}, who runs the embedded Postgres, cannot enter ${closed} on the way to ${what}. ` +
      `Run: chmod o+x ${closed}; or run Millrace as a user other than root, or set DATABASE_URL.`,
  })
}

export const giveTo = (path: string, user: ServerUser | undefined): void => {
  if (user !== undefined) chownSync(path, user.uid, user.gid)
}
