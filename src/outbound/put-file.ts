/**
 * Files on this machine: below one folder of the operator's, each tenant in its own. A file is written under another name
 * and then renamed, so that who watches the folder never sees half of one.
 */

import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Fault } from '../base/faults.ts'
import type { OutboundRequest, OutboundResponse } from './outbound.ts'

/** Neither above the folder nor hidden in it. */
const SAFE_PART = /^[A-Za-z0-9_][A-Za-z0-9._ -]{0,199}$/

/** The path of an address as safe names. Throws Fault('setting_invalid') where one of them is not. */
export const safeParts = (url: URL): readonly string[] =>
  url.pathname
    .split('/')
    .filter((part) => part !== '')
    .map((part) => {
      let name = ''
      try {
        name = decodeURIComponent(part)
      } catch {
        // Told below.
      }
      if (!SAFE_PART.test(name) || name.includes('..'))
        throw new Fault('setting_invalid', {
          message: 'A folder or file has a name that is not allowed: letters, digits, ".", "_", "-" and blanks',
        })
      return name
    })

/** PUT of `file:///<folders>/<name>`; GET only makes sure that the folder can be written. */
export const putFile = async (root: string | undefined, request: OutboundRequest): Promise<OutboundResponse> => {
  const beganAt = performance.now()
  if (root === undefined) throw new Fault('setting_invalid', { message: 'This server writes no files: use sftp or s3' })
  const url = new URL(request.url)
  // An address of another kind that was turned into this one: nothing of ours names a host here.
  if (url.host !== '') throw new Fault('setting_invalid', { message: 'A file on this server has no host' })
  const parts = safeParts(url)
  const path = join(root, ...parts)
  const part = `${path}.part`
  try {
    await mkdir(request.method === 'GET' ? path : dirname(path), { recursive: true, mode: 0o750 })
    if (request.method !== 'GET') {
      const file = await open(part, 'w', 0o640)
      try {
        await file.writeFile(request.body ?? '')
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(part, path)
      const folder = await open(dirname(path))
      await folder.sync().finally(() => folder.close())
    }
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined)
    throw new Fault('destination.unavailable', {
      message: 'The file could not be written',
      detail: (error as NodeJS.ErrnoException).code ?? 'unknown',
      cause: error,
    })
  }
  return { status: 201, headers: {}, body: '', ms: performance.now() - beganAt }
}
