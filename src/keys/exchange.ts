import { existsSync, linkSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { newKeyBytes } from '../base/seal.ts'

/** Beside a key file: the key before it, while the two are exchanged. */
export const PREVIOUS_SUFFIX = '.previous'

/**
 * Puts a new key in the place of a key file. The old one stands beside it until all is wrapped by the new one; a run
 * that finds it there goes on where another was broken off, and makes no third.
 */
export const beginExchange = (file: string): void => {
  const previous = `${file}${PREVIOUS_SUFFIX}`
  if (existsSync(previous)) return
  const draft = `${file}.next`
  rmSync(draft, { force: true })
  writeFileSync(draft, `${newKeyBytes().toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true })
  linkSync(file, previous)
  renameSync(draft, file)
}

export const endExchange = (file: string): void => rmSync(`${file}${PREVIOUS_SUFFIX}`, { force: true })
