import type { Api } from './api/index.ts'

/**
 * A client of the API, typed by its description: an address that is not there, a missing parameter or a field that
 * nobody answers with does not compile. For browsers, Node and whatever else has `fetch`.
 */

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'
export type Path = keyof Api
type MethodOf<P extends Path> = keyof Api[P] & Method
type Operation<P extends Path, M extends MethodOf<P>> = Api[P][M]

type Part<O, Name extends string> = O extends { [K in Name]: infer V } ? V : never
/** A part that must be given; one whose every member may be left out may be left out too. */
type Given<O, Name extends string> = [Part<O, Name>] extends [never]
  ? { readonly [K in Name]?: never }
  : Record<never, never> extends Part<O, Name>
    ? { readonly [K in Name]?: Part<O, Name> }
    : { readonly [K in Name]: Part<O, Name> }

export interface Extras {
  /** The same key and body give the same answer, however often they are sent. */
  readonly idempotencyKey?: string
  /** The ETag that was read: the change is refused where somebody made another since. */
  readonly ifMatch?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  /** It is sent although the page that sends it is being left. */
  readonly keepalive?: boolean
}

export type Input<P extends Path, M extends MethodOf<P>> = Given<Operation<P, M>, 'path'> &
  Given<Operation<P, M>, 'query'> &
  Given<Operation<P, M>, 'body'> &
  Extras

export type Output<P extends Path, M extends MethodOf<P>> = Part<Operation<P, M>, 'answer'>

export interface Answered<T> {
  readonly status: number
  readonly data: T
  readonly etag: string | null
  readonly headers: Headers
}

/** What the API answers errors with; `code` is of the list in docs/errors.md. */
export class ApiProblem extends Error {
  readonly status: number
  readonly code: string
  readonly correlationId: string | null
  readonly retryAfterS: number | null
  readonly errors: readonly { readonly field: string; readonly message: string }[]
  /** The document as it came. */
  readonly problem: Readonly<Record<string, unknown>>

  /** Worth another try: nobody was reached (0), or whoever was is busy. */
  get isPassing(): boolean {
    return [0, 429, 502, 503, 504].includes(this.status)
  }

  constructor(status: number, problem: Readonly<Record<string, unknown>>, retryAfter: string | null) {
    const text = (name: string): string | null => (typeof problem[name] === 'string' ? (problem[name] as string) : null)
    super(text('detail') ?? `The server answered ${status}.`)
    this.name = 'ApiProblem'
    this.status = status
    this.code = text('code') ?? 'unknown'
    this.correlationId = text('correlation_id')
    this.retryAfterS = retryAfter === null ? null : Number(retryAfter)
    this.errors = Array.isArray(problem.errors) ? problem.errors : []
    this.problem = problem
  }
}

export interface ClientOptions {
  /** Without a slash at its end; empty: where the page came from. */
  readonly baseUrl: string
  /** Sent as Bearer; null: the browser's cookie says who asks. */
  readonly token?: () => string | null
  /** Of a session kept by a cookie: sent with every change. */
  readonly csrfToken?: () => string | null
  readonly fetch?: typeof fetch
}

export interface Client {
  call<P extends Path, M extends MethodOf<P>>(
    method: M,
    path: P,
    ...input: Record<never, never> extends Input<P, M> ? [Input<P, M>?] : [Input<P, M>]
  ): Promise<Answered<Output<P, M>>>
  /** The answer as it comes, for files and streams; also by an address already filled in. Throws the same. */
  open(method: Method, address: Address, input?: Sent & Extras): Promise<Response>
  /** Every item of a list, page after page. */
  items<P extends PagedPath>(path: P, input?: Input<P, 'get' & MethodOf<P>>): AsyncGenerator<ItemOf<P>>
}

export type PagedPath = {
  [P in Path]: Api[P] extends { get: { answer: { items: readonly unknown[]; next_cursor: string | null } } } ? P : never
}[Path]
export type ItemOf<P extends PagedPath> = Api[P] extends { get: { answer: { items: readonly (infer I)[] } } }
  ? I
  : never

/** An address of the description with its parameters filled in. */
export type Address = Filled<Path>
type Filled<P extends string> = P extends `${infer Before}{${string}}${infer After}`
  ? `${Before}${string}${Filled<After>}`
  : P

/** The path of the description that an address fills in: the address itself, else the one whose form it has. */
type PathOf<A extends Address> = A extends Path
  ? A
  : { [P in Path]: A extends Filled<P> ? (Filled<P> extends A ? P : never) : never }[Path]

/** What is answered at an address that is filled in. */
export type AnswerAt<A extends Address, M extends Method> =
  PathOf<A> extends infer P extends Path ? (M extends MethodOf<P> ? Output<P, M> : never) : never

export interface Sent {
  readonly path?: Readonly<Record<string, unknown>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
}

const addressOf = (path: string, { path: params = {}, query = {} }: Sent): string => {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(String(params[name])))
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '')
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
  return search === '' ? filled : `${filled}?${search}`
}

const readBody = async (response: Response): Promise<unknown> => {
  const text = await response.text()
  if (text === '') return undefined
  const type = response.headers.get('content-type') ?? ''
  if (!/[/+]json\b/.test(type)) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

export const createClient = (options: ClientOptions): Client => {
  const { baseUrl, token, csrfToken } = options

  const open = async (method: string, path: string, input: Sent & Extras): Promise<Response> => {
    const headers: Record<string, string> = { accept: 'application/json', ...input.headers }
    const bearer = token?.()
    const csrf = csrfToken?.()
    if (bearer) headers.authorization = `Bearer ${bearer}`
    if (csrf && method !== 'get') headers['x-csrf-token'] = csrf
    if (input.idempotencyKey !== undefined) headers['idempotency-key'] = input.idempotencyKey
    if (input.ifMatch !== undefined) headers['if-match'] = input.ifMatch
    if (input.body !== undefined) headers['content-type'] ??= 'application/json'
    const response = await (options.fetch ?? fetch)(`${baseUrl}${addressOf(path, input)}`, {
      method: method.toUpperCase(),
      headers,
      credentials: 'same-origin',
      ...(input.body !== undefined && {
        body: typeof input.body === 'string' ? input.body : JSON.stringify(input.body),
      }),
      ...(input.signal && { signal: input.signal }),
      ...(input.keepalive && { keepalive: true }),
    })
    if (response.ok) return response
    const data = await readBody(response)
    const problem = typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {}
    throw new ApiProblem(response.status, problem, response.headers.get('retry-after'))
  }

  const send = async (method: string, path: string, input: Sent & Extras): Promise<Answered<unknown>> => {
    const response = await open(method, path, input)
    const { status, headers } = response
    return { status, data: await readBody(response), etag: headers.get('etag'), headers }
  }

  return {
    call: ((method: string, path: string, input: Sent & Extras = {}) => send(method, path, input)) as Client['call'],
    open: (method, address, input = {}) => open(method, address, input),
    items: async function* items(path: string, input: Sent & Extras = {}) {
      let cursor: string | null = null
      do {
        const query: Record<string, unknown> = { ...input.query, ...(cursor !== null && { cursor }) }
        const { data } = await send('get', path, { ...input, query })
        const page = data as { items: unknown[]; next_cursor: string | null }
        yield* page.items
        cursor = page.next_cursor
      } while (cursor !== null)
    } as Client['items'],
  }
}
