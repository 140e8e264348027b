import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readHead } from './csv-head.ts'
import { readRows } from './csv-rows.ts'
import { streamSource } from './stream-source.ts'

it('gives the rows of a file however it is cut into parts', async () => {
  const text = `name,city\n${Array.from({ length: 3_000 }, (_, n) => `"Müller, ${n}",Köln\n`).join('')}`
  const whole = Buffer.from(text)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 30 }), async (sizes) => {
      const parts: Buffer[] = []
      for (let at = 0, turn = 0; at < whole.length; turn += 1) {
        const size = sizes[turn % sizes.length] ?? 1
        // Parts of a byte each alone would be a test of patience.
        parts.push(whole.subarray(at, at + Math.max(size, 50)))
        at += Math.max(size, 50)
      }
      const source = streamSource(
        (async function* () {
          yield* parts
        })(),
        256 * 1024,
      )
      const start = Buffer.alloc(256 * 1024)
      const { bytesRead } = await source.read(start, 0, start.length, 0)
      const head = readHead(start.subarray(0, bytesRead), 'body')
      let rows = 0
      for await (const { read } of readRows(source, head, head)) {
        expect(read).toEqual({ values: [`Müller, ${rows}`, 'Köln'] })
        rows += 1
      }
      expect(rows).toBe(3_000)
    }),
    { numRuns: 30 },
  )
})
