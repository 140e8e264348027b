import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'

/** What the console is built from, seen from its folder: with the client it asks the API by, and what it lists of it. */
const PARTS = [
  'index.html',
  'package.json',
  'vite.config.ts',
  'tsconfig.json',
  'src',
  'public',
  '../src/client',
  '../src/api/contract/told-events.ts',
]

const DIGEST_CHARS = 16

const filesOf = (root: string, part: string): string[] => {
  try {
    return readdirSync(join(root, part), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOTDIR') return [join(root, part)]
    if (code === 'ENOENT') return []
    throw error
  }
}

/** Names what a build is made of: another text anywhere in the console gives another name. */
export const inputsDigest = (root: string): string => {
  const digest = createHash('sha256')
  const files = PARTS.flatMap((part) => filesOf(root, part)).sort()
  for (const file of files) {
    digest.update(`${relative(root, file).split(sep).join('/')}\0`)
    digest.update(readFileSync(file))
    digest.update('\0')
  }
  return digest.digest('hex').slice(0, DIGEST_CHARS)
}
