/**
 * Makes transcripts of a destination out of what is known of its provider: settings, a payload, and the answers that the
 * provider documents or gave. What the destination asks is written down beside them, to be read and compared with the
 * provider's own examples: a transcript nobody has read proves nothing.
 *
 *   npm run transcript -- TYPE FILE    FILE: a JSON list of { file, what, source, settings, payload, answers, secrets? }
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createDestinationTools } from '../../src/flow/destination-tools.ts'
import { destinationTypes } from '../../src/integrations/index.ts'
import type { Call, CallAnswer, Captured, DeliveryInput } from '../../src/kit/destination.ts'

interface Known {
  /** Name of the transcript, without `.json`. */
  readonly file: string
  readonly what: string
  readonly source: {
    readonly kind: 'captured' | 'documented' | 'handwritten'
    readonly date: string
    readonly address?: string
  }
  readonly settings: never
  readonly payload: DeliveryInput['payload']
  readonly hook?: string
  readonly answers: readonly { readonly status: number; readonly headers?: Captured; readonly body?: string }[]
  readonly secrets?: Readonly<Record<string, string>>
}

/** What signatures are dated. */
export const SIGNED_AT = Date.UTC(2026, 10, 23, 12)

/** What no settings and no payload hold: wherever it shows up, authorize put it. */
export const secretOf = (name: string) => `secret-of-${name}`

/** A header as a transcript shows it: a secret stands as its name in angle brackets. */
export const shownHeader = (text: string) => {
  const [scheme, coded] = text.split(' ')
  return scheme === 'Basic' && coded
    ? `Basic <${Buffer.from(coded, 'base64').toString('utf8')}>`.replace(/secret-of-/g, '')
    : text.replace(/secret-of-([\w-]+)/g, (_, name: string) => `<${name}>`)
}

const INPUT: Omit<DeliveryInput, 'payload'> = {
  deliveryId: 'dlv_1',
  leadId: '019a5500-0000-7000-8000-000000000001',
  attempt: 1,
  now: SIGNED_AT,
}

const transcriptOf = async (type: string, known: Known) => {
  const destination = destinationTypes[type]
  if (!destination) throw new Error(`no destination "${type}" in src/integrations/index.ts`)
  const { settings } = known
  const input = { ...INPUT, payload: known.payload, ...(known.hook !== undefined && { hook: known.hook }) }
  const program = destination.deliver(input, settings, createDestinationTools({ country: 'US', zone: 'UTC' }))
  const exchange: { call: Call; sent?: object; answer: CallAnswer }[] = []
  const authorized: Captured[] = []
  const token = destination.token?.(settings) ? secretOf('token') : null
  let asked = token !== null
  let turn = program.next()
  for (const { status, headers, body } of known.answers) {
    if (turn.done) throw new Error(`${known.file}: more answers than calls`)
    const call = turn.value
    const secret = (name: string) => {
      asked = true
      return known.secrets?.[name] ?? secretOf(name)
    }
    const sent = await destination.authorize(call, settings, { secret, token, now: SIGNED_AT })
    const added = Object.entries(sent.headers).filter(([name, value]) => call.headers[name] !== value)
    authorized.push(Object.fromEntries(added.map(([name, value]) => [name, shownHeader(value)])))
    const changed = Object.fromEntries(
      (['url', 'body'] as const).flatMap((key) => (sent[key] === call[key] ? [] : [[key, sent[key]]])),
    )
    const answer = { status, headers: headers ?? {}, body: body ?? '' }
    exchange.push({ call, ...(Object.keys(changed).length > 0 && { sent: changed }), answer })
    turn = program.next(answer)
  }
  if (!turn.done) throw new Error(`${known.file}: fewer answers than calls; the next is ${JSON.stringify(turn.value)}`)
  return {
    what: known.what,
    source: known.source,
    settings,
    ...(known.secrets && { secrets: known.secrets }),
    repeat: destination.repeat(settings),
    input,
    exchange,
    ...(asked && { authorized }),
    result: turn.value,
  }
}

if (import.meta.main) {
  const [type = '', file = ''] = process.argv.slice(2)
  mkdirSync(`src/integrations/${type}/fixtures`, { recursive: true })
  for (const known of JSON.parse(readFileSync(file, 'utf8')) as Known[]) {
    const path = `src/integrations/${type}/fixtures/${known.file}.json`
    const transcript = await transcriptOf(type, known)
    writeFileSync(path, `${JSON.stringify(transcript, null, 2)}\n`)
    console.log(`wrote ${path}`)
    for (const { call } of transcript.exchange) console.log(`  ${call.method} ${call.url}\n    ${call.body ?? ''}`)
    console.log(`  → ${JSON.stringify(transcript.result)}`)
  }
}
