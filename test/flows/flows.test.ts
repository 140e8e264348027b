import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isFault } from '../../src/base/faults.ts'
import { runFlowCheck } from '../../src/cli/commands/flow-check.ts'
import { fieldTypes } from '../../src/fields/index.ts'
import { compileFlow } from '../../src/flow/compile.ts'
import { checkFlow, parseFlow } from '../../src/flow/parse.ts'
import { excerptOf, formatProblem, PROBLEM_CODES } from '../../src/flow/problems.ts'
import { destinationTypes } from '../../src/integrations/index.ts'
import { stepTypes } from '../../src/steps/index.ts'

const registries = { fields: fieldTypes, steps: stepTypes, destinations: destinationTypes }
const folder = (name: string): string => join(import.meta.dirname, name)
const read = (name: string, file: string): string => readFileSync(join(folder(name), file), 'utf8')

const wrongFiles = readdirSync(folder('invalid')).filter((file) => file.endsWith('.yaml'))
const rightFiles = readdirSync(folder('valid'))

/** A flow whose one source and one step are given. */
const small = (rest: string): string => `flow: homes\nfields: { email: email, phone: phone }\n${rest}`

describe('a wrong flow', () => {
  test.each(wrongFiles)('%s: every problem, with its place and the right name', (file) => {
    const problems = checkFlow(read('invalid', file), registries)
    const told = problems.map(({ line, column, code, path, suggestion }) =>
      [`${line}:${column}`, code, path, ...(suggestion === null ? [] : [suggestion])].join(' '),
    )
    expect(told).toEqual(JSON.parse(read('invalid', file.replace('.yaml', '.json'))))
  })

  test.each(Object.keys(destinationTypes))(
    'a destination of type %s without its settings, or with others, is told of',
    (type) => {
      for (const settings of ['', ', to: {}', ', to: { sftp: {} }', ', to: 3, url: 3, subject: 3, text: {}']) {
        const text = `${small('sources: [ { id: web } ]\n')}destinations:\n  d: { type: ${type}${settings} }\nsteps:\n  - deliver: { to: d }\n`
        for (const { path } of checkFlow(text, registries)) expect(path).toMatch(/^destinations\.d|^steps/)
      }
    },
  )

  test('every code is one of the list', () => {
    const codes = wrongFiles.flatMap((file) => checkFlow(read('invalid', file), registries).map(({ code }) => code))
    for (const code of codes) expect(Object.keys(PROBLEM_CODES)).toContain(code)
    expect(Object.keys(PROBLEM_CODES).filter((code) => !codes.includes(code))).toEqual([])
  })

  test('is told in one line, with the file and what was meant', () => {
    const text = small('sources: [ { id: web } ]\nsteps:\n  - filter: { when: lead.emial == "x" }\n')
    const [problem] = checkFlow(text, registries)
    if (problem === undefined) throw new Error('the flow is wrong')
    expect(formatProblem(problem, 'a.yaml')).toBe(
      'a.yaml:5:26 unknown field "emial" in rule: expected one of email, phone, id, test, received_at, score, class, route, price, sold_for; did you mean "email"?',
    )
    expect(excerptOf(problem, text)).toBe(`    - filter: { when: lead.emial == "x" }\n${' '.repeat(27)}^`)
  })

  test('names the fields that a step takes by name, in whatever way it takes them', () => {
    const text = small('sources: [ { id: web } ]\nsteps:\n  - match: { fields: { emial: email, phone: none } }\n')
    expect(checkFlow(text, registries)).toMatchObject([
      { code: 'unknown_field', path: 'steps[0].match.fields.emial', suggestion: 'email' },
    ])
  })

  test('is not compiled', () => {
    const { document, problems } = parseFlow(read('invalid', 'rules.yaml'), registries)
    try {
      compileFlow({ document, version: 1, registries })
      expect.unreachable()
    } catch (error) {
      expect(isFault(error) && error.code).toBe('flow_invalid')
      for (const problem of problems) expect(isFault(error) && error.message).toContain(formatProblem(problem))
    }
  })

  test('is refused unread where it is larger than a flow can be', () => {
    expect(checkFlow('x'.repeat(1_000_001), registries).map(({ code }) => code)).toEqual(['too_large'])
    expect(checkFlow('['.repeat(100_000), registries).length).toBeGreaterThan(0)
    expect(checkFlow(`a: &a [*a]\nflow: x`, registries).length).toBeGreaterThan(0)
  })

  test('with more mistakes than anybody reads is not read to its end', () => {
    const unknown = Array.from({ length: 5000 }, (_, index) => `  - unknown${index}`).join('\n')
    expect(checkFlow(small(`sources: [ { id: web } ]\nsteps:\n${unknown}`), registries)).toHaveLength(200)
    const twice = Array.from({ length: 300 }, () => 'name: x').join('\n')
    expect(checkFlow(small(twice), registries)).toHaveLength(200)
    const fields = Array.from({ length: 501 }, (_, index) => `  f${index}: string`).join('\n')
    const [problem] = checkFlow(`flow: x\nfields:\n${fields}\nsources: [ { id: web } ]`, registries)
    expect([problem?.code, problem?.message]).toEqual(['too_large', 'found 501 fields'])
  })

  test('a step after an unconditional stop is reached by no lead', () => {
    const { normalize } = stepTypes
    if (normalize === undefined) throw new Error('there is a normalize step')
    const steps = { ...stepTypes, stop: { ...normalize, type: 'stop' } }
    const codes = (stop: string) =>
      checkFlow(small(`sources: [ { id: web } ]\nsteps:\n  - stop: ${stop}\n  - normalize\n`), {
        ...registries,
        steps,
      }).map(({ line, code }) => `${line} ${code}`)
    expect(codes('{}')).toEqual(['6 unreachable'])
    expect(codes('{ when: lead.email.valid }')).toEqual([])
  })

  test('no text makes the check throw', () => {
    const base = rightFiles.map((file) => read('valid', file))
    const part = fc.constantFrom(
      '\n',
      ' ',
      ':',
      '-',
      '[',
      ']',
      '{',
      '}',
      '&a',
      '*a',
      '"',
      "'",
      'when',
      'lead.',
      '{{',
      '%}',
      '>',
      '|',
      '#',
      '__proto__: 1',
      '!!int',
      '? ',
      '\t',
    )
    fc.assert(
      fc.property(
        fc.constantFrom(...base),
        fc.array(fc.tuple(fc.nat(2000), part), { maxLength: 6 }),
        (text, changes) => {
          let changed = text
          for (const [at, piece] of changes) changed = changed.slice(0, at) + piece + changed.slice(at + piece.length)
          for (const { line, column, message } of checkFlow(changed, registries)) {
            expect(line).toBeGreaterThan(0)
            expect(column).toBeGreaterThan(0)
            expect(message).not.toBe('')
          }
        },
      ),
      { numRuns: 150 },
    )
  })
})

describe('a right flow', () => {
  test.each(rightFiles)('%s has no problem and compiles', (file) => {
    const { document, problems } = parseFlow(read('valid', file), registries)
    expect(problems).toEqual([])
    const flow = compileFlow({ document, version: 3, registries })
    expect(flow.version).toBe(3)
    const revived = compileFlow({ document: JSON.parse(JSON.stringify(document)), version: 3, registries })
    expect([...revived.sources.keys()]).toEqual([...flow.sources.keys()])
  })

  test.each(Object.values(stepTypes).map((step) => [step.type, step] as const))(
    'the example of the %s step is right in a flow that has what it names',
    (type, step) => {
      const flow = {
        flow: 'homes',
        fields: {
          email: 'email',
          phone: 'phone',
          state: 'state',
          last_name: 'last_name',
          company: 'string',
          urgency: 'string',
          service: 'string',
          postal_code: 'postal_code',
        },
        sources: [{ id: 'web', price: '1.00 USD' }],
        destinations: Object.fromEntries(
          ['main-crm', 'austin-crm'].map((id) => [id, { type: 'http', url: 'https://example.test/' }]),
        ),
        enrichers: Object.fromEntries(
          ['clearbit', 'neverbounce'].map((id) => [id, { url: 'https://example.test/', facts: { name: 'name' } }]),
        ),
        steps: [
          ...(type === 'score' ? [] : [{ score: stepTypes.score?.example }]),
          { [type]: type === 'score' ? step.example : { id: 'tried', ...step.example } },
        ],
      }
      const { document, problems } = parseFlow(JSON.stringify(flow, null, 2), registries)
      expect(problems.map((problem) => formatProblem(problem))).toEqual([])
      compileFlow({ document, version: 1, registries })
    },
  )

  test('runs flow and source blocks in their fixed order, then the steps', () => {
    const text = small(`accept: [ { when: lead.email.valid } ]
suppress: { lists: [dnc], match: [email] }
price: 5.00 USD
caps: [ { id: all, max: 9, per: day } ]
sources:
  - id: web
    caps: [ { id: d, max: 5, per: day } ]
    price: { id: base, amount: 15.00 USD }
    accept: [ { when: lead.phone.valid } ]
    suppress: { lists: [own], match: [phone] }
  - id: bare
steps:
  - normalize
  - dedupe: { on: [[email]], when: lead.email.valid, on_error: continue }
`)
    const flow = compileFlow({ ...parseFlow(text, registries), version: 1, registries })
    const ids = (source: string) => flow.sources.get(source)?.program.map(({ id }) => id)
    expect(ids('web')).toEqual([
      'flow.accept',
      'source.accept',
      'flow.suppress',
      'source.suppress',
      'flow.price',
      'source.price',
      'flow.cap',
      'source.cap',
      'normalize',
      'dedupe',
    ])
    expect(ids('bare')).toEqual(['flow.accept', 'flow.suppress', 'flow.price', 'flow.cap', 'normalize', 'dedupe'])
    const dedupe = flow.sources.get('web')?.program.at(-1)
    expect([dedupe?.when?.text, dedupe?.onError]).toEqual(['lead.email.valid', 'continue'])
  })

  test('gives each source’s blocks a key of their own, so that their caps count apart', () => {
    const keys: string[] = []
    const cap = stepTypes.cap
    if (cap === undefined) throw new Error('there is a cap step')
    const watched = {
      ...registries,
      steps: {
        ...stepTypes,
        cap: {
          ...cap,
          create: (...[config, compiler]: Parameters<typeof cap.create>) => {
            keys.push(compiler.stepId)
            return cap.create(config, compiler)
          },
        },
      },
    }
    const text = small(`caps: [ { id: d, max: 5, per: day } ]
sources:
  - { id: one, caps: [ { id: d, max: 5, per: day } ] }
  - { id: two, caps: [ { id: d, max: 5, per: day } ] }
`)
    const parsed = parseFlow(text, watched)
    // The check compiles, too.
    keys.length = 0
    compileFlow({ ...parsed, version: 1, registries: watched })
    expect(keys).toEqual(['flow.cap', 'source.one.cap', 'source.two.cap'])
  })

  test('is read alike as YAML, as JSON, with Windows line ends and with a byte order mark', () => {
    const yaml = small('sources: [ { id: web } ]\nsteps:\n  - filter: { when: lead.email.valid }\n')
    const json = JSON.stringify({
      flow: 'homes',
      fields: { email: 'email', phone: 'phone' },
      sources: [{ id: 'web' }],
      steps: [{ filter: { when: 'lead.email.valid' } }],
    })
    const { document, problems } = parseFlow(yaml, registries)
    expect(problems).toEqual([])
    for (const text of [json, yaml.replaceAll('\n', '\r\n'), `\uFEFF${yaml}`])
      expect(parseFlow(text, registries).document).toEqual(document)
  })

  test('reads scalars as written', () => {
    const text = small(`name: 02134
sources: [ { id: "1", name: no, success_status: 201, enabled: false, id_field: 2026-11-30 } ]
`)
    const { document, problems } = parseFlow(text, registries)
    expect(problems).toEqual([])
    expect(document.name).toBe('02134')
    expect(document.sources[0]).toMatchObject({
      id: '1',
      name: 'no',
      successStatus: 201,
      enabled: false,
      idField: '2026-11-30',
    })
  })

  test('maps, then parses each field in the order it is declared', () => {
    const text = small('sources: [ { id: web, mapping: { phone: phone_number } } ]\n')
    const flow = compileFlow({ ...parseFlow(text, registries), version: 1, registries })
    const mapped = flow.sources.get('web')?.map({ Phone_Number: '(512) 555-0100', utm: 'x' })
    expect(mapped).toEqual({ values: { phone: '(512) 555-0100' }, extra: { utm: 'x' } })
    const parsed = flow.parse(mapped?.values ?? {}, 0)
    expect(Object.keys(parsed)).toEqual(['email', 'phone'])
    expect(parsed.phone?.normal).toBe('+15125550100')
    expect(parsed.email?.normal).toBe(null)
  })

  test('a scorecard is taken by name, with the step’s own points after it', () => {
    const text = small(`models: { homes: { base: 7, points: [ { id: a, when: lead.email.valid, points: 1 } ] } }
sources: [ { id: web } ]
steps:
  - score: { model: homes, points: [ { id: b, when: lead.phone.valid, points: 2 } ] }
`)
    const { document, problems } = parseFlow(text, registries)
    expect(problems).toEqual([])
    expect(document.steps[0]?.config).toEqual({
      base: 7,
      points: [
        { id: 'a', when: 'lead.email.valid', points: 1 },
        { id: 'b', when: 'lead.phone.valid', points: 2 },
      ],
    })
  })
})

describe('millrace flow check', () => {
  const check = async (file: string, json = false) => {
    let written = ''
    const output = { write: (text: string) => (written += text) }
    const code = await runFlowCheck({ file, json, registries, output })
    return { code, written }
  }

  test('says that a flow is right', async () => {
    const { code, written } = await check(join(folder('valid'), 'home-services.yaml'))
    expect(code).toBe(0)
    expect(written).toContain(
      'flow home-services is right: 5 steps (once, suppress, filter, score, deliver), 1 source (facebook)',
    )
  })

  test('tells every problem, one a line', async () => {
    const file = join(folder('invalid'), 'sources.yaml')
    const { code, written } = await check(file)
    const problems = checkFlow(readFileSync(file, 'utf8'), registries)
    expect(code).toBe(2)
    expect(written).toBe(
      `${problems.map((problem) => formatProblem(problem, file)).join('\n')}\n${problems.length} problems\n`,
    )
  })

  test('writes JSON', async () => {
    const { code, written } = await check(join(folder('invalid'), 'order.yaml'), true)
    const { valid, problems } = JSON.parse(written)
    expect([code, valid, problems.length > 0]).toEqual([2, false, true])
  })

  test('says that a file is not there', async () => {
    const { code, written } = await check(join(folder('valid'), 'none.yaml'))
    expect([code, written.includes('there is no such file')]).toEqual([2, true])
  })
})
