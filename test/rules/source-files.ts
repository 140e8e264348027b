/** The house's files as text, for the tests that keep its rules. */

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Folders of code. `console` comes with its own issue; its files are held to the same rules from the first. */
const CODE_FOLDERS = ['src', 'test', 'bench', 'examples', 'console']
const CODE = /\.(?:[cm]?[jt]sx?|css)$/
const NOT_OURS = /(?:^|\/)(?:node_modules|dist|results)\//

export interface SourceFile {
  /** From the project's root, with slashes. */
  readonly path: string
  readonly text: string
  /** Without comments; lines stay where they are. */
  readonly code: string
}

export const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/** Files below a folder that is there, from the project's root. */
export const filesUnder = (folder: string): string[] => {
  if (statSync(join(ROOT, folder), { throwIfNoEntry: false }) === undefined) return []
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => posix.join(...join(entry.parentPath, entry.name).slice(ROOT.length).split(/[\\/]/)))
    .filter((path) => !NOT_OURS.test(path))
    .sort()
}

const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, '')).replace(/(^|\s)\/\/[^\n]*/g, '$1')

export const codeFiles: readonly SourceFile[] = CODE_FOLDERS.flatMap(filesUnder)
  .filter((path) => CODE.test(path))
  .map((path) => {
    const text = read(path)
    return { path, text, code: withoutComments(text) }
  })

export const isTest = (path: string): boolean => path.endsWith('.test.ts')

/** What runs in production. */
export const sourceFiles: readonly SourceFile[] = codeFiles.filter(
  ({ path }) => path.startsWith('src/') && !isTest(path),
)

export interface Import {
  readonly from: SourceFile
  /** As written. */
  readonly specifier: string
  /** The file it means, or null for a package. */
  readonly target: string | null
  /** Nothing of it is there at run time. */
  readonly typeOnly: boolean
}

const STATEMENT = /(?:^|[\n;])\s*(import|export)(\s+type\b)?\s*(?:[\w*{][^'"`;]*?\bfrom\s*)?['"]([^'"\n]+)['"]/g
const DYNAMIC = /\bimport\(\s*['"]([^'"\n]+)['"]\s*\)(\s*\.\s*[A-Z])?/g

export const importsOf = (file: SourceFile): Import[] => {
  const imported = (specifier: string, typeOnly: boolean): Import => ({
    from: file,
    specifier,
    target: specifier.startsWith('.') ? posix.normalize(posix.join(dirname(file.path), specifier)) : null,
    typeOnly,
  })
  return [
    ...[...file.code.matchAll(STATEMENT)].map(([, , type, specifier]) => imported(specifier ?? '', type !== undefined)),
    // `import('x').Name` in the place of a type.
    ...[...file.code.matchAll(DYNAMIC)].map(([, specifier, member]) => imported(specifier ?? '', member !== undefined)),
  ]
}

/** Line of an offset, from 1. */
export const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length
