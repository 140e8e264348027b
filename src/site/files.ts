import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

/** The files of a build, read once and kept, each also compressed for those who can read that. */

export interface SiteFile {
  readonly type: string
  readonly etag: string
  /** Its name changes with its text, so that it may be kept for ever. */
  readonly immutable: boolean
  body(encoding: 'br' | 'gzip' | null): Promise<Buffer>
}

export interface SiteFiles {
  /** By its path below the site, without a slash before it; null where there is none. */
  file(path: string): SiteFile | null
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.json': 'application/json; charset=utf-8',
}
/** Compressed already. */
const DENSE = new Set(['.woff2', '.png'])
/** Half of the best level's time for nearly all of its gain. */
const BROTLI_QUALITY = 6
/** No dot before a name, no way up. */
const PATH = /^(?:[\w-][\w.-]*\/)*[\w-][\w.-]*$/

const squeeze = {
  br: (bytes: Buffer) =>
    promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }),
  gzip: (bytes: Buffer) => promisify(gzip)(bytes),
}

const readSiteFile = (root: string, path: string): SiteFile => {
  const bytes = readFileSync(join(root, path))
  const extension = extname(path)
  const kept = new Map<string, Promise<Buffer>>()
  return {
    type: TYPES[extension] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 16)}"`,
    immutable: path.startsWith('assets/'),
    body: (encoding) => {
      if (encoding === null || DENSE.has(extension)) return Promise.resolve(bytes)
      const known = kept.get(encoding) ?? squeeze[encoding](bytes)
      kept.set(encoding, known)
      return known
    },
  }
}

export const createSiteFiles = (root: string): SiteFiles => {
  const known = new Map<string, SiteFile>()
  return {
    file: (path) => {
      const there = known.get(path)
      if (there !== undefined) return there
      // A path that is none of ours is looked up on the disk each time: what is not there takes no memory.
      if (!PATH.test(path) || !existsSync(join(root, path)) || extname(path) === '') return null
      const read = readSiteFile(root, path)
      known.set(path, read)
      return read
    },
  }
}
