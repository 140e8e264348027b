/** Whether a process still is the one that wrote its id somewhere: ids are used again. */

import { readFileSync, readlinkSync } from 'node:fs'

const stat = (pid: number): { state: string; startedAt: string } | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the program's name in parentheses, which may itself hold spaces and parentheses.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] ?? '', startedAt: fields[19] ?? '' }
  } catch {
    return undefined
  }
}

const bootId = (): string => {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}

/** Whether a process with this id runs; one that has ended but was not yet collected by its parent does not. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const status = stat(pid)
  return status === undefined || (status.state !== 'Z' && status.state !== 'X')
}

/** Tells a process from a later one with its id. Empty where there is no /proc. */
export const identityOf = (pid: number): string => {
  const status = stat(pid)
  return status === undefined ? '' : `${bootId()}:${status.startedAt}`
}

/** The working folder of a process, or undefined where that cannot be known. */
export const workingFolderOf = (pid: number): string | undefined => {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return undefined
  }
}
