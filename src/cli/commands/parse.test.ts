import { Readable, Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { runParse } from './parse.ts'

const now = Date.UTC(2026, 10, 23)

/** An output that keeps what it is given; a slow one says after each line that it is full. */
const keeper = (highWaterMark?: number) => {
  const state = { text: '', pendingMax: 0 }
  const output = new Writable({
    ...(highWaterMark === undefined ? {} : { highWaterMark }),
    write: (chunk, _, done) => {
      state.text += String(chunk)
      state.pendingMax = Math.max(state.pendingMax, output.writableLength)
      setImmediate(done)
    },
  })
  return { state, output }
}

const rows = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

test('prints what a type makes of each line', async () => {
  const { state, output } = keeper()
  const input = Readable.from(['(512) 555-1234\n', '\r\nnonsense'])
  expect(await runParse({ type: 'phone', country: 'US', input, output, errors: output, now })).toBe(0)
  const [first, ...others] = rows(state.text)
  expect(Object.keys(first)).toEqual(['raw', 'normal', 'valid', 'masked', 'parts'])
  expect(first).toMatchObject({ raw: '(512) 555-1234', normal: '+15125551234', valid: true, masked: false })
  expect(first.parts).toMatchObject({ area: '512', time_zones: ['America/Chicago'] })
  expect(others).toMatchObject([
    { raw: '', normal: null, valid: false },
    { raw: 'nonsense', normal: null, valid: false },
  ])
})

test('names the nearest type for one that is unknown', async () => {
  const told = async (type: string): Promise<string> => {
    const { state, output } = keeper()
    const errors = keeper()
    const asked = { type, country: 'US', input: Readable.from([]), output, errors: errors.output, now }
    expect(await runParse(asked)).toBe(2)
    // A program that reads the JSON is not given a sentence.
    expect(state.text).toBe('')
    return errors.state.text
  }
  for (const type of ['fone', '__proto__', 'constructor'])
    expect(await told(type)).toMatch(/^Unknown field type "[a-z_]+"\. Did you mean [a-z_]+\? Known: .*\.\n$/)
  expect(await told('emial')).toContain('Did you mean email?')
})

test('waits for a slow reader instead of piling up what it prints', async () => {
  const { state, output } = keeper(1)
  const input = Readable.from(Array.from({ length: 500 }, (_, at) => `line ${at}\n`))
  expect(await runParse({ type: 'string', country: 'US', input, output, errors: output, now })).toBe(0)
  expect(rows(state.text)).toHaveLength(500)
  expect(state.pendingMax).toBeLessThan(200)
})

test('ends when its reader has left', async () => {
  let sent = 0
  const input = Readable.from(
    (function* endless() {
      while (true) yield `line ${sent++}\n`
    })(),
  )
  const output = new Writable({ highWaterMark: 1, write: (_chunk, _, done) => done(new Error('EPIPE')) })
  expect(await runParse({ type: 'string', country: 'US', input, output, errors: output, now })).toBe(0)
})
