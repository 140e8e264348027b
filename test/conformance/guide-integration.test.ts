import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Compile } from 'typebox/compile'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDestinationTools } from '../../src/flow/destination-tools.ts'
import type { AttemptResult, CallAnswer, DestinationType } from '../../src/kit/destination.ts'

/** What the guide to writing an integration shows is run as it stands there: who follows it ends with green tests. */

interface Known {
  readonly file: string
  readonly settings: never
  readonly payload: never
  readonly answers: readonly {
    readonly status: number
    readonly headers?: CallAnswer['headers']
    readonly body?: string
  }[]
}

const root = new URL('../../', import.meta.url)
const guide = readFileSync(new URL('docs/guides/write-an-integration.md', root), 'utf8')
const blocks = (language: string): string[] =>
  [...guide.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\n\`\`\``, 'g'))].map(([, text = '']) => text)
const [code = ''] = blocks('ts')
const [known = '[]', invalid = '[]'] = blocks('json')
const tools = createDestinationTools({ country: 'US', zone: 'UTC' })

let folder: string
let pigeon: DestinationType

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-guide-'))
  const file = join(folder, 'pigeon.ts')
  const placed = code
    .replaceAll("'../../", `'${new URL('src/', root).href}`)
    .replace("'typebox'", `'${import.meta.resolve('typebox')}'`)
  writeFileSync(file, placed)
  pigeon = ((await import(/* @vite-ignore */ pathToFileURL(file).href)) as { pigeon: DestinationType }).pigeon
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the integration that the guide makes', () => {
  it('is described, and takes its own example', () => {
    expect(pigeon.type).toBe('pigeon')
    expect([...Compile(pigeon.settings).Errors(pigeon.example)]).toEqual([])
  })

  it('makes of the guide’s answers a success, a failure and an error, and shows no secret', () => {
    const outcomes = (JSON.parse(known) as Known[]).map(({ settings, payload, answers }) => {
      const input = { deliveryId: 'd', leadId: 'l', attempt: 1, payload, now: 0 }
      const program = pigeon.deliver(input, settings, tools)
      let turn = program.next()
      for (const { status, headers = {}, body = '' } of answers) {
        expect(JSON.stringify(turn.value)).not.toContain('pigeon-key')
        turn = program.next({ status, headers, body })
      }
      expect(turn.done).toBe(true)
      return (turn.value as AttemptResult).outcome
    })
    expect(outcomes.toSorted()).toEqual(['error', 'failure', 'success'])
  })

  it('refuses the settings that the guide says must be refused', () => {
    const settings = Compile(pigeon.settings)
    const wrong = JSON.parse(invalid) as { readonly settings: never }[]
    expect(wrong.length).toBeGreaterThan(1)
    for (const { settings: given } of wrong) expect(settings.Check(given)).toBe(false)
  })
})
