/** `millrace parse <type>`: how a field type reads each line of a text, to try values before a flow meets them. */
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { closest } from 'fastest-levenshtein'
import { fieldTypes } from '../../fields/index.ts'
import type { FieldType, ParseContext } from '../../kit/field.ts'

export interface ParseOptions {
  /** Name of the field type: `phone`. */
  readonly type: string
  /** ISO 3166-1 alpha-2: the country of the flow. */
  readonly country: string
  /** UTF-8 text, a value to a line. */
  readonly input: NodeJS.ReadableStream
  /** Gets one JSON object a line: raw, normal, valid, masked, parts. */
  readonly output: NodeJS.WritableStream
  /** Gets what is wrong with the question, in a line. */
  readonly errors: { write(text: string): unknown }
  /** Milliseconds since 1970: what ages and two-digit years count from. */
  readonly now: number
}

const EXIT_OK = 0
const EXIT_USAGE = 2

const typeNamed = (name: string): FieldType | undefined =>
  Object.hasOwn(fieldTypes, name) ? fieldTypes[name] : undefined

const unknownType = (name: string): string => {
  const names = Object.keys(fieldTypes)
  const shown = JSON.stringify(name.slice(0, 60))
  return `Unknown field type ${shown}. Did you mean ${closest(name.slice(0, 60), names)}? Known: ${names.join(', ')}.\n`
}

/** Writes, and waits where the reader is slower. False once nobody reads any more. */
const write = async (output: NodeJS.WritableStream, text: string, gone: AbortSignal): Promise<boolean> => {
  if (gone.aborted) return false
  if (output.write(text)) return true
  try {
    await once(output, 'drain', { signal: gone })
    return true
  } catch {
    return false
  }
}

/** Waits until all that was written has been handed over: the caller may end the process with our answer. */
const flush = (output: NodeJS.WritableStream, gone: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (gone.aborted) return resolve()
    gone.addEventListener('abort', () => resolve(), { once: true })
    output.write('', () => resolve())
  })

/**
 * Reads lines and prints what the type makes of each. Returns the exit code: 0, also where the reader of the output
 * left early (`| head`), and 2 for an unknown type.
 */
export const runParse = async ({ type: name, country, input, output, errors, now }: ParseOptions): Promise<number> => {
  const leave = new AbortController()
  const onGone = () => leave.abort()
  output.on('error', onGone).on('close', onGone)
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
  try {
    const type = typeNamed(name)
    if (!type) {
      errors.write(unknownType(name))
      return EXIT_USAGE
    }
    const context: ParseContext = { country, now, fields: {} }
    for await (const line of lines) {
      const isRead = await write(output, `${JSON.stringify(type.parse(line, context))}\n`, leave.signal)
      if (!isRead) break
    }
    await flush(output, leave.signal)
    return EXIT_OK
  } finally {
    lines.close()
    output.off('error', onGone).off('close', onGone)
  }
}
