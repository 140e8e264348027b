import { existsSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { expect, it } from 'vitest'
import { checkFlow } from '../../src/flow/parse.ts'
import { formatProblem } from '../../src/flow/problems.ts'
import { registries } from '../support/house.ts'
import { filesUnder, ROOT, read } from './source-files.ts'

const FOLDERS = ['docs', 'examples', 'bench', 'src', 'test']
const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...FOLDERS.flatMap(filesUnder)]
  .filter((path) => path.endsWith('.md'))
  .map((path) => ({ path, text: read(path) }))

const withoutCode = (text: string): string => text.replace(/```[\s\S]*?```/g, '').replace(/`[^`\n]*`/g, '')

/** The name by which a heading is linked to, as GitHub makes it. */
const anchorsOf = (text: string): Set<string> =>
  new Set(
    [...text.replace(/```[\s\S]*?```/g, '').matchAll(/^#+ +(.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  )

it('has links that lead somewhere', () => {
  const broken = pages.flatMap(({ path, text }) =>
    [...withoutCode(text).matchAll(/\]\(<?([^)\s>]+)>?[^)]*\)/g)].flatMap(([, link = '']) => {
      if (/^(?:https?|mailto):/.test(link)) return []
      const [file = '', anchor] = link.split('#')
      const target = file === '' ? path : posix.normalize(posix.join(dirname(path), file))
      if (!existsSync(join(ROOT, target))) return [`${path}: ${link} (there is no ${target})`]
      if (anchor === undefined || !target.endsWith('.md') || anchorsOf(read(target)).has(anchor)) return []
      return [`${path}: ${link} (there is no such heading in ${target})`]
    }),
  )
  expect(broken, 'mend the link, or write the page').toEqual([])
})

it('names files that are there', () => {
  // A page about data names the files of those it came from.
  const ours = pages.filter(({ path }) => !path.includes('/data/'))
  const missing = ours.flatMap(({ path, text }) =>
    [...text.matchAll(/`((?:src|test|docs|bench|examples|migrations|console)\/[\w./-]*)`/g)]
      .map(([, name = '']) => name)
      .filter((name) => !existsSync(join(ROOT, name)))
      .map((name) => `${path}: ${name}`),
  )
  expect(missing, 'the file was moved or never written: say where it is now').toEqual([])
})

it('tells of every room of the house', () => {
  const told = read('docs/architecture.md')
  const rooms = new Set(filesUnder('src').flatMap((path) => /^src\/([^/]+)\//.exec(path)?.[1] ?? []))
  const untold = [...rooms].filter((room) => !new RegExp(`^\\| [^|]*\`${room}\``, 'm').test(told))
  expect(untold, 'say its job in the table of rooms').toEqual([])
})

it('names commands that are there', () => {
  const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> }
  const programs = ['src/main.ts', ...filesUnder('src/cli/verbs')].map(read).join('\n')
  const verbs = new Set([...programs.matchAll(/\.command\('([a-z]+)/g)].map(([, verb]) => verb))
  const wrong = pages.flatMap(({ path, text }) => [
    ...[...text.matchAll(/\bnpm run ([\w:-]+)/g)]
      .filter(([, script = '']) => scripts[script] === undefined)
      .map(([call]) => `${path}: ${call}`),
    ...[...text.matchAll(/\.\/millrace ([a-z]+)(?: ([a-z]+)\b)?/g)]
      .filter(([, verb, second]) => {
        const grouped = ['flow', 'audit', 'tenant', 'keys', 'privacy', 'lists', 'destination'].includes(verb ?? '')
        return !verbs.has(verb) || (grouped && !verbs.has(second))
      })
      .map(([call]) => `${path}: ${call}`),
  ])
  expect(wrong, 'write the command that does it, or leave the promise out').toEqual([])
})

it('makes every page of docs/reference from code', () => {
  const maker = read('src/cli/commands/reference.ts')
  const byHand = filesUnder('docs/reference').filter((path) => !maker.includes(`'${path}'`))
  expect(byHand, 'give it a maker in src/cli/commands/reference.ts, or move it to docs/guides').toEqual([])
})

it('shows flows that are right', () => {
  const blocks = pages.flatMap(({ path, text }) =>
    [...text.matchAll(/```ya?ml\n(flow:[\s\S]*?)```/g)].map(([, flow = '']) => ({ path, flow })),
  )
  expect(blocks.length).toBeGreaterThan(2)
  const wrong = blocks.flatMap(({ path, flow }) =>
    checkFlow(flow, registries).map((problem) => formatProblem(problem, path)),
  )
  expect(wrong, 'lines count from the beginning of the example').toEqual([])
})

it('shows in the README the lead that the first start prints', () => {
  const printed = /-d '(\{[^']*\})'/.exec(read('src/cli/commands/serve.ts'))?.[1] ?? ''
  expect(Object.keys(JSON.parse(printed) as object)).toContain('email')
  expect(read('README.md'), 'copy the command of src/cli/commands/serve.ts into the README').toContain(printed)
})
