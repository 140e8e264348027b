import { Fault } from '../../base/faults.ts'
import { type Address, ApiProblem, createClient, type Method } from '../../client/client.ts'

/** `./millrace api get /api/v1/leads`: asks a server, here or elsewhere, as its typed client does. */
export interface ApiOptions {
  readonly method: string
  readonly address: string
  /** Where the server is; without a slash at its end. */
  readonly server: string
  /** An API key or an access token. */
  readonly key: string | undefined
  /** `name=value`. */
  readonly query: readonly string[]
  /** JSON text. */
  readonly body: string | undefined
  readonly idempotencyKey: string | undefined
  /** Of a list: page after page, an item a line. */
  readonly all: boolean
  readonly output: NodeJS.WritableStream
}

const METHODS: readonly Method[] = ['get', 'post', 'put', 'patch', 'delete']

const wrong = (message: string): Fault => new Fault('setting_invalid', { message })

const queryOf = (pairs: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at < 1) throw wrong(`--query: expected name=value, not "${pair}"`)
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )

/** Ends with 0, or with 1 where the server refused: its problem document is printed then, code and all. */
export const runApi = async (options: ApiOptions): Promise<number> => {
  const { address, server, key, body, idempotencyKey, all, output } = options
  const method = METHODS.find((each) => each === options.method.toLowerCase())
  if (!method) throw wrong(`expected one of ${METHODS.join(', ')}, not "${options.method}"`)
  if (!address.startsWith('/')) throw wrong(`expected an address such as /api/v1/leads, not "${address}"`)
  if (body !== undefined)
    try {
      JSON.parse(body)
    } catch (cause) {
      throw new Fault('setting_invalid', { message: '--body: expected JSON', cause })
    }
  const client = createClient({ baseUrl: server.replace(/\/$/, ''), token: () => key ?? null })
  const query = queryOf(options.query)
  const ask = (cursor: string | null): Promise<Response> =>
    client.open(method, address as Address, {
      query: { ...query, ...(cursor !== null && { cursor }) },
      ...(body !== undefined && { body }),
      ...(idempotencyKey !== undefined && { idempotencyKey }),
    })
  try {
    if (!all) {
      const answer = await ask(null)
      const text = await answer.text()
      if (text !== '') output.write(`${text}\n`)
      return 0
    }
    let cursor: string | null = null
    do {
      const page = (await (await ask(cursor)).json()) as { items?: unknown[]; next_cursor?: string | null }
      if (!Array.isArray(page.items)) throw wrong('--all: this address answers with no list')
      for (const item of page.items) output.write(`${JSON.stringify(item)}\n`)
      cursor = page.next_cursor ?? null
    } while (cursor !== null)
    return 0
  } catch (error) {
    if (error instanceof ApiProblem) {
      output.write(`${JSON.stringify(error.problem)}\n`)
      return 1
    }
    if (error instanceof TypeError) throw wrong(`${server} cannot be reached: say where the server is with --server`)
    throw error
  }
}
